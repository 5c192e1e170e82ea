use proptest::prelude::*;
use tesem_kql::types::ScalarType;

use super::scale::Unit;
use super::{Conversion, angle, energy, force, length, mass, speed, temperature, volume};
use crate::functions::testing::{eval, text};
use crate::value::Value;

/// The quantities, how many units are documented for each, and those that are refused.
const QUANTITIES: [(&str, &[Unit], usize, &[&str]); 8] = [
    ("convert_angle", angle::UNITS, 16, &[]),
    ("convert_energy", energy::UNITS, 36, &[]),
    (
        "convert_force",
        force::UNITS,
        15,
        &["KiloPond", "KilogramForce", "Poundal", "TonneForce"],
    ),
    (
        "convert_length",
        length::UNITS,
        36,
        &["Mile", "SolarRadius"],
    ),
    ("convert_mass", mass::UNITS, 25, &["Ounce"]),
    ("convert_speed", speed::UNITS, 32, &["Knot"]),
    ("convert_temperature", temperature::UNITS, 10, &[]),
    (
        "convert_volume",
        volume::UNITS,
        52,
        &[
            "CubicInch",
            "DecausGallon",
            "DeciusGallon",
            "HectousGallon",
            "KilousGallon",
            "MegausGallon",
            "UsGallon",
        ],
    ),
];

fn call(name: &str, value: Value, from: &str, to: &str) -> Result<Value, String> {
    eval(name, &[value, text(from), text(to)])
}

#[test]
fn answers_of_the_service() {
    for (name, from, to, expected) in [
        ("convert_angle", "Degree", "Arcminute", 72.0),
        (
            "convert_energy",
            "Joule",
            "BritishThermalUnit",
            0.001_137_380_544_375_980_6,
        ),
        ("convert_force", "Newton", "Decanewton", 0.12),
        ("convert_length", "Meter", "Foot", 3.937_007_874_015_747_7),
        ("convert_mass", "Kilogram", "Pound", 2.645_547_146_218_530_7),
        (
            "convert_speed",
            "MeterPerSecond",
            "CentimeterPerHour",
            432_000.0,
        ),
        ("convert_temperature", "Kelvin", "DegreeCelsius", -271.95),
        ("convert_volume", "CubicMeter", "AcreFoot", 0.000_972_856_8),
    ] {
        let found = call(name, Value::Real(1.2), from, to);
        assert_eq!(found, Ok(Value::Real(expected)), "{name}({from}, {to})");
    }
}

/// A function, a number of a unit, and the same of another unit.
const EQUALITIES: &[(&str, f64, &str, &str, f64)] = &[
    ("convert_angle", 0.5, "Revolution", "Degree", 180.0),
    ("convert_angle", 6400.0, "NatoMil", "Gradian", 400.0),
    ("convert_angle", 0.5, "Tilt", "Degree", 30.0),
    ("convert_angle", 90.0, "Degree", "Tilt", 1.0),
    (
        "convert_angle",
        180.0,
        "Degree",
        "Milliradian",
        3_141.592_653_589_793,
    ),
    ("convert_energy", 1.0, "KilowattDay", "Megajoule", 86.4),
    (
        "convert_energy",
        1.0,
        "DecathermEc",
        "MegabritishThermalUnit",
        1.0,
    ),
    ("convert_force", 1.0, "ShortTonForce", "KilopoundForce", 2.0),
    ("convert_force", 16.0, "OunceForce", "PoundForce", 1.0),
    ("convert_length", 1.0, "NauticalMile", "Kilometer", 1.852),
    ("convert_length", 12.0, "DtpPoint", "DtpPica", 1.0),
    ("convert_length", 3937.0, "UsSurveyFoot", "Meter", 1200.0),
    ("convert_length", 1.0, "Chain", "Yard", 22.0),
    ("convert_mass", 1.0, "LongTon", "LongHundredweight", 20.0),
    ("convert_mass", 7000.0, "Grain", "Pound", 1.0),
    ("convert_mass", 1.0, "ShortHundredweight", "Pound", 100.0),
    ("convert_speed", 60.0, "MilePerHour", "FootPerSecond", 88.0),
    ("convert_speed", 36.0, "YardPerHour", "InchPerMinute", 21.6),
    (
        "convert_temperature",
        212.0,
        "DegreeFahrenheit",
        "DegreeCelsius",
        100.0,
    ),
    (
        "convert_temperature",
        100.0,
        "DegreeCelsius",
        "DegreeDelisle",
        0.0,
    ),
    (
        "convert_temperature",
        100.0,
        "DegreeCelsius",
        "DegreeReaumur",
        80.0,
    ),
    (
        "convert_temperature",
        100.0,
        "DegreeCelsius",
        "DegreeRoemer",
        60.0,
    ),
    (
        "convert_temperature",
        100.0,
        "DegreeCelsius",
        "DegreeNewton",
        33.0,
    ),
    (
        "convert_temperature",
        0.0,
        "Kelvin",
        "DegreeFahrenheit",
        -459.67,
    ),
    ("convert_volume", 1.0, "CubicYard", "CubicFoot", 27.0),
    ("convert_volume", 12.0, "BoardFoot", "CubicFoot", 1.0),
    (
        "convert_volume",
        1.0,
        "KiloimperialGallon",
        "ImperialPint",
        8000.0,
    ),
    ("convert_volume", 1.0, "UsQuart", "UsOunce", 32.0),
    ("convert_volume", 1.0, "Milliliter", "CubicCentimeter", 1.0),
];

