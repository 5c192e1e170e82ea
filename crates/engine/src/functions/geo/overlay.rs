//! Unions and intersections of polygons.
//!
//! Rings start where S2's do (github.com/google/s2geometry: `s2builder_graph.cc`, `s2polygon.cc`): with the edge after the one that came
//! last in the input.

use std::collections::{BTreeMap, HashSet};

use super::arrangement::{Arrangement, Piece};
use super::kernels::Unsupported;
use super::predicates::Loop;
use super::shapes::{Part, Polygon, area};
use super::sphere::Point;

/// The union of polygons: the two of fewest vertices first, as in S2's `DestructiveUnion`.
///
/// # Errors
/// When the result cannot be told.
pub(super) fn union(polygons: Vec<Polygon>) -> Result<Polygon, Unsupported> {
    let mut queue: BTreeMap<(usize, usize), Polygon> = BTreeMap::new();
    for (order, polygon) in polygons.into_iter().enumerate() {
        queue.insert((polygon.edges().len(), order), polygon);
    }
    let mut order = queue.len();
    loop {
        let Some(((first_size, _), first)) = queue.pop_first() else {
            return Err(Unsupported::new("no polygons"));
        };
        let Some(((second_size, _), second)) = queue.pop_first() else {
            return Ok(first);
        };
        let union = Overlay::new(&first, &second, Operation::Union)?.polygon()?;
        queue.insert((first_size + second_size, order), union);
        order += 1;
    }
}

/// What two polygons share: an area, and points where they only touch.
pub(super) struct Shared {
    pub(super) points: Vec<Point>,
    pub(super) polygon: Polygon,
}

