//! Unions and intersections of lines, and of lines with polygons.

use std::collections::HashSet;

use super::arrangement::{Arrangement, Piece};
use super::kernels::Unsupported;
use super::shapes::{Line, Polygon};
use super::sphere::Point;

/// Points and chains of points.
pub(super) struct Shared {
    pub(super) points: Vec<Point>,
    pub(super) chains: Vec<Vec<Point>>,
}

/// What two lines share, in the direction of the first.
///
/// # Errors
/// When the result cannot be told.
pub(super) fn of_lines(first: &Line, second: &Line) -> Result<Shared, Unsupported> {
    let arrangement = Arrangement::new(&first.edges(), &second.edges())?;
    let pieces = arrangement.pieces.iter();
    let second: HashSet<(usize, usize)> = pieces
        .filter(|piece| !arrangement.is_first(piece))
        .flat_map(|piece| [(piece.from, piece.to), (piece.to, piece.from)])
        .collect();
    shared(&arrangement, |piece| {
        second.contains(&(piece.from, piece.to))
    })
}

/// What of a line is in a polygon or on its edges.
///
/// # Errors
/// When the result cannot be told.
pub(super) fn of_line_with_polygon(line: &Line, polygon: &Polygon) -> Result<Shared, Unsupported> {
    let arrangement = Arrangement::new(&line.edges(), &polygon.edges())?;
    let pieces = arrangement.pieces.iter();
    let boundary: HashSet<(usize, usize)> = pieces
        .filter(|piece| !arrangement.is_first(piece))
        .flat_map(|piece| [(piece.from, piece.to), (piece.to, piece.from)])
        .collect();
    shared(&arrangement, |piece| {
        boundary.contains(&(piece.from, piece.to)) || polygon.contains(&arrangement.middle(piece))
    })
}

/// The pieces of the first region that pass, and the other points of both.
fn shared(
    arrangement: &Arrangement,
    is_shared: impl Fn(&Piece) -> bool,
) -> Result<Shared, Unsupported> {
    let pieces = arrangement.pieces.iter().copied();
    let kept: Vec<Piece> = pieces
        .filter(|piece| arrangement.is_first(piece) && is_shared(piece))
        .collect();
    let mut owners = arrangement.owners();
    for piece in &kept {
        owners[piece.from] = [false; 2];
        owners[piece.to] = [false; 2];
    }
    let points = arrangement.points.iter().zip(owners);
    let touching = points.filter(|(_, owners)| *owners == [true; 2]);
    Ok(Shared {
        points: touching.map(|(point, _)| *point).collect(),
        chains: chains(arrangement, &kept)?,
    })
}

/// The union of lines.
///
/// # Errors
/// When the result cannot be told.
pub(super) fn union(lines: &[Line]) -> Result<Vec<Vec<Point>>, Unsupported> {
    let edges: Vec<(Point, Point)> = lines.iter().flat_map(Line::edges).collect();
    let arrangement = Arrangement::new(&edges, &[])?;
    if arrangement.has_crossings {
        return Err(Unsupported::new("lines that cross"));
    }
    let mut seen = HashSet::new();
    let pieces = arrangement.pieces.iter().copied();
    let distinct: Vec<Piece> = pieces
        .filter(|piece| seen.insert((piece.from, piece.to)))
        .collect();
    chains(&arrangement, &distinct)
}

/// Chains of pieces that follow each other, in the order of their first pieces.
fn chains(arrangement: &Arrangement, pieces: &[Piece]) -> Result<Vec<Vec<Point>>, Unsupported> {
    let mut leaving = vec![None; arrangement.points.len()];
    let mut is_entered = vec![false; arrangement.points.len()];
    for (index, piece) in pieces.iter().enumerate() {
        let branches = leaving[piece.from].replace(index).is_some()
            || std::mem::replace(&mut is_entered[piece.to], true);
        if branches {
            return Err(Unsupported::new("lines that branch or meet themselves"));
        }
    }
    let mut chains = Vec::new();
    let mut walked = 0;
    for piece in pieces.iter().filter(|piece| !is_entered[piece.from]) {
        let mut chain = vec![arrangement.points[piece.from]];
        let mut next = leaving[piece.from];
        while let Some(piece) = next.and_then(|index| pieces.get(index)) {
            chain.push(arrangement.points[piece.to]);
            walked += 1;
            next = leaving[piece.to];
        }
        chains.push(chain);
    }
    if walked < pieces.len() {
        return Err(Unsupported::new("lines that are closed"));
    }
    Ok(chains)
}
