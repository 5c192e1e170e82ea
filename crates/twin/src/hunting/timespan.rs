//! The `Timespan` of a Graph hunting request, in ISO 8601.
//!
//! Source: learn.microsoft.com/graph/api/security-security-runhuntingquery, "Request body".

use jiff::Timestamp;

use crate::iso;

/// First and last instant of `P30D`, `start/end`, `duration/end`, `start/duration` or a start alone; what is left open ends `now`.
pub(super) fn read(text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let span = match text.split_once('/') {
        None => alone(text.trim(), now)?,
        Some((first, second)) => pair(first.trim(), second.trim(), now)?,
    };
    (span.0 <= span.1).then_some(span)
}

fn alone(text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    match iso::instant(text) {
        Some(start) => Some((start, now.max(start))),
        None => Some((now.checked_sub(iso::duration(text, now)?).ok()?, now)),
    }
}

fn pair(first: &str, second: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    match (iso::instant(first), iso::instant(second)) {
        (Some(start), Some(end)) => Some((start, end)),
        (Some(start), None) => Some((start, start.checked_add(iso::duration(second, now)?).ok()?)),
        (None, Some(end)) => Some((end.checked_sub(iso::duration(first, end)?).ok()?, end)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_documented_forms() {
        let now = "2026-10-01T00:00:00Z".parse().unwrap();
        let cases = [
            ("P30D", Some("2026-09-01T00:00:00Z 2026-10-01T00:00:00Z")),
            ("PT1H", Some("2026-09-30T23:00:00Z 2026-10-01T00:00:00Z")),
            (
                "2026-09-20T00:00:00Z/2026-09-21T00:00:00Z",
                Some("2026-09-20T00:00:00Z 2026-09-21T00:00:00Z"),
            ),
            (
                "P2D/2026-09-21T00:00:00Z",
                Some("2026-09-19T00:00:00Z 2026-09-21T00:00:00Z"),
            ),
            (
                "2026-09-20T00:00:00Z/PT6H",
                Some("2026-09-20T00:00:00Z 2026-09-20T06:00:00Z"),
            ),
            (
                "2026-09-20T00:00:00Z",
                Some("2026-09-20T00:00:00Z 2026-10-01T00:00:00Z"),
            ),
            (
                "2026-09-20",
                Some("2026-09-20T00:00:00Z 2026-10-01T00:00:00Z"),
            ),
            ("2026-09-21/2026-09-20", None),
            ("-P1D", None),
            ("P1D/P2D", None),
            ("1d", None),
            ("/", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = read(text, now).map(|(start, end)| format!("{start} {end}"));
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
