//! H3: hexagons in sixteen sizes (h3geo.org).

use h3o::{CellIndex, DirectedEdgeIndex, LatLng, Resolution};

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::cells;
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Row, Unsupported};
use super::points::{reals, whole};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_point_to_h3cell", 2..=3, DEFAULT, from_point),
    function("geo_h3cell_to_central_point", 1..=1, DEFAULT, central_point),
    function("geo_h3cell_to_polygon", 1..=1, DEFAULT, to_polygon),
    function("geo_h3cell_level", 1..=1, DEFAULT, level),
    function("geo_h3cell_parent", 1..=2, DEFAULT, parent),
    function("geo_h3cell_children", 1..=2, DEFAULT, children),
    function("geo_h3cell_neighbors", 1..=1, DEFAULT, neighbors),
    function("geo_h3cell_rings", 2..=2, DEFAULT, rings),
];

type Call = Result<Bound, CallError>;

pub(super) const RESOLUTION_DEFAULT: i64 = 6;

/// Most levels between a cell and its children.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-children-function.
const CHILDREN_LEVELS_MAX: u8 = 5;

/// Farthest ring.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-rings-function.
const RINGS_MAX: u32 = 142;

/// The cell of a token; none if it names no cell.
fn parse(token: &str) -> Cell<CellIndex> {
    if token.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Unsupported::new("an H3 token in capital letters"));
    }
    let is_hex = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(is_hex.then(|| token.parse().ok()).flatten())
}

pub(super) fn resolution(level: Option<i64>) -> Option<Resolution> {
    Resolution::try_from(u8::try_from(level?).ok()?).ok()
}

fn position(point: LatLng) -> [f64; 2] {
    [point.lng(), point.lat()]
}

/// `geo_point_to_h3cell(longitude, latitude [, resolution])`: 0 to 15, 6 unless given; empty where an argument is out of range.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-to-h3cell-function.
fn from_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 2)?;
    inputs.push(whole(context, &mut arguments, RESOLUTION_DEFAULT)?);
    Ok(kernels::text(
        context,
        "geo_point_to_h3cell",
        inputs,
        |row| Ok(cell_of(row).map(|cell| cell.to_string())),
    ))
}

fn cell_of(row: &Row<'_>) -> Option<CellIndex> {
    let (longitude, latitude) = row.real(0).zip(row.real(1))?;
    let resolution = resolution(row.long(2))?;
    let is_valid = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
    let point = LatLng::new(latitude, longitude).ok()?;
    is_valid.then(|| point.to_cell(resolution))
}

/// `geo_h3cell_to_central_point(cell)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-to-central-point-function.
fn central_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::geometry(
        context,
        "geo_h3cell_to_central_point",
        inputs,
        |row| {
            let cell = parse(row.text(0))?;
            Ok(cell.map(|cell| GeoJson::Point(position(LatLng::from(cell)))))
        },
    ))
}

/// `geo_h3cell_to_polygon(cell)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-to-polygon-function.
fn to_polygon(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::geometry(
        context,
        "geo_h3cell_to_polygon",
        inputs,
        |row| match parse(row.text(0))? {
            Some(cell) => cells::polygon(cell.boundary().iter().copied().map(position)),
            None => Ok(None),
        },
    ))
}

/// `geo_h3cell_level(cell)`: an int from 0 to 15.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-level-function.
fn level(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::int(context, "geo_h3cell_level", inputs, |row| {
        let cell = parse(row.text(0))?;
        Ok(cell.map(|cell| i32::from(u8::from(cell.resolution()))))
    }))
}

/// A token and a level that follows the cell's own by `step` unless it is given.
fn token_and_level(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<(Vec<Bound>, bool), CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let token = arguments.string()?;
    let is_given = arguments.has_more();
    let level = whole(context, &mut arguments, 0)?;
    Ok((vec![token, level], is_given))
}

