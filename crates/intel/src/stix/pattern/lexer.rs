//! Words of a pattern.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use super::parser::PatternError;
use super::tree::Literal;

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword. Hyphens belong to names of object types.
    Word(String),
    Literal(Literal),
    /// `[ ] ( ) : . , *` and the comparison signs.
    Sign(&'static str),
}

/// Longer signs stand before those that they begin with.
const SIGNS: [&str; 15] = [
    "!=", "<>", "<=", ">=", "==", "=", "<", ">", "[", "]", "(", ")", ":", ".", ",",
];

/// A token and where it starts, in bytes.
pub(super) type Placed = (usize, Token);

pub(super) fn tokens(pattern: &str) -> Result<Vec<Placed>, PatternError> {
    let mut lexer = Lexer { pattern, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'t> {
    pattern: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.pattern.get(self.at..).unwrap_or_default()
    }

    fn error(&self, why: impl Into<Box<str>>) -> PatternError {
        PatternError::at(self.at, why)
    }

    fn skip_blanks(&mut self) -> Result<(), PatternError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let end = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                let close = trimmed.find("*/");
                close.ok_or_else(|| self.error("the comment is not closed"))? + 2
            } else {
                return Ok(());
            };
            self.at += end;
        }
    }

    fn next(&mut self) -> Result<Option<Placed>, PatternError> {
        self.skip_blanks()?;
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let token = if let Some(kind) = text_kind(rest) {
            self.at += usize::from(kind != '\'');
            self.text(kind)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            self.word()
        } else if first.is_ascii_digit() || matches!(first, '-' | '+') {
            self.number()?
        } else if first == '*' {
            self.at += 1;
            Token::Sign("*")
        } else {
            self.sign()?
        };
        Ok(Some((start, token)))
    }

    fn sign(&mut self) -> Result<Token, PatternError> {
        let rest = self.rest();
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
        let sign = sign.ok_or_else(|| {
            let found = rest.chars().next().unwrap_or_default();
            self.error(format!("{found:?} has no place in a pattern"))
        })?;
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        match word {
            "true" | "TRUE" => Token::Literal(Literal::Boolean(true)),
            "false" | "FALSE" => Token::Literal(Literal::Boolean(false)),
            word => Token::Word(word.to_owned()),
        }
    }

    fn number(&mut self) -> Result<Token, PatternError> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        let integer = text.parse().ok().map(Literal::Integer);
        let float = || {
            let number: f64 = text.parse().ok()?;
            number.is_finite().then_some(Literal::Float(number))
        };
        let number = integer.or_else(float);
        let number = number.ok_or_else(|| self.error(format!("`{text}` is no number")))?;
        self.at += length;
        Ok(Token::Literal(number))
    }

    /// A literal in quotes; `self.at` is at the opening one.
    fn text(&mut self, kind: char) -> Result<Token, PatternError> {
        let (text, length) =
            quoted(self.rest()).ok_or_else(|| self.error("the quote is not closed"))?;
        let literal = match kind {
            't' => text.parse::<Timestamp>().ok().map(Literal::Timestamp),
            'h' => hex(&text).map(Literal::Binary),
            'b' => BASE64_STANDARD.decode(&text).ok().map(Literal::Binary),
            _ => Some(Literal::Text(text)),
        };
        let literal = literal.ok_or_else(|| {
            self.error(format!(
                "the value after `{kind}` is not what that letter announces"
            ))
        })?;
        self.at += length;
        Ok(Token::Literal(literal))
    }
}

/// Whether a quoted literal starts here, and of which kind.
fn text_kind(rest: &str) -> Option<char> {
    let mut characters = rest.chars();
    match (characters.next()?, characters.next()) {
        ('\'', _) => Some('\''),
        (kind @ ('t' | 'h' | 'b'), Some('\'')) => Some(kind),
        _ => None,
    }
}

/// The text between quotes, escapes undone, and the length with quotes.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return Some((text, at + 1)),
            '\\' => text.push(characters.next()?.1),
            other => text.push(other),
        }
    }
    None
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    let pair = |pair: &[u32]| u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).ok();
    digits.chunks_exact(2).map(pair).collect()
}
