//! What a query returns: counts, or rows with their columns.

use tesem_kql::schema;

use super::text::QueryText;
use super::{Missing, Part, Scope};
use crate::map::{DETAIL_COLUMNS, DetailColumn, SearchTable};

/// What a query returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One row per value, column and device: how often, first and last. And one row per table that the tenant has.
    Summary,
    /// The same, by user, too.
    Prevalence,
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
    match scope.shape {
        Shape::Summary => return,
        Shape::Prevalence => return write_user(text, scope, table),
        Shape::Details => {}
    }
    for column in columns_of(table, scope.missing) {
        text.code(", ").code(column.name);
        if column.as_text {
            text.code(" = tostring(").code(column.name).code(")");
        }
    }
}

/// Writes who a row is about: the first of the table's user columns that says something.
fn write_user(text: &mut QueryText, scope: &Scope<'_>, table: &SearchTable) {
    let has = |column: &&&str| !scope.missing.columns.contains(**column);
    let columns: Vec<&'static str> = table.users.iter().filter(has).copied().collect();
    text.code(", UserName = ");
    let Some((last, better)) = columns.split_last() else {
        text.code("\"\"");
        return;
    };
    text.code("tolower(");
    for column in better {
        text.code("iff(isnotempty(").code(column).code("), ");
        text.code(column).code(", ");
    }
    text.code(last);
    for _ in better {
        text.code(")");
    }
    text.code(")");
}

/// Writes the last step of a query.
pub(super) fn write_result(text: &mut QueryText, parts: &[Part], shape: Shape, missing: &Missing) {
    match shape {
        Shape::Summary | Shape::Prevalence => write_counting(text, parts, shape, missing),
        Shape::Details => write_projection(text, parts, missing),
    }
}

/// The row of a summary that says that the tenant has a table, in its column `Form`.
pub(crate) const TABLE_FORM: &str = "table";

/// Counts, and says which of the tables are there: the unions pass over those that are not.
fn write_counting(text: &mut QueryText, parts: &[Part], shape: Shape, missing: &Missing) {
    text.code(
        "\n| summarize Sightings = count(), FirstSeen = min(Timestamp), LastSeen = max(Timestamp) \
         by Form, Value, SourceTable, SourceColumn, DeviceId, DeviceName",
    );
    if shape == Shape::Prevalence {
        text.code(", UserName");
    }
    let tables = super::tables(parts, missing);
    if !super::is_fuzzy(tables.len()) {
        return;
    }
    text.code("\n| union isfuzzy=true\n");
    text.separated(",\n", tables, |text, table| {
        text.code("  (").code(table.name);
        text.code(" | take 0 | summarize Sightings = count() | extend Form = ")
            .string(TABLE_FORM);
        text.code(", SourceTable = ").string(table.name).code(")");
    });
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
