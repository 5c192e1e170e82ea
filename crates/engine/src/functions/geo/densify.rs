//! Edges that are straight on a map, as chains of arcs.
//!
//! An edge is halved on the map until it is close enough to its arc, with S2's estimate of the distance
//! (github.com/google/s2geometry: `s2edge_tessellator.cc`).

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::{GeoJson, Position};
use super::kernels::{self, Cell, Unsupported};
use super::sets::polygon_geojson;
use super::shapes::{self, Part, Polygon};
use super::sphere::{
    EARTH_RADIUS_METERS, Point, angle, are_antipodal, point_unchecked, position, stable_cross,
    towards,
};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::Dynamic;
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_line_densify", 1..=3, DEFAULT, line_densify),
    function("geo_polygon_densify", 1..=3, DEFAULT, polygon_densify),
];

type Call = Result<Bound, CallError>;

/// How far, in meters, an arc may be from the edge if the call does not say.
const TOLERANCE_DEFAULT_METERS: f64 = 10.0;

/// Tolerances in meters that are supported.
const TOLERANCES_METERS: std::ops::RangeInclusive<f64> = 0.1..=10_000.0;

/// Most points of a result; the service makes ten times as many.
const POINTS_MAX: usize = 1 << 20;

/// Where along an edge the distance is looked at, and how it relates to the largest one: constants of S2.
const LOOKED_AT: f64 = 0.312_156_910_822_483_12;
const LOOKED_AT_TO_LARGEST: f64 = 0.838_299_925_698_885_1;

/// An edge is never halved more often: its pieces are then shorter than any tolerance.
const HALVINGS_MAX: u32 = 24;

/// Shape, tolerance, and the option to keep edges across the date line in one piece.
fn inputs(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<(Vec<Bound>, bool), CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let shape = arguments.dynamic()?;
    let tolerance = arguments.or(Value::Real(TOLERANCE_DEFAULT_METERS), Arguments::real)?;
    let keeps_crossing = match arguments.optional(Arguments::bool)? {
        None => false,
        Some(option) => option.constant_bool().ok_or_else(|| {
            context.not_supported(format!(
                "{}() with an option from a column",
                context.function
            ))
        })?,
    };
    Ok((vec![shape, tolerance], keeps_crossing))
}

/// `geo_line_densify(line [, tolerance [, preserve_crossing]])`: edges across the date line are cut unless they shall be kept.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-densify-function.
fn line_densify(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let (inputs, keeps_crossing) = inputs(context, arguments)?;
    Ok(kernels::geometry(
        context,
        "geo_line_densify",
        inputs,
        move |row| {
            let tolerance = row
                .real(1)
                .filter(|meters| TOLERANCES_METERS.contains(meters));
            let Some((chains, tolerance)) = line_chains(row.dynamic(0))?.zip(tolerance) else {
                return Ok(None);
            };
            let mut lines = Vec::new();
            for chain in chains {
                let dense: Vec<Position> = dense(&chain, tolerance)?.iter().map(position).collect();
                match keeps_crossing {
                    true => lines.push(dense),
                    false => lines.extend(cut_at_date_line(&dense)),
                }
            }
            Ok(Some(GeoJson::lines(lines)))
        },
    ))
}

/// The positions of a line; longitudes may go beyond 180, once around the Earth.
fn line_chains(value: Dynamic<'_>) -> Cell<Vec<Vec<Position>>> {
    let Some(chains) = shapes::line_arrays(value) else {
        return Ok(None);
    };
    let mut read = Vec::new();
    for chain in chains {
        let mut positions: Vec<Position> = Vec::new();
        for item in chain.iter() {
            match shapes::pair(item)? {
                Some([longitude, latitude]) if latitude.abs() <= 90.0 => {
                    if longitude.is_nan() || longitude.abs() > 360.0 {
                        return Err(Unsupported::new("GeoJSON with a longitude beyond 360"));
                    }
                    positions.push([longitude, latitude]);
                }
                _ => return Ok(None),
            }
        }
        if positions.len() < 2 {
            return Ok(None);
        }
        if positions
            .windows(2)
            .any(|pair| is_degenerate(&pair[0], &pair[1]))
        {
            return Err(Unsupported::new("a line with equal or opposite neighbours"));
        }
        read.push(positions);
    }
    Ok((!read.is_empty()).then_some(read))
}

fn is_degenerate(first: &Position, second: &Position) -> bool {
    let [a, b] = [first, second].map(unproject);
    a == b || are_antipodal(&a, &b)
}

fn unproject(position: &Position) -> Point {
    point_unchecked(position[0], position[1])
}

