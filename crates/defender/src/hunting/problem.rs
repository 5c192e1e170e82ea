//! What the service says about a query, as something a planner can act on.

use crate::{Refusal, TransportFailure};

/// Why a query came to nothing, in the service's own terms.
///
/// All of these are HTTP 400 with the code `BadRequest`; only the message tells them apart. Sources:
/// learn.microsoft.com/defender-xdr/advanced-hunting-limits and
/// learn.microsoft.com/kusto/concepts/query-limits for the limits' texts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HuntingProblem {
    /// The result is too large. Ask for fewer rows or columns.
    ResultTooLarge,
    /// The query used too much processor time or memory. Ask for less at a time.
    TooExpensive,
    /// The query ran too long, or the service gave up without a word. Ask for less at a time.
    TimedOut,
    /// The query's text is too long. Send fewer values.
    QueryTooLong,
    /// No such table, or the tenant's licence does not cover it.
    UnknownTable(String),
    /// No such column.
    UnknownColumn(String),
    /// The query is not KQL.
    Syntax,
    /// The query is KQL and makes no sense for another reason.
    Semantic,
}

const RESULT_TOO_LARGE: &[&str] = &[
    "exceeded the allowed result size",
    "result size limit exceeded",
    "exceeds the allowed size limit",
    "e_query_result_set_too_large",
];
const TOO_EXPENSIVE: &[&str] = &[
    "exceeded the allowed limits",
    "query execution was preempted",
    "excessive resource consumption",
    "exceeded the memory budget",
    "e_runaway_query",
];
const TIMED_OUT: &[&str] = &[
    "exceeded the timeout",
    "query timed out",
    "execution timeout",
];

impl HuntingProblem {
    pub(crate) fn of_refusal(refusal: &Refusal) -> Option<Self> {
        match refusal.status {
            400 => Self::of_message(&refusal.message),
            413 | 414 => Some(Self::QueryTooLong),
            504 => Some(Self::TimedOut),
            // Graph answers queries that are too heavy for it with this and nothing else.
            500 if refusal.message.is_empty() => Some(Self::TimedOut),
            _ => None,
        }
    }

    pub(crate) fn of_transport(failure: &TransportFailure) -> Option<Self> {
        match failure {
            TransportFailure::TimedOut { .. } => Some(Self::TimedOut),
            TransportFailure::AnswerTooLarge { .. } => Some(Self::ResultTooLarge),
            _ => None,
        }
    }

    /// Classifies the message of an HTTP 400.
    #[must_use]
    pub fn of_message(message: &str) -> Option<Self> {
        let lower = message.to_ascii_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| lower.contains(text));
        if says(RESULT_TOO_LARGE) {
            return Some(Self::ResultTooLarge);
        }
        if says(TOO_EXPENSIVE) {
            return Some(Self::TooExpensive);
        }
        if says(TIMED_OUT) {
            return Some(Self::TimedOut);
        }
        if let Some(unknown) = unknown_name(message, &lower) {
            return Some(unknown);
        }
        if says(&["fix syntax errors"]) {
            return Some(Self::Syntax);
        }
        says(&["fix semantic errors"]).then_some(Self::Semantic)
    }
}

/// `Failed to resolve table or column expression named 'T'`, `Failed to resolve scalar expression named 'x'`.
fn unknown_name(message: &str, lower: &str) -> Option<HuntingProblem> {
    const START: &str = "failed to resolve ";
    const NAMED: &str = "named '";
    let what = lower.find(START)? + START.len();
    let name = what + lower.get(what..)?.find(NAMED)? + NAMED.len();
    let rest = message.get(name..)?;
    let end = rest.find('\'')?;
    let kind = lower.get(what..name)?;
    let name = rest.get(..end)?.to_owned();
    if kind.contains("table") {
        return Some(HuntingProblem::UnknownTable(name));
    }
    let is_column = kind.contains("scalar") || kind.contains("column");
    is_column.then_some(HuntingProblem::UnknownColumn(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::HuntingProblem::{
        QueryTooLong, ResultTooLarge, Semantic, Syntax, TimedOut, TooExpensive, UnknownColumn,
        UnknownTable,
    };
    use super::*;

    #[test]
    fn messages_of_the_service() {
        let table = |name: &str| Some(UnknownTable(name.to_owned()));
        let column = |name: &str| Some(UnknownColumn(name.to_owned()));
        let cases = [
            (
                "A recognition error occurred.. Fix syntax errors in your query.",
                Some(Syntax),
            ),
            (
                "Query operator expected.. Fix syntax errors in your query.",
                Some(Syntax),
            ),
            (
                "The incomplete fragment is unexpected.. Fix syntax errors in your query.",
                Some(Syntax),
            ),
            (
                "'project' operator: Failed to resolve scalar expression named 'x'. Fix semantic errors in your query.",
                column("x"),
            ),
            (
                "'where' operator: Failed to resolve table or column expression named 'DeviceX'. Fix semantic errors in your query.",
                table("DeviceX"),
            ),
            (
                "'extend' operator: Failed to resolve function named. Fix semantic errors in your query.",
                Some(Semantic),
            ),
            (
                "Query execution has exceeded the allowed result size. Optimize your query by limiting the number of results and try again",
                Some(ResultTooLarge),
            ),
            (
                "Query execution has exceeded the allowed limits. The query execution was preempted. Optimize your query by following best practices and try again.",
                Some(TooExpensive),
            ),
            ("Query exceeded the timeout period.", Some(TimedOut)),
            (
                "Query stopped due to excessive resource consumption.",
                Some(TooExpensive),
            ),
            (
                "Result size limit exceeded. Use summarize",
                Some(ResultTooLarge),
            ),
            (
                "The query cannot run because it exceeds the allowed size limit when processed.",
                Some(ResultTooLarge),
            ),
            ("Missing query.", None),
            ("", None),
        ];
        for (message, expected) in cases {
            assert_eq!(HuntingProblem::of_message(message), expected, "{message}");
        }
    }

    #[test]
    fn statuses_without_a_telling_message() {
        let unknown = r#"{"error":{"code":"UnknownError","message":""}}"#;
        let broken = r#"{"error":{"code":"InternalServerError","message":"Oops"}}"#;
        let cases = [
            (504, unknown, Some(TimedOut)),
            (500, unknown, Some(TimedOut)),
            (500, broken, None),
            (413, "", Some(QueryTooLong)),
            (403, "", None),
        ];
        for (status, body, expected) in cases {
            let refusal = Refusal::parse(status, None, body.as_bytes());
            assert_eq!(HuntingProblem::of_refusal(&refusal), expected, "{status}");
        }
    }

    proptest! {
        #[test]
        fn no_message_breaks_it(message in "(failed to resolve |İ|named '|table ){0,4}.{0,40}") {
            let _ = HuntingProblem::of_message(&message);
        }
    }
}
