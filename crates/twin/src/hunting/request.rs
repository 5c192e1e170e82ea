//! The body of a hunting request.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::timespan;
use crate::envelope::Face;
use crate::options::KeyCase;
use crate::server::Twin;

/// A query, and the rows it may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HuntingRequest {
    pub(super) query: String,
    /// First and last visible `Timestamp`.
    pub(super) window: (Timestamp, Timestamp),
}

/// Why a body is no hunting request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestFault {
    /// No JSON object.
    NotJson,
    /// `Query` is missing, empty, no text, or in another letter case.
    NoQuery,
    /// The query's text is too long.
    QueryTooLong,
    /// `Timespan` is none.
    BadTimespan(String),
    /// The query is a control command.
    ControlCommand,
}

impl RequestFault {
    /// The service's code and text.
    pub(super) fn wording(&self, face: Face) -> (&'static str, String) {
        match (self, face) {
            (Self::NotJson, Face::Graph) => (
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
                    .to_owned(),
            ),
            (Self::NotJson, _) => ("InvalidRequestBody", "Request body is incorrect.".to_owned()),
            (Self::NoQuery, _) => ("InvalidRequestBody", "Missing query.".to_owned()),
            (Self::QueryTooLong, _) => (
                "BadRequest",
                "The query cannot run because it exceeds the allowed size limit when processed.".to_owned(),
            ),
            (Self::BadTimespan(text), _) => ("BadRequest", format!("Invalid timespan '{text}'.")),
            (Self::ControlCommand, _) => {
                ("BadRequest", "A recognition error occurred.. Fix syntax errors in your query.".to_owned())
            }
        }
    }
}

/// Reads a body; `now` ends the visible rows.
pub(super) fn read(
    body: &[u8],
    face: Face,
    now: Timestamp,
    twin: &Twin,
) -> Result<HuntingRequest, RequestFault> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| RequestFault::NotJson)?;
    let case = if face == Face::Graph {
        twin.unverified.graph_keys
    } else {
        KeyCase::Exact
    };
    let query = field(&fields, "Query", case)
        .and_then(Value::as_str)
        .unwrap_or_default();
    if query.trim().is_empty() {
        return Err(RequestFault::NoQuery);
    }
    if query.len() > twin.limits.query_bytes_max {
        return Err(RequestFault::QueryTooLong);
    }
    if is_control_command(query) {
        return Err(RequestFault::ControlCommand);
    }
    let timespan = field(&fields, "Timespan", case).filter(|_| face == Face::Graph);
    let window = window(timespan, visible(now, twin.limits.visible))?;
    Ok(HuntingRequest {
        query: query.to_owned(),
        window,
    })
}

fn field<'a>(fields: &'a Map<String, Value>, name: &str, case: KeyCase) -> Option<&'a Value> {
    let exact = fields.get(name);
    match case {
        KeyCase::Exact => exact,
        KeyCase::Any => exact.or_else(|| {
            fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        }),
    }
}

fn visible(now: Timestamp, visible: Duration) -> (Timestamp, Timestamp) {
    let length = SignedDuration::try_from(visible).unwrap_or(SignedDuration::MAX);
    (now.checked_sub(length).unwrap_or(Timestamp::MIN), now)
}

/// The visible rows, narrowed by a timespan; a timespan outside of them leaves nothing.
fn window(
    timespan: Option<&Value>,
    visible: (Timestamp, Timestamp),
) -> Result<(Timestamp, Timestamp), RequestFault> {
    let text = match timespan {
        None | Some(Value::Null) => return Ok(visible),
        Some(Value::String(text)) => text,
        Some(other) => return Err(RequestFault::BadTimespan(other.to_string())),
    };
    let (start, end) = timespan::read(text, visible.1)
        .ok_or_else(|| RequestFault::BadTimespan(text.chars().take(100).collect()))?;
    Ok((start.max(visible.0), end.min(visible.1)))
}

/// Whether the first thing in a query, after blanks and comments, is a dot: `.show tables`.
fn is_control_command(query: &str) -> bool {
    let mut rest = query.trim_start();
    while let Some(comment) = rest.strip_prefix("//") {
        rest = comment
            .split_once('\n')
            .map_or("", |(_, after)| after)
            .trim_start();
    }
    rest.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_dot_is_a_command() {
        let cases = [
            (".show tables", true),
            ("  // a\n// b\r\n .drop table T", true),
            ("T | where a == .5", false),
            ("// .show", false),
            ("//", false),
        ];
        for (query, expected) in cases {
            assert_eq!(is_control_command(query), expected, "{query}");
        }
    }

    #[test]
    fn the_shorter_window_wins() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let visible = (at("2026-09-01T00:00:00Z"), at("2026-10-01T00:00:00Z"));
        let cases = [
            ("P1D", "2026-09-30T00:00:00Z", "2026-10-01T00:00:00Z"),
            ("P90D", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            (
                "2026-09-10/2026-11-01",
                "2026-09-10T00:00:00Z",
                "2026-10-01T00:00:00Z",
            ),
        ];
        for (text, start, end) in cases {
            let value = Value::String(text.to_owned());
            assert_eq!(
                window(Some(&value), visible),
                Ok((at(start), at(end))),
                "{text}"
            );
        }
        for wrong in [Value::Bool(true), Value::from("a week")] {
            assert!(matches!(
                window(Some(&wrong), visible),
                Err(RequestFault::BadTimespan(_))
            ));
        }
    }
}
