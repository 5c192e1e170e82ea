//! What a query returns: counts, or rows with their columns.

use tesem_kql::schema;

use super::text::QueryText;
use super::{Missing, Part, Scope};
use crate::map::{DETAIL_COLUMNS, DetailColumn, SearchTable};

/// What a query returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One row per value, column and device: how often, first and last.
    Summary,
    /// The events themselves.
    Details,
}

/// Columns that [`super::write_device`] writes.
const ORIGIN: [&str; 3] = ["Timestamp", "DeviceId", "DeviceName"];

/// The detail columns that `table` has, apart from those every leg has.
fn columns_of<'a>(
    table: &'a SearchTable,
    missing: &'a Missing,
) -> impl Iterator<Item = &'static DetailColumn> + use<'a> {
    let known = schema::defender().table(table.name);
    DETAIL_COLUMNS
        .iter()
        .filter(|column| !ORIGIN.contains(&column.name))
        .filter(|column| !missing.columns.contains(column.name))
        .filter(move |column| known.is_some_and(|known| known.column(column.name).is_some()))
}

/// Writes the further columns of a leg of a details query.
pub(super) fn write_columns(text: &mut QueryText, scope: &Scope<'_>, table: &SearchTable) {
    if scope.shape == Shape::Summary {
        return;
    }
    for column in columns_of(table, scope.missing) {
        text.code(", ").code(column.name);
        if column.as_text {
            text.code(" = tostring(").code(column.name).code(")");
        }
    }
}

/// Writes the last step of a query.
pub(super) fn write_result(text: &mut QueryText, parts: &[Part], shape: Shape, missing: &Missing) {
    match shape {
        Shape::Summary => {
            text.code(
                "\n| summarize Sightings = count(), FirstSeen = min(Timestamp), LastSeen = max(Timestamp) \
                 by Form, Value, SourceTable, SourceColumn, DeviceId, DeviceName",
            );
        }
        Shape::Details => write_projection(text, parts, missing),
    }
}

/// A union has the columns of all its legs in the order of their appearance; this puts them in order and leaves the workings out.
fn write_projection(text: &mut QueryText, parts: &[Part], missing: &Missing) {
    let places = || {
        parts
            .iter()
            .flat_map(|part| &part.places)
            .filter(|place| missing.has(**place))
    };
    let in_use = |column: &&DetailColumn| {
        ORIGIN.contains(&column.name)
            || places().any(|place| columns_of(place.table, missing).any(|of| of == *column))
    };
    text.code("\n| project Form, Value, SourceTable, SourceColumn, MatchedText, ");
    text.separated(
        ", ",
        DETAIL_COLUMNS.iter().filter(in_use),
        |text, column| {
            text.code(column.name);
        },
    );
}
