//! Instants and durations in ISO 8601, as the hunting API and the twin's own face take them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// An instant: `2026-10-01T08:00:00Z`, with another offset, or without one and then in UTC; also a date alone.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let local: DateTime = text.parse().ok()?;
    local
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A duration: `P30D`, `PT1H30M`, `P1M`. Days have 24 hours; months and years are those before `now`.
pub(crate) fn duration(text: &str, now: Timestamp) -> Option<SignedDuration> {
    let is_iso = text.trim_start_matches(['-', '+']).starts_with(['P', 'p']);
    let span: Span = text.parse().ok().filter(|_| is_iso)?;
    let end = now.to_zoned(TimeZone::UTC);
    let start = end.checked_sub(span).ok()?;
    Some(now.duration_since(start.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_without_an_offset_are_utc() {
        let cases = [
            ("2026-10-01T08:00:00Z", Some("2026-10-01T08:00:00Z")),
            (
                "2026-10-01T08:00:00.1234567+02:00",
                Some("2026-10-01T06:00:00.1234567Z"),
            ),
            ("2026-10-01T08:00:00", Some("2026-10-01T08:00:00Z")),
            ("2026-10-01", Some("2026-10-01T00:00:00Z")),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = instant(text).map(|instant| instant.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_iso_only() {
        let now = "2026-03-31T00:00:00Z".parse().unwrap();
        let hours = |hours| Some(SignedDuration::from_hours(hours));
        let cases = [
            ("P30D", hours(720)),
            ("PT1H30M", Some(SignedDuration::from_mins(90))),
            ("P1W", hours(168)),
            ("P1M", hours(31 * 24)),
            ("-PT1H", hours(-1)),
            ("P", None),
            ("1h", None),
            ("P999999999Y", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text, now), expected, "{text}");
        }
    }
}
