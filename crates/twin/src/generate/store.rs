//! Rows into the engine's tables.

use std::collections::BTreeMap;

use tesem_engine::{BuildError, Column, Database, TableBuilder, dynamic};
use tesem_kql::types::ScalarType;

use super::table::{Cells, Table, tables};
use super::tenant::Tenant;
use super::{GenerateError, of_all_pieces, rows_of};

/// The tables of the Defender schema with the tenant's rows.
pub(super) fn fill(tenant: &Tenant) -> Result<Database, GenerateError> {
    let mut database = Database::defender();
    let made = of_all_pieces(tenant, |piece| {
        let rows = rows_of(tenant, piece);
        let tables = tables(&rows);
        let filled = tables.iter().filter(|table| table.rows > 0);
        let batches = filled.map(|table| {
            let builder = build(columns(&database, table.name), table)?;
            Ok((
                table.name,
                builder
                    .finish()
                    .map_err(|error| store_error(table.name, &error))?,
            ))
        });
        batches.collect::<Result<Vec<_>, GenerateError>>()
    })?;
    let mut collected: BTreeMap<&'static str, Vec<_>> = BTreeMap::new();
    for (table, batches) in made.into_iter().flatten() {
        collected.entry(table).or_default().extend(batches);
    }
    for (table, batches) in collected {
        let columns = columns(&database, table);
        let added = database.add_rows(table, columns, batches);
        added.map_err(|error| store_error(table, &error))?;
    }
    Ok(database)
}

fn store_error(table: &'static str, error: &dyn std::error::Error) -> GenerateError {
    GenerateError::Store {
        table,
        message: error.to_string(),
    }
}

fn columns(database: &Database, table: &str) -> Vec<Column> {
    database
        .table(table)
        .map(|table| table.columns().to_vec())
        .unwrap_or_default()
}

/// A builder that holds all rows of a table.
fn build(columns: Vec<Column>, table: &Table<'_>) -> Result<TableBuilder, GenerateError> {
    let mut builder = TableBuilder::new(columns);
    let targets = targets(&builder, table)?;
    let fail = |error: BuildError| store_error(table.name, &error);
    for row in 0..table.rows {
        for (target, cells) in &targets {
            target.give(&mut builder, cells, row).map_err(fail)?;
        }
        builder.finish_row().map_err(fail)?;
    }
    Ok(builder)
}

/// Where a column's cells go.
#[derive(Debug, Clone, Copy)]
struct Target {
    index: usize,
    is_dynamic: bool,
}

fn targets<'c, 'a>(
    builder: &TableBuilder,
    table: &'c Table<'a>,
) -> Result<Vec<(Target, &'c Cells<'a>)>, GenerateError> {
    let target = |column: &'static str| {
        let unknown = GenerateError::Schema {
            table: table.name,
            column,
        };
        let index = builder.index_of(column).ok_or(unknown)?;
        let scalar_type = builder
            .columns()
            .get(index)
            .map(|column| column.scalar_type);
        Ok(Target {
            index,
            is_dynamic: scalar_type == Some(ScalarType::Dynamic),
        })
    };
    table
        .columns
        .iter()
        .map(|(column, cells)| Ok((target(column)?, cells)))
        .collect()
}

impl Target {
    /// Gives the builder's current row its cell; nothing is given for null, the empty text and the
    /// empty document.
    fn give(
        self,
        builder: &mut TableBuilder,
        cells: &Cells<'_>,
        row: usize,
    ) -> Result<(), BuildError> {
        let index = self.index;
        match cells {
            Cells::Text(cells) | Cells::Dynamic(cells) => match cells[row] {
                "" => Ok(()),
                json if self.is_dynamic => {
                    builder.dynamic_encoded(index, &dynamic::from_json(json))
                }
                text => builder.string(index, text),
            },
            Cells::Long(cells) => cells[row].map_or(Ok(()), |value| builder.long(index, value)),
            Cells::Int(cells) => cells[row].map_or(Ok(()), |value| builder.int(index, value)),
            Cells::Bool(cells) => cells[row].map_or(Ok(()), |value| builder.bool(index, value)),
            Cells::Moment(cells) => {
                cells[row].map_or(Ok(()), |value| builder.datetime(index, value))
            }
        }
    }
}
