//! Well-known text (OGC 06-103r4) to GeoJSON.

use std::str::FromStr;

use wkt::Wkt;
use wkt::types::{Coord, Dimension, LineString, Point, Polygon};

use super::super::arguments::Arguments;
use super::super::{ResultName, ScalarFunction, function};
use super::geojson::{GeoJson, Position};
use super::kernels::{self, Cell, Unsupported};
use crate::bound::{Bound, CallContext, CallError};

pub(in super::super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "geo_from_wkt",
    1..=1,
    ResultName::Default,
    from_wkt,
)];

/// Deepest nesting of parentheses that is read.
const DEPTH_MAX: usize = 32;

/// `geo_from_wkt(text)`: null if the text cannot be read.
///
/// Source: learn.microsoft.com/kusto/query/geo-from-wkt-function.
fn from_wkt(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernels::geometry(context, "geo_from_wkt", inputs, |row| {
        parse(row.text(0))
    }))
}

fn parse(text: &str) -> Cell<GeoJson> {
    if depth(text) > DEPTH_MAX {
        return Err(Unsupported::new("text that nests so deeply"));
    }
    match Wkt::<f64>::from_str(text) {
        Ok(geometry) => convert(&geometry).map(Some),
        Err(_) => Ok(None),
    }
}

fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

type Converted<T> = Result<T, Unsupported>;

fn convert(geometry: &Wkt<f64>) -> Converted<GeoJson> {
    if geometry.dimension() != Dimension::XY {
        return Err(Unsupported::new("text with a third coordinate"));
    }
    Ok(match geometry {
        Wkt::Point(point) => GeoJson::Point(position(point)?),
        Wkt::MultiPoint(points) => GeoJson::MultiPoint(all(points.points(), position)?),
        Wkt::LineString(line) => GeoJson::LineString(path(line)?),
        Wkt::MultiLineString(lines) => GeoJson::MultiLineString(all(lines.line_strings(), path)?),
        Wkt::Polygon(polygon) => GeoJson::Polygon(rings(polygon)?),
        Wkt::MultiPolygon(polygons) => GeoJson::MultiPolygon(all(polygons.polygons(), rings)?),
        Wkt::GeometryCollection(members) => {
            GeoJson::Collection(all(members.geometries(), convert)?)
        }
    })
}

/// All members converted; an empty text has no answer known to us.
fn all<T, U>(members: &[T], convert: fn(&T) -> Converted<U>) -> Converted<Vec<U>> {
    if members.is_empty() {
        return Err(Unsupported::new("an empty geometry"));
    }
    members.iter().map(convert).collect()
}

fn position(point: &Point<f64>) -> Converted<Position> {
    match point.coord() {
        Some(coordinates) => coordinate(coordinates),
        None => Err(Unsupported::new("an empty geometry")),
    }
}

fn coordinate(coordinates: &Coord<f64>) -> Converted<Position> {
    let Coord { x, y, .. } = *coordinates;
    if x.abs() > 180.0 || y.abs() > 90.0 || !x.is_finite() || !y.is_finite() {
        return Err(Unsupported::new("coordinates that are not on Earth"));
    }
    Ok([x, y])
}

fn path(line: &LineString<f64>) -> Converted<Vec<Position>> {
    all(line.coords(), coordinate)
}

fn rings(polygon: &Polygon<f64>) -> Converted<Vec<Vec<Position>>> {
    all(polygon.rings(), path)
}
