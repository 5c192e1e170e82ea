//! Calls of the functions on known values.

use tesem_kql::types::ScalarType;

use super::super::testing::{check, dynamic, eval, json, text};
use crate::value::Value;

const NULL: &str = "null";

/// Numbers as arguments.
fn reals<const N: usize>(numbers: [f64; N]) -> Vec<Value> {
    numbers.map(Value::Real).to_vec()
}

#[track_caller]
fn assert_near(name: &str, arguments: &[Value], expected: f64) {
    match eval(name, arguments) {
        Ok(Value::Real(found)) => {
            let scale = found.abs().max(expected.abs());
            assert!((found - expected).abs() <= 1e-12 * scale, "{name}: {found}");
        }
        other => panic!("{name}({arguments:?}) is {other:?}"),
    }
}

/// A degree of a great circle in meters.
const DEGREE: f64 = 6_371_010.0 * std::f64::consts::PI / 180.0;

#[test]
fn distances_are_measured_on_a_sphere() {
    for (name, numbers, expected) in [
        ("geo_distance_2points", [0.0, 0.0, 1.0, 0.0], DEGREE),
        (
            "geo_distance_2points",
            [7.0, -45.0, 7.0, 45.0],
            90.0 * DEGREE,
        ),
        ("geo_distance_2points", [180.0, 0.0, -179.0, 0.0], DEGREE),
        (
            "geo_azimuth",
            [0.0, 0.0, 1.0, 0.0],
            std::f64::consts::FRAC_PI_2,
        ),
        ("geo_azimuth", [0.0, 0.0, 0.0, -1.0], std::f64::consts::PI),
        (
            "geo_azimuth",
            [0.0, 0.0, -1.0, 0.0],
            1.5 * std::f64::consts::PI,
        ),
    ] {
        assert_near(name, &reals(numbers), expected);
    }
    let null = Value::Null(ScalarType::Real);
    check(
        "geo_distance_2points",
        &[(&reals([181.0, 0.0, 1.0, 0.0]), null.clone())],
    );
    check("geo_azimuth", &[(&reals([1.0, 2.0, 1.0, 2.0]), null)]);
    assert_near(
        "geo_angle",
        &reals([0.0, 1.0, 0.0, 0.0, 1.0, 0.0]),
        std::f64::consts::FRAC_PI_2,
    );
}

#[test]
fn only_the_sphere_is_known() {
    let mut arguments = reals([0.0, 0.0, 1.0, 0.0]);
    arguments.push(Value::Bool(true));
    let refusal = eval("geo_distance_2points", &arguments);
    assert_eq!(
        refusal,
        Err("geo_distance_2points() on a spheroid is not supported".to_owned())
    );
}

#[test]
fn a_circle_contains_its_rim() {
    for (radius, expected) in [
        (DEGREE * 1.001, Value::Bool(true)),
        (DEGREE * 0.999, Value::Bool(false)),
        (-1.0, Value::Null(ScalarType::Bool)),
    ] {
        let arguments = reals([1.0, 0.0, 0.0, 0.0, radius]);
        check("geo_point_in_circle", &[(&arguments, expected)]);
    }
}

#[test]
fn geohashes_name_rectangles() {
    let point = |digits| vec![Value::Real(-5.6), Value::Real(42.6), Value::Long(digits)];
    check(
        "geo_point_to_geohash",
        &[
            (&point(5), text("ezs42")),
            (&point(1), text("e")),
            (&point(12), text("ezs42e44yx96")),
            (&point(0), text("")),
            (&point(19), text("")),
        ],
    );
    for (name, geohash, expected) in [
        (
            "geo_geohash_to_central_point",
            "e",
            r#"{"type":"Point","coordinates":[-22.5,22.5]}"#,
        ),
        (
            "geo_geohash_to_polygon",
            "s",
            r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[45.0,0.0],[45.0,45.0],[0.0,45.0],[0.0,0.0]]]}"#,
        ),
        ("geo_geohash_to_polygon", "sa", NULL),
        ("geo_geohash_neighbors", "", NULL),
        (
            "geo_geohash_neighbors",
            "ezs42",
            r#"["ezefr","ezefp","ezs40","ezs41","ezs49","ezs43","ezs48","ezefx"]"#,
        ),
    ] {
        assert_eq!(json(name, &[text(geohash)]), expected, "{name}({geohash})");
    }
}

