//! Units of speed; the base unit is the metre per second.
//!
//! The knot is 1852 m per hour and was 0.514444 m per second in the library: it is unsettled.
//!
//! Sources: learn.microsoft.com/kusto/query/convert-speed-function for the names,
//! github.com/angularsen/UnitsNet/blob/master/Common/UnitDefinitions/Speed.json for the factors.

use super::scale::{Scale, Unit, prefixed, unit};

const METER_PER_MINUTE: Scale = Scale::Over(60.0);
const METER_PER_HOUR: Scale = Scale::Over(3600.0);

const FOOT_PER_MINUTE: Scale = Scale::Formula {
    to_base: |feet| feet * 0.3048 / 60.0,
    from_base: |meters| meters / 0.3048 * 60.0,
};

const FOOT_PER_HOUR: Scale = Scale::Formula {
    to_base: |feet| feet * 0.3048 / 3600.0,
    from_base: |meters| meters / 0.3048 * 3600.0,
};

const SURVEY_FOOT_PER_MINUTE: Scale = Scale::Formula {
    to_base: |feet| feet * 1200.0 / 3937.0 / 60.0,
    from_base: |meters| meters * 3937.0 / 1200.0 * 60.0,
};

const SURVEY_FOOT_PER_HOUR: Scale = Scale::Formula {
    to_base: |feet| feet * 1200.0 / 3937.0 / 3600.0,
    from_base: |meters| meters * 3937.0 / 1200.0 * 3600.0,
};

const INCH_PER_MINUTE: Scale = Scale::Formula {
    to_base: |inches| inches / 60.0 * 2.54e-2,
    from_base: |meters| meters / 2.54e-2 * 60.0,
};

const INCH_PER_HOUR: Scale = Scale::Formula {
    to_base: |inches| inches / 3600.0 * 2.54e-2,
    from_base: |meters| meters / 2.54e-2 * 3600.0,
};

const YARD_PER_MINUTE: Scale = Scale::Formula {
    to_base: |yards| yards * 0.9144 / 60.0,
    from_base: |meters| meters / 0.9144 * 60.0,
};

const YARD_PER_HOUR: Scale = Scale::Formula {
    to_base: |yards| yards * 0.9144 / 3600.0,
    from_base: |meters| meters / 0.9144 * 3600.0,
};

/// The units, by name.
pub(super) const UNITS: &[Unit] = &[
    prefixed("CentimeterPerHour", 1e-2, METER_PER_HOUR),
    prefixed("CentimeterPerMinute", 1e-2, METER_PER_MINUTE),
    prefixed("CentimeterPerSecond", 1e-2, Scale::Base),
    prefixed("DecimeterPerMinute", 1e-1, METER_PER_MINUTE),
    prefixed("DecimeterPerSecond", 1e-1, Scale::Base),
    unit("FootPerHour", FOOT_PER_HOUR),
    unit("FootPerMinute", FOOT_PER_MINUTE),
    unit("FootPerSecond", Scale::Times(0.3048)),
    unit("InchPerHour", INCH_PER_HOUR),
    unit("InchPerMinute", INCH_PER_MINUTE),
    unit("InchPerSecond", Scale::Times(2.54e-2)),
    prefixed("KilometerPerHour", 1e3, METER_PER_HOUR),
    prefixed("KilometerPerMinute", 1e3, METER_PER_MINUTE),
    prefixed("KilometerPerSecond", 1e3, Scale::Base),
    unit("Knot", Scale::Unsettled),
    unit("MeterPerHour", METER_PER_HOUR),
    unit("MeterPerMinute", METER_PER_MINUTE),
    unit("MeterPerSecond", Scale::Base),
    prefixed("MicrometerPerMinute", 1e-6, METER_PER_MINUTE),
    prefixed("MicrometerPerSecond", 1e-6, Scale::Base),
    unit("MilePerHour", Scale::Times(0.447_04)),
    prefixed("MillimeterPerHour", 1e-3, METER_PER_HOUR),
    prefixed("MillimeterPerMinute", 1e-3, METER_PER_MINUTE),
    prefixed("MillimeterPerSecond", 1e-3, Scale::Base),
    prefixed("NanometerPerMinute", 1e-9, METER_PER_MINUTE),
    prefixed("NanometerPerSecond", 1e-9, Scale::Base),
    unit("UsSurveyFootPerHour", SURVEY_FOOT_PER_HOUR),
    unit("UsSurveyFootPerMinute", SURVEY_FOOT_PER_MINUTE),
    unit("UsSurveyFootPerSecond", Scale::Ratio(1200.0, 3937.0)),
    unit("YardPerHour", YARD_PER_HOUR),
    unit("YardPerMinute", YARD_PER_MINUTE),
    unit("YardPerSecond", Scale::Times(0.9144)),
];
