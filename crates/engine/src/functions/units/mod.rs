//! Conversions between units of measurement, one file per quantity.
//!
//! The service converts with the library UnitsNet (github.com/angularsen/UnitsNet). Units whose size changed by more than a billionth between
//! the version of the first documented names and the latest are refused, unless a recorded answer of the service tells their size.

mod angle;
mod energy;
mod force;
mod length;
mod mass;
mod scale;
mod speed;
mod temperature;
#[cfg(test)]
mod tests;
mod volume;

use tesem_kql::types::ScalarType;

use self::scale::Unit;
use super::arguments::Arguments;
use super::rowwise::{self, Cell, Unsupported};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("convert_angle", 3..=3, DEFAULT, convert_angle),
    function("convert_energy", 3..=3, DEFAULT, convert_energy),
    function("convert_force", 3..=3, DEFAULT, convert_force),
    function("convert_length", 3..=3, DEFAULT, convert_length),
    function("convert_mass", 3..=3, DEFAULT, convert_mass),
    function("convert_speed", 3..=3, DEFAULT, convert_speed),
    function("convert_temperature", 3..=3, DEFAULT, convert_temperature),
    function("convert_volume", 3..=3, DEFAULT, convert_volume),
];

type Call = Result<Bound, CallError>;

/// `convert_angle(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-angle-function.
fn convert_angle(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_angle", arguments, angle::UNITS)
}

/// `convert_energy(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-energy-function.
fn convert_energy(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_energy", arguments, energy::UNITS)
}

/// `convert_force(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-force-function.
fn convert_force(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_force", arguments, force::UNITS)
}

/// `convert_length(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-length-function.
fn convert_length(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_length", arguments, length::UNITS)
}

/// `convert_mass(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-mass-function.
fn convert_mass(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_mass", arguments, mass::UNITS)
}

/// `convert_speed(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-speed-function.
fn convert_speed(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_speed", arguments, speed::UNITS)
}

/// `convert_temperature(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-temperature-function.
fn convert_temperature(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(
        context,
        "convert_temperature",
        arguments,
        temperature::UNITS,
    )
}

/// `convert_volume(value, from, to)`.
///
/// Source: learn.microsoft.com/kusto/query/convert-volume-function.
fn convert_volume(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    convert(context, "convert_volume", arguments, volume::UNITS)
}

/// Converts a real from one unit of the table to another; null for a unit that is not in it.
fn convert(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    units: &'static [Unit],
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (value, from, to) = (arguments.real()?, arguments.string()?, arguments.string()?);
    let known = from.constant_str().zip(to.constant_str());
    match known.map(|(from, to)| conversion(units, from, to)) {
        Some(Ok(Some(conversion))) => {
            Ok(rowwise::real(
                context,
                name,
                vec![value],
                move |row| match row.real(0) {
                    Some(value) => conversion.of(value),
                    None => Ok(None),
                },
            ))
        }
        Some(Ok(None)) => Ok(Bound::null(ScalarType::Real, context.span)),
        Some(Err(Unsupported(what))) => Err(context.not_supported(format!("{name}() of {what}"))),
        None => Ok(rowwise::real(
            context,
            name,
            vec![value, from, to],
            move |row| match (row.real(0), conversion(units, row.text(1), row.text(2))?) {
                (Some(value), Some(conversion)) => conversion.of(value),
                _ => Ok(None),
            },
        )),
    }
}

/// From one unit to another of the same quantity; their sizes are known.
#[derive(Debug, Clone, Copy)]
struct Conversion {
    from: &'static Unit,
    to: &'static Unit,
}

/// The conversion between two units of a table sorted by name; none when one of them is not in it. Names are case-sensitive.
fn conversion(units: &'static [Unit], from: &str, to: &str) -> Cell<Conversion> {
    let named = |name: &str| {
        let place = units.binary_search_by(|unit| unit.name.cmp(name)).ok();
        place.and_then(|place| units.get(place))
    };
    let Some((from, to)) = named(from).zip(named(to)) else {
        return Ok(None);
    };
    match [from, to].into_iter().find(|unit| !unit.is_settled()) {
        Some(unsettled) => Err(Unsupported::new(format!("the unit {}", unsettled.name))),
        None => Ok(Some(Conversion { from, to })),
    }
}

impl Conversion {
    /// A number of the second unit. What the service makes of infinities and of what is not a number, and where the conversion gives
    /// them, such as the angle of a tilt above 1, is not documented.
    fn of(self, value: f64) -> Cell<f64> {
        if !value.is_finite() {
            return Err(Unsupported::new("a number that is not finite"));
        }
        let converted = self.apply(value);
        match converted.is_finite() {
            true => Ok(Some(converted)),
            false => Err(Unsupported::new("a number outside the range of the unit")),
        }
    }

    fn apply(self, value: f64) -> f64 {
        if self.from.name == self.to.name {
            value
        } else {
            self.to.base_to_unit(self.from.unit_to_base(value))
        }
    }
}
