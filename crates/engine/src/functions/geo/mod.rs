//! Geography: points, lines and polygons in GeoJSON, and the cells of geohash, H3 and S2.
//!
//! The Earth is a sphere, and edges are arcs of great circles: the model of Google's S2 library (s2geometry.io), which the service uses.
//! Sources: learn.microsoft.com/kusto/query/geospatial-grid-systems and the page of each function.

mod arrangement;
mod buffers;
mod cells;
mod coverings;
mod densify;
mod geohash;
mod geojson;
mod h3;
mod kernels;
mod lines;
mod overlay;
mod overlay_lines;
mod points;
mod polygons;
mod predicates;
mod s2cells;
mod sets;
mod shapes;
mod simplify;
mod sphere;
#[cfg(test)]
mod tests;
mod wkt;

pub(super) use buffers::FUNCTIONS as BUFFERS;
pub(super) use coverings::FUNCTIONS as COVERINGS;
pub(super) use densify::FUNCTIONS as DENSIFICATION;
pub(super) use geohash::FUNCTIONS as GEOHASH;
pub(super) use h3::FUNCTIONS as H3;
pub(super) use lines::FUNCTIONS as LINES;
pub(super) use points::FUNCTIONS as POINTS;
pub(super) use polygons::FUNCTIONS as POLYGONS;
pub(super) use s2cells::FUNCTIONS as S2_CELLS;
pub(super) use sets::FUNCTIONS as SETS;
pub(super) use simplify::FUNCTIONS as SIMPLIFICATION;
pub(super) use wkt::FUNCTIONS as WKT;
