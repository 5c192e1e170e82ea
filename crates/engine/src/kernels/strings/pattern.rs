//! Regular expressions.
//!
//! The dialect of the language is that of the `regex` crate, which matches in linear time.
//! Source: learn.microsoft.com/kusto/query/regex.

use regex::{Regex, RegexBuilder};

/// Most memory that a compiled expression may take, in bytes.
const COMPILED_SIZE_MAX: usize = 32 << 20;

/// An expression that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// It is no regular expression.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Syntax {
        /// The expression.
        pattern: String,
        /// What is wrong, in one line.
        reason: String,
    },
    /// It is too large when compiled.
    #[error("the regular expression `{0}` is too large; write it with smaller repetitions")]
    TooLarge(String),
}

/// Compiles an expression.
///
/// # Errors
/// When it is malformed or too large.
pub fn compile(pattern: &str) -> Result<Regex, InvalidPattern> {
    let built = RegexBuilder::new(pattern)
        .size_limit(COMPILED_SIZE_MAX)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => InvalidPattern::TooLarge(shortened(pattern)),
        other => InvalidPattern::Syntax {
            pattern: shortened(pattern),
            reason: other
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .replace("error: ", ""),
        },
    })
}

fn shortened(pattern: &str) -> String {
    const SHOWN: usize = 120;
    if pattern.chars().count() <= SHOWN {
        return pattern.to_owned();
    }
    let mut head: String = pattern.chars().take(SHOWN).collect();
    head.push('…');
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_unicode() {
        assert!(compile(r"^\d$").unwrap().is_match("１"));
        assert!(compile("(?i)CAFÉ").unwrap().is_match("café"));
    }

    #[test]
    fn what_is_wrong_is_said_in_a_line() {
        let says = |pattern: &str| compile(pattern).unwrap_err().to_string();
        assert_eq!(
            says("a(b"),
            "`a(b` is not a regular expression: unclosed group"
        );
        assert_eq!(
            says(r"(\w{1000}){1000}"),
            r"the regular expression `(\w{1000}){1000}` is too large; write it with smaller repetitions"
        );
        assert!(
            says(r"(?<=a)b").contains("look-around"),
            "{}",
            says(r"(?<=a)b")
        );
    }
}
