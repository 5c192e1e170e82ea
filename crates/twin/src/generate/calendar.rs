//! Days, the window that the data covers, and ticks.
//!
//! A tick is 100 ns since 0001-01-01T00:00Z, as the query language counts time; so every timestamp has seven digits.

use jiff::Timestamp;

/// Ticks in a millisecond.
pub(super) const MILLISECOND: i64 = 10_000;
/// Ticks in a second.
pub(super) const SECOND: i64 = 1_000 * MILLISECOND;
/// Ticks in a minute.
pub(super) const MINUTE: i64 = 60 * SECOND;
/// Ticks in an hour.
pub(super) const HOUR: i64 = 60 * MINUTE;
/// Ticks in a day.
pub(super) const DAY: i64 = 24 * HOUR;
/// The tick of 1970-01-01T00:00Z.
const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// The tick of a timestamp.
pub(super) fn ticks(timestamp: Timestamp) -> i64 {
    let since_epoch = timestamp.as_nanosecond().div_euclid(100);
    i64::try_from(since_epoch)
        .unwrap_or(i64::MAX)
        .saturating_add(UNIX_EPOCH)
}

/// The timestamp of a tick.
pub(super) fn timestamp(ticks: i64) -> Timestamp {
    let nanoseconds = i128::from(ticks.saturating_sub(UNIX_EPOCH)) * 100;
    Timestamp::from_nanosecond(nanoseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A day in UTC, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i64);

impl Day {
    /// The day in which a tick lies.
    pub(super) fn of(ticks: i64) -> Self {
        Self((ticks - UNIX_EPOCH).div_euclid(DAY))
    }

    /// The tick at which it begins.
    pub(super) fn start(self) -> i64 {
        UNIX_EPOCH + self.0 * DAY
    }

    /// The day of the week, Monday is 0.
    pub(super) fn weekday(self) -> i64 {
        (self.0 + 3).rem_euclid(7)
    }
}

/// The stretch of time that the data covers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Window {
    /// The `days` times 24 hours before `until`.
    pub(super) fn new(until: Timestamp, days: u32) -> Self {
        let end = ticks(until);
        Self {
            start: end - i64::from(days) * DAY,
            end,
        }
    }

    pub(super) fn contains(self, ticks: i64) -> bool {
        (self.start..=self.end).contains(&ticks)
    }

    /// The days it touches, first to last.
    pub(super) fn days(self) -> impl Iterator<Item = Day> {
        (Day::of(self.start).0..=Day::of(self.end).0).map(Day)
    }

    pub(super) fn first_day(self) -> Day {
        Day::of(self.start)
    }

    pub(super) fn last_day(self) -> Day {
        Day::of(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_round_trip_and_days_have_their_names() {
        let moment: Timestamp = "2026-11-20T09:30:00.1234567Z".parse().unwrap();
        assert_eq!(timestamp(ticks(moment)), moment);
        assert_eq!(Day::of(ticks(moment)).weekday(), 4, "a Friday");
    }

    #[test]
    fn a_window_touches_one_day_more_than_it_is_long() {
        let window = Window::new("2026-11-20T09:30:00Z".parse().unwrap(), 30);
        assert_eq!(window.days().count(), 31);
        assert!(window.contains(window.start) && window.contains(window.end));
        assert!(!window.contains(window.end + 1));
    }
}
