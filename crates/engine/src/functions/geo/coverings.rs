//! The cells of one size that cover a line or a polygon.

use s2::cell::Cell as S2Cell;
use s2::cellid::CellID;

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::kernels::{self, Cell, Unsupported};
use super::points::whole;
use super::predicates::{Loop, crosses};
use super::s2cells::{LEVEL_DEFAULT, level};
use super::shapes::{self, Polygon};
use super::sphere::{EARTH_RADIUS_METERS, Point, angle, closest_on_arc};
use super::{h3, polygons};
use crate::bound::{Bound, CallContext, CallError};
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_polygon_to_s2cells", 1..=3, DEFAULT, polygon_to_s2cells),
    function("geo_line_to_s2cells", 1..=3, DEFAULT, line_to_s2cells),
    function("geo_polygon_to_h3cells", 1..=3, DEFAULT, polygon_to_h3cells),
];

type Call = Result<Bound, CallError>;

/// Most cells of a covering; more give null.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-to-s2cells-function.
const CELLS_MAX: usize = 65_536;

/// What is at most this far apart, in radians, touches; S2 pads cells about as much.
const TOUCH_RADIUS: f64 = 16.0 * f64::EPSILON;

/// Most edges that are looked at, which bounds the time for one value.
const LOOKED_AT_MAX: usize = 20_000_000;

/// Shape, level and radius.
fn inputs(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    level_default: i64,
) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    Ok(vec![
        arguments.dynamic()?,
        whole(context, &mut arguments, level_default)?,
        arguments.or(Value::Real(0.0), Arguments::real)?,
    ])
}

/// `geo_polygon_to_s2cells(polygon [, level [, radius]])`: the tokens of all cells that the polygon meets, or that are within the radius in
/// meters; null for more than 65,536.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-to-s2cells-function.
fn polygon_to_s2cells(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments, LEVEL_DEFAULT)?;
    let name = "geo_polygon_to_s2cells";
    Ok(kernels::texts(context, name, inputs, |row| {
        let polygon = polygons::read(row.dynamic(0))?;
        let settings = level(row.long(1)).zip(radius(row.real(2)));
        let Some((polygon, (level, radius))) = polygon.zip(settings) else {
            return Ok(None);
        };
        let shape = Shape {
            edges: polygon.edges(),
            inside: Some(polygon),
            radius,
        };
        shape.covering(level)
    }))
}

/// `geo_line_to_s2cells(line [, level [, radius]])`: the tokens of all cells that the line meets, or that are within the radius in meters;
/// null for more than 65,536.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-to-s2cells-function.
fn line_to_s2cells(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments, LEVEL_DEFAULT)?;
    let name = "geo_line_to_s2cells";
    Ok(kernels::texts(context, name, inputs, |row| {
        let line = shapes::line(row.dynamic(0))?;
        let settings = level(row.long(1)).zip(radius(row.real(2)));
        let Some((line, (level, radius))) = line.zip(settings) else {
            return Ok(None);
        };
        let shape = Shape {
            edges: line.edges(),
            inside: None,
            radius,
        };
        shape.covering(level)
    }))
}

/// A radius in radians.
fn radius(meters: Option<f64>) -> Option<f64> {
    let meters = meters.filter(|meters| meters.is_finite() && *meters >= 0.0)?;
    Some(meters / EARTH_RADIUS_METERS)
}

/// `geo_polygon_to_h3cells(polygon [, resolution [, radius]])`: null for what is not valid. In which order the service lists cells is not
/// known, so nothing else is answered.
///
/// Source: learn.microsoft.com/kusto/query/geo-polygon-to-h3cells-function.
fn polygon_to_h3cells(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = inputs(context, arguments, h3::RESOLUTION_DEFAULT)?;
    let name = "geo_polygon_to_h3cells";
    Ok(kernels::texts(context, name, inputs, |row| {
        let polygon = polygons::read(row.dynamic(0))?;
        match polygon
            .zip(h3::resolution(row.long(1)))
            .zip(radius(row.real(2)))
        {
            Some(_) => Err(Unsupported::new("a valid polygon")),
            None => Ok(None),
        }
    }))
}

/// What is to be covered.
struct Shape {
    edges: Vec<(Point, Point)>,
    inside: Option<Polygon>,
    /// In radians.
    radius: f64,
}

/// A cell that meets a shape, and those of the shape's edges that are near it.
struct Candidate {
    cell: CellID,
    edges: Vec<usize>,
}

impl Shape {
    /// The cells of a level, in their order along the curve.
    fn covering(&self, level: u64) -> Cell<Vec<String>> {
        let all: Vec<usize> = (0..self.edges.len()).collect();
        let faces = (0..6).map(CellID::from_face);
        let mut looked_at = 0;
        let mut candidates = self.meeting(faces, &all, &mut looked_at)?;
        for _ in 0..level {
            let mut smaller = Vec::new();
            for candidate in &candidates {
                let children = candidate.cell.children();
                smaller.extend(self.meeting(
                    children.into_iter(),
                    &candidate.edges,
                    &mut looked_at,
                )?);
            }
            if smaller.len() > CELLS_MAX {
                return Ok(None);
            }
            candidates = smaller;
        }
        let tokens = candidates.iter().map(|candidate| candidate.cell.to_token());
        Ok(Some(tokens.collect()))
    }

    /// Those of the cells that meet the shape, of which only some edges can be near.
    fn meeting(
        &self,
        cells: impl Iterator<Item = CellID>,
        edges: &[usize],
        looked_at: &mut usize,
    ) -> Result<Vec<Candidate>, Unsupported> {
        let mut meeting = Vec::new();
        for cell in cells {
            *looked_at += edges.len();
            if *looked_at > LOOKED_AT_MAX {
                return Err(Unsupported::new("a shape of so many edges"));
            }
            let square = Square::new(cell);
            let near = edges.iter().copied();
            let near: Vec<usize> = near
                .filter(|&edge| square.is_near(&self.edges[edge], self.radius))
                .collect();
            let polygon = self.inside.as_ref();
            if !near.is_empty() || polygon.is_some_and(|polygon| polygon.contains(&square.center)) {
                meeting.push(Candidate { cell, edges: near });
            }
        }
        Ok(meeting)
    }
}

/// A cell as a loop.
struct Square {
    corners: Loop,
    center: Point,
}

impl Square {
    fn new(cell: CellID) -> Self {
        let cell = S2Cell::from(cell);
        Self {
            corners: Loop::new(cell.vertices().iter().map(|corner| corner.0).collect()),
            center: cell.center().0,
        }
    }

    /// Whether the arc meets the square or comes closer than the radius.
    fn is_near(&self, (a, b): &(Point, Point), radius: f64) -> bool {
        let radius = radius.max(TOUCH_RADIUS);
        let is_close = |point: &Point, from: &Point, to: &Point| {
            angle(point, &closest_on_arc(point, from, to)) <= radius
        };
        self.corners.contains(a)
            || self.corners.edges().any(|(c, d)| {
                crosses(a, b, &c, &d)
                    || is_close(a, &c, &d)
                    || is_close(b, &c, &d)
                    || is_close(&c, a, b)
            })
    }
}
