//! Parts, starts and ends of points in time.

use datafusion::arrow::array::Int64Array;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::calendar::{Date, day_of_week, in_range};
use crate::kernels::{convert, rows};
use crate::ticks::{PER_DAY, PER_HOUR, PER_MINUTE, PER_SECOND, UNIX_EPOCH};
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
    function(
        "make_datetime",
        1..=6,
        ResultName::OnlyArgument,
        make_datetime,
    ),
    function(
        "make_timespan",
        1..=4,
        ResultName::OnlyArgument,
        make_timespan,
    ),
    function(
        "unixtime_seconds_todatetime",
        1..=1,
        ResultName::Default,
        from_unix_seconds,
    ),
    function(
        "unixtime_milliseconds_todatetime",
        1..=1,
        ResultName::Default,
        from_unix_milliseconds,
    ),
    function(
        "unixtime_microseconds_todatetime",
        1..=1,
        ResultName::Default,
        from_unix_microseconds,
    ),
    function(
        "unixtime_nanoseconds_todatetime",
        1..=1,
        ResultName::Default,
        from_unix_nanoseconds,
    ),
    function(
        "datetime_utc_to_local",
        2..=2,
        ResultName::Default,
        utc_to_local,
    ),
    function(
        "datetime_local_to_utc",
        2..=2,
        ResultName::Default,
        local_to_utc,
    ),
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

/// `make_datetime(year, month, day [, hour, minute [, second]])`, or `make_datetime(value)`; null
/// where there is no such point in time.
///
/// Source: learn.microsoft.com/kusto/query/make-datetime-function.
fn make_datetime(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let given = arguments.len();
    let mut arguments = Arguments::new(context, arguments);
    if given == 1 {
        return convert::to(context, arguments.any()?, ScalarType::DateTime);
    }
    if !matches!(given, 3 | 5 | 6) {
        return Err(context.invalid("make_datetime() takes 1, 3, 5 or 6 arguments"));
    }
    let inputs = (0..given)
        .map(|_| arguments.real())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(kernel::call(
        "make_datetime",
        inputs,
        ScalarType::DateTime,
        context.span,
        |input| {
            let parts = (0..input.values.len())
                .map(|index| input.reals(index))
                .collect::<Result<Vec<_>, _>>()?;
            rows::longs(input.rows, |row| {
                let part = |index: usize| {
                    parts
                        .get(index)
                        .map_or(Some(0.0), |part| rows::at(part, row))
                };
                let whole = |index, low, high| whole_between(part(index)?, low, high);
                let date = Date {
                    year: whole(0, 1, 9999)?,
                    month: whole(1, 1, 12)?,
                    day: whole(2, 1, 31)?,
                };
                let days = Some(date.days()).filter(|&days| Date::of_day(days) == date)?;
                let seconds = Some(part(5)?).filter(|seconds| (0.0..60.0).contains(seconds))?;
                Some(
                    days * PER_DAY
                        + whole(3, 0, 23)? * PER_HOUR
                        + whole(4, 0, 59)? * PER_MINUTE
                        + second_ticks(seconds),
                )
            })
        },
    ))
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
#[expect(clippy::cast_precision_loss, reason = "the limits are small")]
fn whole_between(value: f64, low: i64, high: i64) -> Option<i64> {
    (low as f64..high as f64 + 1.0)
        .contains(&value)
        .then_some(value as i64)
}

/// Seconds in ticks, rounded to the nearest.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is too large saturates and is refused later"
)]
#[expect(clippy::cast_precision_loss, reason = "the factor is exact")]
fn second_ticks(seconds: f64) -> i64 {
    (seconds * PER_SECOND as f64).round() as i64
}

/// `make_timespan(hours, minutes [, seconds])`, `make_timespan(days, hours, minutes, seconds)`, or
/// `make_timespan(value)`.
///
/// Source: learn.microsoft.com/kusto/query/make-timespan-function.
fn make_timespan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let given = arguments.len();
    let mut arguments = Arguments::new(context, arguments);
    if given == 1 {
        return convert::to(context, arguments.any()?, ScalarType::TimeSpan);
    }
    let inputs = (0..given)
        .map(|_| arguments.real())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(kernel::call(
        "make_timespan",
        inputs,
        ScalarType::TimeSpan,
        context.span,
        move |input| {
            let parts = (0..given)
                .map(|index| input.reals(index))
                .collect::<Result<Vec<_>, _>>()?;
            let units: &[f64] = if given == 4 {
                &[86_400.0, 3_600.0, 60.0, 1.0]
            } else {
                &[3_600.0, 60.0, 1.0]
            };
            rows::longs(input.rows, |row| {
                let mut ticks = 0_i64;
                for (part, unit) in parts.iter().zip(units) {
                    ticks = ticks.checked_add(second_ticks(rows::at(part, row)? * unit))?;
                }
                Some(ticks)
            })
        },
    ))
}

