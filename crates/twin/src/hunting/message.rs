//! What the service says about a query it does not run.
//!
//! Syntax and semantic errors are both 400 `BadRequest`; the end of the message tells them apart.

use axum::http::StatusCode;
use tesem_engine::{EngineError, Finding};
use tesem_kql::diagnostic::codes;
use tesem_kql::{Diagnostic, Position, Span};

use crate::envelope::TWIN_NOT_SUPPORTED;

/// A refusal before it gets its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueryRefusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl QueryRefusal {
    fn bad_request(message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "BadRequest",
            message,
        }
    }
}

/// The refusal of a query that the engine did not answer.
pub(super) fn refusal(error: &EngineError, query: &str) -> QueryRefusal {
    match error {
        EngineError::Syntax(diagnostics) => QueryRefusal::bad_request(syntax(diagnostics)),
        EngineError::Semantic(findings) => QueryRefusal::bad_request(semantic(findings)),
        EngineError::NotSupported { what, span } => not_supported(what, *span, query),
        EngineError::ExternalData {
            location,
            problem,
            span,
        } => {
            let what = format!("externaldata from {location}: {problem}");
            not_supported(&what, *span, query)
        }
        EngineError::ResultTooLarge { .. } | EngineError::TooManyRows { .. } => QueryRefusal::bad_request(
            "Query execution has exceeded the allowed result size. Optimize your query by limiting the number of results and try again"
                .to_owned(),
        ),
        EngineError::LimitsExceeded(_) => QueryRefusal::bad_request(
            "Query execution has exceeded the allowed limits. The query execution was preempted. Optimize your query by following best \
             practices and try again."
                .to_owned(),
        ),
        EngineError::TimedOut(_) => QueryRefusal {
            status: StatusCode::GATEWAY_TIMEOUT,
            code: "GatewayTimeout",
            message: "Query exceeded the timeout period.".to_owned(),
        },
        EngineError::Cancelled => failed("the twin is shutting down"),
        EngineError::Failed(why) => failed(why),
    }
}

fn failed(why: &str) -> QueryRefusal {
    tracing::error!(why, "the engine failed");
    QueryRefusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "InternalServerError",
        message: format!("The twin's engine failed: {why}."),
    }
}

fn not_supported(what: &str, span: Span, query: &str) -> QueryRefusal {
    let place = Position::of(query, span.start);
    QueryRefusal {
        status: StatusCode::NOT_IMPLEMENTED,
        code: TWIN_NOT_SUPPORTED,
        message: format!(
            "The twin, not the service, does not support {what} ({place}, bytes {}..{}).",
            span.start, span.end
        ),
    }
}

fn syntax(diagnostics: &[Diagnostic]) -> String {
    let phrase = diagnostics
        .first()
        .map_or("A recognition error occurred.", phrase);
    format!("{phrase}. Fix syntax errors in your query.")
}

/// The service has a handful of phrases, seen in published answers; each ends with a full stop, to which it adds another.
fn phrase(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.code {
        codes::EXPECTED_OPERATOR | codes::UNKNOWN_OPERATOR => "Query operator expected.",
        codes::UNEXPECTED_TOKEN
        | codes::EXPECTED_EXPRESSION
        | codes::EXPECTED_NAME
        | codes::EXPECTED_TYPE
        | codes::UNCLOSED_BRACKET
        | codes::NO_QUERY
        | codes::TRAILING_TEXT
        | codes::MISSING_CLAUSE => "The incomplete fragment is unexpected.",
        _ => "A recognition error occurred.",
    }
}

fn semantic(findings: &[Finding]) -> String {
    let text = findings
        .first()
        .map_or("The query is not valid", |finding| {
            finding
                .service_message
                .as_deref()
                .unwrap_or(&finding.diagnostic.message)
        });
    format!(
        "{}. Fix semantic errors in your query.",
        text.trim_end_matches('.')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { start: 4, end: 7 };

    #[test]
    fn syntax_errors_end_with_two_full_stops() {
        let message = |code| syntax(&[Diagnostic::error(code, "ours", SPAN)]);
        assert_eq!(
            message(codes::UNEXPECTED_CHARACTER),
            "A recognition error occurred.. Fix syntax errors in your query."
        );
        assert_eq!(
            message(codes::EXPECTED_OPERATOR),
            "Query operator expected.. Fix syntax errors in your query."
        );
        assert_eq!(
            message(codes::UNEXPECTED_TOKEN),
            "The incomplete fragment is unexpected.. Fix syntax errors in your query."
        );
    }

    #[test]
    fn semantic_errors_use_the_services_words_where_they_are_known() {
        let finding = Finding::error("KQL0101", "there is no column `x`", SPAN);
        assert_eq!(
            semantic(std::slice::from_ref(&finding)),
            "there is no column `x`. Fix semantic errors in your query."
        );
        let words = "'project' operator: Failed to resolve scalar expression named 'x'";
        assert_eq!(
            semantic(&[finding.with_service_message(words)]),
            format!("{words}. Fix semantic errors in your query.")
        );
    }

    #[test]
    fn what_the_twin_lacks_is_named_with_its_place() {
        let error = EngineError::NotSupported {
            what: "`scan`".to_owned(),
            span: SPAN,
        };
        let refusal = refusal(&error, "T |\nscan");
        assert_eq!(
            (refusal.status.as_u16(), refusal.code),
            (501, "TwinNotSupported")
        );
        assert_eq!(
            refusal.message,
            "The twin, not the service, does not support `scan` (line 2, column 1, bytes 4..7)."
        );
    }
}
