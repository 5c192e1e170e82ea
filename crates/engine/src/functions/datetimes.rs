//! Parts, starts and ends of points in time.

use datafusion::arrow::array::Int64Array;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::calendar::{Date, day_of_week, in_range};
use crate::kernels::rows;
use crate::ticks::{PER_DAY, PER_HOUR, PER_MINUTE, PER_SECOND};
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("startofday", 1..=2, ResultName::FirstArgument, start_of_day),
    function("startofweek", 1..=2, ResultName::Default, start_of_week),
    function("startofmonth", 1..=2, ResultName::Default, start_of_month),
    function("startofyear", 1..=2, ResultName::Default, start_of_year),
    function("endofday", 1..=2, ResultName::Default, end_of_day),
    function("endofweek", 1..=2, ResultName::Default, end_of_week),
    function("endofmonth", 1..=2, ResultName::Default, end_of_month),
    function("endofyear", 1..=2, ResultName::Default, end_of_year),
    function("dayofweek", 1..=1, ResultName::Default, day_of_the_week),
    function("dayofmonth", 1..=1, ResultName::Default, day_of_month),
    function("dayofyear", 1..=1, ResultName::Default, day_of_year),
    function("hourofday", 1..=1, ResultName::Default, hour_of_day),
    function("week_of_year", 1..=1, ResultName::Default, week_of_year),
    function("weekofyear", 1..=1, ResultName::Default, week_of_year),
    function("monthofyear", 1..=1, ResultName::Default, month_of_year),
    function("getmonth", 1..=1, ResultName::Default, month_of_year),
    function("getyear", 1..=1, ResultName::Default, year),
    function("datetime_part", 2..=2, ResultName::Default, datetime_part),
    function("datepart", 2..=2, ResultName::Default, datetime_part),
    function("datetime_add", 3..=3, ResultName::Default, datetime_add),
    function("datetime_diff", 3..=3, ResultName::Default, datetime_diff),
];

/// A unit of the calendar or the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    /// Of so many ticks.
    Fixed(i64),
    Nanosecond,
}

impl Unit {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "year" => Self::Year,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Fixed(PER_DAY),
            "hour" => Self::Fixed(PER_HOUR),
            "minute" => Self::Fixed(PER_MINUTE),
            "second" => Self::Fixed(PER_SECOND),
            "millisecond" => Self::Fixed(PER_SECOND / 1_000),
            "microsecond" => Self::Fixed(PER_SECOND / 1_000_000),
            "nanosecond" => Self::Nanosecond,
            _ => return None,
        })
    }

    /// The number of the unit that a point in time lies in; a difference of two of them counts
    /// the boundaries in between.
    fn number(self, ticks: i64) -> i64 {
        let date = || Date::of(ticks);
        match self {
            Self::Year => date().year,
            Self::Quarter => date().year * 4 + (date().month - 1) / 3,
            Self::Month => date().year * 12 + date().month,
            // Weeks begin on Sunday, the day before 0001-01-01.
            Self::Week => (ticks.div_euclid(PER_DAY) + 1).div_euclid(7),
            Self::Fixed(length) => ticks.div_euclid(length),
            Self::Nanosecond => ticks.saturating_mul(100),
        }
    }

    /// The point in time so many units later.
    fn add(self, ticks: i64, count: i64) -> Option<i64> {
        let months = |count: i64| {
            // More months than all years have would overflow the calendar.
            let count = Some(count).filter(|count| count.abs() < 12 * 10_000)?;
            let days = Date::of(ticks).add_months(count).days();
            Some(days * PER_DAY + ticks.rem_euclid(PER_DAY))
        };
        let later = match self {
            Self::Year => months(count.checked_mul(12)?)?,
            Self::Quarter => months(count.checked_mul(3)?)?,
            Self::Month => months(count)?,
            Self::Week => ticks.checked_add(count.checked_mul(7 * PER_DAY)?)?,
            Self::Fixed(length) => ticks.checked_add(count.checked_mul(length)?)?,
            Self::Nanosecond => ticks.checked_add(count / 100)?,
        };
        in_range(later)
    }

    /// The first tick of the unit that a point in time lies in.
    fn start(self, ticks: i64) -> i64 {
        let day = ticks.div_euclid(PER_DAY);
        let date = Date::of(ticks);
        match self {
            Self::Year => {
                Date {
                    month: 1,
                    day: 1,
                    ..date
                }
                .days()
                    * PER_DAY
            }
            Self::Quarter => {
                Date {
                    month: (date.month - 1) / 3 * 3 + 1,
                    day: 1,
                    ..date
                }
                .days()
                    * PER_DAY
            }
            Self::Month => Date { day: 1, ..date }.days() * PER_DAY,
            Self::Week => (day - day_of_week(day)) * PER_DAY,
            Self::Fixed(length) => ticks - ticks.rem_euclid(length),
            Self::Nanosecond => ticks,
        }
    }
}

