//! Rows into the engine's tables.

use std::collections::BTreeMap;

use tesem_engine::{Column, Database};

use super::batch::batch;
use super::harvest::Harvest;
use super::table::tables;
use super::tenant::Tenant;
use super::{GenerateError, of_pieces, pieces, rows_of};

/// The tables of the Defender schema with the tenant's rows.
pub(super) fn fill(tenant: &Tenant) -> Result<(Database, Harvest), GenerateError> {
    let mut database = Database::defender();
    let made = of_pieces(&pieces(tenant), |piece| {
        let rows = rows_of(tenant, piece);
        let tables = tables(&rows);
        let filled = tables.iter().filter(|table| table.rows > 0);
        let batches =
            filled.map(|table| Ok((table.name, batch(columns(&database, table.name), table)?)));
        let batches = batches.collect::<Result<Vec<_>, GenerateError>>()?;
        Ok((batches, Harvest::of(&rows)))
    })?;
    let mut collected: BTreeMap<&'static str, Vec<_>> = BTreeMap::new();
    let mut harvest = Harvest::default();
    for (batches, harvested) in made {
        harvest.merge(harvested);
        for (table, batch) in batches {
            collected.entry(table).or_default().push(batch);
        }
    }
    for (table, batches) in collected {
        let columns = columns(&database, table).to_vec();
        let added = database.add_rows(table, columns, batches);
        added.map_err(|error| GenerateError::Store {
            table,
            message: error.to_string(),
        })?;
    }
    Ok((database, harvest))
}

fn columns<'d>(database: &'d Database, table: &str) -> &'d [Column] {
    database
        .table(table)
        .map(tesem_engine::Table::columns)
        .unwrap_or_default()
}