/// `geo_polygon_densify(polygon [, tolerance [, preserve_crossing]])`.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-densify-function.
fn polygon_densify(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let (inputs, _) = inputs(context, arguments)?;
    Ok(kernels::geometry(
        context,
        "geo_polygon_densify",
        inputs,
        |row| {
            let tolerance = row
                .real(1)
                .filter(|meters| TOLERANCES_METERS.contains(meters));
            let polygons = shapes::polygons(row.dynamic(0))?;
            let Some((polygons, tolerance)) = polygons.zip(tolerance) else {
                return Ok(None);
            };
            match polygons.as_slice() {
                [polygon] => dense_polygon(row.dynamic(0), polygon, tolerance),
                _ => Err(Unsupported::new("several polygons")),
            }
        },
    ))
}

fn dense_polygon(value: Dynamic<'_>, polygon: &Polygon, tolerance: f64) -> Cell<GeoJson> {
    let Some(positions) = shapes::shell_positions(value)? else {
        return Ok(None);
    };
    let [Part { shell, holes }] = polygon.parts.as_slice() else {
        return Ok(None);
    };
    if !holes.is_empty() {
        return Err(Unsupported::new("a polygon with holes"));
    }
    let mut vertices = dense(&positions, tolerance)?;
    vertices.pop();
    let is_turned = positions.first().map(unproject) != shell.vertices().first().copied();
    if is_turned && vertices.len() > shell.vertices().len() {
        return Err(Unsupported::new("a polygon that runs clockwise"));
    }
    if is_turned {
        vertices.reverse();
    }
    let part = Part {
        shell: super::predicates::Loop::new(vertices),
        holes: Vec::new(),
    };
    polygon_geojson(&Polygon { parts: vec![part] }).map(Some)
}

/// The chain with points in between where edges and arcs differ by more than the tolerance.
fn dense(positions: &[Position], tolerance: f64) -> Result<Vec<Point>, Unsupported> {
    let radians = tolerance / EARTH_RADIUS_METERS * LOOKED_AT_TO_LARGEST;
    let limit = (2.0 * (radians / 2.0).sin()).powi(2);
    let mut points: Vec<Point> = positions.first().map(unproject).into_iter().collect();
    for edge in positions.windows(2) {
        halve(&edge[0], &edge[1], limit, HALVINGS_MAX, &mut points);
        if points.len() > POINTS_MAX {
            return Err(Unsupported::new("a shape that becomes so many points"));
        }
    }
    Ok(points)
}

fn halve(from: &Position, to: &Position, limit: f64, halvings: u32, points: &mut Vec<Point>) {
    let [a, b] = [from, to].map(unproject);
    if halvings == 0 || points.len() > POINTS_MAX || squared_distance(from, to, &a, &b) <= limit {
        points.push(b);
        return;
    }
    let middle = between(from, to, 0.5);
    halve(from, &middle, limit, halvings - 1, points);
    halve(&middle, to, limit, halvings - 1, points);
}

/// How far the arc is from the edge, as a squared chord; infinite where that cannot be estimated.
fn squared_distance(from: &Position, to: &Position, a: &Point, b: &Point) -> f64 {
    if a.dot(b) < -1e-14 {
        return f64::INFINITY;
    }
    let length = angle(a, b);
    let at = |fraction: f64| {
        let on_arc = towards(a, b, fraction * length);
        (on_arc - unproject(&between(from, to, fraction))).norm2()
    };
    at(LOOKED_AT).max(at(1.0 - LOOKED_AT))
}

fn between(from: &Position, to: &Position, fraction: f64) -> Position {
    [0, 1].map(|axis| (1.0 - fraction) * from[axis] + fraction * to[axis])
}

/// The pieces of a chain on both sides of the date line. They end just before it, where the arc across it meets it.
fn cut_at_date_line(chain: &[Position]) -> Vec<Vec<Position>> {
    const BESIDE: f64 = 179.999_999_999_999;
    let mut pieces = vec![Vec::new()];
    for (index, &next) in chain.iter().enumerate() {
        let last = index.checked_sub(1).and_then(|before| chain.get(before));
        if let Some(last) = last.filter(|last| (next[0] - last[0]).abs() > 180.0) {
            let normal = stable_cross(&unproject(last), &unproject(&next));
            let latitude = (normal.x / normal.z).atan().to_degrees();
            let end = [BESIDE.copysign(last[0]), latitude];
            if let Some(piece) = pieces.last_mut() {
                piece.push(end);
            }
            pieces.push(vec![[-end[0], latitude]]);
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(next);
        }
    }
    pieces
}
