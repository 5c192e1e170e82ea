//! Reads a `$filter`: `or` below `and` below `not` below comparisons.

use std::iter::Peekable;
use std::vec::IntoIter;

use uuid::Uuid;

use super::QueryFault;
use super::expression::{Comparison, Expression, Literal, Operand, TextTest};
use super::lexer::{Token, tokens};
use super::set::{EntitySet, Kind, Property};
use crate::iso;

/// Deepest nesting of brackets, `not` and `any`.
const DEPTH_MAX: usize = 50;

/// Reads a filter of a set.
pub(super) fn parse(filter: &str, set: &'static EntitySet) -> Result<Expression, QueryFault> {
    let mut parser = Parser {
        tokens: tokens(filter)?.into_iter().peekable(),
        set,
        variable: None,
        depth: 0,
    };
    let expression = parser.either()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) => Err(unexpected(Some(&token))),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    set: &'static EntitySet,
    /// The variable of the `any()` around.
    variable: Option<String>,
    depth: usize,
}

impl Parser {
    fn either(&mut self) -> Result<Expression, QueryFault> {
        self.chain("or", Self::both, Expression::Some)
    }

    fn both(&mut self) -> Result<Expression, QueryFault> {
        self.chain("and", Self::negation, Expression::All)
    }

    /// Parts joined by a keyword, as one flat list.
    fn chain(
        &mut self,
        keyword: &str,
        part: fn(&mut Self) -> Result<Expression, QueryFault>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, QueryFault> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.takes_word(keyword) {
            parts.push(part(self)?);
        }
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => Ok(only),
            (_, last) => {
                parts.extend(last);
                Ok(join(parts))
            }
        }
    }

    fn negation(&mut self) -> Result<Expression, QueryFault> {
        if !self.takes_word("not") {
            return self.primary();
        }
        self.enter()?;
        let negated = self.negation()?;
        self.depth -= 1;
        Ok(Expression::Not(Box::new(negated)))
    }

    fn primary(&mut self) -> Result<Expression, QueryFault> {
        if self.takes(&Token::Open) {
            self.enter()?;
            let inner = self.either()?;
            self.depth -= 1;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        let word = self.peeked_word();
        if let Some(test) = word.as_deref().and_then(TextTest::named) {
            return self.text_test(test);
        }
        let operand = self.operand()?;
        if let Operand::Property(name, Kind::Texts) = operand {
            return self.any(name);
        }
        self.comparison(operand)
    }

    fn comparison(&mut self, left: Operand) -> Result<Expression, QueryFault> {
        if self.takes_word("in") {
            return self.one_of(left);
        }
        let Some(comparison) = self.peeked_word().as_deref().and_then(Comparison::named) else {
            return is(left);
        };
        self.tokens.next();
        let right = self.operand()?;
        check_types(&left, comparison, &right)?;
        Ok(Expression::Compare(left, comparison, right))
    }

    fn one_of(&mut self, left: Operand) -> Result<Expression, QueryFault> {
        self.expect(&Token::Open)?;
        let mut list = Vec::new();
        loop {
            let Operand::Literal(literal) = self.operand()? else {
                return Err(QueryFault::new("the list of `in` holds literals only."));
            };
            check_types(&left, Comparison::Equal, &Operand::Literal(literal.clone()))?;
            list.push(literal);
            if self.takes(&Token::Close) {
                return Ok(Expression::OneOf(left, list));
            }
            self.expect(&Token::Comma)?;
        }
    }

    fn text_test(&mut self, test: TextTest) -> Result<Expression, QueryFault> {
        self.tokens.next();
        self.expect(&Token::Open)?;
        let text = self.operand()?;
        self.expect(&Token::Comma)?;
        let part = self.operand()?;
        self.expect(&Token::Close)?;
        for operand in [&text, &part] {
            if kind_of(operand) != Some(Kind::Text) {
                return Err(QueryFault::new(
                    "no function signature for the name matches the specified arguments.",
                ));
            }
        }
        Ok(Expression::Test(test, text, part))
    }

    /// `list/any(x: condition)` and `list/any()`.
    fn any(&mut self, list: &'static str) -> Result<Expression, QueryFault> {
        self.expect(&Token::Slash)?;
        if !self.takes_word("any") {
            return Err(QueryFault::new("only `any` can be asked of a collection."));
        }
        self.expect(&Token::Open)?;
        if self.takes(&Token::Close) {
            return Ok(Expression::Any(list, None));
        }
        if self.variable.is_some() {
            return Err(QueryFault::new("`any` within `any` is not supported."));
        }
        self.enter()?;
        self.variable = Some(self.word()?);
        self.expect(&Token::Colon)?;
        let condition = self.either()?;
        self.variable = None;
        self.depth -= 1;
        self.expect(&Token::Close)?;
        Ok(Expression::Any(list, Some(Box::new(condition))))
    }

    fn operand(&mut self) -> Result<Operand, QueryFault> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Operand::Literal(Literal::Text(text))),
            Some(Token::Word(word)) if word == "tolower" || word == "toupper" => {
                self.enter()?;
                self.expect(&Token::Open)?;
                let inner = self.operand()?;
                self.expect(&Token::Close)?;
                self.depth -= 1;
                if kind_of(&inner) != Some(Kind::Text) {
                    return Err(QueryFault::new(format!("`{word}` needs a string.")));
                }
                let inner = Box::new(inner);
                Ok(if word == "tolower" {
                    Operand::Lower(inner)
                } else {
                    Operand::Upper(inner)
                })
            }
            Some(Token::Word(word)) => self.named(&word),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// A word that is a literal, the variable, or a property.
    fn named(&self, word: &str) -> Result<Operand, QueryFault> {
        if let Some(literal) = literal(word) {
            return Ok(Operand::Literal(literal));
        }
        if self.variable.as_deref() == Some(word) {
            return Ok(Operand::Variable);
        }
        let property = self.property(word)?;
        if property.is_filterable && property.kind != Kind::Nested {
            return Ok(Operand::property(property));
        }
        Err(QueryFault::new(format!(
            "The property '{word}' cannot be used in the $filter query option."
        )))
    }

    fn property(&self, name: &str) -> Result<&'static Property, QueryFault> {
        self.set
            .property(name)
            .ok_or_else(|| unknown_property(name, self.set))
    }

    fn enter(&mut self) -> Result<(), QueryFault> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        Err(QueryFault::new(format!(
            "the filter is nested deeper than {DEPTH_MAX}."
        )))
    }

    fn peeked_word(&mut self) -> Option<String> {
        match self.tokens.peek() {
            Some(Token::Word(word)) => Some(word.clone()),
            _ => None,
        }
    }

    fn word(&mut self) -> Result<String, QueryFault> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(unexpected(other.as_ref())),
        }
    }

    fn takes_word(&mut self, keyword: &str) -> bool {
        let is_it = matches!(self.tokens.peek(), Some(Token::Word(word)) if word == keyword);
        if is_it {
            self.tokens.next();
        }
        is_it
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_it = self.tokens.peek() == Some(token);
        if is_it {
            self.tokens.next();
        }
        is_it
    }

    fn expect(&mut self, token: &Token) -> Result<(), QueryFault> {
        match self.tokens.next() {
            Some(found) if found == *token => Ok(()),
            other => Err(unexpected(other.as_ref())),
        }
    }
}

