//! Units of energy; the base unit is the joule.
//!
//! Calories are thermochemical ones, British thermal units those of the International Table.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-energy-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Energy.json for the factors.

use super::scale::{Scale, Unit, prefixed, unit};

const CALORIE: Scale = Scale::Times(4.184);
const BRITISH_THERMAL_UNIT: Scale = Scale::Times(1_055.055_852_62);
const ELECTRON_VOLT: Scale = Scale::Times(1.602_176_565e-19);
const WATT_HOUR: Scale = Scale::Times(3600.0);
const WATT_DAY: Scale = Scale::Times(86_400.0);
const THERM_EC: Scale = Scale::Times(1.055_055_852_62e8);
const THERM_US: Scale = Scale::Times(1.054_804e8);
const THERM_IMPERIAL: Scale = Scale::Times(1.055_055_852_573_48e8);

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    unit("BritishThermalUnit", BRITISH_THERMAL_UNIT),
    unit("Calorie", CALORIE),
    prefixed("DecathermEc", 1e1, THERM_EC),
    prefixed("DecathermImperial", 1e1, THERM_IMPERIAL),
    prefixed("DecathermUs", 1e1, THERM_US),
    unit("ElectronVolt", ELECTRON_VOLT),
    unit("Erg", Scale::Times(1e-7)),
    unit("FootPound", Scale::Times(1.355_817_948)),
    prefixed("GigabritishThermalUnit", 1e9, BRITISH_THERMAL_UNIT),
    prefixed("GigaelectronVolt", 1e9, ELECTRON_VOLT),
    prefixed("Gigajoule", 1e9, Scale::Base),
    prefixed("GigawattDay", 1e9, WATT_DAY),
    prefixed("GigawattHour", 1e9, WATT_HOUR),
    unit("HorsepowerHour", Scale::Times(2.684_519_537_7e6)),
    unit("Joule", Scale::Base),
    prefixed("KilobritishThermalUnit", 1e3, BRITISH_THERMAL_UNIT),
    prefixed("Kilocalorie", 1e3, CALORIE),
    prefixed("KiloelectronVolt", 1e3, ELECTRON_VOLT),
    prefixed("Kilojoule", 1e3, Scale::Base),
    prefixed("KilowattDay", 1e3, WATT_DAY),
    prefixed("KilowattHour", 1e3, WATT_HOUR),
    prefixed("MegabritishThermalUnit", 1e6, BRITISH_THERMAL_UNIT),
    prefixed("Megacalorie", 1e6, CALORIE),
    prefixed("MegaelectronVolt", 1e6, ELECTRON_VOLT),
    prefixed("Megajoule", 1e6, Scale::Base),
    prefixed("MegawattDay", 1e6, WATT_DAY),
    prefixed("MegawattHour", 1e6, WATT_HOUR),
    prefixed("Millijoule", 1e-3, Scale::Base),
    prefixed("TeraelectronVolt", 1e12, ELECTRON_VOLT),
    prefixed("TerawattDay", 1e12, WATT_DAY),
    prefixed("TerawattHour", 1e12, WATT_HOUR),
    unit("ThermEc", THERM_EC),
    unit("ThermImperial", THERM_IMPERIAL),
    unit("ThermUs", THERM_US),
    unit("WattDay", WATT_DAY),
    unit("WattHour", WATT_HOUR),
];
