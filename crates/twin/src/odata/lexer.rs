//! The words of a `$filter`.

use super::QueryFault;

/// Longest `$filter`, in bytes: more does not fit into the service's request line either.
pub(super) const FILTER_BYTES_MAX: usize = 16 * 1024;

/// A word of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword, or a literal without quotes.
    Word(String),
    /// What stood between single quotes.
    Text(String),
    Open,
    Close,
    Comma,
    Slash,
    Colon,
}

/// Splits an expression, in linear time.
pub(super) fn tokens(filter: &str) -> Result<Vec<Token>, QueryFault> {
    if filter.len() > FILTER_BYTES_MAX {
        return Err(QueryFault::new(format!(
            "the filter has {} bytes, at most {FILTER_BYTES_MAX} are allowed.",
            filter.len()
        )));
    }
    let mut tokens = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            ',' => (Token::Comma, &rest[1..]),
            '/' => (Token::Slash, &rest[1..]),
            ':' => (Token::Colon, &rest[1..]),
            '\'' => text(rest)?,
            _ => word(rest, filter)?,
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// A quoted text, in which two quotes stand for one.
fn text(rest: &str) -> Result<(Token, &str), QueryFault> {
    let mut value = String::new();
    let mut after = &rest[1..];
    loop {
        let Some((part, behind)) = after.split_once('\'') else {
            return Err(QueryFault::new(
                "there is an unterminated string literal in the filter.",
            ));
        };
        value.push_str(part);
        match behind.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                after = more;
            }
            None => return Ok((Token::Text(value), behind)),
        }
    }
}

/// A run of what names, numbers, GUIDs and instants are made of. A colon belongs to it only within an instant.
fn word<'a>(rest: &'a str, filter: &str) -> Result<(Token, &'a str), QueryFault> {
    let is_number = rest.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    let is_inside = |character: char| {
        character.is_alphanumeric()
            || matches!(character, '_' | '.' | '-' | '@' | '$')
            || (is_number && matches!(character, ':' | '+'))
    };
    let length = rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
    if length == 0 {
        let place = filter.len() - rest.len();
        return Err(QueryFault::new(format!(
            "syntax error at position {place} in the filter."
        )));
    }
    let (word, after) = rest.split_at(length);
    Ok((Token::Word(word.to_owned()), after))
}