const DAY: Unit = Unit::Fixed(PER_DAY);

/// The name of a unit, which must be known.
fn known_unit(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Unit, CallError> {
    let name = arguments.known_string()?;
    Unit::named(&name).ok_or_else(|| {
        context.invalid(format!(
            "{}() does not know the part `{name}`; it knows year, quarter, month, week, day, hour, minute, second, millisecond, microsecond, nanosecond",
            context.function
        ))
    })
}

/// A function from one point in time to an integer type.
fn map_ticks(
    context: &CallContext<'_>,
    name: &'static str,
    argument: Bound,
    returns: ScalarType,
    map: impl Fn(i64) -> Option<i64> + Send + Sync + 'static,
) -> Bound {
    kernel::call(name, vec![argument], returns, context.span, move |input| {
        let values = input.longs(0)?;
        rows::longs(input.rows, |row| map(rows::at(&values, row)?))
    })
}

fn boundary(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    unit: Unit,
    is_end: bool,
) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.datetime()?;
    let offset = arguments.or(Value::Long(0), Arguments::integer)?;
    let inputs = vec![value, offset];
    let name = if is_end { "endof" } else { "startof" };
    Ok(kernel::call(
        name,
        inputs,
        ScalarType::DateTime,
        context.span,
        move |input| {
            let (values, offsets) = (input.longs(0)?, input.longs(1)?);
            rows::longs(input.rows, |row| {
                let start = unit.start(rows::at(&values, row)?);
                let offset = rows::at(&offsets, row)?;
                let moved = unit.add(start.max(0), offset)?;
                if is_end {
                    Some(unit.add(moved, 1)? - 1)
                } else {
                    Some(moved)
                }
            })
        },
    ))
}

/// `startofday(date [, days])`.
///
/// Source: learn.microsoft.com/kusto/query/startofday-function.
fn start_of_day(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, DAY, false)
}

/// `startofweek(date [, weeks])`: the Sunday.
///
/// Source: learn.microsoft.com/kusto/query/startofweek-function.
fn start_of_week(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, Unit::Week, false)
}

/// `startofmonth(date [, months])`.
///
/// Source: learn.microsoft.com/kusto/query/startofmonth-function.
fn start_of_month(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, Unit::Month, false)
}

/// `startofyear(date [, years])`.
///
/// Source: learn.microsoft.com/kusto/query/startofyear-function.
fn start_of_year(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, Unit::Year, false)
}

/// `endofday(date [, days])`: the last tick.
///
/// Source: learn.microsoft.com/kusto/query/endofday-function.
fn end_of_day(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, DAY, true)
}

/// `endofweek(date [, weeks])`: the last tick of the Saturday.
///
/// Source: learn.microsoft.com/kusto/query/endofweek-function.
fn end_of_week(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, Unit::Week, true)
}

/// `endofmonth(date [, months])`.
///
/// Source: learn.microsoft.com/kusto/query/endofmonth-function.
fn end_of_month(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, Unit::Month, true)
}

/// `endofyear(date [, years])`.
///
/// Source: learn.microsoft.com/kusto/query/endofyear-function.
fn end_of_year(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    boundary(context, arguments, Unit::Year, true)
}

/// `dayofweek(date)`: the days since Sunday, as a timespan.
///
/// Source: learn.microsoft.com/kusto/query/day-of-week-function.
fn day_of_the_week(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).datetime()?;
    Ok(map_ticks(
        context,
        "dayofweek",
        value,
        ScalarType::TimeSpan,
        |ticks| Some(day_of_week(ticks.div_euclid(PER_DAY)) * PER_DAY),
    ))
}

fn number_of(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    part: fn(i64) -> i64,
) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).datetime()?;
    // The service itself gives longs, although its language service says int.
    Ok(map_ticks(
        context,
        "datetime_part",
        value,
        ScalarType::Long,
        move |ticks| Some(part(ticks)),
    ))
}

/// `dayofmonth(date)`.
///
/// Source: learn.microsoft.com/kusto/query/day-of-month-function.
fn day_of_month(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    number_of(context, arguments, |ticks| Date::of(ticks).day)
}

