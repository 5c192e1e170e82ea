//! Times as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An instant in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalTime {
    /// `YYYY-MM-DD HH:MM:SS`, cut at the second.
    pub(super) time: String,
    /// `UTC+02:00`: with the letters before it, no spreadsheet takes it for a formula.
    pub(super) offset: String,
}

/// The local time of an instant.
pub(super) fn local(instant: Timestamp, zone: &TimeZone) -> LocalTime {
    let zoned = instant.to_zoned(zone.clone());
    LocalTime {
        time: zoned.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        offset: zoned.strftime("UTC%:z").to_string(),
    }
}

/// `2026-11-21T04:00:00.123456+00:00`, cut at the microsecond.
pub(super) fn utc_micros(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
}

/// `2026-11-21T04:00:00.123456Z`, cut at the microsecond.
pub(super) fn utc_micros_zulu(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// `2026-11-21T04:00:00.123Z`, cut at the millisecond.
pub(super) fn utc_millis(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_follow_the_zone_and_its_summer_time() {
        let cases = [
            (
                "2026-01-15T10:00:00.9999999Z",
                "Africa/Cairo",
                "2026-01-15 12:00:00",
                "UTC+02:00",
            ),
            (
                "2026-07-15T22:30:00Z",
                "Africa/Cairo",
                "2026-07-16 01:30:00",
                "UTC+03:00",
            ),
            (
                "2026-07-15T22:30:00Z",
                "UTC",
                "2026-07-15 22:30:00",
                "UTC+00:00",
            ),
            (
                "2026-01-15T00:30:00Z",
                "America/St_Johns",
                "2026-01-14 21:00:00",
                "UTC-03:30",
            ),
        ];
        for (instant, zone, time, offset) in cases {
            let local = local(instant.parse().unwrap(), &TimeZone::get(zone).unwrap());
            assert_eq!(
                (local.time.as_str(), local.offset.as_str()),
                (time, offset),
                "{instant}"
            );
        }
    }
}
