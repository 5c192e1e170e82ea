//! Unions and intersections of shapes.

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::arrangement::Arrangement;
use super::geojson::{GeoJson, Position};
use super::kernels::{self, Cell, Row, Unsupported};
use super::points::refuse_date_line;
use super::shapes::{self, Line, Polygon};
use super::sphere::{Point, position};
use super::{overlay, overlay_lines, polygons};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::Dynamic;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_union_polygons_array", 1..=1, DEFAULT, union_polygons),
    function("geo_union_lines_array", 1..=1, DEFAULT, union_lines),
    function(
        "geo_intersection_2polygons",
        2..=2,
        DEFAULT,
        intersection_2polygons,
    ),
    function(
        "geo_intersection_2lines",
        2..=2,
        DEFAULT,
        intersection_2lines,
    ),
    function(
        "geo_intersection_line_with_polygon",
        2..=2,
        DEFAULT,
        intersection_line_with_polygon,
    ),
    function(
        "geo_intersects_2polygons",
        2..=2,
        DEFAULT,
        intersects_2polygons,
    ),
    function("geo_intersects_2lines", 2..=2, DEFAULT, intersects_2lines),
    function(
        "geo_intersects_line_with_polygon",
        2..=2,
        DEFAULT,
        intersects_line_with_polygon,
    ),
];

type Call = Result<Bound, CallError>;

fn positions(chain: &[Point]) -> Result<Vec<Position>, Unsupported> {
    let positions: Vec<Position> = chain.iter().map(position).collect();
    refuse_date_line(&positions)?;
    Ok(positions)
}

/// The rings of each part.
fn polygon_positions(polygon: &Polygon) -> Result<Vec<Vec<Vec<Position>>>, Unsupported> {
    let part = |part: &shapes::Part| {
        if !part.holes.is_empty() {
            return Err(Unsupported::new("a result with holes"));
        }
        let mut ring = part.shell.vertices().to_vec();
        ring.extend(ring.first().copied());
        Ok(vec![positions(&ring)?])
    };
    polygon.parts.iter().map(part).collect()
}

/// A polygon as GeoJSON.
pub(super) fn polygon_geojson(polygon: &Polygon) -> Result<GeoJson, Unsupported> {
    Ok(GeoJson::polygons(polygon_positions(polygon)?))
}

/// Chains as GeoJSON.
pub(super) fn chains_geojson(chains: &[Vec<Point>]) -> Result<GeoJson, Unsupported> {
    let lines: Result<Vec<Vec<Position>>, Unsupported> =
        chains.iter().map(|chain| positions(chain)).collect();
    Ok(GeoJson::lines(lines?))
}

/// The only one of some geometries, or all of them together.
fn together(mut geometries: Vec<GeoJson>) -> GeoJson {
    match geometries.len() {
        1 => geometries.remove(0),
        _ => GeoJson::Collection(geometries),
    }
}

fn touching(points: &[Point]) -> Result<Vec<GeoJson>, Unsupported> {
    match points {
        [] => Ok(Vec::new()),
        [point] => Ok(vec![GeoJson::Point(position(point))]),
        _ => Err(Unsupported::new(
            "shapes that meet in several single points",
        )),
    }
}

fn two_dynamics(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    Ok(vec![arguments.dynamic()?, arguments.dynamic()?])
}

/// The members of an array of shapes; none if it is no array or one of them is not valid.
pub(super) fn members<T>(value: Dynamic<'_>, read: fn(Dynamic<'_>) -> Cell<T>) -> Cell<Vec<T>> {
    let Some(array) = value.as_array() else {
        return Ok(None);
    };
    let mut members = Vec::new();
    for member in array.iter() {
        match read(member)? {
            Some(member) => members.push(member),
            None => return Ok(None),
        }
    }
    if members.is_empty() {
        return Err(Unsupported::new("an empty array"));
    }
    Ok(Some(members))
}

/// `geo_union_polygons_array(polygons)`: null if one of them is not valid.
///
/// Source: learn.microsoft.com/kusto/query/geo-union-polygons-array-function.
fn union_polygons(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::geometry(
        context,
        "geo_union_polygons_array",
        inputs,
        |row| match members(row.dynamic(0), polygons::read)? {
            Some(members) => polygon_geojson(&overlay::union(members)?).map(Some),
            None => Ok(None),
        },
    ))
}

/// `geo_union_lines_array(lines)`: null if one of them is not valid.
///
/// Source: learn.microsoft.com/kusto/query/geo-union-lines-array-function.
fn union_lines(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::geometry(
        context,
        "geo_union_lines_array",
        inputs,
        |row| match members(row.dynamic(0), shapes::line)? {
            Some(lines) => chains_geojson(&overlay_lines::union(&lines)?).map(Some),
            None => Ok(None),
        },
    ))
}

fn two_polygons(row: &Row<'_>) -> Cell<(Polygon, Polygon)> {
    Ok(polygons::read(row.dynamic(0))?.zip(polygons::read(row.dynamic(1))?))
}

