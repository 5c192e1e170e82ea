//! Units of temperature; the base unit is the kelvin.
//!
//! Temperatures are points of a scale: zero degrees Celsius is 273.15 K.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-temperature-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Temperature.json for the factors.

use super::scale::{Scale, Unit, unit};

const ICE_POINT: f64 = 273.15;

const CELSIUS: Scale = Scale::Formula {
    to_base: |degrees| degrees + ICE_POINT,
    from_base: |kelvins| kelvins - ICE_POINT,
};

const MILLIDEGREE_CELSIUS: Scale = Scale::Formula {
    to_base: |degrees| degrees / 1000.0 + ICE_POINT,
    from_base: |kelvins| (kelvins - ICE_POINT) * 1000.0,
};

const DELISLE: Scale = Scale::Formula {
    to_base: |degrees| degrees * -2.0 / 3.0 + 373.15,
    from_base: |kelvins| (kelvins - 373.15) * -3.0 / 2.0,
};

const FAHRENHEIT: Scale = Scale::Formula {
    to_base: |degrees| degrees * 5.0 / 9.0 + 459.67 * 5.0 / 9.0,
    from_base: |kelvins| (kelvins - 459.67 * 5.0 / 9.0) * 9.0 / 5.0,
};

const NEWTON: Scale = Scale::Formula {
    to_base: |degrees| degrees * 100.0 / 33.0 + ICE_POINT,
    from_base: |kelvins| (kelvins - ICE_POINT) * 33.0 / 100.0,
};

const REAUMUR: Scale = Scale::Formula {
    to_base: |degrees| degrees * 5.0 / 4.0 + ICE_POINT,
    from_base: |kelvins| (kelvins - ICE_POINT) * 4.0 / 5.0,
};

const ROEMER: Scale = Scale::Formula {
    to_base: |degrees| degrees * 40.0 / 21.0 + ICE_POINT - 7.5 * 40.0 / 21.0,
    from_base: |kelvins| (kelvins - (ICE_POINT - 7.5 * 40.0 / 21.0)) * 21.0 / 40.0,
};

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    unit("DegreeCelsius", CELSIUS),
    unit("DegreeDelisle", DELISLE),
    unit("DegreeFahrenheit", FAHRENHEIT),
    unit("DegreeNewton", NEWTON),
    unit("DegreeRankine", Scale::Ratio(5.0, 9.0)),
    unit("DegreeReaumur", REAUMUR),
    unit("DegreeRoemer", ROEMER),
    unit("Kelvin", Scale::Base),
    unit("MillidegreeCelsius", MILLIDEGREE_CELSIUS),
    unit("SolarTemperature", Scale::Times(5778.0)),
];
