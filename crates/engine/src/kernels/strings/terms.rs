//! Terms: the words that `has` and its relatives look for.
//!
//! A term is a maximal run of Unicode letters and digits; every other character, the underscore
//! included, separates terms. Source: learn.microsoft.com/kusto/query/datatypes-string-operators.

use std::sync::LazyLock;

use regex::Regex;

/// Whether a character is part of a term.
#[must_use]
pub fn is_term_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    // `char::is_alphanumeric` also counts marks and symbols that Unicode calls alphabetic.
    character.is_alphanumeric() && is_letter_or_number(character)
}

fn is_letter_or_number(character: char) -> bool {
    static CLASS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\pL\pN]$").ok());
    let mut bytes = [0; 4];
    CLASS
        .as_ref()
        .is_some_and(|class| class.is_match(character.encode_utf8(&mut bytes)))
}

/// Which ends of a needle must stand at the boundary of a term.
///
/// An end that is no term character itself is a boundary wherever it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edges {
    /// The character before a match must not be part of a term.
    pub start: bool,
    /// The character after a match must not be part of a term.
    pub end: bool,
}

impl Edges {
    /// No demands: a plain substring.
    pub const NONE: Self = Self {
        start: false,
        end: false,
    };

    /// What `has needle` demands.
    #[must_use]
    pub fn of_term(needle: &str) -> Self {
        Self {
            start: Self::of_prefix(needle).start,
            end: Self::of_suffix(needle).end,
        }
    }

    /// What `hasprefix needle` demands.
    #[must_use]
    pub fn of_prefix(needle: &str) -> Self {
        Self {
            start: needle.chars().next().is_some_and(is_term_character),
            end: false,
        }
    }

    /// What `hassuffix needle` demands.
    #[must_use]
    pub fn of_suffix(needle: &str) -> Self {
        Self {
            start: false,
            end: needle.chars().next_back().is_some_and(is_term_character),
        }
    }

    /// Whether a match at these places of a text satisfies the demands.
    #[must_use]
    pub fn accept(self, text: &str, from: usize, to: usize) -> bool {
        (!self.start || !ends_in_term(text, from)) && (!self.end || !starts_in_term(text, to))
    }
}

fn ends_in_term(text: &str, to: usize) -> bool {
    match to
        .checked_sub(1)
        .and_then(|before| text.as_bytes().get(before))
    {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => last_character(text, to).is_some_and(is_term_character),
    }
}

fn starts_in_term(text: &str, from: usize) -> bool {
    match text.as_bytes().get(from) {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => text
            .get(from..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(is_term_character),
    }
}

fn last_character(text: &str, to: usize) -> Option<char> {
    text.get(..to)?.chars().next_back()
}

/// The terms of a text.
pub fn terms(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character| !is_term_character(character))
        .filter(|term| !term.is_empty())
}

/// Whether a text is exactly one term.
#[must_use]
pub fn is_term(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_term_character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_terms() {
        for character in ['a', 'Z', '0', 'é', 'ж', '中', '１', '²', 'ª'] {
            assert!(is_term_character(character), "{character}");
        }
        for character in ['_', '-', '.', ' ', '\u{301}', 'Ⓐ', '😀', '\0'] {
            assert!(!is_term_character(character), "{character}");
        }
    }

    #[test]
    fn texts_split_into_terms() {
        let found: Vec<_> = terms(r"C:\Users\café_1\x.exe --a").collect();
        assert_eq!(found, ["C", "Users", "café", "1", "x", "exe", "a"]);
        assert_eq!(terms("--").count(), 0);
    }
}
