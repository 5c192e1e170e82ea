//! Lines and polygons read from GeoJSON objects.
//!
//! What is allowed stands on the page of each function, such as learn.microsoft.com/kusto/query/geo-polygon-area-function: rings are
//! closed, have three distinct vertices and neither cross nor share edges, and the smaller side of a ring is its inside.

use s2::point as s2_point;

use super::kernels::{Cell, Unsupported};
use super::predicates::{Loop, crosses, edges, sign};
use super::sphere::{Point, angle, are_antipodal, point_unchecked};
use crate::dynamic::{Array, Dynamic, View};

/// Most pairs of near edges that are looked at, which bounds the time for one value.
const EDGE_PAIRS_MAX: usize = 20_000_000;

/// One or more chains of at least two vertices.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) chains: Vec<Vec<Point>>,
}

impl Line {
    /// The arcs of all chains.
    pub(super) fn arcs(&self) -> impl Iterator<Item = (&Point, &Point)> {
        self.chains
            .iter()
            .flat_map(|chain| chain.iter().zip(chain.iter().skip(1)))
    }

    /// The arcs of all chains.
    pub(super) fn edges(&self) -> Vec<(Point, Point)> {
        self.arcs().map(|(a, b)| (*a, *b)).collect()
    }
}

/// A shell and its holes; the inside of each is its smaller side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) shell: Loop,
    pub(super) holes: Vec<Loop>,
}

impl Part {
    fn contains(&self, point: &Point) -> bool {
        self.shell.contains(point) && !self.holes.iter().any(|hole| hole.contains(point))
    }
}

/// Parts that do not overlap.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    pub(super) parts: Vec<Part>,
}

impl Polygon {
    /// Whether the point is in it; points on its edges are, or are not.
    pub(super) fn contains(&self, point: &Point) -> bool {
        self.parts.iter().any(|part| part.contains(point))
    }

    /// Shells, and holes so turned that the polygon is left of their edges.
    pub(super) fn oriented_loops(&self) -> impl Iterator<Item = Loop> {
        self.parts.iter().flat_map(|part| {
            let holes = part.holes.iter().map(Loop::inverted);
            std::iter::once(part.shell.clone()).chain(holes)
        })
    }

    /// The edges of all rings, with the polygon to their left.
    pub(super) fn edges(&self) -> Vec<(Point, Point)> {
        let loops = self.oriented_loops();
        loops
            .flat_map(|ring| ring.edges().collect::<Vec<_>>())
            .collect()
    }
}

/// What a GeoJSON object is called and what it holds.
fn typed(value: Dynamic<'_>) -> Option<(&str, Array<'_>)> {
    let bag = value.as_bag()?;
    let name = bag.get("type")?.as_str()?;
    Some((name, bag.get("coordinates")?.as_array()?))
}

/// The chains of a `LineString` or `MultiLineString`.
pub(super) fn line_arrays(value: Dynamic<'_>) -> Option<Vec<Array<'_>>> {
    match typed(value)? {
        ("LineString", chain) => Some(vec![chain]),
        ("MultiLineString", chains) => arrays(chains),
        _ => None,
    }
}

/// A `LineString` or `MultiLineString`; none if it is not valid.
pub(super) fn line(value: Dynamic<'_>) -> Cell<Line> {
    let Some(chains) = line_arrays(value) else {
        return Ok(None);
    };
    let mut read = Vec::with_capacity(chains.len());
    for chain in chains {
        match line_chain(chain)? {
            Some(chain) => read.push(chain),
            None => return Ok(None),
        }
    }
    Ok((!read.is_empty()).then_some(Line { chains: read }))
}

fn arrays(array: Array<'_>) -> Option<Vec<Array<'_>>> {
    array.iter().map(Dynamic::as_array).collect()
}

fn line_chain(chain: Array<'_>) -> Cell<Vec<Point>> {
    let Some(vertices) = vertices(chain)? else {
        return Ok(None);
    };
    if vertices.len() < 2 || has_antipodal_edge(&vertices) {
        return Ok(None);
    }
    if vertices.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Unsupported::new(
            "a line with the same point twice in a row",
        ));
    }
    Ok(Some(vertices))
}

fn has_antipodal_edge(vertices: &[Point]) -> bool {
    vertices
        .windows(2)
        .any(|pair| are_antipodal(&pair[0], &pair[1]))
}

/// The points of an array of positions; none if one of them is not valid.
fn vertices(chain: Array<'_>) -> Cell<Vec<Point>> {
    let positions = positions(chain)?;
    let point = |[longitude, latitude]: [f64; 2]| point_unchecked(longitude, latitude);
    Ok(positions.map(|positions| positions.into_iter().map(point).collect()))
}

