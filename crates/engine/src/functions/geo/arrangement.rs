//! Edges cut where they meet: the ground for unions and intersections.
//!
//! Points closer than the error of a computed crossing are one point, as in S2 (github.com/google/s2geometry: `s2boolean_operation.cc`,
//! `s2builder.cc`).

use std::collections::HashMap;

use s2::cellid::CellID;
use s2::point::Point as S2Point;

use super::kernels::Unsupported;
use super::predicates::crosses;
use super::shapes::near_pairs;
use super::sphere::{Point, angle, closest_on_arc, stable_cross};

/// Points at most this far apart, in radians, are the same.
const MERGE_RADIUS: f64 = 16.0 * f64::EPSILON;

/// A part of an edge between two neighbouring points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The edge it is a part of.
    pub(super) edge: usize,
}

/// Edges of two regions, cut into pieces that meet only at their ends.
#[derive(Debug)]
pub(super) struct Arrangement {
    /// The ends of pieces in the order of the Hilbert curve of S2 cells.
    pub(super) points: Vec<Point>,
    /// The pieces, edge by edge, those of the first region first.
    pub(super) pieces: Vec<Piece>,
    /// How many edges the first region has.
    first_region: usize,
    /// Whether two edges cross at a point that ends neither.
    pub(super) has_crossings: bool,
}

impl Arrangement {
    /// Cuts the edges of two regions.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn new(
        first: &[(Point, Point)],
        second: &[(Point, Point)],
    ) -> Result<Self, Unsupported> {
        let edges: Vec<(Point, Point)> = first.iter().chain(second).copied().collect();
        let cuts = cuts(&edges)?;
        let mut sites = Sites::default();
        for (a, b) in &edges {
            sites.site(a);
            sites.site(b);
        }
        let mut pieces = Vec::with_capacity(edges.len());
        for (edge, ((a, b), cuts)) in edges.iter().zip(&cuts).enumerate() {
            let mut chain = vec![sites.site(a)];
            chain.extend(along(a, cuts).iter().map(|cut| sites.site(cut)));
            chain.push(sites.site(b));
            chain.dedup();
            let piece = |pair: &[usize]| Piece {
                from: pair[0],
                to: pair[1],
                edge,
            };
            pieces.extend(chain.windows(2).map(piece));
        }
        let has_crossings = sites.points.len() > distinct_ends(&edges);
        let mut arrangement = Self {
            points: sites.points,
            pieces,
            first_region: first.len(),
            has_crossings,
        };
        arrangement.sort_points();
        Ok(arrangement)
    }

    /// Whether the piece is of the first region.
    pub(super) fn is_first(&self, piece: &Piece) -> bool {
        piece.edge < self.first_region
    }

    /// The point halfway along a piece.
    pub(super) fn middle(&self, piece: &Piece) -> Point {
        (self.points[piece.from] + self.points[piece.to]).normalize()
    }

    /// For each point whether it ends pieces of the first and of the second region.
    pub(super) fn owners(&self) -> Vec<[bool; 2]> {
        let mut owners = vec![[false; 2]; self.points.len()];
        for piece in &self.pieces {
            let region = usize::from(!self.is_first(piece));
            owners[piece.from][region] = true;
            owners[piece.to][region] = true;
        }
        owners
    }

    /// Whether the edges of the regions cross or touch.
    pub(super) fn regions_meet(&self) -> bool {
        self.owners().contains(&[true; 2])
    }

    fn sort_points(&mut self) {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by_key(|&index| CellID::from(S2Point(self.points[index])));
        let mut places = vec![0; order.len()];
        for (place, &index) in order.iter().enumerate() {
            places[index] = place;
        }
        self.points = order.iter().map(|&index| self.points[index]).collect();
        for piece in &mut self.pieces {
            piece.from = places[piece.from];
            piece.to = places[piece.to];
        }
    }
}

/// How many different points end edges.
fn distinct_ends(edges: &[(Point, Point)]) -> usize {
    let mut sites = Sites::default();
    for (a, b) in edges {
        sites.site(a);
        sites.site(b);
    }
    sites.points.len()
}

/// For each edge the points at which others cross or touch it.
fn cuts(edges: &[(Point, Point)]) -> Result<Vec<Vec<Point>>, Unsupported> {
    let mut cuts = vec![Vec::new(); edges.len()];
    near_pairs(edges, |first, second| {
        let ((a, b), (c, d)) = (&edges[first], &edges[second]);
        for (edge, (from, to), ends) in [(first, (a, b), [c, d]), (second, (c, d), [a, b])] {
            cuts[edge].extend(ends.into_iter().filter(|end| is_on(end, from, to)));
        }
        if crosses(a, b, c, d) {
            let crossing = crossing(a, b, c, d);
            cuts[first].push(crossing);
            cuts[second].push(crossing);
        }
        true
    })?;
    Ok(cuts)
}

/// Whether the point lies on the arc and is none of its ends.
fn is_on(point: &Point, a: &Point, b: &Point) -> bool {
    let is_near = |other: &Point| angle(point, other) <= MERGE_RADIUS;
    is_near(&closest_on_arc(point, a, b)) && !is_near(a) && !is_near(b)
}

/// Where two arcs that cross do so.
fn crossing(a: &Point, b: &Point, c: &Point, d: &Point) -> Point {
    let first = stable_cross(a, b).normalize();
    let second = stable_cross(c, d).normalize();
    let crossing = first.cross(&second).normalize();
    if crossing.dot(&(*a + *b)) < 0.0 {
        crossing * -1.0
    } else {
        crossing
    }
}

/// The cuts of an edge in the order in which its way from `start` meets them.
fn along(start: &Point, cuts: &[Point]) -> Vec<Point> {
    let mut cuts = cuts.to_vec();
    cuts.sort_by(|left, right| {
        let squared = |point: &Point| (*point - *start).norm2();
        squared(left).total_cmp(&squared(right))
    });
    cuts
}

/// Points of which those that are the same are kept once.
#[derive(Debug, Default)]
struct Sites {
    points: Vec<Point>,
    buckets: HashMap<[i64; 3], Vec<usize>>,
}

impl Sites {
    /// The place of the point, or of one that is the same.
    fn site(&mut self, point: &Point) -> usize {
        let [x, y, z] = bucket(point);
        let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy)));
        for (dx, dy) in around {
            for dz in -1..=1 {
                let near = self.buckets.get(&[x + dx, y + dy, z + dz]);
                for &index in near.into_iter().flatten() {
                    if angle(&self.points[index], point) <= MERGE_RADIUS {
                        return index;
                    }
                }
            }
        }
        self.points.push(*point);
        let index = self.points.len() - 1;
        self.buckets.entry([x, y, z]).or_default().push(index);
        index
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "coordinates of unit vectors in these units are below 10¹⁶"
)]
fn bucket(point: &Point) -> [i64; 3] {
    [point.x, point.y, point.z].map(|coordinate| (coordinate / MERGE_RADIUS).floor() as i64)
}
