//! Buffers: everything within a radius of a line or polygon.
//!
//! The outline follows S2 (github.com/google/s2geometry: `s2buffer_operation.cc`): offset edges joined by arcs of equal steps, the first
//! offset edge first. Where the outline turns inwards it would meet itself; such shapes are refused.

use std::f64::consts::TAU;

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Row, Unsupported};
use super::points::{DEFAULT_TOLERANCE_METERS, steps};
use super::polygons;
use super::predicates::sign;
use super::sets::polygon_geojson;
use super::shapes::{self, Line, Part, Polygon, area};
use super::sphere::{EARTH_RADIUS_METERS, Point, along, stable_cross};
use crate::bound::{Bound, CallContext, CallError};
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_line_buffer", 2..=3, DEFAULT, line_buffer),
    function("geo_polygon_buffer", 2..=3, DEFAULT, polygon_buffer),
];

type Call = Result<Bound, CallError>;

fn inputs(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    Ok(vec![
        arguments.dynamic()?,
        arguments.real()?,
        arguments.or(Value::Real(DEFAULT_TOLERANCE_METERS), Arguments::real)?,
    ])
}

/// `geo_line_buffer(line, radius [, tolerance])`: in meters; null unless the radius is positive.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-buffer-function.
fn line_buffer(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments)?;
    Ok(kernels::geometry(
        context,
        "geo_line_buffer",
        inputs,
        |row| {
            let Some(line) = shapes::line(row.dynamic(0))? else {
                return Ok(None);
            };
            buffer(row, Start::Arc, || there_and_back(&line))
        },
    ))
}

/// A line of one arc as a ring of two.
fn there_and_back(line: &Line) -> Result<Vec<Point>, Unsupported> {
    match line.chains.as_slice() {
        [chain] if chain.len() == 2 => Ok(vec![chain[1], chain[0]]),
        _ => Err(Unsupported::new("a line of more than two points")),
    }
}

/// `geo_polygon_buffer(polygon, radius [, tolerance])`: in meters; null unless the radius is positive.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-buffer-function.
fn polygon_buffer(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments)?;
    Ok(kernels::geometry(
        context,
        "geo_polygon_buffer",
        inputs,
        |row| {
            let Some(polygon) = polygons::read(row.dynamic(0))? else {
                return Ok(None);
            };
            buffer(row, Start::Edge, || convex_ring(&polygon))
        },
    ))
}

/// The vertices of a polygon that turns left at each of them.
fn convex_ring(polygon: &Polygon) -> Result<Vec<Point>, Unsupported> {
    let refusal = || Unsupported::new("a polygon that is not convex");
    let [Part { shell, holes }] = polygon.parts.as_slice() else {
        return Err(refusal());
    };
    let vertices = shell.vertices();
    let is_convex = corners(vertices).all(|[a, b, c]| sign(&a, &b, &c) > 0);
    if !holes.is_empty() || !is_convex {
        return Err(refusal());
    }
    Ok(vertices.to_vec())
}

/// Each vertex of a ring between its neighbours, the second vertex first.
fn corners(vertices: &[Point]) -> impl Iterator<Item = [Point; 3]> {
    let next = vertices.iter().cycle().skip(1);
    let after = vertices.iter().cycle().skip(2);
    let triples = vertices.iter().zip(next).zip(after);
    triples.map(|((a, b), c)| [*a, *b, *c])
}

/// What of the first vertex comes first: the arc around it, or the edge that leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Arc,
    Edge,
}

fn buffer(
    row: &Row<'_>,
    start: Start,
    ring: impl FnOnce() -> Result<Vec<Point>, Unsupported>,
) -> Cell<GeoJson> {
    let Some(steps) = steps(row.real(1), row.real(2))? else {
        return Ok(None);
    };
    let radians = row.real(1).unwrap_or_default() / EARTH_RADIUS_METERS;
    let mut outline = outline(&ring()?, radians, TAU / steps);
    if start == Start::Edge {
        outline.rotate_right(1);
    }
    if area(&outline) > TAU {
        return Err(Unsupported::new("a buffer around half of the Earth"));
    }
    let shell = super::predicates::Loop::new(outline);
    let polygon = Polygon {
        parts: vec![Part {
            shell,
            holes: Vec::new(),
        }],
    };
    polygon_geojson(&polygon).map(Some)
}

/// The outline to the right of the edges of a ring that turns left at each vertex.
fn outline(ring: &[Point], radians: f64, step: f64) -> Vec<Point> {
    let mut outline = Vec::new();
    for [before, at, after] in corners(ring) {
        arc(&[before, at, after], radians, step, &mut outline);
    }
    outline
}

/// The points around a vertex from the right of the edge before it to the right of the edge after it.
fn arc([before, at, after]: &[Point; 3], radians: f64, step: f64, outline: &mut Vec<Point>) {
    let start = stable_cross(at, before).normalize();
    let end = stable_cross(after, at).normalize();
    let turn = at.cross(&start).normalize();
    let span = end.dot(&turn).atan2(end.dot(&start));
    let span = if span <= 0.0 { span + TAU } else { span };
    let mut angle = 0.0;
    while angle < span {
        let direction = start * f64::cos(angle) + turn * f64::sin(angle);
        outline.push(along(at, &direction, radians));
        angle += step;
    }
    outline.push(along(at, &end, radians));
}
