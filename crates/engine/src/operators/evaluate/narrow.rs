//! `narrow`: a row for each cell.
//!
//! How values other than texts and whole numbers are written is shown by one example only, so they are refused. Source:
//! learn.microsoft.com/kusto/query/narrow-plugin.

use tesem_kql::types::ScalarType;

use super::super::datatable::built;
use super::call::Call;
use crate::binder::fault::Bind;
use crate::binder::relation::Relation;
use crate::binder::tabular::visible;
use crate::catalog::{Column, TableBuilder};
use crate::types::value_at;
use crate::value::Value;

pub(super) fn bind(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    call.check(0, &[])?;
    call.without_schema()?;
    let columns = visible(input);
    let is_plain = |column: &&Column| {
        matches!(
            column.scalar_type,
            ScalarType::String | ScalarType::Int | ScalarType::Long
        )
    };
    if let Some(other) = columns.iter().find(|column| !is_plain(column)) {
        return Err(call.not_supported(&format!("a column of type {}", other.scalar_type)));
    }
    let output = vec![
        Column::new("Row", ScalarType::Long),
        Column::new("Column", ScalarType::String),
        Column::new("Value", ScalarType::String),
    ];
    let rows = call.binder.rows_of(input)?;
    let mut cells = TableBuilder::new(output.clone());
    for (number, row) in (0_i64..).zip(0..rows.num_rows()) {
        for (column, array) in columns.iter().zip(rows.columns()) {
            built(cells.long(0, number))?;
            built(cells.string(1, &column.name))?;
            let text = match value_at(array, row, column.scalar_type) {
                Value::Int(value) => value.to_string(),
                Value::Long(value) => value.to_string(),
                Value::String(text) => text,
                _ => return Err(call.not_supported("a null")),
            };
            built(cells.string(2, &text))?;
            built(cells.finish_row())?;
        }
    }
    call.binder.known_rows(&output, built(cells.finish())?)
}
