//! Exact answers to which side, whether arcs cross, and what a loop contains.
//!
//! Signs of determinants are exact (crate `robust`), and ties are broken by moving points by infinitely small amounts, as S2 does
//! (github.com/google/s2geometry: `s2predicates.cc`, `s2edge_crossings.cc`): three distinct points are never in line, so each question has
//! one consistent answer even for edges along a meridian.

use std::cmp::Ordering;

use robust::{Coord, Coord3D};
use s2::r3::vector::Vector;

use super::sphere::Point;

/// A point near no vertex that anybody uses, from which containment is counted. The value is S2's.
const ORIGIN: Point = Vector {
    x: -0.009_999_466_435_025_02,
    y: 0.002_592_454_260_932_412,
    z: 0.999_946_643_502_502,
};

/// 1 if the three points turn left (counterclockwise), -1 if they turn right, 0 only if two of them are the same.
pub(super) fn sign(a: &Point, b: &Point, c: &Point) -> i8 {
    if a == b || b == c || c == a {
        return 0;
    }
    match exact_sign(a, b, c) {
        0 => perturbed_sign(a, b, c),
        sign => sign,
    }
}

/// The sign of the determinant of three points.
fn exact_sign(a: &Point, b: &Point, c: &Point) -> i8 {
    let coordinates = |point: &Point| Coord3D {
        x: point.x,
        y: point.y,
        z: point.z,
    };
    let origin = Coord3D {
        x: 0.0,
        y: 0.0,
        z: 0.0,
    };
    signum(robust::orient3d(
        coordinates(a),
        coordinates(b),
        coordinates(c),
        origin,
    ))
}

fn signum(value: f64) -> i8 {
    match value.partial_cmp(&0.0) {
        Some(Ordering::Greater) => 1,
        Some(Ordering::Less) => -1,
        _ => 0,
    }
}

/// The sign after points in line were moved: smaller points move more.
fn perturbed_sign(a: &Point, b: &Point, c: &Point) -> i8 {
    let mut points = [a, b, c];
    let mut parity = 1;
    for (left, right) in [(0, 1), (1, 2), (0, 1)] {
        if points[left] > points[right] {
            points.swap(left, right);
            parity = -parity;
        }
    }
    parity * perturbed_sign_in_order(points)
}

/// The first term of the determinant's expansion in the moves that is not zero.
fn perturbed_sign_in_order([a, b, c]: [&Point; 3]) -> i8 {
    let terms = [
        minor((b.x, b.y), (c.x, c.y)),
        minor((b.z, b.x), (c.z, c.x)),
        minor((b.y, b.z), (c.y, c.z)),
        minor((c.x, c.y), (a.x, a.y)),
        signum(c.x),
        -signum(c.y),
        minor((c.z, c.x), (a.z, a.x)),
        signum(c.z),
        minor((a.x, a.y), (b.x, b.y)),
        -signum(b.x),
        signum(b.y),
        signum(a.x),
    ];
    terms.into_iter().find(|&term| term != 0).unwrap_or(1)
}

/// The sign of a determinant of two rows.
fn minor(first: (f64, f64), second: (f64, f64)) -> i8 {
    let coordinates = |(x, y)| Coord { x, y };
    let origin = Coord { x: 0.0, y: 0.0 };
    signum(robust::orient2d(
        coordinates(first),
        coordinates(second),
        origin,
    ))
}

/// Whether the arcs `ab` and `cd` cross at a point inside both.
pub(super) fn crosses(a: &Point, b: &Point, c: &Point, d: &Point) -> bool {
    let side = sign(a, b, c);
    side != 0 && sign(b, a, d) == side && sign(c, d, b) == side && sign(d, c, a) == side
}

/// Whether going counterclockwise around `o` from `a` to `c` meets `b`; ends count.
pub(super) fn is_ordered(a: &Point, b: &Point, c: &Point, o: &Point) -> bool {
    let turns = [sign(b, o, a) >= 0, sign(c, o, b) >= 0, sign(a, o, c) > 0];
    turns.into_iter().filter(|&turn| turn).count() >= 2
}

/// Whether the angle at `b` from `c` counterclockwise to `a` contains the vertex itself.
fn angle_contains_vertex(a: &Point, b: &Point, c: &Point) -> bool {
    !is_ordered(&b.ortho(), c, a, b)
}

