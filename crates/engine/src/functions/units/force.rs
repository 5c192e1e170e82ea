//! Units of forces; the base unit is the newton.
//!
//! The kilogram-force is 9.80665 N since the General Conference of 1901; the library of the service had 9.80665002864 for long. Which of the
//! two the service has is not recorded, and so for the other units that follow from it or were corrected with it: they are unsettled.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-force-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Force.json for the factors.

use super::scale::{Scale, Unit, prefixed, unit};

const POUND_FORCE: Scale = Scale::Times(4.448_221_615_260_5);

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    prefixed("Decanewton", 1e1, Scale::Base),
    unit("Dyn", Scale::Over(1e5)),
    unit("KiloPond", Scale::Unsettled),
    unit("KilogramForce", Scale::Unsettled),
    prefixed("Kilonewton", 1e3, Scale::Base),
    prefixed("KilopoundForce", 1e3, POUND_FORCE),
    prefixed("Meganewton", 1e6, Scale::Base),
    prefixed("Micronewton", 1e-6, Scale::Base),
    prefixed("Millinewton", 1e-3, Scale::Base),
    unit("Newton", Scale::Base),
    unit("OunceForce", Scale::Times(0.278_013_850_953_781_2)),
    unit("PoundForce", POUND_FORCE),
    unit("Poundal", Scale::Unsettled),
    unit("ShortTonForce", Scale::Times(8_896.443_230_521)),
    unit("TonneForce", Scale::Unsettled),
];
