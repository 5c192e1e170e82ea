//! Times as feeds write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Numbers from here on are milliseconds: as seconds they would lie after the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Reads RFC 3339, `2026-01-31 12:00:00` and `2026-01-31` (both UTC, a trailing `UTC` is allowed), and Unix time in seconds or
/// milliseconds.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = text.strip_suffix("UTC").unwrap_or(text).trim_end();
    if let Ok(number) = text.parse() {
        return of_number(number);
    }
    let civil = || {
        let time = text.parse::<DateTime>().ok();
        let date = || text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0));
        time.or_else(date)?.to_zoned(TimeZone::UTC).ok()
    };
    text.parse()
        .ok()
        .or_else(|| civil().map(|zoned| zoned.timestamp()))
}

/// Unix time in seconds or milliseconds.
pub(crate) fn of_number(number: i64) -> Option<Timestamp> {
    match number.abs() >= MILLISECONDS_FROM {
        true => Timestamp::from_millisecond(number).ok(),
        false => Timestamp::from_second(number).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_read() {
        let cases = [
            ("2026-01-31T12:00:00Z", Some("2026-01-31T12:00:00Z")),
            (
                "2026-01-31T12:00:00.5+02:00",
                Some("2026-01-31T10:00:00.5Z"),
            ),
            ("2026-01-31 12:00:00", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31 12:00:00 UTC", Some("2026-01-31T12:00:00Z")),
            (
                "2026-01-31T12:00:00.154513",
                Some("2026-01-31T12:00:00.154513Z"),
            ),
            ("2026-01-31", Some("2026-01-31T00:00:00Z")),
            ("1769860800", Some("2026-01-31T12:00:00Z")),
            ("1769860800000", Some("2026-01-31T12:00:00Z")),
            ("31/01/2026", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                read(text).map(|time| time.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