/// Whether the arcs count as crossing at a vertex that they share.
fn crosses_at_vertex(a: &Point, b: &Point, c: &Point, d: &Point) -> bool {
    if a == b || c == d {
        return false;
    }
    if a == c {
        return b == d || is_ordered(&a.ortho(), d, b, a);
    }
    if b == d {
        return is_ordered(&b.ortho(), c, a, b);
    }
    if a == d {
        return b == c || is_ordered(&a.ortho(), c, b, a);
    }
    b == c && is_ordered(&b.ortho(), d, a, b)
}

fn crosses_or_meets(a: &Point, b: &Point, c: &Point, d: &Point) -> bool {
    if a == c || a == d || b == c || b == d {
        crosses_at_vertex(a, b, c, d)
    } else {
        crosses(a, b, c, d)
    }
}

/// The corners of a loop, its last joined to its first, and the answer to what it contains.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Loop {
    vertices: Vec<Point>,
    contains_origin: bool,
}

impl Loop {
    /// A loop of at least three vertices; what lies to the left of its edges is inside.
    pub(super) fn new(vertices: Vec<Point>) -> Self {
        let contains_origin = contains_origin(&vertices);
        Self {
            vertices,
            contains_origin,
        }
    }

    pub(super) fn vertices(&self) -> &[Point] {
        &self.vertices
    }

    /// Its edges in order.
    pub(super) fn edges(&self) -> impl Iterator<Item = (Point, Point)> {
        edges(&self.vertices)
    }

    /// Whether the point is inside. Of loops around a vertex exactly one contains it.
    pub(super) fn contains(&self, point: &Point) -> bool {
        self.contains_origin ^ is_crossed_oddly(&self.vertices, point)
    }

    /// The same loop with the other side inside.
    pub(super) fn inverted(&self) -> Self {
        Self::new(self.vertices.iter().rev().copied().collect())
    }
}

/// The edges of a closed chain.
pub(super) fn edges(vertices: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    let next = vertices.iter().cycle().skip(1);
    vertices.iter().copied().zip(next.copied())
}

fn contains_origin(vertices: &[Point]) -> bool {
    let [before, at, after, ..] = vertices else {
        return false;
    };
    angle_contains_vertex(before, at, after) != is_crossed_oddly(vertices, at)
}

/// Whether the way from the origin to the point crosses an odd number of edges.
fn is_crossed_oddly(vertices: &[Point], point: &Point) -> bool {
    let crossings = edges(vertices).filter(|(a, b)| crosses_or_meets(&ORIGIN, point, a, b));
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::super::sphere::point_unchecked;
    use super::*;

    fn square() -> Loop {
        let corners = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        let corners = corners.map(|(longitude, latitude)| point_unchecked(longitude, latitude));
        Loop::new(corners.to_vec())
    }

    #[test]
    fn three_distinct_points_are_never_in_line() {
        let meridian = [0.0, 5.0, 10.0].map(|latitude| point_unchecked(0.0, latitude));
        let [a, b, c] = &meridian;
        assert_ne!(sign(a, b, c), 0);
        assert_eq!(sign(a, b, c), sign(b, c, a));
        assert_eq!(sign(a, b, c), -sign(c, b, a));
        assert_eq!(sign(a, b, a), 0);
    }

    #[test]
    fn left_of_an_edge_is_positive() {
        let at = point_unchecked;
        assert_eq!(sign(&at(0.0, 0.0), &at(10.0, 0.0), &at(5.0, 1.0)), 1);
        assert_eq!(sign(&at(0.0, 0.0), &at(10.0, 0.0), &at(5.0, -1.0)), -1);
    }

    #[test]
    fn a_loop_contains_what_is_left_of_its_edges() {
        let square = square();
        for (longitude, latitude, expected) in [
            (5.0, 5.0, true),
            (5.0, -5.0, false),
            (-175.0, -5.0, false),
            (0.001, 0.001, true),
            (20.0, 5.0, false),
            (0.0, 90.0, false),
        ] {
            let point = point_unchecked(longitude, latitude);
            assert_eq!(square.contains(&point), expected, "{longitude} {latitude}");
            assert_eq!(square.inverted().contains(&point), !expected);
        }
    }

    #[test]
    fn arcs_that_share_a_vertex_do_not_cross() {
        let at = point_unchecked;
        let (a, b, c) = (at(0.0, 0.0), at(10.0, 10.0), at(0.0, 10.0));
        assert!(crosses(&a, &b, &at(10.0, 0.0), &c));
        assert!(!crosses(&a, &b, &b, &c));
        assert!(!crosses(&a, &b, &at(20.0, 0.0), &at(20.0, 5.0)));
    }
}
