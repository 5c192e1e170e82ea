//! Polygons: areas, boundaries, what they contain.

use s2::point as s2_point;

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Row};
use super::lines::{balanced, closest};
use super::overlay;
use super::points::{point_of, reals};
use super::predicates::sign;
use super::shapes::{self, Polygon};
use super::sphere::{EARTH_RADIUS_METERS, Point, distance, position};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::Dynamic;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_polygon_area", 1..=1, DEFAULT, area),
    function("geo_polygon_perimeter", 1..=1, DEFAULT, perimeter),
    function("geo_polygon_centroid", 1..=1, DEFAULT, centroid),
    function("geo_point_in_polygon", 3..=3, DEFAULT, point_in_polygon),
    function(
        "geo_distance_point_to_polygon",
        3..=3,
        DEFAULT,
        distance_to_point,
    ),
    function(
        "geo_closest_point_on_polygon",
        3..=3,
        DEFAULT,
        closest_point,
    ),
];

type Call = Result<Bound, CallError>;

/// A polygon, or the union of the parts of several.
pub(super) fn read(value: Dynamic<'_>) -> Cell<Polygon> {
    match shapes::polygons(value)? {
        Some(polygons) => overlay::union(polygons).map(Some),
        None => Ok(None),
    }
}

/// `geo_polygon_area(polygon)`: square meters.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-area-function.
fn area(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::real(context, "geo_polygon_area", inputs, |row| {
        let polygon = read(row.dynamic(0))?;
        Ok(polygon.map(|polygon| steradians(&polygon) * EARTH_RADIUS_METERS.powi(2)))
    }))
}

fn steradians(polygon: &Polygon) -> f64 {
    let part = |part: &shapes::Part| {
        let holes = part.holes.iter().map(|hole| shapes::area(hole.vertices()));
        shapes::area(part.shell.vertices()) - holes.sum::<f64>()
    };
    polygon.parts.iter().map(part).sum()
}

/// `geo_polygon_perimeter(polygon)`: meters along all rings.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-perimeter-function.
fn perimeter(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::real(
        context,
        "geo_polygon_perimeter",
        inputs,
        |row| {
            let polygon = read(row.dynamic(0))?;
            let length = |polygon: Polygon| {
                let edges = polygon.edges();
                edges.iter().map(|(a, b)| distance(a, b)).sum()
            };
            Ok(polygon.map(length))
        },
    ))
}

/// `geo_polygon_centroid(polygon)`: the center of mass.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-centroid-function.
fn centroid(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::geometry(
        context,
        "geo_polygon_centroid",
        inputs,
        |row| {
            let Some(polygon) = read(row.dynamic(0))? else {
                return Ok(None);
            };
            let loops = polygon.oriented_loops();
            let sum = loops.fold(Point::default(), |sum, ring| {
                sum + center_of_mass(ring.vertices())
            });
            balanced(&sum)
        },
    ))
}

/// The center of mass of a loop times its area.
fn center_of_mass(vertices: &[Point]) -> Point {
    let Some((origin, rest)) = vertices.split_first() else {
        return Point::default();
    };
    let triangle = |pair: &[Point]| {
        let [a, b, c] = [*origin, pair[0], pair[1]].map(s2_point::Point);
        match sign(origin, &pair[0], &pair[1]) {
            0 => Point::default(),
            _ => s2_point::true_centroid(&a, &b, &c).0,
        }
    };
    rest.windows(2)
        .map(triangle)
        .fold(Point::default(), |sum, triangle| sum + triangle)
}

/// The arguments `longitude, latitude, polygon`.
fn point_and_polygon(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 2)?;
    inputs.push(arguments.dynamic()?);
    Ok(inputs)
}

/// The point of a row and the polygons, which may overlap; none where one of them is not valid.
fn read_both(row: &Row<'_>) -> Cell<(Point, Vec<Polygon>)> {
    let polygons = shapes::polygons(row.dynamic(2))?;
    Ok(point_of(row, 0).zip(polygons))
}

fn is_in(point: &Point, polygons: &[Polygon]) -> bool {
    let is_vertex = |(a, _): (Point, Point)| a == *point;
    polygons
        .iter()
        .any(|polygon| polygon.contains(point) || polygon.edges().into_iter().any(is_vertex))
}

fn closest_on_boundary(point: &Point, polygons: &[Polygon]) -> Option<Point> {
    let edges: Vec<(Point, Point)> = polygons.iter().flat_map(Polygon::edges).collect();
    closest(point, edges.iter().map(|(a, b)| (a, b)))
}

/// `geo_point_in_polygon(longitude, latitude, polygon)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-in-polygon-function.
fn point_in_polygon(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = point_and_polygon(context, arguments)?;
    Ok(kernels::bool(
        context,
        "geo_point_in_polygon",
        inputs,
        |row| {
            let both = read_both(row)?;
            Ok(both.map(|(point, polygons)| is_in(&point, &polygons)))
        },
    ))
}

/// `geo_distance_point_to_polygon(longitude, latitude, polygon)`: meters, 0 inside.
///
/// Source: learn.microsoft.com/kusto/query/geo-distance-point-to-polygon-function.
fn distance_to_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = point_and_polygon(context, arguments)?;
    Ok(kernels::real(
        context,
        "geo_distance_point_to_polygon",
        inputs,
        |row| {
            let Some((point, polygons)) = read_both(row)? else {
                return Ok(None);
            };
            if is_in(&point, &polygons) {
                return Ok(Some(0.0));
            }
            let closest = closest_on_boundary(&point, &polygons);
            Ok(closest.map(|closest| distance(&point, &closest)))
        },
    ))
}

/// `geo_closest_point_on_polygon(longitude, latitude, polygon)`: the point itself if it is inside.
///
/// Source: learn.microsoft.com/kusto/query/geo-closest-point-on-polygon-function.
fn closest_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = point_and_polygon(context, arguments)?;
    Ok(kernels::geometry(
        context,
        "geo_closest_point_on_polygon",
        inputs,
        |row| {
            let Some((point, polygons)) = read_both(row)? else {
                return Ok(None);
            };
            let closest = match is_in(&point, &polygons) {
                true => Some(point),
                false => closest_on_boundary(&point, &polygons),
            };
            Ok(closest.map(|closest| GeoJson::Point(position(&closest))))
        },
    ))
}