/// `dayofyear(date)`.
///
/// Source: learn.microsoft.com/kusto/query/day-of-year-function.
fn day_of_year(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    number_of(context, arguments, |ticks| Date::of(ticks).day_of_year())
}

/// `hourofday(date)`.
///
/// Source: learn.microsoft.com/kusto/query/hour-of-day-function.
fn hour_of_day(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    number_of(context, arguments, |ticks| {
        ticks.rem_euclid(PER_DAY) / PER_HOUR
    })
}

/// `week_of_year(date)`: by ISO 8601.
///
/// Source: learn.microsoft.com/kusto/query/week-of-year-function.
fn week_of_year(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    number_of(context, arguments, |ticks| Date::of(ticks).week_of_year())
}

/// `monthofyear(date)`, `getmonth(date)`.
///
/// Source: learn.microsoft.com/kusto/query/monthofyear-function.
fn month_of_year(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    number_of(context, arguments, |ticks| Date::of(ticks).month)
}

/// `getyear(date)`.
///
/// Source: learn.microsoft.com/kusto/query/getyear-function.
fn year(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    number_of(context, arguments, |ticks| Date::of(ticks).year)
}

/// `datetime_part(part, date)`.
///
/// Source: learn.microsoft.com/kusto/query/datetime-part-function.
fn datetime_part(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut rest = Arguments::new(context, arguments);
    let name = rest.known_string()?;
    let part: fn(i64) -> i64 = match name.to_ascii_lowercase().as_str() {
        "year" => |ticks| Date::of(ticks).year,
        "quarter" => |ticks| (Date::of(ticks).month - 1) / 3 + 1,
        "month" => |ticks| Date::of(ticks).month,
        "week_of_year" | "weekofyear" => |ticks| Date::of(ticks).week_of_year(),
        "day" => |ticks| Date::of(ticks).day,
        "dayofyear" => |ticks| Date::of(ticks).day_of_year(),
        "hour" => |ticks| ticks.rem_euclid(PER_DAY) / PER_HOUR,
        "minute" => |ticks| ticks.rem_euclid(PER_HOUR) / PER_MINUTE,
        "second" => |ticks| ticks.rem_euclid(PER_MINUTE) / PER_SECOND,
        "millisecond" => |ticks| ticks.rem_euclid(PER_SECOND) / 10_000,
        "microsecond" => |ticks| ticks.rem_euclid(PER_SECOND) / 10,
        "nanosecond" => |ticks| ticks.rem_euclid(PER_SECOND) * 100,
        _ => {
            return Err(context.invalid(format!("datetime_part() does not know the part `{name}`")));
        }
    };
    number_of(context, rest.rest(), part)
}

/// `datetime_add(part, count, date)`: months and years end at the last day of a shorter month.
///
/// Source: learn.microsoft.com/kusto/query/datetime-add-function.
fn datetime_add(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let unit = known_unit(context, &mut arguments)?;
    let inputs = vec![arguments.integer()?, arguments.datetime()?];
    Ok(kernel::call(
        "datetime_add",
        inputs,
        ScalarType::DateTime,
        context.span,
        move |input| {
            let (counts, values) = (input.longs(0)?, input.longs(1)?);
            rows::longs(input.rows, |row| {
                unit.add(rows::at(&values, row)?, rows::at(&counts, row)?)
            })
        },
    ))
}

/// `datetime_diff(part, first, second)`: the boundaries crossed from the second to the first; of
/// weeks a real.
///
/// Source: learn.microsoft.com/kusto/query/datetime-diff-function.
fn datetime_diff(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let unit = known_unit(context, &mut arguments)?;
    let inputs = vec![arguments.datetime()?, arguments.datetime()?];
    let difference = move |first: &Int64Array, second: &Int64Array, row| {
        let (first, second) = (rows::at(first, row)?, rows::at(second, row)?);
        match unit {
            Unit::Nanosecond => first.checked_sub(second)?.checked_mul(100),
            unit => Some(unit.number(first) - unit.number(second)),
        }
    };
    let returns = if unit == Unit::Week {
        ScalarType::Real
    } else {
        ScalarType::Long
    };
    Ok(kernel::call(
        "datetime_diff",
        inputs,
        returns,
        context.span,
        move |input| {
            let (first, second) = (input.longs(0)?, input.longs(1)?);
            if unit == Unit::Week {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "there are fewer than a million weeks"
                )]
                return rows::reals(input.rows, |row| {
                    difference(&first, &second, row).map(|weeks| weeks as f64)
                });
            }
            rows::longs(input.rows, |row| difference(&first, &second, row))
        },
    ))
}

#[cfg(test)]
mod tests;
