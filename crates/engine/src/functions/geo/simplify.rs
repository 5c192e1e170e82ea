//! Lines and polygons with fewer vertices.
//!
//! Which vertices stay is decided by a Voronoi diagram (github.com/google/s2geometry: `s2builder.cc`), which this engine does not build. It
//! answers what needs none: shapes and tolerances that are not valid, and shapes that vanish.

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Row, Unsupported};
use super::shapes::{self, Line, Polygon};
use super::sphere::{Point, distance};
use super::{polygons, sets};
use crate::bound::{Bound, CallContext, CallError};
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_line_simplify", 1..=2, DEFAULT, line_simplify),
    function("geo_polygon_simplify", 1..=2, DEFAULT, polygon_simplify),
    function(
        "geo_simplify_polygons_array",
        1..=2,
        DEFAULT,
        simplify_polygons,
    ),
];

type Call = Result<Bound, CallError>;

/// Vertices of a result are at least so many meters apart if the call does not say.
const TOLERANCE_DEFAULT_METERS: f64 = 10.0;

/// The largest tolerance: 70 degrees, a limit of S2 that the documentation rounds.
const TOLERANCE_MAX_METERS: f64 = 7_800_000.0;

fn inputs(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let shape = arguments.dynamic()?;
    let tolerance = arguments.or(Value::Real(TOLERANCE_DEFAULT_METERS), Arguments::real)?;
    Ok(vec![shape, tolerance])
}

/// Null where the tolerance is not valid or the vertices all become one.
fn simplify(row: &Row<'_>, vertices: &[Point]) -> Cell<GeoJson> {
    let Some(tolerance) = row.real(1).filter(|&tolerance| tolerance >= 0.0) else {
        return Ok(None);
    };
    if tolerance <= TOLERANCE_MAX_METERS && are_within(vertices, tolerance) {
        return Ok(None);
    }
    Err(Unsupported::new("a shape that does not vanish"))
}

/// Whether no two of the points are so many meters apart; of many points those are looked at first that decide it alone.
fn are_within(points: &[Point], meters: f64) -> bool {
    const PAIRED_MAX: usize = 2_000;
    let farthest = |from: &Point| {
        let distances = points.iter().map(|point| distance(from, point));
        distances.fold(0.0, f64::max)
    };
    let from_first = points.first().map_or(0.0, farthest);
    from_first * 2.0 < meters
        || (from_first < meters
            && points.len() <= PAIRED_MAX
            && points.iter().all(|point| farthest(point) < meters))
}

/// `geo_line_simplify(line [, tolerance])`: in meters.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-simplify-function.
fn line_simplify(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments)?;
    let name = "geo_line_simplify";
    Ok(kernels::geometry(
        context,
        name,
        inputs,
        |row| match shapes::line(row.dynamic(0))? {
            Some(Line { chains }) => simplify(row, &chains.concat()),
            None => Ok(None),
        },
    ))
}

fn vertices(polygon: &Polygon) -> Vec<Point> {
    polygon
        .edges()
        .into_iter()
        .map(|(vertex, _)| vertex)
        .collect()
}

/// `geo_polygon_simplify(polygon [, tolerance])`: in meters.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-simplify-function.
fn polygon_simplify(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments)?;
    let name = "geo_polygon_simplify";
    Ok(kernels::geometry(
        context,
        name,
        inputs,
        |row| match polygons::read(row.dynamic(0))? {
            Some(polygon) => simplify(row, &vertices(&polygon)),
            None => Ok(None),
        },
    ))
}

/// `geo_simplify_polygons_array(polygons [, tolerance])`: in meters; null if one of the polygons is not valid.
///
/// Source: learn.microsoft.com/kusto/query/geo-simplify-polygons-array-function.
fn simplify_polygons(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments)?;
    let name = "geo_simplify_polygons_array";
    Ok(kernels::geometry(
        context,
        name,
        inputs,
        |row| match sets::members(row.dynamic(0), polygons::read)? {
            Some(polygons) => {
                let vertices: Vec<Point> = polygons.iter().flat_map(vertices).collect();
                simplify(row, &vertices)
            }
            None => Ok(None),
        },
    ))
}