/// An array of positions; none if one of them is not valid.
fn positions(chain: Array<'_>) -> Cell<Vec<[f64; 2]>> {
    let mut positions = Vec::new();
    for position in chain.iter() {
        match coordinates(position)? {
            Some(coordinates) => positions.push(coordinates),
            None => return Ok(None),
        }
    }
    Ok(Some(positions))
}

/// Longitude and latitude in degrees.
fn coordinates(position: Dynamic<'_>) -> Cell<[f64; 2]> {
    let Some([longitude, latitude]) = pair(position)? else {
        return Ok(None);
    };
    if !longitude.is_finite() || !(-90.0..=90.0).contains(&latitude) {
        return Ok(None);
    }
    if !(-180.0..=180.0).contains(&longitude) {
        return Err(Unsupported::new(
            "GeoJSON with a longitude outside -180 to 180",
        ));
    }
    Ok(Some([longitude, latitude]))
}

/// The two numbers of a position.
pub(super) fn pair(position: Dynamic<'_>) -> Cell<[f64; 2]> {
    let Some(array) = position.as_array() else {
        return Ok(None);
    };
    let numbers: Option<Vec<f64>> = array.iter().take(3).map(number).collect();
    match numbers.as_deref() {
        Some(&[longitude, latitude]) => Ok(Some([longitude, latitude])),
        Some([_, _, _]) => Err(Unsupported::new(
            "GeoJSON with positions of three coordinates",
        )),
        _ => Ok(None),
    }
}

fn number(value: Dynamic<'_>) -> Option<f64> {
    match value.view_or_null() {
        View::Real(number) => Some(number),
        #[expect(
            clippy::cast_precision_loss,
            reason = "valid coordinates have at most three digits"
        )]
        View::Long(number) => Some(number as f64),
        _ => None,
    }
}

