//! What the grids of cells have in common: their polygons.

use super::geojson::{GeoJson, Position};
use super::kernels::Cell;
use super::points::refuse_date_line;

/// The polygon of a cell from its corners.
pub(super) fn polygon(corners: impl IntoIterator<Item = Position>) -> Cell<GeoJson> {
    let mut ring: Vec<Position> = corners.into_iter().collect();
    ring.extend(ring.first().copied());
    refuse_date_line(&ring)?;
    Ok(Some(GeoJson::Polygon(vec![ring])))
}
