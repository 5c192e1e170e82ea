//! Points on the unit sphere and the arcs between them.
//!
//! The formulas are those of S2 (github.com/google/s2geometry: `s2latlng.h`, `s2edge_distances.cc`, `s2centroids.cc`), so that answers
//! agree with the service's to the last digits.

use std::f64::consts::PI;

use s2::r3::vector::Vector;

use super::geojson::Position;

/// A vector of length 1.
pub(super) type Point = Vector;

/// The Earth's mean radius in meters as S2 has it (`s2earth.h`).
pub(super) const EARTH_RADIUS_METERS: f64 = 6_371_010.0;

/// The point at a longitude from -180 to 180 and a latitude from -90 to 90 degrees.
pub(super) fn point(longitude: f64, latitude: f64) -> Option<Point> {
    let is_valid = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
    is_valid.then(|| point_unchecked(longitude, latitude))
}

/// The point at a longitude and latitude in degrees; longitudes repeat every 360.
pub(super) fn point_unchecked(longitude: f64, latitude: f64) -> Point {
    let (theta, phi) = (PI / 180.0 * longitude, PI / 180.0 * latitude);
    Point::new(theta.cos() * phi.cos(), theta.sin() * phi.cos(), phi.sin())
}

/// Longitude and latitude in degrees.
pub(super) fn position(point: &Point) -> Position {
    // The sums turn negative zeros into positive ones.
    let (x, y, z) = (point.x + 0.0, point.y + 0.0, point.z + 0.0);
    let latitude = z.atan2((x * x + y * y).sqrt());
    [180.0 / PI * y.atan2(x), 180.0 / PI * latitude]
}

/// The angle between two points in radians.
pub(super) fn angle(a: &Point, b: &Point) -> f64 {
    a.angle(b).rad()
}

/// The distance of two points in meters.
pub(super) fn distance(a: &Point, b: &Point) -> f64 {
    EARTH_RADIUS_METERS * angle(a, b)
}

/// A vector at right angles to both points, stable where they are close; not normalised.
pub(super) fn stable_cross(a: &Point, b: &Point) -> Vector {
    (*b + *a).cross(&(*b - *a))
}

/// Whether no single great circle, or no shortest arc, joins the points.
pub(super) fn are_antipodal(a: &Point, b: &Point) -> bool {
    (*a + *b).norm2() < 1e-28
}

/// The point at that distance in radians from `a` towards `b`.
pub(super) fn towards(a: &Point, b: &Point, radians: f64) -> Point {
    along(a, &stable_cross(a, b).cross(a).normalize(), radians)
}

/// The point at that distance in radians from `a` in a direction at right angles to it.
pub(super) fn along(a: &Point, direction: &Vector, radians: f64) -> Point {
    (*a * radians.cos() + *direction * radians.sin()).normalize()
}

/// The point of the arc from `a` to `b` that is closest to `x`.
pub(super) fn closest_on_arc(x: &Point, a: &Point, b: &Point) -> Point {
    let normal = stable_cross(a, b);
    if normal.norm2() == 0.0 {
        return *a;
    }
    let normal = normal.normalize();
    let foot = *x - normal * x.dot(&normal);
    let is_within = normal.cross(a).dot(&foot) > 0.0 && foot.dot(&b.cross(&normal)) > 0.0;
    if is_within {
        foot.normalize()
    } else if (*x - *a).norm2() <= (*x - *b).norm2() {
        *a
    } else {
        *b
    }
}

/// The centroid of an arc times its length: the sum over arcs points to the centroid of them all.
pub(super) fn weighted_centroid(a: &Point, b: &Point) -> Vector {
    let (difference, sum) = (*a - *b, *a + *b);
    let squared_cosine = sum.norm2();
    if squared_cosine == 0.0 {
        return Vector::new(0.0, 0.0, 0.0);
    }
    sum * (difference.norm2() / squared_cosine).sqrt()
}
