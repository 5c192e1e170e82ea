//! The calendar over ticks of 100 ns since 0001-01-01T00:00Z, proleptic Gregorian.

use crate::ticks::{MAX_DATETIME, PER_DAY};

/// Days from 0000-03-01, where the cycle of leap years begins, to 0001-01-01.
const DAYS_BEFORE_YEAR_ONE: i64 = 306;
const DAYS_PER_CYCLE: i64 = 146_097;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// 1 to 9999, for days in the range of a datetime.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

impl Date {
    /// The day of a point in time.
    #[must_use]
    pub fn of(ticks: i64) -> Self {
        Self::of_day(ticks.div_euclid(PER_DAY))
    }

    /// The day of a number of days since 0001-01-01.
    ///
    /// Source: howardhinnant.github.io/date_algorithms.html, `civil_from_days`.
    #[must_use]
    pub fn of_day(days: i64) -> Self {
        let days = days + DAYS_BEFORE_YEAR_ONE;
        let cycle = days.div_euclid(DAYS_PER_CYCLE);
        let day_of_cycle = days.rem_euclid(DAYS_PER_CYCLE);
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524
            - day_of_cycle / 146_096)
            / 365;
        let day_of_year =
            day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
        Self { year, month, day }
    }

    /// Days since 0001-01-01; the month may lie outside 1 to 12 and counts into other years.
    #[must_use]
    pub fn days(self) -> i64 {
        let months = self.year * 12 + self.month - 1;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let year = year - i64::from(month <= 2);
        let cycle = year.div_euclid(400);
        let year_of_cycle = year.rem_euclid(400);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted_month + 2) / 5 + self.day - 1;
        let day_of_cycle =
            year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
        cycle * DAYS_PER_CYCLE + day_of_cycle - DAYS_BEFORE_YEAR_ONE
    }

    /// The day of the year, from 1.
    #[must_use]
    pub fn day_of_year(self) -> i64 {
        self.days()
            - Self {
                month: 1,
                day: 1,
                ..self
            }
            .days()
            + 1
    }

    /// The week of the year by ISO 8601.
    #[must_use]
    pub fn week_of_year(self) -> i64 {
        // 0001-01-01 is a Monday; the week belongs to the year of its Thursday.
        let thursday = self.days().div_euclid(7) * 7 + 3;
        (Self::of_day(thursday).day_of_year() - 1) / 7 + 1
    }

    /// The day so many months later, or the last one of a shorter month.
    #[must_use]
    pub fn add_months(self, months: i64) -> Self {
        let first = Self {
            month: self.month + months,
            day: 1,
            ..self
        };
        let next = Self {
            month: first.month + 1,
            ..first
        };
        Self::of_day(first.days() + self.day.min(next.days() - first.days()) - 1)
    }
}

/// Days since the Sunday before or at a day: 0 for a Sunday.
#[must_use]
pub fn day_of_week(days: i64) -> i64 {
    (days + 1).rem_euclid(7)
}

/// The ticks if they are a datetime.
#[must_use]
pub fn in_range(ticks: i64) -> Option<i64> {
    (0..=MAX_DATETIME).contains(&ticks).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_comes_back() {
        assert_eq!(
            Date::of(0),
            Date {
                year: 1,
                month: 1,
                day: 1
            }
        );
        assert_eq!(
            Date::of(MAX_DATETIME),
            Date {
                year: 9999,
                month: 12,
                day: 31
            }
        );
        assert_eq!(
            Date {
                year: 1970,
                month: 1,
                day: 1
            }
            .days(),
            719_162
        );
        let mut last = Date::of_day(-400_000);
        for days in -399_999..=MAX_DATETIME / PER_DAY {
            let date = Date::of_day(days);
            assert_eq!(date.days(), days);
            let next_day = date.day == last.day + 1 && date.month == last.month;
            assert!(
                next_day || (date.day == 1 && last.day >= 28),
                "{last:?} {date:?}"
            );
            last = date;
        }
    }

    #[test]
    fn weeks_and_months() {
        let date = |year, month, day| Date { year, month, day };
        assert_eq!(date(2017, 10, 30).week_of_year(), 44);
        assert_eq!(date(2021, 1, 3).week_of_year(), 53);
        assert_eq!(date(2024, 12, 30).week_of_year(), 1);
        assert_eq!(date(2020, 12, 31).day_of_year(), 366);
        assert_eq!(date(2020, 2, 29).add_months(12), date(2021, 2, 28));
        assert_eq!(date(2020, 1, 31).add_months(-2), date(2019, 11, 30));
        assert_eq!(day_of_week(date(2017, 1, 1).days()), 0);
        assert_eq!(day_of_week(date(1970, 5, 12).days()), 2);
    }
}