fn from_unix(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    per_second: i64,
) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).number()?;
    let is_whole = matches!(value.scalar_type, ScalarType::Int | ScalarType::Long);
    let value = convert::to(
        context,
        value,
        if is_whole {
            ScalarType::Long
        } else {
            ScalarType::Real
        },
    )?;
    Ok(kernel::call(
        "unixtime_todatetime",
        vec![value],
        ScalarType::DateTime,
        context.span,
        move |input| {
            if is_whole {
                let values = input.longs(0)?;
                return rows::longs(input.rows, |row| {
                    unix_ticks(rows::at(&values, row)?, per_second)
                });
            }
            let values = input.reals(0)?;
            rows::longs(input.rows, |row| {
                #[expect(clippy::cast_precision_loss, reason = "the factors are exact")]
                let ticks = second_ticks(rows::at(&values, row)? / per_second as f64);
                in_range(ticks.checked_add(UNIX_EPOCH)?)
            })
        },
    ))
}

fn unix_ticks(value: i64, per_second: i64) -> Option<i64> {
    let ticks = i128::from(value) * i128::from(PER_SECOND) / i128::from(per_second);
    in_range(i64::try_from(ticks + i128::from(UNIX_EPOCH)).ok()?)
}

/// `unixtime_seconds_todatetime(number)`.
///
/// Source: learn.microsoft.com/kusto/query/unixtime-seconds-todatetime-function.
fn from_unix_seconds(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    from_unix(context, arguments, 1)
}

/// `unixtime_milliseconds_todatetime(number)`.
///
/// Source: learn.microsoft.com/kusto/query/unixtime-milliseconds-todatetime-function.
fn from_unix_milliseconds(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    from_unix(context, arguments, 1_000)
}

/// `unixtime_microseconds_todatetime(number)`.
///
/// Source: learn.microsoft.com/kusto/query/unixtime-microseconds-todatetime-function.
fn from_unix_microseconds(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    from_unix(context, arguments, 1_000_000)
}

/// `unixtime_nanoseconds_todatetime(number)`.
///
/// Source: learn.microsoft.com/kusto/query/unixtime-nanoseconds-todatetime-function.
fn from_unix_nanoseconds(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    from_unix(context, arguments, 1_000_000_000)
}

/// `datetime_utc_to_local(utc, timezone)`.
///
/// Source: learn.microsoft.com/kusto/query/datetime-utc-to-local-function.
fn utc_to_local(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    in_zone(context, arguments, super::zones::to_local)
}

/// `datetime_local_to_utc(local, timezone)`.
///
/// Source: learn.microsoft.com/kusto/query/datetime-local-to-utc-function.
fn local_to_utc(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    in_zone(context, arguments, super::zones::to_utc)
}

fn in_zone(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    convert: fn(i64, &jiff::tz::TimeZone) -> Option<i64>,
) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (value, zone) = (arguments.datetime()?, arguments.string()?);
    if let Some(name) = zone
        .constant_str()
        .filter(|name| super::zones::find(name).is_none())
    {
        return Err(context.invalid_argument(
            &zone,
            format!("`{name}` is not a time zone of the IANA database"),
        ));
    }
    let inputs = vec![value, zone];
    Ok(kernel::call(
        "datetime_zone",
        inputs,
        ScalarType::DateTime,
        context.span,
        move |input| {
            let (values, names) = (input.longs(0)?, input.strings(1)?);
            let mut last: Option<(String, Option<jiff::tz::TimeZone>)> = None;
            rows::longs(input.rows, |row| {
                let name = super::text::text_at(&names, row);
                if last.as_ref().is_none_or(|(known, _)| known != name) {
                    last = Some((name.to_owned(), super::zones::find(name)));
                }
                let (_, zone) = last.as_ref()?;
                convert(rows::at(&values, row)?, zone.as_ref()?)
            })
        },
    ))
}

#[cfg(test)]
mod tests;