#[test]
fn known_equalities() {
    for &(name, value, from, to, expected) in EQUALITIES {
        let Ok(Value::Real(found)) = call(name, Value::Real(value), from, to) else {
            panic!("{name}({value}, {from}, {to}) is no number");
        };
        let allowed = 2e-9 * f64::abs(expected).max(1e-3);
        assert!(
            (found - expected).abs() <= allowed,
            "{name}({value}, {from}, {to}) = {found}"
        );
    }
}

#[test]
fn no_answer_without_a_unit_or_a_value() {
    let null = Ok(Value::Null(ScalarType::Real));
    for (value, from, to) in [
        (Value::Real(1.0), "Furlong", "Meter"),
        (Value::Real(1.0), "Meter", "meter"),
        (Value::Real(1.0), "", "Meter"),
        (Value::Null(ScalarType::Real), "Meter", "Foot"),
    ] {
        assert_eq!(
            call("convert_length", value, from, to),
            null,
            "{from}, {to}"
        );
    }
}

#[test]
fn integers_and_equal_units() {
    for (value, from, to, expected) in [
        (Value::Long(2), "Kilometer", "Meter", 2000.0),
        (Value::Real(0.1), "Parsec", "Parsec", 0.1),
    ] {
        assert_eq!(
            call("convert_length", value, from, to),
            Ok(Value::Real(expected))
        );
    }
}

#[test]
fn every_documented_unit_is_known_or_refused_by_name() {
    for (name, units, documented, refused) in QUANTITIES {
        assert_eq!(units.len(), documented, "{name}");
        assert!(units.is_sorted_by(|first, second| first.name < second.name));
        let unsettled: Vec<&str> = units
            .iter()
            .filter(|unit| !unit.is_settled())
            .map(|unit| unit.name)
            .collect();
        assert_eq!(unsettled, refused, "{name}");
        for unit in refused {
            let refusal = format!("{name}() of the unit {unit} is not supported");
            let to = units.first().map_or("", |first| first.name);
            assert_eq!(call(name, Value::Real(1.0), unit, to), Err(refusal));
        }
    }
}

/// All conversions between units of known size. A tilt is left out: angles that differ have the same one.
fn conversions() -> impl Iterator<Item = Conversion> {
    QUANTITIES.iter().flat_map(|(_, units, ..)| {
        let known = || {
            units
                .iter()
                .filter(|unit| unit.is_settled() && unit.name != "Tilt")
        };
        known().flat_map(move |from| known().map(move |to| Conversion { from, to }))
    })
}

/// What scales with a zero of their own take from the digits of small numbers: the size of a thousand kelvins.
fn offset(from: &Unit, to: &Unit) -> f64 {
    let same_zero = from.unit_to_base(0.0) == 0.0 && to.unit_to_base(0.0) == 0.0;
    let thousand = from.base_to_unit(1000.0) - from.base_to_unit(0.0);
    if same_zero { 0.0 } else { thousand.abs() }
}

proptest! {
    #[test]
    fn there_and_back(value in 1e-3..1e6_f64) {
        for Conversion { from, to } in conversions() {
            let there = Conversion { from, to }.apply(value);
            let back = Conversion { from: to, to: from }.apply(there);
            let allowed = 1e-12 * (value + offset(from, to));
            prop_assert!((back - value).abs() <= allowed, "{} {} {}: {back}", value, from.name, to.name);
        }
    }
}
