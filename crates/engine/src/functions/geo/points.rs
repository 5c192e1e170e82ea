//! Distances, directions and circles of points.

use std::f64::consts::TAU;

use s2::r3::vector::Vector;
use tesem_kql::types::ScalarType;

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::{GeoJson, Position};
use super::kernels::{self, Cell, Row, Unsupported};
use super::sphere::{
    EARTH_RADIUS_METERS, Point, along, are_antipodal, distance, point, position, stable_cross,
};
use crate::bound::{Bound, CallContext, CallError};
use crate::value::Value;

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_distance_2points", 4..=5, DEFAULT, distance_2points),
    function("geo_azimuth", 4..=4, DEFAULT, azimuth),
    function("geo_angle", 6..=6, DEFAULT, angle),
    function("geo_point_in_circle", 5..=5, DEFAULT, point_in_circle),
    function("geo_point_buffer", 3..=4, DEFAULT, point_buffer),
];

type Call = Result<Bound, CallError>;

/// So many numbers as reals.
pub(super) fn reals(
    arguments: &mut Arguments<'_, '_>,
    count: usize,
) -> Result<Vec<Bound>, CallError> {
    (0..count).map(|_| arguments.real()).collect()
}

/// An optional whole number, or its default.
pub(super) fn whole(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
    default: i64,
) -> Result<Bound, CallError> {
    let number = arguments.or(Value::Long(default), Arguments::number)?;
    match number.scalar_type {
        ScalarType::Int | ScalarType::Long => {
            let mut number = Arguments::new(context, vec![number]);
            number.integer()
        }
        other => Err(context.not_supported(format!(
            "{}() with a {other} where whole numbers are meant",
            context.function
        ))),
    }
}

/// Refuses the model of the Earth that is not a sphere.
pub(super) fn only_sphere(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<(), CallError> {
    if !arguments.has_more() {
        return Ok(());
    }
    match arguments.any()?.constant {
        Some(Value::Bool(false)) => Ok(()),
        _ => Err(context.not_supported(format!("{}() on a spheroid", context.function))),
    }
}

/// The point of two arguments that follow each other.
pub(super) fn point_of(row: &Row<'_>, longitude: usize) -> Option<Point> {
    point(row.real(longitude)?, row.real(longitude + 1)?)
}

/// `geo_distance_2points(longitude1, latitude1, longitude2, latitude2)`: meters on the sphere.
///
/// Source: learn.microsoft.com/kusto/query/geo-distance-2points-function.
fn distance_2points(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = reals(&mut arguments, 4)?;
    only_sphere(context, &mut arguments)?;
    Ok(kernels::real(
        context,
        "geo_distance_2points",
        inputs,
        |row| {
            let points = point_of(row, 0).zip(point_of(row, 2));
            Ok(points.map(|(a, b)| distance(&a, &b)))
        },
    ))
}

/// `geo_azimuth(longitude1, latitude1, longitude2, latitude2)`: radians clockwise from north; null for equal or opposite points.
///
/// Source: learn.microsoft.com/kusto/query/geo-azimuth-function.
fn azimuth(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = reals(&mut Arguments::new(context, arguments), 4)?;
    Ok(kernels::real(context, "geo_azimuth", inputs, |row| {
        let Some((a, b)) = point_of(row, 0).zip(point_of(row, 2)) else {
            return Ok(None);
        };
        let north = Vector::new(0.0, 0.0, 1.0);
        clockwise(&a, &north, &b, "an azimuth from a pole")
    }))
}

/// `geo_angle(longitude1, latitude1, …, longitude3, latitude3)`: radians clockwise at the second point from the first to the third; null
/// where neighbours are equal or opposite.
///
/// Source: learn.microsoft.com/kusto/query/geo-angle-function.
fn angle(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = reals(&mut Arguments::new(context, arguments), 6)?;
    Ok(kernels::real(context, "geo_angle", inputs, |row| {
        let points = (point_of(row, 0), point_of(row, 2), point_of(row, 4));
        let (Some(a), Some(b), Some(c)) = points else {
            return Ok(None);
        };
        if a == b || are_antipodal(&a, &b) {
            return Ok(None);
        }
        clockwise(&b, &a, &c, "points that are too close to tell")
    }))
}

/// The angle at a point from one direction clockwise to another, from 0 to 2π.
fn clockwise(at: &Point, from: &Point, to: &Point, corner: &str) -> Cell<f64> {
    if at == to || are_antipodal(at, to) {
        return Ok(None);
    }
    let (first, second) = (stable_cross(at, from), stable_cross(at, to));
    if first.norm2() < 1e-30 {
        return Err(Unsupported::new(corner));
    }
    let angle = -first.cross(&second).dot(at).atan2(first.dot(&second));
    Ok(Some(if angle < 0.0 {
        angle + TAU
    } else {
        angle + 0.0
    }))
}

/// `geo_point_in_circle(longitude, latitude, center_longitude, center_latitude, radius)`: the radius in meters; null if it is negative.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-in-circle-function.
fn point_in_circle(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = reals(&mut Arguments::new(context, arguments), 5)?;
    Ok(kernels::bool(
        context,
        "geo_point_in_circle",
        inputs,
        |row| {
            let points = point_of(row, 0).zip(point_of(row, 2));
            let Some(((point, center), radius)) = points.zip(row.real(4)) else {
                return Ok(None);
            };
            if radius.is_nan() || radius < 0.0 {
                return Ok(None);
            }
            Ok(Some(distance(&point, &center) <= radius))
        },
    ))
}

/// `geo_point_buffer(longitude, latitude, radius [, tolerance])`: a polygon around the point, its vertices at the radius and its edges nearer
/// by at most the tolerance, in meters.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-buffer-function.
fn point_buffer(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 3)?;
    inputs.push(arguments.or(Value::Real(DEFAULT_TOLERANCE_METERS), Arguments::real)?);
    Ok(kernels::geometry(
        context,
        "geo_point_buffer",
        inputs,
        |row| {
            let Some(center) = point_of(row, 0) else {
                return Ok(None);
            };
            let Some(steps) = steps(row.real(2), row.real(3))? else {
                return Ok(None);
            };
            circle(&center, row.real(2).unwrap_or_default(), steps.ceil())
        },
    ))
}