/// The intersection of two polygons.
///
/// # Errors
/// When the result cannot be told.
pub(super) fn intersection(first: &Polygon, second: &Polygon) -> Result<Shared, Unsupported> {
    let overlay = Overlay::new(first, second, Operation::Intersection)?;
    if overlay.has_opposite_pieces {
        return Err(Unsupported::new("polygons that touch along an edge"));
    }
    Ok(Shared {
        points: overlay.touching_points(),
        polygon: overlay.polygon()?,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union,
    Intersection,
}

/// The boundary of a union or intersection in pieces.
struct Overlay {
    arrangement: Arrangement,
    kept: Vec<Piece>,
    has_opposite_pieces: bool,
}

impl Overlay {
    fn new(first: &Polygon, second: &Polygon, operation: Operation) -> Result<Self, Unsupported> {
        let arrangement = Arrangement::new(&first.edges(), &second.edges())?;
        let directed = |is_first: bool| -> HashSet<(usize, usize)> {
            let pieces = arrangement.pieces.iter();
            let region = pieces.filter(|piece| arrangement.is_first(piece) == is_first);
            region.map(|piece| (piece.from, piece.to)).collect()
        };
        let sides = [directed(true), directed(false)];
        let (mut kept, mut has_opposite_pieces) = (Vec::new(), false);
        for piece in &arrangement.pieces {
            let is_first = arrangement.is_first(piece);
            let others = &sides[usize::from(is_first)];
            let is_kept = if others.contains(&(piece.to, piece.from)) {
                has_opposite_pieces = true;
                false
            } else if others.contains(&(piece.from, piece.to)) {
                is_first
            } else {
                let other = if is_first { second } else { first };
                let is_inside = other.contains(&arrangement.middle(piece));
                is_inside == (operation == Operation::Intersection)
            };
            if is_kept {
                kept.push(*piece);
            }
        }
        Ok(Self {
            arrangement,
            kept,
            has_opposite_pieces,
        })
    }

    /// Points of both boundaries that are on no kept piece.
    fn touching_points(&self) -> Vec<Point> {
        let mut owners = self.arrangement.owners();
        for piece in &self.kept {
            owners[piece.from] = [false; 2];
            owners[piece.to] = [false; 2];
        }
        let points = self.arrangement.points.iter().zip(owners);
        let touching = points.filter(|(_, owners)| *owners == [true; 2]);
        touching.map(|(point, _)| *point).collect()
    }

    fn polygon(mut self) -> Result<Polygon, Unsupported> {
        self.kept.sort_by_key(|piece| (piece.from, piece.to));
        let mut loops = self.loops()?;
        loops.sort_by_key(|ring| ring.first().map(|&piece| self.kept[piece].edge));
        let vertices = |ring: &Vec<usize>| -> Vec<Point> {
            let starts = ring.iter().map(|&piece| self.kept[piece].from);
            starts.map(|point| self.arrangement.points[point]).collect()
        };
        // What snapping left without an inside is no ring.
        let rings = loops.iter().filter(|ring| ring.len() > 2);
        nest(rings.map(vertices).collect())
    }

    /// The rings of kept pieces: at each point the way goes on as far to the left as it can.
    fn loops(&self) -> Result<Vec<Vec<usize>>, Unsupported> {
        let mut next = self.left_turns()?;
        let mut loops = Vec::new();
        let mut path: Vec<usize> = Vec::new();
        let mut place = vec![None; self.arrangement.points.len()];
        for start in 0..self.kept.len() {
            let mut piece = start;
            while let Some(following) = next[piece].take() {
                place[self.kept[piece].from] = Some(path.len());
                path.push(piece);
                if let Some(first) = place[self.kept[piece].to] {
                    let mut ring = path.split_off(first);
                    for &piece in &ring {
                        place[self.kept[piece].from] = None;
                    }
                    self.rotate(&mut ring);
                    loops.push(ring);
                }
                piece = following;
            }
        }
        Ok(loops)
    }

    /// For each kept piece the one that follows it.
    fn left_turns(&self) -> Result<Vec<Option<usize>>, Unsupported> {
        let mut outgoing = vec![Vec::new(); self.arrangement.points.len()];
        for (index, piece) in self.kept.iter().enumerate() {
            outgoing[piece.from].push(index);
        }
        let leftmost = |piece: &Piece| {
            let following = outgoing[piece.to].iter().copied();
            let turns = following.map(|index| (self.clockwise(piece, index), index));
            turns.min_by(|left, right| left.0.total_cmp(&right.0))
        };
        let next: Vec<Option<usize>> = self
            .kept
            .iter()
            .map(|piece| leftmost(piece).map(|(_, index)| index))
            .collect();
        let distinct: HashSet<usize> = next.iter().copied().flatten().collect();
        if distinct.len() < self.kept.len() {
            return Err(Unsupported::new(
                "polygons whose common boundary is not closed",
            ));
        }
        Ok(next)
    }

    /// The angle from the way back clockwise to another piece, from 0 to 2π.
    fn clockwise(&self, arriving: &Piece, leaving: usize) -> f64 {
        let points = &self.arrangement.points;
        let at = points[arriving.to];
        let (back, ahead) = (points[arriving.from], points[self.kept[leaving].to]);
        let (back, ahead) = (at.cross(&(back - at)), at.cross(&(ahead - at)));
        let angle = back.cross(&ahead).dot(&at).atan2(back.dot(&ahead));
        if angle > 0.0 {
            std::f64::consts::TAU - angle
        } else {
            -angle
        }
    }

    /// Puts the piece of the last edge last; if its pieces are apart, the end of the first run of them.
    fn rotate(&self, ring: &mut [usize]) {
        let edge = |index: usize| self.kept[ring[index]].edge;
        let (mut last, mut saw_gap) = (0, false);
        for index in 1..ring.len() {
            if edge(index) < edge(last) {
                saw_gap = true;
            } else if edge(index) > edge(last) || !saw_gap {
                last = index;
                saw_gap = false;
            }
        }
        ring.rotate_left((last + 1) % ring.len().max(1));
    }
}

/// Shells with the holes that are inside them.
fn nest(rings: Vec<Vec<Point>>) -> Result<Polygon, Unsupported> {
    let is_shell = |ring: &Vec<Point>| area(ring) <= std::f64::consts::TAU;
    let (shells, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(is_shell);
    let mut parts: Vec<Part> = shells
        .into_iter()
        .map(|shell| Part {
            shell: Loop::new(shell),
            holes: Vec::new(),
        })
        .collect();
    for hole in holes {
        let around = parts
            .iter_mut()
            .filter(|part| surrounds(&part.shell, &hole));
        let smallest = around.min_by(|left, right| {
            area(left.shell.vertices()).total_cmp(&area(right.shell.vertices()))
        });
        match smallest {
            Some(part) => part.holes.push(Loop::new(hole).inverted()),
            None => {
                return Err(Unsupported::new(
                    "polygons around more than half of the Earth",
                ));
            }
        }
    }
    Ok(Polygon { parts })
}

fn surrounds(shell: &Loop, hole: &[Point]) -> bool {
    let mut apart = hole
        .iter()
        .filter(|vertex| !shell.vertices().contains(vertex));
    apart.next().is_some_and(|vertex| shell.contains(vertex))
}