/// The cell and the level that the row asks for.
fn cell_and_level(row: &Row<'_>, is_given: bool, step: i8) -> Cell<(CellIndex, Resolution)> {
    let Some(cell) = parse(row.text(0))? else {
        return Ok(None);
    };
    let level = match is_given {
        true => row.long(1),
        false => Some(i64::from(u8::from(cell.resolution())) + i64::from(step)),
    };
    Ok(resolution(level).map(|level| (cell, level)))
}

/// `geo_h3cell_parent(cell [, resolution])`: the next larger one unless a resolution is given; empty if there is none.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-parent-function.
fn parent(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let (inputs, is_given) = token_and_level(context, arguments)?;
    Ok(kernels::text(
        context,
        "geo_h3cell_parent",
        inputs,
        move |row| {
            let Some((cell, level)) = cell_and_level(row, is_given, -1)? else {
                return Ok(None);
            };
            if level == cell.resolution() {
                return Err(Unsupported::new("the resolution that the cell has"));
            }
            Ok(cell.parent(level).map(|parent| parent.to_string()))
        },
    ))
}

/// `geo_h3cell_children(cell [, resolution])`: the next smaller ones unless a resolution is given, at most five levels below.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-children-function.
fn children(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let (inputs, is_given) = token_and_level(context, arguments)?;
    Ok(kernels::texts(
        context,
        "geo_h3cell_children",
        inputs,
        move |row| {
            let Some((cell, level)) = cell_and_level(row, is_given, 1)? else {
                return Ok(None);
            };
            if level == cell.resolution() {
                return Err(Unsupported::new("the resolution that the cell has"));
            }
            let levels = u8::from(level).checked_sub(u8::from(cell.resolution()));
            Ok(levels
                .filter(|&levels| levels <= CHILDREN_LEVELS_MAX)
                .map(|_| tokens(cell.children(level))))
        },
    ))
}

fn tokens(cells: impl IntoIterator<Item = CellIndex>) -> Vec<String> {
    cells.into_iter().map(|cell| cell.to_string()).collect()
}

/// The rings around a cell from the cell itself on.
fn rings_around(cell: CellIndex, distance: u32) -> Cell<Vec<Vec<String>>> {
    let mut rings = Vec::new();
    for ring in 0..=distance {
        let cells: Option<Vec<CellIndex>> = cell.grid_ring_fast(ring).collect();
        match cells {
            Some(mut cells) => {
                // The crate starts a ring where the C library ends it.
                cells.rotate_left(1);
                rings.push(tokens(cells));
            }
            None => return Err(Unsupported::new("H3 cells near a pentagon")),
        }
    }
    Ok(Some(rings))
}

/// `geo_h3cell_neighbors(cell)`: documented in no order; this is the order of an observed answer.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-neighbors-function.
fn neighbors(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::texts(
        context,
        "geo_h3cell_neighbors",
        inputs,
        |row| match parse(row.text(0))? {
            Some(cell) => Ok(Some(tokens(around(cell)))),
            None => Ok(None),
        },
    ))
}

/// The six neighbours, or five of a pentagon.
fn around(cell: CellIndex) -> Vec<CellIndex> {
    let mut cells: Vec<CellIndex> = cell.edges().map(DirectedEdgeIndex::destination).collect();
    if let [_, second, third, fourth, _, sixth] = cells.as_mut_slice() {
        std::mem::swap(second, third);
        std::mem::swap(fourth, sixth);
    }
    cells
}

/// `geo_h3cell_rings(cell, distance)`: an array of rings, the cell itself first; the distance is at most 142.
///
/// Source: learn.microsoft.com/kusto/query/geo-h3cell-rings-function.
fn rings(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.string()?, whole(context, &mut arguments, 0)?];
    Ok(kernels::text_lists(
        context,
        "geo_h3cell_rings",
        inputs,
        |row| {
            let cell = parse(row.text(0))?;
            let distance = row
                .long(1)
                .and_then(|distance| u32::try_from(distance).ok());
            match cell.zip(distance.filter(|&distance| distance <= RINGS_MAX)) {
                Some((cell, distance)) => rings_around(cell, distance),
                None => Ok(None),
            }
        },
    ))
}