pub(super) fn unknown_property(name: &str, set: &EntitySet) -> QueryFault {
    QueryFault::new(format!(
        "Could not find a property named '{name}' on type '{}'.",
        set.type_name
    ))
}

fn unexpected(token: Option<&Token>) -> QueryFault {
    let found = match token {
        None => "the end".to_owned(),
        Some(Token::Word(word)) => format!("'{word}'"),
        Some(Token::Text(_)) => "a string".to_owned(),
        Some(Token::Open) => "'('".to_owned(),
        Some(Token::Close) => "')'".to_owned(),
        Some(Token::Comma) => "','".to_owned(),
        Some(Token::Slash) => "'/'".to_owned(),
        Some(Token::Colon) => "':'".to_owned(),
    };
    QueryFault::new(format!("syntax error: {found} is not expected there."))
}

/// `null`, `true`, a number, a GUID or an instant without quotes.
fn literal(word: &str) -> Option<Literal> {
    match word {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Flag(true)),
        "false" => return Some(Literal::Flag(false)),
        _ => {}
    }
    if word.len() == 36 && Uuid::try_parse(word).is_ok() {
        return Some(Literal::Text(word.to_ascii_lowercase()));
    }
    if !word.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    if let Ok(number) = word.parse::<f64>() {
        return Some(Literal::Number(number));
    }
    let date = word.strip_suffix('Z').filter(|date| date.len() == 10);
    iso::instant(date.unwrap_or(word)).map(Literal::Instant)
}

/// What an operand is; `None` for `null`.
fn kind_of(operand: &Operand) -> Option<Kind> {
    match operand {
        Operand::Property(_, kind) => Some(*kind),
        Operand::Variable | Operand::Lower(_) | Operand::Upper(_) => Some(Kind::Text),
        Operand::Literal(Literal::Null) => None,
        Operand::Literal(Literal::Text(_)) => Some(Kind::Text),
        Operand::Literal(Literal::Number(_)) => Some(Kind::Number),
        Operand::Literal(Literal::Flag(_)) => Some(Kind::Flag),
        Operand::Literal(Literal::Instant(_)) => Some(Kind::Instant),
    }
}

fn check_types(left: &Operand, comparison: Comparison, right: &Operand) -> Result<(), QueryFault> {
    let (left, right) = (kind_of(left), kind_of(right));
    let fits = match (left, right) {
        (Some(left), Some(right)) => left == right && left != Kind::Texts,
        _ => comparison.is_equality(),
    };
    let is_ordered = left != Some(Kind::Flag);
    if fits && (is_ordered || comparison.is_equality()) {
        return Ok(());
    }
    let name = |kind: Option<Kind>| match kind {
        None => "null",
        Some(Kind::Text) => "Edm.String",
        Some(Kind::Number) => "Edm.Double",
        Some(Kind::Flag) => "Edm.Boolean",
        Some(Kind::Instant) => "Edm.DateTimeOffset",
        Some(Kind::Texts) => "Collection(Edm.String)",
        Some(Kind::Nested) => "a complex type",
    };
    Err(QueryFault::new(format!(
        "A binary operator with incompatible types was detected. Found operand types '{}' and '{}'.",
        name(left),
        name(right)
    )))
}

fn is(operand: Operand) -> Result<Expression, QueryFault> {
    if kind_of(&operand) == Some(Kind::Flag) {
        return Ok(Expression::Is(operand));
    }
    Err(QueryFault::new(
        "The $filter expression must evaluate to a single boolean value.",
    ))
}
