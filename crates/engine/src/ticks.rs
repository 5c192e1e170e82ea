//! Points in time and spans of time as the language counts them: ticks of 100 ns.
//!
//! A `datetime` is the number of ticks since 0001-01-01T00:00:00Z, from 0 to [`MAX_DATETIME`]; a `timespan` is a signed number of
//! ticks. Source: learn.microsoft.com/kusto/query/scalar-data-types/datetime and …/timespan.

use jiff::Timestamp;

/// Ticks in one second.
pub const PER_SECOND: i64 = 10_000_000;
/// Ticks in one minute.
pub const PER_MINUTE: i64 = 60 * PER_SECOND;
/// Ticks in one hour.
pub const PER_HOUR: i64 = 60 * PER_MINUTE;
/// Ticks in one day.
pub const PER_DAY: i64 = 24 * PER_HOUR;
/// The tick of 1970-01-01T00:00:00Z.
pub const UNIX_EPOCH: i64 = 621_355_968_000_000_000;
/// The last tick of the year 9999.
pub const MAX_DATETIME: i64 = 3_155_378_975_999_999_999;

/// The ticks of a timestamp; what lies outside the years 1 to 9999 is moved to the nearer end.
#[must_use]
pub fn from_timestamp(timestamp: Timestamp) -> i64 {
    let ticks = timestamp.as_nanosecond().div_euclid(100) + i128::from(UNIX_EPOCH);
    i64::try_from(ticks.clamp(0, i128::from(MAX_DATETIME))).unwrap_or(MAX_DATETIME)
}

/// The timestamp of a `datetime`; ticks outside its range are moved to the nearer end.
#[must_use]
pub fn to_timestamp(ticks: i64) -> Timestamp {
    let nanoseconds = i128::from(ticks.clamp(0, MAX_DATETIME) - UNIX_EPOCH) * 100;
    Timestamp::from_nanosecond(nanoseconds).unwrap_or(Timestamp::MAX)
}

/// A `datetime` as the language prints it: `2020-01-01T00:00:00.0000000Z`, always seven digits.
#[must_use]
pub fn datetime_text(ticks: i64) -> String {
    let ticks = ticks.clamp(0, MAX_DATETIME);
    let date = crate::kernels::calendar::Date::of(ticks);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
        date.year,
        date.month,
        date.day,
        ticks % PER_DAY / PER_HOUR,
        ticks % PER_HOUR / PER_MINUTE,
        ticks % PER_MINUTE / PER_SECOND,
        ticks % PER_SECOND
    )
}

/// A `timespan` as the language prints it: `[-][d.]hh:mm:ss[.fffffff]`.
#[must_use]
pub fn timespan_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let unit = |divisor: i64| divisor.unsigned_abs();
    let days = match ticks / unit(PER_DAY) {
        0 => String::new(),
        days => format!("{days}."),
    };
    let fraction = match ticks % unit(PER_SECOND) {
        0 => String::new(),
        fraction => format!(".{fraction:07}"),
    };
    let hours = ticks % unit(PER_DAY) / unit(PER_HOUR);
    let minutes = ticks % unit(PER_HOUR) / unit(PER_MINUTE);
    let seconds = ticks % unit(PER_MINUTE) / unit(PER_SECOND);
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_round_trip() {
        let timestamp: Timestamp = "2024-02-29T12:34:56.1234567Z".parse().unwrap();
        assert_eq!(to_timestamp(from_timestamp(timestamp)), timestamp);
        assert_eq!(
            datetime_text(from_timestamp(timestamp)),
            "2024-02-29T12:34:56.1234567Z"
        );
        assert_eq!(datetime_text(0), "0001-01-01T00:00:00.0000000Z");
        assert_eq!(datetime_text(MAX_DATETIME), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(from_timestamp(Timestamp::UNIX_EPOCH), UNIX_EPOCH);
    }

    #[test]
    fn timespans_print_only_what_they_hold() {
        assert_eq!(timespan_text(0), "00:00:00");
        assert_eq!(timespan_text(PER_DAY + PER_SECOND), "1.00:00:01");
        assert_eq!(timespan_text(-(PER_HOUR + 5)), "-01:00:00.0000005");
        assert_eq!(timespan_text(i64::MIN), "-10675199.02:48:05.4775808");
    }
}
