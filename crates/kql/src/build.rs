//! Query text built from pieces that cannot be mixed up.
//!
//! What a program writes itself comes as `&'static str`; names are checked or quoted; values come
//! only as literals. There is no way to
//! put a `String` into a query:
//!
//! ```
//! use tesem_kql::build::{Identifier, QueryText};
//! use tesem_kql::literal;
//!
//! let mut query = QueryText::new();
//! query.fragment("DeviceNetworkEvents | where ").name(&Identifier::new("RemoteUrl")?).fragment(" has ");
//! query.value(&literal::string("x\" or true //")).fragment(" | take ").value(&literal::long(5));
//! assert_eq!(query.as_str(), r#"DeviceNetworkEvents | where RemoteUrl has "x\" or true //" | take 5"#);
//! # Ok::<(), tesem_kql::build::InvalidIdentifier>(())
//! ```

use std::fmt;

use crate::lexer::{Keyword, KeywordClass, TokenKind, tokenize};
use crate::literal::{self, Literal};

/// A name as it stands in a query: plain, or quoted as `['a b']`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(String);

/// A text that cannot be a plain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a plain name in the query language; use letters, digits and `_`, no word of the language, or quote it", .0.escape_debug())]
pub struct InvalidIdentifier(pub String);

impl Identifier {
    /// A plain name.
    ///
    /// # Errors
    ///
    /// When `name` is not a single identifier, or a word that the language keeps for itself.
    pub fn new(name: &str) -> Result<Self, InvalidIdentifier> {
        if is_plain_name(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidIdentifier(name.to_owned()))
        }
    }

    /// Any name: plain where that is possible, else quoted as `["a b"]`.
    #[must_use]
    pub fn quoted(name: &str) -> Self {
        if is_plain_name(name) {
            return Self(name.to_owned());
        }
        let mut text = "[".to_owned();
        literal::write_string(&mut text, name);
        text.push(']');
        Self(text)
    }

    /// As it stands in a query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `name` is one identifier, and nothing else, wherever a name may stand.
fn is_plain_name(name: &str) -> bool {
    let tokens = tokenize(name).tokens;
    let Some(first) = tokens.first() else {
        return false;
    };
    let fits = match first.kind {
        TokenKind::Identifier => true,
        TokenKind::Keyword(Keyword::TypeOf) => false,
        TokenKind::Keyword(keyword) => keyword.class() == KeywordClass::Name,
        _ => false,
    };
    fits && tokens.len() == 2 && first.start == 0 && first.end as usize == name.len()
}

/// Query text in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryText(String);

impl QueryText {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Nothing yet, with room for `bytes` bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Adds text that stands in the program.
    pub fn fragment(&mut self, text: &'static str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    /// Adds a name.
    pub fn name(&mut self, name: &Identifier) -> &mut Self {
        self.separate();
        self.0.push_str(name.as_str());
        self
    }

    /// Adds a value.
    pub fn value(&mut self, value: &Literal) -> &mut Self {
        self.separate();
        self.0.push_str(value.as_str());
        self
    }

    /// Adds strings as the list that `in` and `has_any` take: `("a","b")`.
    pub fn string_list<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) -> &mut Self {
        self.0.push('(');
        literal::write_strings(&mut self.0, values);
        self.0.push(')');
        self
    }

    /// Adds values as a list: `(1,long(-2))`.
    pub fn value_list<'a>(&mut self, values: impl IntoIterator<Item = &'a Literal>) -> &mut Self {
        self.0.push('(');
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.0.push_str(value.as_str());
        }
        self.0.push(')');
        self
    }

    /// Adds query text that was built before.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// Keeps a value or name apart from a word, string or number before it, which it would
    /// otherwise become a part of.
    fn separate(&mut self) {
        let joins = |last: char| {
            last.is_alphanumeric() || matches!(last, '_' | '$' | '"' | '\'' | '`' | '~' | '@' | ']')
        };
        if self.0.chars().next_back().is_some_and(joins) {
            self.0.push(' ');
        }
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many bytes the text has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The finished text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for QueryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_checked() {
        for name in ["RemoteUrl", "_x", "$left", "7days_ago", "count", "step"] {
            assert_eq!(Identifier::new(name).map(|it| it.0), Ok(name.to_owned()));
        }
        for name in [
            "", "a b", "a.b", "where", "project", "a//", "['a']", "1", "1d", "true", "title", "é",
            "a\n", " a", "x|y", "datetime",
        ] {
            assert_eq!(
                Identifier::new(name),
                Err(InvalidIdentifier(name.to_owned()))
            );
        }
    }

    #[test]
    fn any_name_can_be_quoted() {
        assert_eq!(Identifier::quoted("RemoteUrl").as_str(), "RemoteUrl");
        assert_eq!(Identifier::quoted("where").as_str(), "[\"where\"]");
        assert_eq!(Identifier::quoted("a']|\"b").as_str(), "[\"a']|\\\"b\"]");
    }

    #[test]
    fn pieces_do_not_grow_together() {
        let mut query = QueryText::new();
        query
            .fragment("print h")
            .value(&literal::string("a"))
            .value(&literal::string("b"))
            .name(&Identifier::quoted("c"));
        assert_eq!(query.as_str(), "print h \"a\" \"b\" c");
    }

    #[test]
    fn lists() {
        let mut query = QueryText::with_capacity(64);
        query.fragment("T | where a in~ ").string_list(["x", "y)"]);
        query
            .fragment(" and b in ")
            .value_list(&[literal::long(1), literal::long(-2)]);
        assert_eq!(
            query.to_string(),
            "T | where a in~ (\"x\",\"y)\") and b in (1,long(-2))"
        );
        assert_eq!(query.len(), query.as_str().len());
    }
}
