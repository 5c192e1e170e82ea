//! Points in time from their parts, from Unix time, and in another time zone.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::calendar::{Date, in_range};
use crate::kernels::{convert, rows};
use crate::ticks::{PER_DAY, PER_HOUR, PER_MINUTE, PER_SECOND, UNIX_EPOCH};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
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