#[test]
fn h3_cells_have_parents_children_and_neighbours() {
    let token = text("85283473fffffff");
    check(
        "geo_h3cell_level",
        &[(std::slice::from_ref(&token), Value::Int(5))],
    );
    let point = [
        Value::Real(-121.97637597255),
        Value::Real(37.345793375368),
        Value::Long(5),
    ];
    check("geo_point_to_h3cell", &[(&point, token.clone())]);
    check(
        "geo_h3cell_parent",
        &[
            (&[token.clone(), Value::Long(4)], text("8428347ffffffff")),
            (&[token.clone(), Value::Long(6)], text("")),
            (&[text("zz")], text("")),
        ],
    );
    let children = json("geo_h3cell_children", std::slice::from_ref(&token));
    assert!(
        children.starts_with(r#"["862834707ffffff","86283470fffffff""#),
        "{children}"
    );
    let rings = json("geo_h3cell_rings", &[token.clone(), Value::Long(1)]);
    let neighbors = json("geo_h3cell_neighbors", &[token]);
    let sorted = |list: &str| {
        let mut tokens: Vec<String> = list
            .split(['[', ']', ',', '"'])
            .filter(|token| token.len() == 15 && *token != "85283473fffffff")
            .map(str::to_owned)
            .collect();
        tokens.sort();
        tokens
    };
    assert_eq!(sorted(&rings), sorted(&neighbors));
    assert_eq!(sorted(&rings).len(), 6);
}

#[test]
fn s2_cells_are_squares_on_a_cube() {
    let point = |level| vec![Value::Real(0.0), Value::Real(0.0), Value::Long(level)];
    check(
        "geo_point_to_s2cell",
        &[
            (&point(0), text("1")),
            (&point(30), text("1000000000000001")),
            (&point(31), text("")),
        ],
    );
    assert_eq!(
        json("geo_s2cell_to_central_point", &[text("1")]),
        r#"{"type":"Point","coordinates":[0.0,0.0]}"#
    );
    assert_eq!(json("geo_s2cell_to_polygon", &[text("xyz")]), NULL);
}

#[test]
fn well_known_text_becomes_geojson() {
    for (wkt, expected) in [
        (
            "POINT (30 10)",
            r#"{"type":"Point","coordinates":[30.0,10.0]}"#,
        ),
        (
            "MULTIPOINT ((10 40), (40 30))",
            r#"{"type":"MultiPoint","coordinates":[[10.0,40.0],[40.0,30.0]]}"#,
        ),
        (
            "POLYGON ((30 10, 40 40, 20 40, 30 10), (28 20, 30 30, 32 20, 28 20))",
            r#"{"type":"Polygon","coordinates":[[[30.0,10.0],[40.0,40.0],[20.0,40.0],[30.0,10.0]],[[28.0,20.0],[30.0,30.0],[32.0,20.0],[28.0,20.0]]]}"#,
        ),
        (
            "GEOMETRYCOLLECTION (POINT (4 6), LINESTRING (4 6, 7 10))",
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[4.0,6.0]},{"type":"LineString","coordinates":[[4.0,6.0],[7.0,10.0]]}]}"#,
        ),
        ("POLYGON", NULL),
        ("", NULL),
    ] {
        assert_eq!(json("geo_from_wkt", &[text(wkt)]), expected, "{wkt}");
    }
    let deep = "GEOMETRYCOLLECTION(".repeat(100_000);
    assert_eq!(json("geo_from_wkt", &[text(&deep)]), r#"Err("not folded")"#);
}

/// The sides of this triangle are quarters of great circles.
const OCTANT: &str = r#"{"type":"Polygon","coordinates":[[[0,0],[90,0],[0,90],[0,0]]]}"#;

#[test]
fn lengths_and_areas_are_those_of_the_sphere() {
    let equator = dynamic(r#"{"type":"LineString","coordinates":[[0,0],[60,0],[90,0]]}"#);
    assert_near(
        "geo_line_length",
        std::slice::from_ref(&equator),
        90.0 * DEGREE,
    );
    assert_near(
        "geo_line_locate_point",
        &[equator.clone(), Value::Real(45.0), Value::Real(10.0)],
        0.5,
    );
    assert_near(
        "geo_distance_point_to_line",
        &[Value::Real(45.0), Value::Real(10.0), equator],
        10.0 * DEGREE,
    );
    let octant = dynamic(OCTANT);
    let area = std::f64::consts::FRAC_PI_2 * 6_371_010.0_f64.powi(2);
    assert_near("geo_polygon_area", std::slice::from_ref(&octant), area);
    assert_near("geo_polygon_perimeter", &[octant], 270.0 * DEGREE);
}

#[test]
fn polygons_contain_what_lies_on_their_smaller_side() {
    let clockwise = r#"{"type":"Polygon","coordinates":[[[0,0],[0,90],[90,0],[0,0]]]}"#;
    for polygon in [OCTANT, clockwise] {
        for (longitude, latitude, expected) in
            [(45.0, 30.0, true), (-45.0, 30.0, false), (0.0, 0.0, true)]
        {
            let arguments = [
                Value::Real(longitude),
                Value::Real(latitude),
                dynamic(polygon),
            ];
            check(
                "geo_point_in_polygon",
                &[(&arguments, Value::Bool(expected))],
            );
        }
    }
}

#[test]
fn shapes_that_are_not_valid_give_null() {
    for polygon in [
        r#"{"type":"Polygon"}"#,
        r#"{"type":"Polygon","coordinates":[]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,0],[0,10],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],["a",10],[0,0]]]}"#,
        r#"{"type":"LineString","coordinates":[[0,0],[10,0]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,100],[0,0]]]}"#,
        "[1,2]",
        "3",
    ] {
        assert_eq!(
            eval("geo_polygon_area", &[dynamic(polygon)]),
            Ok(Value::Null(ScalarType::Real)),
            "{polygon}"
        );
    }
    for line in [
        r#"{"type":"LineString","coordinates":[[0,0]]}"#,
        r#"{"type":"LineString","coordinates":[[0,0],[180,0]]}"#,
        r#"{"type":"MultiLineString","coordinates":[[0,0],[1,0]]}"#,
    ] {
        assert_eq!(
            eval("geo_line_length", &[dynamic(line)]),
            Ok(Value::Null(ScalarType::Real)),
            "{line}"
        );
    }
}
