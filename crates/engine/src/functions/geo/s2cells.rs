//! S2 cells: squares on the faces of a cube around the Earth, in thirty-one sizes (s2geometry.io/devguide/s2cell_hierarchy).

use std::collections::BTreeSet;

use s2::cell::Cell as S2Cell;
use s2::cellid::CellID;
use s2::point::Point as S2Point;

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::cells;
use super::geojson::GeoJson;
use super::kernels::{self, Cell, Unsupported};
use super::points::{point_of, reals, whole};
use super::sphere::position;
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[
    function("geo_point_to_s2cell", 2..=3, DEFAULT, from_point),
    function("geo_s2cell_to_central_point", 1..=1, DEFAULT, central_point),
    function("geo_s2cell_to_polygon", 1..=1, DEFAULT, to_polygon),
    function("geo_s2cell_neighbors", 1..=1, DEFAULT, neighbors),
];

type Call = Result<Bound, CallError>;

/// The smallest cells.
pub(super) const LEVEL_MAX: u64 = 30;

pub(super) const LEVEL_DEFAULT: i64 = 11;

/// The cell of a token; none if it names no cell.
fn parse(token: &str) -> Cell<CellID> {
    if token.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Unsupported::new("an S2 token in capital letters"));
    }
    let is_hex = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || token.len() > 16 {
        return Ok(None);
    }
    let cell = CellID::from_token(token);
    Ok(cell.is_valid().then_some(cell))
}

/// A level from 0 to 30.
pub(super) fn level(level: Option<i64>) -> Option<u64> {
    u64::try_from(level?)
        .ok()
        .filter(|&level| level <= LEVEL_MAX)
}

/// `geo_point_to_s2cell(longitude, latitude [, level])`: 0 to 30, 11 unless given; empty where an argument is out of range.
///
/// Source: learn.microsoft.com/kusto/query/geo-point-to-s2cell-function.
fn from_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = reals(&mut arguments, 2)?;
    inputs.push(whole(context, &mut arguments, LEVEL_DEFAULT)?);
    Ok(kernels::text(
        context,
        "geo_point_to_s2cell",
        inputs,
        |row| {
            let point = point_of(row, 0).zip(level(row.long(2)));
            Ok(point.map(|(point, level)| CellID::from(S2Point(point)).parent(level).to_token()))
        },
    ))
}

/// `geo_s2cell_to_central_point(token)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-s2cell-to-central-point-function.
fn central_point(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::geometry(
        context,
        "geo_s2cell_to_central_point",
        inputs,
        |row| {
            let cell = parse(row.text(0))?;
            Ok(cell.map(|cell| GeoJson::Point(position(&S2Cell::from(cell).center().0))))
        },
    ))
}

/// `geo_s2cell_to_polygon(token)`.
///
/// Source: learn.microsoft.com/kusto/query/geo-s2cell-to-polygon-function.
fn to_polygon(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::geometry(
        context,
        "geo_s2cell_to_polygon",
        inputs,
        |row| match parse(row.text(0))? {
            Some(cell) => {
                let corners = S2Cell::from(cell).vertices();
                cells::polygon(corners.iter().map(|corner| position(&corner.0)))
            }
            None => Ok(None),
        },
    ))
}

/// `geo_s2cell_neighbors(token)`: the cells of the same size that share a side or a corner, documented in no order; this is the order of an
/// observed answer.
///
/// Source: learn.microsoft.com/kusto/query/geo-s2cell-neighbors-function.
fn neighbors(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::texts(
        context,
        "geo_s2cell_neighbors",
        inputs,
        |row| {
            let Some(cell) = parse(row.text(0))? else {
                return Ok(None);
            };
            let around = cell.all_neighbors(cell.level());
            let [
                southwest,
                southeast,
                south,
                north,
                west,
                east,
                northwest,
                northeast,
            ] = around.as_slice()
            else {
                return Err(Unsupported::new(
                    "an S2 cell with other than eight neighbours",
                ));
            };
            let around = [
                northeast, east, west, south, northwest, southeast, north, southwest,
            ];
            let tokens: BTreeSet<String> = around.iter().map(|cell| cell.to_token()).collect();
            if tokens.len() < around.len() {
                return Err(Unsupported::new("an S2 cell at a corner of the cube"));
            }
            Ok(Some(around.iter().map(|cell| cell.to_token()).collect()))
        },
    ))
}
