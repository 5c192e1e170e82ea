//! `schema_merge`: several schemas, as `getschema` writes them, as one.
//!
//! Source: learn.microsoft.com/kusto/query/schema-merge-plugin.

use indexmap::IndexMap;
use tesem_kql::types::ScalarType;

use super::super::datatable::built;
use super::call::Call;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::tabular::visible;
use crate::catalog::{Column, TableBuilder};
use crate::error::codes;
use crate::types::value_at;
use crate::value::Value;

/// What stands where columns come in another order than before.
const OUT_OF_ORDER: &str = "ERROR(columns are out of order)";

/// A column of a schema.
struct Described {
    ordinal: i64,
    data_type: String,
    column_type: String,
    is_out_of_order: bool,
}

pub(super) fn bind(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    call.check(0, &["PreserveOrder"])?;
    call.without_schema()?;
    let keeps_order = match call.named("PreserveOrder") {
        Some(expr) => call.constant(expr, ScalarType::Bool)?.constant_bool() != Some(false),
        None => true,
    };
    let output = vec![
        Column::new("ColumnName", ScalarType::String),
        Column::new("ColumnOrdinal", ScalarType::Long),
        Column::new("DataType", ScalarType::String),
        Column::new("ColumnType", ScalarType::String),
    ];
    let mut described = described(call, input)?;
    described.sort_by_key(|_, column| (keeps_order && column.is_out_of_order, column.ordinal));
    check_order(call, &described, keeps_order)?;
    let mut rows = TableBuilder::new(output.clone());
    for (name, column) in &described {
        let is_wrong = keeps_order && column.is_out_of_order;
        let data_type = match is_wrong {
            true => format!("ERROR(unknown CSL type:{OUT_OF_ORDER})"),
            false => column.data_type.clone(),
        };
        built(rows.string(0, name))?;
        built(rows.long(1, if is_wrong { -1 } else { column.ordinal }))?;
        built(rows.string(2, &data_type))?;
        built(rows.string(
            3,
            if is_wrong {
                OUT_OF_ORDER
            } else {
                &column.column_type
            },
        ))?;
        built(rows.finish_row())?;
    }
    call.binder.known_rows(&output, built(rows.finish())?)
}

/// The columns by name, each with its last ordinal.
fn described(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<IndexMap<String, Described>> {
    let columns = visible(input);
    let rows = call.binder.rows_of(input)?;
    let cell = |row: usize, name: &str| {
        let position = columns.iter().position(|column| column.name == name);
        let found = position.and_then(|position| {
            let array = rows.columns().get(position)?;
            Some(value_at(array, row, columns.get(position)?.scalar_type))
        });
        found.ok_or_else(|| {
            let message =
                format!("`schema_merge` needs a column `{name}`, as `getschema` makes it");
            Fault::wrong(codes::UNKNOWN_COLUMN, message, call.span)
        })
    };
    let mut described: IndexMap<String, Described> = IndexMap::new();
    for row in 0..rows.num_rows() {
        let text =
            |name: &str| Ok::<_, Fault>(cell(row, name)?.as_str().unwrap_or_default().to_owned());
        let (name, data_type, column_type) =
            (text("ColumnName")?, text("DataType")?, text("ColumnType")?);
        let ordinal = cell(row, "ColumnOrdinal")?;
        let ordinal = ordinal
            .as_long()
            .filter(|_| !matches!(ordinal, Value::Null(_)))
            .unwrap_or(-1);
        match described.get_mut(&name) {
            Some(known) if known.column_type != column_type => {
                return Err(call.not_supported(&format!("two types of the column `{name}`")));
            }
            Some(known) => {
                known.is_out_of_order |= known.ordinal != ordinal;
                known.ordinal = known.ordinal.max(ordinal);
            }
            None => {
                let column = Described {
                    ordinal,
                    data_type,
                    column_type,
                    is_out_of_order: false,
                };
                described.insert(name, column);
            }
        }
    }
    Ok(described)
}

/// Refuses orders for which there is no recorded answer: several columns at one place, or several out of order.
fn check_order(
    call: &Call<'_, '_, '_>,
    described: &IndexMap<String, Described>,
    keeps_order: bool,
) -> Bind<()> {
    let is_wrong = |column: &Described| keeps_order && column.is_out_of_order;
    let right = described.values().filter(|column| !is_wrong(column));
    let has_gap = (0..)
        .zip(right)
        .any(|(place, column)| column.ordinal != place);
    let wrong = described.values().filter(|column| is_wrong(column)).count();
    match has_gap || wrong > 1 {
        true => Err(call.not_supported("schemas that contradict each other")),
        false => Ok(()),
    }
}
