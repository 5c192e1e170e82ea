//! Lines: lengths, places on them, distances to them.

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Unsupported};
use super::points::{only_sphere, point_of, reals};
use super::shapes::{self, Line};
use super::sphere::{Point, angle, closest_on_arc, distance, position, towards, weighted_centroid};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_line_length", 1..=1, DEFAULT, length),
    function("geo_line_centroid", 1..=1, DEFAULT, centroid),
    function(
        "geo_line_interpolate_point",
        2..=2,
        DEFAULT,
        interpolate_point,
    ),
    function("geo_line_locate_point", 3..=4, DEFAULT, locate_point),
    function(
        "geo_distance_point_to_line",
        3..=3,
        DEFAULT,
        distance_to_point,
    ),
    function("geo_closest_point_on_line", 3..=3, DEFAULT, closest_point),
];

type Call = Result<Bound, CallError>;

/// `geo_line_length(line)`: meters.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-length-function.
fn length(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::real(context, "geo_line_length", inputs, |row| {
        let line = shapes::line(row.dynamic(0))?;
        Ok(line.map(|line| line.arcs().map(|(a, b)| distance(a, b)).sum()))
    }))
}

/// `geo_line_centroid(line)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-centroid-function.
fn centroid(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernels::geometry(
        context,
        "geo_line_centroid",
        inputs,
        |row| {
            let Some(line) = shapes::line(row.dynamic(0))? else {
                return Ok(None);
            };
            let sum = line
                .arcs()
                .map(|(a, b)| weighted_centroid(a, b))
                .fold(Point::default(), |sum, arc| sum + arc);
            balanced(&sum)
        },
    ))
}

/// The point a sum of vectors points to.
pub(super) fn balanced(sum: &Point) -> Cell<GeoJson> {
    if sum.norm2() < 1e-40 {
        return Err(Unsupported::new(
            "a shape whose centroid is the Earth's center",
        ));
    }
    Ok(Some(GeoJson::Point(position(sum))))
}

/// The only chain of a line: the service documents no answer for several.
fn only_chain(line: Line) -> Result<Vec<Point>, Unsupported> {
    let mut chains = line.chains;
    match chains.pop() {
        Some(chain) if chains.is_empty() => Ok(chain),
        _ => Err(Unsupported::new("several lines")),
    }
}

/// `geo_line_interpolate_point(line, fraction)`: the point at that part of the length.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-interpolate-point-function.
fn interpolate_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.real()?];
    Ok(kernels::geometry(
        context,
        "geo_line_interpolate_point",
        inputs,
        |row| {
            let Some(line) = shapes::line(row.dynamic(0))? else {
                return Ok(None);
            };
            let fraction = row
                .real(1)
                .filter(|fraction| (0.0..=1.0).contains(fraction));
            let chain = only_chain(line)?;
            Ok(fraction.map(|fraction| GeoJson::Point(position(&point_at(&chain, fraction)))))
        },
    ))
}

/// The point at a part of the length.
fn point_at(chain: &[Point], fraction: f64) -> Point {
    let total: f64 = chain.windows(2).map(|arc| angle(&arc[0], &arc[1])).sum();
    let mut left = fraction * total;
    for arc in chain.windows(2) {
        let length = angle(&arc[0], &arc[1]);
        if left < length {
            return towards(&arc[0], &arc[1], left);
        }
        left -= length;
    }
    chain.last().copied().unwrap_or_default()
}

/// `geo_line_locate_point(line, longitude, latitude)`: at which part of the length the line is closest to the point.
///
/// Source: learn.microsoft.com/kusto/query/geo-line-locate-point-function.
fn locate_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = vec![arguments.dynamic()?];
    inputs.extend(reals(&mut arguments, 2)?);
    only_sphere(context, &mut arguments)?;
    Ok(kernels::real(
        context,
        "geo_line_locate_point",
        inputs,
        |row| {
            let Some(line) = shapes::line(row.dynamic(0))? else {
                return Ok(None);
            };
            let point = point_of(row, 1);
            let chain = only_chain(line)?;
            Ok(point.map(|point| fraction_at(&chain, &point)))
        },
    ))
}

fn fraction_at(chain: &[Point], point: &Point) -> f64 {
    let (mut walked, mut place, mut nearest) = (0.0, 0.0, f64::INFINITY);
    for arc in chain.windows(2) {
        let closest = closest_on_arc(point, &arc[0], &arc[1]);
        let away = angle(point, &closest);
        if away < nearest {
            nearest = away;
            place = walked + angle(&arc[0], &closest);
        }
        walked += angle(&arc[0], &arc[1]);
    }
    (place / walked).min(1.0)
}

/// The point of some arcs that is closest to a point.
pub(super) fn closest<'a>(
    point: &Point,
    arcs: impl Iterator<Item = (&'a Point, &'a Point)>,
) -> Option<Point> {
    arcs.map(|(a, b)| closest_on_arc(point, a, b))
        .map(|closest| (angle(point, &closest), closest))
        .min_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, closest)| closest)
}

/// `geo_distance_point_to_line(longitude, latitude, line)`: meters.
///
/// Source: learn.microsoft.com/kusto/query/geo-distance-point-to-line-function.
fn distance_to_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 2)?;
    inputs.push(arguments.dynamic()?);
    Ok(kernels::real(
        context,
        "geo_distance_point_to_line",
        inputs,
        |row| {
            let both = point_of(row, 0).zip(shapes::line(row.dynamic(2))?);
            Ok(both.and_then(|(point, line)| {
                closest(&point, line.arcs()).map(|closest| distance(&point, &closest))
            }))
        },
    ))
}

/// `geo_closest_point_on_line(longitude, latitude, line)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-closest-point-on-line-function.
fn closest_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 2)?;
    inputs.push(arguments.dynamic()?);
    Ok(kernels::geometry(
        context,
        "geo_closest_point_on_line",
        inputs,
        |row| {
            let both = point_of(row, 0).zip(shapes::line(row.dynamic(2))?);
            Ok(both.and_then(|(point, line)| {
                closest(&point, line.arcs()).map(|closest| GeoJson::Point(position(&closest)))
            }))
        },
    ))
}
