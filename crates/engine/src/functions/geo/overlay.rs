//! Unions and intersections on the sphere.

use super::kernels::Unsupported;
use super::shapes::Polygon;

/// The union of polygons.
pub(super) fn union(mut polygons: Vec<Polygon>) -> Result<Polygon, Unsupported> {
    match polygons.len() {
        1 => Ok(polygons.remove(0)),
        _ => Err(Unsupported::new("several polygons")),
    }
}
