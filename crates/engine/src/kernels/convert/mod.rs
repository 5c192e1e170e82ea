//! Conversion between any two scalar types.
//!
//! A conversion never fails: what does not convert is null, and the text of null is empty.
//!
//! Sources: learn.microsoft.com/kusto/query/tolong-function, …/toreal-function, …/tobool-function,
//! …/todatetime-function, …/totimespan-function, …/toguid-function, …/tostring-function.

mod number;
mod parse;

use tesem_kql::constant::{parse_datetime, parse_timespan};
use tesem_kql::types::ScalarType;

pub use number::{to_bool, to_int, to_long, to_real};
pub use parse::{parse_bool, parse_guid, parse_long, parse_real};

use super::cells::Cells;
use super::rows;
use crate::bound::{Bound, CallContext, CallError};
use crate::decimal::Decimal;
use crate::dynamic::{View, append_json};
use crate::kernel::{self, Input};
use crate::ticks;

/// The value as `target`, as `tostring()`, `tolong()` and their relatives convert it.
///
/// A dynamic converts by what it holds. A string becomes a dynamic as by `parse_json()`, every
/// other scalar as itself.
///
/// # Errors
/// None today.
pub fn to(context: &CallContext<'_>, value: Bound, target: ScalarType) -> Result<Bound, CallError> {
    let source = value.scalar_type;
    if source == target {
        return Ok(value);
    }
    let name = value.name.clone();
    let span = context.span;
    let call = |body: fn(&Input<'_>, ScalarType) -> rows::Column| {
        kernel::call(
            function_name(target),
            vec![value],
            target,
            span,
            move |input| body(input, source),
        )
    };
    let converted = match target {
        ScalarType::Bool => call(bools),
        ScalarType::Int => call(ints),
        ScalarType::Long => call(longs),
        ScalarType::Real => call(reals),
        ScalarType::Decimal => call(decimals),
        ScalarType::String => call(texts),
        ScalarType::DateTime => call(datetimes),
        ScalarType::TimeSpan => call(timespans),
        ScalarType::Guid => call(guids),
        ScalarType::Dynamic => call(dynamics),
    };
    Ok(Bound { name, ..converted })
}

fn function_name(target: ScalarType) -> &'static str {
    match target {
        ScalarType::Bool => "tobool",
        ScalarType::Int => "toint",
        ScalarType::Long => "tolong",
        ScalarType::Real => "toreal",
        ScalarType::Decimal => "todecimal",
        ScalarType::String => "tostring",
        ScalarType::DateTime => "todatetime",
        ScalarType::TimeSpan => "totimespan",
        ScalarType::Guid => "toguid",
        ScalarType::Dynamic => "todynamic",
    }
}

fn bools(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::bools(input.rows, |row| to_bool(cells.view(row)))
}

fn ints(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::ints(input.rows, |row| to_int(cells.view(row)))
}

fn longs(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::longs(input.rows, |row| to_long(cells.view(row)))
}

fn reals(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::reals(input.rows, |row| to_real(cells.view(row)))
}

fn decimals(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::decimals(input.rows, |row| to_decimal(cells.view(row)))
}

fn texts(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::texts(input.rows, |row, out| cells.push_text(row, out))
}

fn datetimes(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::longs(input.rows, |row| to_datetime(cells.view(row)))
}

fn timespans(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::longs(input.rows, |row| to_timespan(cells.view(row)))
}

fn guids(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::guids(input.rows, |row| to_guid(cells.view(row)))
}

fn dynamics(input: &Input<'_>, source: ScalarType) -> rows::Column {
    let cells = Cells::of(input, 0, source)?;
    rows::dynamics(input.rows, |row, writer| {
        match cells.view(row) {
            View::String(text) => append_json(text, writer),
            _ => cells.write(row, writer),
        }
        Ok(())
    })
}

fn to_decimal(view: View<'_>) -> Option<Decimal> {
    match view {
        View::Bool(value) => Some(Decimal::from_long(i64::from(value))),
        View::Long(value) => Some(Decimal::from_long(value)),
        View::Real(value) => value.to_string().parse().ok(),
        View::Decimal(value) => Some(value),
        View::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The point in time that a value is or spells; numbers are ticks.
#[must_use]
pub fn to_datetime(view: View<'_>) -> Option<i64> {
    match view {
        View::DateTime(ticks) => Some(ticks),
        View::Long(ticks) => (0..=ticks::MAX_DATETIME).contains(&ticks).then_some(ticks),
        View::String(text) => parse_datetime(text),
        _ => None,
    }
}

/// The length of time that a value is or spells; numbers are ticks.
#[must_use]
pub fn to_timespan(view: View<'_>) -> Option<i64> {
    match view {
        View::TimeSpan(ticks) | View::Long(ticks) => Some(ticks),
        View::String(text) => parse_timespan(text),
        _ => None,
    }
}

/// The guid that a value is or spells.
#[must_use]
pub fn to_guid(view: View<'_>) -> Option<u128> {
    match view {
        View::Guid(value) => Some(value),
        View::String(text) => parse_guid(text),
        _ => None,
    }
}
