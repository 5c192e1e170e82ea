//! Calling a function that gives GeoJSON.

use tesem_kql::types::ScalarType;

use super::geojson::GeoJson;
use crate::bound::{Bound, CallContext};
use crate::functions::rowwise::call;
pub(super) use crate::functions::rowwise::{
    Cell, Row, Unsupported, bool, int, real, text, text_lists, texts,
};
use crate::kernels::rows;

/// A function that gives a GeoJSON object.
pub(super) fn geometry(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<GeoJson> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<GeoJson>>| {
        rows::dynamics(values.len(), |row, writer| match &values[row] {
            Some(geometry) => geometry.write(writer),
            None => Ok(()),
        })
    };
    call(context, name, inputs, ScalarType::Dynamic, cell, build)
}
