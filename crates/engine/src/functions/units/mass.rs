//! Units of mass; the base unit is the kilogram.
//!
//! The ounce is 28.349523125 g by the international agreement of 1959 and was a 35.2739619th of a kilogram in the library, which shows
//! in the ninth digit: it is unsettled. The stone of all versions is a millionth off 14 pounds, and so it is here.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-mass-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Mass.json for the factors.

use super::scale::{Scale, Unit, prefixed, unit};

const GRAM: Scale = Scale::Over(1e3);
const TONNE: Scale = Scale::Times(1e3);
const POUND: Scale = Scale::Times(0.453_592_37);

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    prefixed("Centigram", 1e-2, GRAM),
    prefixed("Decagram", 1e1, GRAM),
    prefixed("Decigram", 1e-1, GRAM),
    unit("EarthMass", Scale::Times(5.9722e24)),
    unit("Grain", Scale::Over(15_432.358_352_941_431)),
    unit("Gram", GRAM),
    prefixed("Hectogram", 1e2, GRAM),
    prefixed("Kilogram", 1e3, GRAM),
    prefixed("Kilopound", 1e3, POUND),
    prefixed("Kilotonne", 1e3, TONNE),
    unit("LongHundredweight", Scale::Over(0.019_684_130_552_221_21)),
    unit("LongTon", Scale::Times(1_016.046_908_8)),
    prefixed("Megapound", 1e6, POUND),
    prefixed("Megatonne", 1e6, TONNE),
    prefixed("Microgram", 1e-6, GRAM),
    prefixed("Milligram", 1e-3, GRAM),
    prefixed("Nanogram", 1e-9, GRAM),
    unit("Ounce", Scale::Unsettled),
    unit("Pound", POUND),
    unit("ShortHundredweight", Scale::Over(0.022_046_226_218_487_758)),
    unit("ShortTon", Scale::Times(907.184_74)),
    unit("Slug", Scale::Over(6.852_176_556_196_105e-2)),
    unit("SolarMass", Scale::Times(1.989_47e30)),
    unit("Stone", Scale::Over(0.157_473_172_870_269_8)),
    unit("Tonne", TONNE),
];
