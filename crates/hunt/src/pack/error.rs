//! What is wrong with a pack, and where.

use tesem_kql::Diagnostic;

use super::list::IndicatorList;
use super::parameter::ParameterError;

/// Why a pack cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file whose name tells no form.
    #[error("{file}: a pack is a .toml, .yaml, .yml or .md file; give bare queries with --kql")]
    Form {
        /// The file.
        file: String,
    },
    /// There is no built-in pack of that name.
    #[error("there is no pack `{name}`; built in are {}", super::builtin_names().join(", "))]
    Unknown {
        /// The name.
        name: String,
    },
    /// A file that is no text.
    #[error("{file} is no text: {reason}")]
    NoText {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file that breaks the rules of its form.
    #[error("{file}:{line}: {message}")]
    Document {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A file without a query.
    #[error("{file} holds no query: {expected}")]
    NoQuery {
        /// The file.
        file: String,
        /// What was looked for.
        expected: &'static str,
    },
    /// A value for a parameter that no pack has, or of another type.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A query that cannot be asked.
    #[error(transparent)]
    Query(Box<QueryError>),
}

/// What is wrong with a query of a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: query `{query}`: {problem}")]
pub struct QueryError {
    /// The pack's file.
    pub file: String,
    /// The query.
    pub query: String,
    /// The line of the file, from 1.
    pub line: u64,
    /// The character of the query's line, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// The ways in which a query cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A placeholder in a string or another constant.
    #[error(
        "`{{{{{name}}}}}` stands inside a constant; a placeholder becomes a whole value, so put it outside the quotes"
    )]
    InConstant {
        /// The placeholder.
        name: String,
    },
    /// A placeholder in a comment.
    #[error("`{{{{{name}}}}}` stands in a comment; remove it")]
    InComment {
        /// The placeholder.
        name: String,
    },
    /// A placeholder that there is not.
    #[error("there is no placeholder `{{{{{name}}}}}`; known are {known}")]
    Unknown {
        /// The placeholder.
        name: String,
        /// All that there are.
        known: String,
    },
    /// Double braces that hold no name.
    #[error(
        "`{{{{` begins a placeholder such as `{{{{indicators.ip}}}}`, but no name and `}}}}` follow"
    )]
    Malformed,
    /// A query that is not of the language.
    #[error("{}{}", .0.message, hint(.0))]
    Syntax(Diagnostic),
}

fn hint(diagnostic: &Diagnostic) -> String {
    let hint = diagnostic.hint.as_deref();
    hint.map(|hint| format!(" ({hint})")).unwrap_or_default()
}

/// The names of all placeholders of a pack with these parameters.
pub(super) fn known_placeholders<'a>(parameters: impl Iterator<Item = &'a String>) -> String {
    let mut known: Vec<String> = IndicatorList::ALL
        .iter()
        .map(|list| format!("indicators.{}", list.as_str()))
        .collect();
    known.extend(["window.start".to_owned(), "window.end".to_owned()]);
    known.extend(parameters.cloned());
    known.join(", ")
}
