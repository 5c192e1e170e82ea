//! What is wrong with a query, and where.

use std::fmt;

use serde::Serialize;

use crate::span::Span;

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The query means what it says, but probably not what its author wants.
    Warning,
    /// The query cannot be run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding about a query text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Diagnostic {
    /// A stable code; the parser's own are listed in [`codes`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            hint: None,
        }
    }

    /// A warning at `span`.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self {
            code,
            severity: Severity::Warning,
            message: message.into(),
            span,
            hint: None,
        }
    }

    /// The same finding with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the query cannot be run because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The place of the first character of the finding in `text`.
    #[must_use]
    pub fn position(&self, text: &str) -> Position {
        Position::of(text, self.span.start)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            severity,
            message,
            span,
            hint,
        } = self;
        write!(
            f,
            "{severity}[{code}] at {}..{}: {message}",
            span.start, span.end
        )?;
        hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

/// A place in a text as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// From 1; lines end with `\n`, `\r\n` or a lone `\r`.
    pub line: usize,
    /// From 1, counted in characters (Unicode scalar values).
    pub column: usize,
}

impl Position {
    /// The position of the byte at `offset` in `text`; an offset past the end means the end, and
    /// one inside a character means
    /// that character.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text
            .get(..text.floor_char_boundary(offset))
            .unwrap_or_default();
        let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let column = before
            .get(line_start..)
            .map_or(0, |line| line.chars().count())
            + 1;
        Self {
            line: line_ends(before) + 1,
            column,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// How many line ends `text` holds, `\r\n` counting once.
fn line_ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_line_end = |at: usize| match bytes.get(at) {
        Some(b'\n') => true,
        Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    (0..bytes.len()).filter(|&at| is_line_end(at)).count()
}

/// The codes of the lexer and the parser. A code never changes its meaning.
pub mod codes {
    /// A character that starts no token.
    pub const UNEXPECTED_CHARACTER: &str = "KQL0001";
    /// A string literal whose closing quote is missing.
    pub const UNTERMINATED_STRING: &str = "KQL0002";
    /// A backslash in a string literal that starts no escape sequence.
    pub const INVALID_ESCAPE: &str = "KQL0003";
    /// A number or typed literal (`datetime(…)`, `guid(…)`) whose text is no value of its type: a
    /// warning, because Microsoft's parser takes
    /// it, too; the value in the tree is null, and running the query would be guessing.
    pub const INVALID_LITERAL: &str = "KQL0004";
    /// The JSON inside `dynamic(…)` cannot be read.
    pub const INVALID_DYNAMIC: &str = "KQL0005";
    /// Something else is required at this place.
    pub const UNEXPECTED_TOKEN: &str = "KQL0006";
    /// An expression is missing.
    pub const EXPECTED_EXPRESSION: &str = "KQL0007";
    /// An operator is missing after `|`.
    pub const EXPECTED_OPERATOR: &str = "KQL0008";
    /// A word after `|` that is no operator.
    pub const UNKNOWN_OPERATOR: &str = "KQL0009";
    /// A name is missing.
    pub const EXPECTED_NAME: &str = "KQL0010";
    /// A type name is missing or unknown.
    pub const EXPECTED_TYPE: &str = "KQL0011";
    /// A bracket that is never closed.
    pub const UNCLOSED_BRACKET: &str = "KQL0012";
    /// Nested deeper than the parser reads.
    pub const TOO_DEEP: &str = "KQL0013";
    /// There is no query: the text is empty, or ends with a statement that returns nothing.
    pub const NO_QUERY: &str = "KQL0014";
    /// Text after the end of a statement.
    pub const TRAILING_TEXT: &str = "KQL0015";
    /// A parameter that the operator does not have, or a value that the parameter does not take.
    pub const INVALID_PROPERTY: &str = "KQL0016";
    /// A part that the operator or statement requires is missing.
    pub const MISSING_CLAUSE: &str = "KQL0017";
    /// Too long a text for the parser: 1 GiB or more.
    pub const TOO_LONG: &str = "KQL0018";
    /// A warning: `where name = condition`, where the name has no effect and `==` was probably
    /// meant.
    pub const NAMED_CONDITION: &str = "KQL0019";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let text = "a\nbé\r\ncc\rd";
        let at = |offset| {
            let Position { line, column } = Position::of(text, offset);
            (line, column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(1), (1, 2));
        assert_eq!(at(2), (2, 1));
        assert_eq!(at(4), (2, 2), "inside é");
        assert_eq!(at(5), (2, 3));
        assert_eq!(at(7), (3, 1));
        assert_eq!(at(10), (4, 1));
        assert_eq!(at(999), (4, 2));
    }

    #[test]
    fn displays_code_place_message_and_hint() {
        let finding = Diagnostic::error(
            codes::EXPECTED_OPERATOR,
            "expected an operator after `|`",
            Span::new(2, 3),
        )
        .with_hint("remove the `|`");
        assert_eq!(
            finding.to_string(),
            "error[KQL0008] at 2..3: expected an operator after `|` (remove the `|`)"
        );
    }
}
