//! Why a query has no answer.

use std::fmt;

use tesem_kql::{Diagnostic, Span};

use crate::external::ExternalDataError;

/// The codes of semantic findings. A code never changes its meaning.
pub mod codes {
    /// A column or variable that does not exist.
    pub const UNKNOWN_COLUMN: &str = "KQL0101";
    /// A table that does not exist.
    pub const UNKNOWN_TABLE: &str = "KQL0102";
    /// A function that does not exist.
    pub const UNKNOWN_FUNCTION: &str = "KQL0103";
    /// A value of the wrong type.
    pub const WRONG_TYPE: &str = "KQL0104";
    /// Too few or too many arguments, or one that cannot be used.
    pub const WRONG_ARGUMENTS: &str = "KQL0105";
    /// The same column name twice.
    pub const DUPLICATE_NAME: &str = "KQL0106";
    /// A value that must be known before the query runs, but depends on rows.
    pub const NOT_CONSTANT: &str = "KQL0107";
    /// Rows where a value is expected, or the other way round.
    pub const WRONG_KIND: &str = "KQL0108";
    /// A parameter of an operator that has no such value.
    pub const WRONG_PROPERTY: &str = "KQL0109";
    /// A query that returns nothing.
    pub const NO_RESULT: &str = "KQL0110";
}

/// One thing that is wrong with a query that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, where, and what to do.
    pub diagnostic: Diagnostic,
    /// How the service words it, without the closing sentence "Fix semantic errors in your query."; none where its wording is not
    /// known. Source: observed answers of `security/runHuntingQuery`.
    pub service_message: Option<String>,
}

impl Finding {
    /// An error with a code of [`codes`].
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Self {
            diagnostic: Diagnostic::error(code, message, span),
            service_message: None,
        }
    }

    /// The same finding with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.with_hint(hint);
        self
    }

    /// The same finding with the service's wording.
    #[must_use]
    pub fn with_service_message(mut self, message: impl Into<String>) -> Self {
        self.service_message = Some(message.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

/// Why a query has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The text cannot be read.
    #[error("the query cannot be read: {}", list(.0))]
    Syntax(Vec<Diagnostic>),
    /// The text can be read, but names or types are wrong.
    #[error("the query is wrong: {}", list(.0))]
    Semantic(Vec<Finding>),
    /// The query is right, but this engine cannot answer it.
    #[error("{what} is not supported (at {}..{} of the query)", .span.start, .span.end)]
    NotSupported {
        /// What is missing, by name.
        what: String,
        /// Where the query uses it.
        span: Span,
    },
    /// `externaldata` names something that cannot be read.
    #[error("external data cannot be read from {location}: {problem}")]
    ExternalData {
        /// The location, without credentials.
        location: String,
        /// Why.
        problem: ExternalDataError,
        /// Where the query names it.
        span: Span,
    },
    /// The result has more rows than [`RunOptions::rows_max`](crate::RunOptions::rows_max) allows.
    #[error(
        "the result has more than {rows_max} rows; filter or summarize more, or raise the limit"
    )]
    TooManyRows {
        /// The limit.
        rows_max: usize,
    },
    /// The result is larger than [`RunOptions::bytes_max`](crate::RunOptions::bytes_max) allows.
    #[error(
        "the result is larger than {bytes_max} bytes; project fewer columns, filter more, or raise the limit"
    )]
    ResultTooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The query needs more memory, or is larger, than the engine allows.
    #[error("the query exceeds a limit of the engine: {0}")]
    LimitsExceeded(String),
    /// The query ran longer than [`RunOptions::time_max`](crate::RunOptions::time_max).
    #[error("the query ran longer than {} s; filter by time, or raise the limit", .0.as_secs_f64())]
    TimedOut(std::time::Duration),
    /// The engine is shutting down.
    #[error("the query was cancelled because the engine is shutting down")]
    Cancelled,
    /// Something that is no fault of the query, such as a file that cannot be read.
    #[error("the query failed: {0}")]
    Failed(String),
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