fn two_lines(row: &Row<'_>) -> Cell<(Line, Line)> {
    Ok(shapes::line(row.dynamic(0))?.zip(shapes::line(row.dynamic(1))?))
}

fn line_and_polygon(row: &Row<'_>) -> Cell<(Line, Polygon)> {
    Ok(shapes::line(row.dynamic(0))?.zip(polygons::read(row.dynamic(1))?))
}

/// `geo_intersection_2polygons(polygon1, polygon2)`: an empty collection where they share nothing, a point where they touch.
///
/// Source: learn.microsoft.com/kusto/query/geo-intersection-2polygons-function.
fn intersection_2polygons(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = two_dynamics(context, arguments)?;
    let name = "geo_intersection_2polygons";
    Ok(kernels::geometry(context, name, inputs, |row| {
        let Some((first, second)) = two_polygons(row)? else {
            return Ok(None);
        };
        let shared = overlay::intersection(&first, &second)?;
        let mut geometries = touching(&shared.points)?;
        if !shared.polygon.parts.is_empty() {
            geometries.push(polygon_geojson(&shared.polygon)?);
        }
        Ok(Some(together(geometries)))
    }))
}

fn lines_and_points(shared: &overlay_lines::Shared) -> Cell<GeoJson> {
    let mut geometries = touching(&shared.points)?;
    if !shared.chains.is_empty() {
        geometries.push(chains_geojson(&shared.chains)?);
    }
    Ok(Some(together(geometries)))
}

/// `geo_intersection_2lines(line1, line2)`: points where they cross, lines where they run together.
///
/// Source: learn.microsoft.com/kusto/query/geo-intersection-2lines-function.
fn intersection_2lines(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = two_dynamics(context, arguments)?;
    let name = "geo_intersection_2lines";
    Ok(kernels::geometry(
        context,
        name,
        inputs,
        |row| match two_lines(row)? {
            Some((first, second)) => lines_and_points(&overlay_lines::of_lines(&first, &second)?),
            None => Ok(None),
        },
    ))
}

/// `geo_intersection_line_with_polygon(line, polygon)`: the parts of the line that are in the polygon.
///
/// Source: learn.microsoft.com/kusto/query/geo-intersection-line-with-polygon-function.
fn intersection_line_with_polygon(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = two_dynamics(context, arguments)?;
    let name = "geo_intersection_line_with_polygon";
    Ok(kernels::geometry(
        context,
        name,
        inputs,
        |row| match line_and_polygon(row)? {
            Some((line, polygon)) => {
                lines_and_points(&overlay_lines::of_line_with_polygon(&line, &polygon)?)
            }
            None => Ok(None),
        },
    ))
}

/// `geo_intersects_2polygons(polygon1, polygon2)`: whether they share a point.
///
/// Source: learn.microsoft.com/kusto/query/geo-intersects-2polygons-function.
fn intersects_2polygons(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = two_dynamics(context, arguments)?;
    let name = "geo_intersects_2polygons";
    Ok(kernels::bool(context, name, inputs, |row| {
        let Some((first, second)) = two_polygons(row)? else {
            return Ok(None);
        };
        let (first_edges, second_edges) = (first.edges(), second.edges());
        Ok(Some(
            Arrangement::new(&first_edges, &second_edges)?.regions_meet()
                || first_edges
                    .iter()
                    .any(|(vertex, _)| second.contains(vertex))
                || second_edges
                    .iter()
                    .any(|(vertex, _)| first.contains(vertex)),
        ))
    }))
}

/// `geo_intersects_2lines(line1, line2)`: whether they share a point.
///
/// Source: learn.microsoft.com/kusto/query/geo-intersects-2lines-function.
fn intersects_2lines(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = two_dynamics(context, arguments)?;
    let name = "geo_intersects_2lines";
    Ok(kernels::bool(context, name, inputs, |row| {
        let Some((first, second)) = two_lines(row)? else {
            return Ok(None);
        };
        let arrangement = Arrangement::new(&first.edges(), &second.edges())?;
        Ok(Some(arrangement.regions_meet()))
    }))
}

/// `geo_intersects_line_with_polygon(line, polygon)`: whether they share a point.
///
/// Source: learn.microsoft.com/kusto/query/geo-intersects-line-with-polygon-function.
fn intersects_line_with_polygon(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = two_dynamics(context, arguments)?;
    let name = "geo_intersects_line_with_polygon";
    Ok(kernels::bool(context, name, inputs, |row| {
        let Some((line, polygon)) = line_and_polygon(row)? else {
            return Ok(None);
        };
        let arrangement = Arrangement::new(&line.edges(), &polygon.edges())?;
        let mut vertices = line.chains.iter().flatten();
        Ok(Some(
            arrangement.regions_meet() || vertices.any(|vertex| polygon.contains(vertex)),
        ))
    }))
}
