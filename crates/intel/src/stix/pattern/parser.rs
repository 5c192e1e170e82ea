//! From words to the tree.

use super::lexer::{Placed, Token, tokens};
use super::tree::{Comparison, Literal, Observation, Operator, Path, Qualifier, Step, Test};

/// Longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Deepest nesting of brackets, and most qualifiers on one observation.
const DEPTH_MAX: usize = 64;

/// A text that is no STIX pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no STIX pattern: at byte {at}, {why}")]
pub struct PatternError {
    /// Where, in bytes.
    pub at: usize,
    /// What is wrong.
    pub why: Box<str>,
}

impl PatternError {
    pub(super) fn at(at: usize, why: impl Into<Box<str>>) -> Self {
        Self {
            at,
            why: why.into(),
        }
    }
}

/// Reads a pattern.
///
/// `FOLLOWEDBY` binds weakest, then `OR`, then `AND`; qualifiers bind to the observation before them.
///
/// ```
/// let pattern = tesem_intel::stix::pattern::parse("[ipv4-addr:value = '1.2.3.4'] WITHIN 5 SECONDS").unwrap();
/// assert_eq!(pattern.to_string(), "[ipv4-addr:value = '1.2.3.4'] WITHIN 5.0 SECONDS");
/// ```
///
/// # Errors
/// [`PatternError`] says where and why a text is no pattern; longer ones than [`PATTERN_BYTES_MAX`] and deeply nested ones
/// are refused.
pub fn parse(pattern: &str) -> Result<Observation, PatternError> {
    if pattern.len() > PATTERN_BYTES_MAX {
        let why = format!("it goes on; the longest that is read has {PATTERN_BYTES_MAX} bytes");
        return Err(PatternError::at(PATTERN_BYTES_MAX, why));
    }
    let mut parser = Parser {
        tokens: tokens(pattern)?,
        next: 0,
        depth: 0,
        end: pattern.len(),
    };
    let observation = parser.followed_by()?;
    match parser.peek() {
        None => Ok(observation),
        Some(_) => Err(parser.error("an operator or the end should be here")),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn error(&self, why: impl Into<Box<str>>) -> PatternError {
        let at = self.tokens.get(self.next).map_or(self.end, |(at, _)| *at);
        PatternError::at(at, why)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.is_word(word);
        self.next += usize::from(takes);
        takes
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let takes = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.next += usize::from(takes);
        takes
    }

    fn expect_word(&mut self, word: &str) -> Result<(), PatternError> {
        match self.takes_word(word) {
            true => Ok(()),
            false => Err(self.error(format!("`{word}` should be here"))),
        }
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), PatternError> {
        match self.takes_sign(sign) {
            true => Ok(()),
            false => Err(self.error(format!("`{sign}` should be here"))),
        }
    }

    fn literal(&mut self) -> Result<Literal, PatternError> {
        let Some(Token::Literal(literal)) = self.peek().cloned() else {
            return Err(self.error("a value should be here"));
        };
        self.next += 1;
        Ok(literal)
    }

    /// What stands in round brackets is one level deeper.
    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, PatternError>,
    ) -> Result<T, PatternError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(format!("brackets are nested deeper than {DEPTH_MAX}")));
        }
        self.depth += 1;
        let read = read(self)?;
        self.depth -= 1;
        self.expect_sign(")")?;
        Ok(read)
    }

    /// Several of the same with a keyword between them; one alone stays as it is.
    fn chain<T>(
        &mut self,
        keyword: &str,
        read: fn(&mut Self) -> Result<T, PatternError>,
        join: fn(Vec<T>) -> T,
    ) -> Result<T, PatternError> {
        let first = read(self)?;
        if !self.is_word(keyword) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_word(keyword) {
            parts.push(read(self)?);
        }
        Ok(join(parts))
    }

    fn followed_by(&mut self) -> Result<Observation, PatternError> {
        self.chain("FOLLOWEDBY", Self::observation_or, Observation::FollowedBy)
    }

    fn observation_or(&mut self) -> Result<Observation, PatternError> {
        self.chain("OR", Self::observation_and, Observation::Or)
    }

    fn observation_and(&mut self) -> Result<Observation, PatternError> {
        self.chain("AND", Self::observation, Observation::And)
    }

    fn observation(&mut self) -> Result<Observation, PatternError> {
        let mut observation = if self.takes_sign("[") {
            let comparison = self.comparison()?;
            self.expect_sign("]")?;
            Observation::Single(comparison)
        } else if self.takes_sign("(") {
            self.nested(Self::followed_by)?
        } else {
            return Err(self.error("an observation in `[…]` should be here"));
        };
        let mut qualifiers = 0;
        while let Some(qualifier) = self.qualifier()? {
            qualifiers += 1;
            if qualifiers > DEPTH_MAX {
                return Err(self.error(format!("there are more than {DEPTH_MAX} qualifiers")));
            }
            observation = Observation::Qualified(Box::new(observation), qualifier);
        }
        Ok(observation)
    }

    fn qualifier(&mut self) -> Result<Option<Qualifier>, PatternError> {
        if self.takes_word("WITHIN") {
            let seconds = self.seconds()?;
            self.expect_word("SECONDS")?;
            return Ok(Some(Qualifier::Within(seconds)));
        }
        if self.takes_word("REPEATS") {
            let times = match self.literal()? {
                Literal::Integer(times) => u64::try_from(times).ok().filter(|times| *times > 0),
                _ => None,
            };
            let times =
                times.ok_or_else(|| self.error("REPEATS needs a number over 0 before this"))?;
            self.expect_word("TIMES")?;
            return Ok(Some(Qualifier::Repeats(times)));
        }
        if self.takes_word("START") {
            let start = self.timestamp()?;
            self.expect_word("STOP")?;
            let stop = self.timestamp()?;
            return Ok(Some(Qualifier::StartStop(start, stop)));
        }
        Ok(None)
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody waits for 2^53 seconds")]
    fn seconds(&mut self) -> Result<f64, PatternError> {
        let seconds = match self.literal()? {
            Literal::Integer(seconds) => seconds as f64,
            Literal::Float(seconds) => seconds,
            _ => -1.0,
        };
        match seconds >= 0.0 {
            true => Ok(seconds),
            false => Err(self.error("WITHIN needs a number before this")),
        }
    }

    fn timestamp(&mut self) -> Result<jiff::Timestamp, PatternError> {
        match self.literal()? {
            Literal::Timestamp(time) => Ok(time),
            // STIX 2.0 wrote these as plain text.
            Literal::Text(text) if text.parse::<jiff::Timestamp>().is_ok() => text
                .parse()
                .map_err(|_| self.error("a time should be before this")),
            _ => Err(self.error("a time such as t'2026-01-01T00:00:00Z' should be before this")),
        }
    }

    fn comparison(&mut self) -> Result<Comparison, PatternError> {
        self.chain("OR", Self::comparison_and, Comparison::Or)
    }

    fn comparison_and(&mut self) -> Result<Comparison, PatternError> {
        self.chain("AND", Self::comparison_part, Comparison::And)
    }

    fn comparison_part(&mut self) -> Result<Comparison, PatternError> {
        if self.takes_sign("(") {
            return self.nested(Self::comparison);
        }
        self.test().map(Comparison::Test)
    }

    fn test(&mut self) -> Result<Test, PatternError> {
        if self.takes_word("EXISTS") {
            return Ok(Test {
                path: self.path()?,
                negated: false,
                operator: Operator::Exists,
                values: Vec::new(),
            });
        }
        let path = self.path()?;
        let negated = self.takes_word("NOT");
        let operator = self.operator()?;
        let values = match operator {
            Operator::In => self.set()?,
            _ => vec![self.literal()?],
        };
        Ok(Test {
            path,
            negated,
            operator,
            values,
        })
    }

    fn operator(&mut self) -> Result<Operator, PatternError> {
        let operator = match self.peek() {
            Some(Token::Sign("=" | "==")) => Operator::Equal,
            Some(Token::Sign("!=" | "<>")) => Operator::NotEqual,
            Some(Token::Sign("<")) => Operator::Less,
            Some(Token::Sign("<=")) => Operator::LessOrEqual,
            Some(Token::Sign(">")) => Operator::Greater,
            Some(Token::Sign(">=")) => Operator::GreaterOrEqual,
            Some(Token::Word(word)) => match word.to_ascii_uppercase().as_str() {
                "IN" => Operator::In,
                "LIKE" => Operator::Like,
                "MATCHES" => Operator::Matches,
                "ISSUBSET" => Operator::IsSubset,
                "ISSUPERSET" => Operator::IsSuperset,
                _ => return Err(self.error("a comparison operator should be here")),
            },
            _ => return Err(self.error("a comparison operator should be here")),
        };
        self.next += 1;
        Ok(operator)
    }

    fn set(&mut self) -> Result<Vec<Literal>, PatternError> {
        self.expect_sign("(")?;
        let mut values = vec![self.literal()?];
        while self.takes_sign(",") {
            values.push(self.literal()?);
        }
        self.expect_sign(")")?;
        Ok(values)
    }

    fn path(&mut self) -> Result<Path, PatternError> {
        let Some(Token::Word(object)) = self.peek().cloned() else {
            return Err(self.error("a property such as `file:name` should be here"));
        };
        self.next += 1;
        self.expect_sign(":")?;
        let mut steps = vec![self.key()?];
        loop {
            if self.takes_sign(".") {
                steps.push(self.key()?);
            } else if self.takes_sign("[") {
                steps.push(self.element()?);
                self.expect_sign("]")?;
            } else {
                return Ok(Path { object, steps });
            }
        }
    }

    fn key(&mut self) -> Result<Step, PatternError> {
        let key = match self.peek().cloned() {
            Some(Token::Word(key) | Token::Literal(Literal::Text(key))) => key,
            _ => return Err(self.error("the name of a property should be here")),
        };
        self.next += 1;
        Ok(Step::Key(key))
    }

    fn element(&mut self) -> Result<Step, PatternError> {
        if self.takes_sign("*") {
            return Ok(Step::Any);
        }
        let index = match self.literal()? {
            Literal::Integer(index) => u64::try_from(index).ok(),
            _ => None,
        };
        index
            .map(Step::Index)
            .ok_or_else(|| self.error("an index or `*` should be before this"))
    }
}
