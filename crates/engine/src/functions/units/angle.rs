//! Units of angles; the base unit is the degree.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-angle-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Angle.json for the factors.

use std::f64::consts::PI;

use super::scale::{Scale, Unit, prefixed, unit};

const RADIAN: Scale = Scale::Formula {
    to_base: |radians| radians * 180.0 / PI,
    from_base: |degrees| degrees / 180.0 * PI,
};

const TILT: Scale = Scale::Formula {
    to_base: |sine| sine.asin() * 180.0 / PI,
    from_base: |degrees| (degrees / 180.0 * PI).sin(),
};

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    unit("Arcminute", Scale::Over(60.0)),
    unit("Arcsecond", Scale::Over(3600.0)),
    prefixed("Centiradian", 1e-2, RADIAN),
    prefixed("Deciradian", 1e-1, RADIAN),
    unit("Degree", Scale::Base),
    unit("Gradian", Scale::Times(0.9)),
    prefixed("Microdegree", 1e-6, Scale::Base),
    prefixed("Microradian", 1e-6, RADIAN),
    prefixed("Millidegree", 1e-3, Scale::Base),
    prefixed("Milliradian", 1e-3, RADIAN),
    prefixed("Nanodegree", 1e-9, Scale::Base),
    prefixed("Nanoradian", 1e-9, RADIAN),
    unit("NatoMil", Scale::Ratio(9.0, 160.0)),
    unit("Radian", RADIAN),
    unit("Revolution", Scale::Times(360.0)),
    unit("Tilt", TILT),
];
