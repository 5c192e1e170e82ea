//! Units of volume; the base unit is the cubic metre.
//!
//! The acre-foot is the one of observed answers, rounded to six digits. The US gallon was rounded to 3.78541 l in the library, the cubic
//! inch to 16.387 ml; they are exactly 231 in³ and 16.387064 ml. Which the service has is not recorded: they are unsettled.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-volume-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Volume.json for the factors.

use super::scale::{Scale, Unit, prefixed, unit};

const LITER: Scale = Scale::Over(1e3);
const CUBIC_FOOT: Scale = Scale::Times(2.831_684_659_2e-2);
const IMPERIAL_GALLON: Scale = Scale::Times(4.546_09e-3);

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    unit("AcreFoot", Scale::Over(0.000_810_714)),
    unit("AuTablespoon", Scale::Times(2e-5)),
    unit("BoardFoot", Scale::Times(2.359_737_215_8e-3)),
    prefixed("Centiliter", 1e-2, LITER),
    unit("CubicCentimeter", Scale::Over(1e6)),
    unit("CubicDecimeter", Scale::Over(1e3)),
    unit("CubicFoot", CUBIC_FOOT),
    unit("CubicHectometer", Scale::Times(1e6)),
    unit("CubicInch", Scale::Unsettled),
    unit("CubicKilometer", Scale::Times(1e9)),
    unit("CubicMeter", Scale::Base),
    unit("CubicMicrometer", Scale::Over(1e18)),
    unit("CubicMile", Scale::Times(4.168_181_825_440_58e9)),
    unit("CubicMillimeter", Scale::Over(1e9)),
    unit("CubicYard", Scale::Times(0.764_554_858)),
    prefixed("Decaliter", 1e1, LITER),
    prefixed("DecausGallon", 1e1, Scale::Unsettled),
    prefixed("Deciliter", 1e-1, LITER),
    prefixed("DeciusGallon", 1e-1, Scale::Unsettled),
    prefixed("HectocubicFoot", 1e2, CUBIC_FOOT),
    prefixed("HectocubicMeter", 1e2, Scale::Base),
    prefixed("Hectoliter", 1e2, LITER),
    prefixed("HectousGallon", 1e2, Scale::Unsettled),
    unit("ImperialBeerBarrel", Scale::Times(0.163_659_24)),
    unit("ImperialGallon", IMPERIAL_GALLON),
    unit("ImperialOunce", Scale::Times(2.841_306_249_996_29e-5)),
    unit("ImperialPint", Scale::Times(5.682_612_5e-4)),
    prefixed("KilocubicFoot", 1e3, CUBIC_FOOT),
    prefixed("KilocubicMeter", 1e3, Scale::Base),
    prefixed("KiloimperialGallon", 1e3, IMPERIAL_GALLON),
    prefixed("Kiloliter", 1e3, LITER),
    prefixed("KilousGallon", 1e3, Scale::Unsettled),
    unit("Liter", LITER),
    prefixed("MegacubicFoot", 1e6, CUBIC_FOOT),
    prefixed("MegaimperialGallon", 1e6, IMPERIAL_GALLON),
    prefixed("Megaliter", 1e6, LITER),
    prefixed("MegausGallon", 1e6, Scale::Unsettled),
    unit("MetricCup", Scale::Times(0.000_25)),
    unit("MetricTeaspoon", Scale::Times(0.5e-5)),
    prefixed("Microliter", 1e-6, LITER),
    prefixed("Milliliter", 1e-3, LITER),
    unit("OilBarrel", Scale::Times(0.158_987_294_928)),
    unit("UkTablespoon", Scale::Times(1.5e-5)),
    unit("UsBeerBarrel", Scale::Times(0.117_347_765_8)),
    unit("UsCustomaryCup", Scale::Times(0.000_236_588_236_5)),
    unit("UsGallon", Scale::Unsettled),
    unit("UsLegalCup", Scale::Times(0.000_24)),
    unit("UsOunce", Scale::Times(2.957_352_956_253_760_6e-5)),
    unit("UsPint", Scale::Times(4.731_764_73e-4)),
    unit("UsQuart", Scale::Times(9.463_529_46e-4)),
    unit("UsTablespoon", Scale::Times(1.478_676_478_125e-5)),
    unit("UsTeaspoon", Scale::Times(4.928_921_593_75e-6)),
];