/// How far a buffer may be from the ideal one if the call does not say.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-buffer-function.
pub(super) const DEFAULT_TOLERANCE_METERS: f64 = 10.0;

/// How many steps around a circle keep its edges within the tolerance; not a whole number.
pub(super) fn steps(radius: Option<f64>, tolerance: Option<f64>) -> Cell<f64> {
    /// A tolerance lower than this share of the radius is not documented.
    const TOLERANCE_SHARE_MIN: f64 = 1e-6;
    let Some((radius, tolerance)) = radius.zip(tolerance) else {
        return Ok(None);
    };
    if !(radius > 0.0 && radius.is_finite()) {
        return Ok(None);
    }
    // Half of the radius makes triangles; beyond it there is no polygon.
    if !(tolerance >= TOLERANCE_SHARE_MIN * radius && tolerance <= radius / 2.0) {
        return Err(Unsupported::new(
            "a tolerance that is not between a millionth and half of the radius",
        ));
    }
    if radius > EARTH_RADIUS_METERS / 2.0 {
        return Err(Unsupported::new("a radius of so much of the Earth"));
    }
    let [nearest, farthest] =
        [radius - tolerance, radius].map(|meters| meters / EARTH_RADIUS_METERS);
    let half_step = (nearest.tan() / farthest.tan()).acos();
    Ok(Some(std::f64::consts::PI / half_step))
}

fn circle(center: &Point, radius: f64, steps: f64) -> Cell<GeoJson> {
    let (first, second) = (center.ortho(), center.cross(&center.ortho()));
    let radians = radius / EARTH_RADIUS_METERS;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the tolerance keeps the steps between 3 and 3,000"
    )]
    let mut ring: Vec<Position> = (0..steps as u32)
        .map(|step| TAU / steps * f64::from(step))
        .map(|turn| first * turn.cos() + second * turn.sin())
        .map(|direction| position(&along(center, &direction, radians)))
        .collect();
    ring.extend(ring.first().copied());
    refuse_date_line(&ring)?;
    Ok(Some(GeoJson::Polygon(vec![ring])))
}

/// Refuses rings and lines across the date line, which the service cuts.
pub(super) fn refuse_date_line(positions: &[Position]) -> Result<(), Unsupported> {
    let is_across = |pair: &[Position]| (pair[0][0] - pair[1][0]).abs() > 180.0;
    if positions.windows(2).any(is_across) {
        return Err(Unsupported::new("a result across the date line"));
    }
    Ok(())
}
