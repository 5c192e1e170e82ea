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

/// A square of one degree with its southwest corner there.
fn square(longitude: i32, latitude: i32) -> String {
    let (east, north) = (longitude + 1, latitude + 1);
    format!(
        r#"{{"type":"Polygon","coordinates":[[[{longitude},{latitude}],[{east},{latitude}],[{east},{north}],[{longitude},{north}],[{longitude},{latitude}]]]}}"#
    )
}

fn real(name: &str, arguments: &[Value]) -> f64 {
    match eval(name, arguments) {
        Ok(Value::Real(value)) => value,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_union_has_the_area_of_its_parts() {
    let area = |geojson: &str| real("geo_polygon_area", &[dynamic(geojson)]);
    let one = area(&square(0, 0));
    for (other, overlap) in [
        (square(1, 0), 0.0),
        (square(5, 5), 0.0),
        (square(0, 0), one),
    ] {
        let union = json(
            "geo_union_polygons_array",
            &[dynamic(&format!("[{},{other}]", square(0, 0)))],
        );
        let expected = one + area(&other) - overlap;
        assert!((area(&union) - expected).abs() < 1e-6 * expected, "{union}");
    }
}

#[test]
fn a_shared_side_vanishes_in_a_union() {
    let squares = format!("[{},{}]", square(0, 0), square(1, 0));
    let union = json("geo_union_polygons_array", &[dynamic(&squares)]);
    assert!(union.starts_with(r#"{"type":"Polygon""#), "{union}");
    assert_eq!(union.matches('[').count(), 2 + 7, "{union}");
}

#[test]
fn intersections_are_areas_lines_points_or_nothing() {
    let line = |coordinates: &str| {
        dynamic(&format!(
            r#"{{"type":"LineString","coordinates":{coordinates}}}"#
        ))
    };
    let (first, second) = (dynamic(&square(0, 0)), dynamic(&square(1, 1)));
    assert_eq!(
        json(
            "geo_intersection_2polygons",
            &[first.clone(), second.clone()]
        ),
        r#"{"type":"Point","coordinates":[0.9999999999999998,1.0]}"#
    );
    let empty = r#"{"type":"GeometryCollection","geometries":[]}"#;
    let far = dynamic(&square(7, 7));
    assert_eq!(
        json("geo_intersection_2polygons", &[first.clone(), far.clone()]),
        empty
    );
    let (equator, meridian) = (line("[[-1,0],[1,0]]"), line("[[0,-1],[0,1]]"));
    assert_eq!(
        json(
            "geo_intersection_2lines",
            &[equator.clone(), meridian.clone()]
        ),
        r#"{"type":"Point","coordinates":[0.0,0.0]}"#
    );
    assert_eq!(
        json(
            "geo_intersection_line_with_polygon",
            &[equator.clone(), first.clone()]
        ),
        r#"{"type":"LineString","coordinates":[[0.0,0.0],[1.0,0.0]]}"#
    );
    for (name, arguments, expected) in [
        ("geo_intersects_2polygons", [first.clone(), second], true),
        (
            "geo_intersects_2polygons",
            [first.clone(), far.clone()],
            false,
        ),
        ("geo_intersects_2lines", [equator.clone(), meridian], true),
        (
            "geo_intersects_line_with_polygon",
            [equator.clone(), first],
            true,
        ),
        ("geo_intersects_line_with_polygon", [equator, far], false),
    ] {
        check(name, &[(&arguments, Value::Bool(expected))]);
    }
}

#[test]
fn lines_that_follow_each_other_become_one() {
    let lines = r#"[{"type":"LineString","coordinates":[[0,0],[0,1]]},{"type":"LineString","coordinates":[[0,1],[0,2]]}]"#;
    assert_eq!(
        json("geo_union_lines_array", &[dynamic(lines)]),
        r#"{"type":"LineString","coordinates":[[0.0,0.0],[0.0,1.0],[0.0,2.0]]}"#
    );
}

#[test]
fn edges_on_a_map_become_arcs() {
    let line = |coordinates: &str| {
        dynamic(&format!(
            r#"{{"type":"LineString","coordinates":{coordinates}}}"#
        ))
    };
    for (coordinates, expected) in [
        // Meridians are arcs already.
        (
            "[[0,0],[0,60]]",
            r#"{"type":"LineString","coordinates":[[0.0,0.0],[0.0,59.99999999999999]]}"#,
        ),
        (
            "[[0,60],[0.5,60]]",
            r#"{"type":"LineString","coordinates":[[0.0,59.99999999999999],[0.25,59.99999999999999],[0.5,59.99999999999999]]}"#,
        ),
        ("[[0,60]]", NULL),
    ] {
        assert_eq!(json("geo_line_densify", &[line(coordinates)]), expected);
    }
    let across = json(
        "geo_line_densify",
        &[line("[[179,0],[181,0]]"), Value::Real(10_000.0)],
    );
    assert!(across.starts_with(r#"{"type":"MultiLineString","coordinates":[[[179.0,0.0],[179.999999999999,0.0]],[[-179.999999999999"#), "{across}");
    for tolerance in [0.0, 10_001.0, f64::NAN] {
        let arguments = [line("[[0,0],[1,1]]"), Value::Real(tolerance)];
        assert_eq!(json("geo_line_densify", &arguments), NULL);
    }
}

#[test]
fn buffers_keep_their_distance() {
    let buffer = json("geo_point_buffer", &reals([10.0, 50.0, 1_000.0, 1.0]));
    let line = dynamic(r#"{"type":"LineString","coordinates":[[10,50],[10.1,50]]}"#);
    let around_line = json("geo_line_buffer", &[line, Value::Real(1_000.0)]);
    let around_square = json(
        "geo_polygon_buffer",
        &[dynamic(&square(10, 50)), Value::Real(1_000.0)],
    );
    for (buffer, longitude, latitude, expected) in [
        (&buffer, 10.0, 50.0089, true),
        (&buffer, 10.0, 50.0091, false),
        (&around_line, 10.05, 50.0088, true),
        (&around_line, 10.05, 49.9912, true),
        (&around_line, 10.05, 50.0092, false),
        (&around_square, 10.0, 49.9915, true),
        (&around_square, 10.0, 49.9900, false),
        (&around_square, 10.5, 50.5, true),
    ] {
        let arguments = [
            Value::Real(longitude),
            Value::Real(latitude),
            dynamic(buffer),
        ];
        check(
            "geo_point_in_polygon",
            &[(&arguments, Value::Bool(expected))],
        );
    }
    let dart = r#"{"type":"Polygon","coordinates":[[[0,0],[2,0],[1,0.2],[1,2],[0,0]]]}"#;
    let refusal = json("geo_polygon_buffer", &[dynamic(dart), Value::Real(1_000.0)]);
    assert_eq!(refusal, r#"Err("not folded")"#);
}

#[test]
fn a_covering_meets_the_shape() {
    let octant = dynamic(OCTANT);
    let covering = json("geo_polygon_to_s2cells", &[octant.clone(), Value::Long(0)]);
    // The three faces whose centers are its corners.
    assert!(
        ["\"1\"", "\"3\"", "\"5\""]
            .iter()
            .all(|face| covering.contains(face)),
        "{covering}"
    );
    assert_eq!(
        json("geo_polygon_to_s2cells", &[octant.clone(), Value::Long(20)]),
        NULL
    );
    assert_eq!(
        json("geo_polygon_to_s2cells", &[octant, Value::Long(31)]),
        NULL
    );
    let line = dynamic(r#"{"type":"LineString","coordinates":[[20,10],[20.1,10]]}"#);
    for radius in [0.0, 5_000.0] {
        let arguments = [line.clone(), Value::Long(12), Value::Real(radius)];
        let covering = json("geo_line_to_s2cells", &arguments);
        for (longitude, latitude, radius_needed) in [(20.05, 10.0, 0.0), (20.05, 10.04, 5_000.0)] {
            let point = [
                Value::Real(longitude),
                Value::Real(latitude),
                Value::Long(12),
            ];
            let Ok(Value::String(cell)) = eval("geo_point_to_s2cell", &point) else {
                panic!("no cell");
            };
            let is_covered = covering.contains(&format!("\"{cell}\""));
            assert_eq!(is_covered, radius >= radius_needed, "{cell} {covering}");
        }
    }
}

#[test]
fn what_is_too_small_for_a_tolerance_vanishes() {
    let polygon = dynamic(&square(0, 0));
    for (tolerance, expected) in [
        (-1.0, NULL),
        (1_000_000.0, NULL),
        (10.0, r#"Err("not folded")"#),
    ] {
        let arguments = [polygon.clone(), Value::Real(tolerance)];
        assert_eq!(json("geo_polygon_simplify", &arguments), expected);
    }
}