/// A `Polygon` or `MultiPolygon` whose parts may overlap; none if it is not valid.
pub(super) fn polygons(value: Dynamic<'_>) -> Cell<Vec<Polygon>> {
    let parts = match typed(value) {
        Some(("Polygon", rings)) => vec![rings],
        Some(("MultiPolygon", parts)) => match arrays(parts) {
            Some(parts) => parts,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let mut read = Vec::with_capacity(parts.len());
    for rings in parts {
        match part(rings)? {
            Some(part) => read.push(Polygon { parts: vec![part] }),
            None => return Ok(None),
        }
    }
    Ok((!read.is_empty()).then_some(read))
}

/// The positions of the shell of a `Polygon`, its first also its last.
pub(super) fn shell_positions(value: Dynamic<'_>) -> Cell<Vec<[f64; 2]>> {
    match typed(value) {
        Some(("Polygon", rings)) => match rings.get(0).and_then(Dynamic::as_array) {
            Some(shell) => positions(shell),
            None => Ok(None),
        },
        _ => Err(Unsupported::new("several polygons")),
    }
}

fn part(rings: Array<'_>) -> Cell<Part> {
    let Some(rings) = arrays(rings) else {
        return Ok(None);
    };
    let mut loops = Vec::with_capacity(rings.len());
    for chain in rings {
        let Some(vertices) = vertices(chain)? else {
            return Ok(None);
        };
        match ring(vertices)? {
            Some(ring) => loops.push(ring),
            None => return Ok(None),
        }
    }
    if loops.is_empty() {
        return Ok(None);
    }
    let shell = loops.remove(0);
    check_holes(&shell, &loops)?;
    Ok(Some(Part {
        shell,
        holes: loops,
    }))
}

/// The loop of a closed chain, its smaller side inside; none if it is not valid.
pub(super) fn ring(mut vertices: Vec<Point>) -> Cell<Loop> {
    if vertices.len() < 4 || vertices.first() != vertices.last() || has_antipodal_edge(&vertices) {
        return Ok(None);
    }
    vertices.pop();
    if has_duplicates(&vertices) || crosses_itself(&vertices)? {
        return Ok(None);
    }
    Ok(Some(normalized(vertices)))
}

/// The loop with its smaller side inside. A loop that must be turned starts with its last vertex, as in S2.
pub(super) fn normalized(mut vertices: Vec<Point>) -> Loop {
    if area(&vertices) > std::f64::consts::TAU {
        vertices.reverse();
    }
    Loop::new(vertices)
}

fn has_duplicates(vertices: &[Point]) -> bool {
    let mut sorted = vertices.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

fn crosses_itself(vertices: &[Point]) -> Result<bool, Unsupported> {
    let edges: Vec<(Point, Point)> = edges(vertices).collect();
    let mut crossed = false;
    for_near_pairs(&edges, |(a, b), (c, d)| {
        crossed |= crosses(a, b, c, d);
        !crossed
    })?;
    Ok(crossed)
}

/// Holes must lie inside their shell and apart; S2 gives others a meaning of their own.
fn check_holes(shell: &Loop, holes: &[Loop]) -> Result<(), Unsupported> {
    if holes.is_empty() {
        return Ok(());
    }
    let refusal = || Unsupported::new("a polygon whose holes are not apart and inside its shell");
    let rings: Vec<&Loop> = std::iter::once(shell).chain(holes).collect();
    let edges: Vec<(Point, Point)> = rings.iter().flat_map(|ring| ring.edges()).collect();
    let mut touches = false;
    for_near_pairs(&edges, |(a, b), (c, d)| {
        touches |= crosses(a, b, c, d) || (a, b) == (c, d) || (a, b) == (d, c);
        !touches
    })?;
    let is_inside = |hole: &Loop, ring: &Loop| {
        let mut vertices = hole.vertices().iter();
        let apart = vertices.find(|vertex| !ring.vertices().contains(vertex));
        apart.is_some_and(|vertex| ring.contains(vertex))
    };
    let nested = holes.iter().enumerate().any(|(index, hole)| {
        let mut others = holes.iter().enumerate();
        others.any(|(other, ring)| other != index && is_inside(hole, ring))
    });
    if touches || nested || !holes.iter().all(|hole| is_inside(hole, shell)) {
        return Err(refusal());
    }
    Ok(())
}

/// The area left of the edges of a loop in steradians, from 0 to 4π.
pub(super) fn area(vertices: &[Point]) -> f64 {
    let Some((origin, rest)) = vertices.split_first() else {
        return 0.0;
    };
    let triangle = |pair: &[Point]| {
        let [a, b, c] = [*origin, pair[0], pair[1]].map(s2_point::Point);
        f64::from(sign(origin, &pair[0], &pair[1])) * s2_point::point_area(&a, &b, &c)
    };
    let area: f64 = rest.windows(2).map(triangle).sum();
    if area < 0.0 {
        area + 2.0 * std::f64::consts::TAU
    } else {
        area
    }
}

/// Calls `visit` with the pairs of edges whose surroundings meet, until it says no.
///
/// # Errors
/// When there are too many.
pub(super) fn for_near_pairs(
    edges: &[(Point, Point)],
    mut visit: impl FnMut((&Point, &Point), (&Point, &Point)) -> bool,
) -> Result<(), Unsupported> {
    near_pairs(edges, |first, second| {
        let ((a, b), (c, d)) = (&edges[first], &edges[second]);
        visit((a, b), (c, d))
    })
}

/// Calls `visit` with the indexes of the pairs of edges whose surroundings meet, until it says no.
///
/// # Errors
/// When there are too many.
pub(super) fn near_pairs(
    edges: &[(Point, Point)],
    mut visit: impl FnMut(usize, usize) -> bool,
) -> Result<(), Unsupported> {
    let mut balls: Vec<(usize, Point, f64)> = edges
        .iter()
        .enumerate()
        .map(|(index, (a, b))| (index, (*a + *b) * 0.5, reach(a, b)))
        .collect();
    balls.sort_by(|left, right| (left.1.z - left.2).total_cmp(&(right.1.z - right.2)));
    let mut looked_at = 0;
    for (position, (first, center, radius)) in balls.iter().enumerate() {
        let above = balls.iter().skip(position + 1);
        for (second, other, other_radius) in
            above.take_while(|(_, other, other_radius)| other.z - other_radius <= center.z + radius)
        {
            looked_at += 1;
            let apart = radius + other_radius;
            if (*center - *other).norm2() <= apart * apart && !visit(*first, *second) {
                return Ok(());
            }
        }
        if looked_at > EDGE_PAIRS_MAX {
            return Err(Unsupported::new("a shape of so many edges"));
        }
    }
    Ok(())
}

/// How far an arc reaches from the middle of its chord.
fn reach(a: &Point, b: &Point) -> f64 {
    const SLACK: f64 = 1e-12;
    let half_chord = (*a - *b).norm() / 2.0;
    let sagitta = 1.0 - (angle(a, b) / 2.0).cos();
    half_chord.max(sagitta) + SLACK
}
