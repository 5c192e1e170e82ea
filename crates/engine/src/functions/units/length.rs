//! Units of length; the base unit is the metre.
//!
//! The mile is 1609.344 m by the international agreement of 1959 and was 1609.34 m in the library until 2023; the solar radius was
//! 695510 km and is 695700 km. Which the service has is not recorded: both are unsettled.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-length-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Length.json for the factors.

use super::scale::{Scale, Unit, prefixed, unit};

const PARSEC: Scale = Scale::Times(3.085_677_581_28e16);
const LIGHT_YEAR: Scale = Scale::Times(9.460_730_472_58e15);

const PRINTER_POINT: Scale = Scale::Formula {
    to_base: |points| points / 72.27 * 2.54e-2,
    from_base: |meters| meters / 2.54e-2 * 72.27,
};

const DTP_POINT: Scale = Scale::Formula {
    to_base: |points| points / 72.0 * 2.54e-2,
    from_base: |meters| meters / 2.54e-2 * 72.0,
};

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    unit("Angstrom", Scale::Times(1e-10)),
    unit("AstronomicalUnit", Scale::Times(1.495_978_707e11)),
    prefixed("Centimeter", 1e-2, Scale::Base),
    unit("Chain", Scale::Times(20.1168)),
    unit("DataMile", Scale::Times(1828.8)),
    prefixed("Decameter", 1e1, Scale::Base),
    prefixed("Decimeter", 1e-1, Scale::Base),
    unit("DtpPica", Scale::Over(236.220_472_441)),
    unit("DtpPoint", DTP_POINT),
    unit("Fathom", Scale::Times(1.8288)),
    unit("Foot", Scale::Times(0.3048)),
    unit("Hand", Scale::Times(1.016e-1)),
    prefixed("Hectometer", 1e2, Scale::Base),
    unit("Inch", Scale::Times(2.54e-2)),
    prefixed("KilolightYear", 1e3, LIGHT_YEAR),
    prefixed("Kilometer", 1e3, Scale::Base),
    prefixed("Kiloparsec", 1e3, PARSEC),
    unit("LightYear", LIGHT_YEAR),
    prefixed("MegalightYear", 1e6, LIGHT_YEAR),
    prefixed("Megaparsec", 1e6, PARSEC),
    unit("Meter", Scale::Base),
    unit("Microinch", Scale::Times(2.54e-8)),
    prefixed("Micrometer", 1e-6, Scale::Base),
    unit("Mil", Scale::Times(2.54e-5)),
    unit("Mile", Scale::Unsettled),
    prefixed("Millimeter", 1e-3, Scale::Base),
    prefixed("Nanometer", 1e-9, Scale::Base),
    unit("NauticalMile", Scale::Times(1852.0)),
    unit("Parsec", PARSEC),
    unit("PrinterPica", Scale::Over(237.106_301_584)),
    unit("PrinterPoint", PRINTER_POINT),
    unit("Shackle", Scale::Times(27.432)),
    unit("SolarRadius", Scale::Unsettled),
    unit("Twip", Scale::Over(56_692.913_385_826)),
    unit("UsSurveyFoot", Scale::Ratio(1200.0, 3937.0)),
    unit("Yard", Scale::Times(0.9144)),
];
