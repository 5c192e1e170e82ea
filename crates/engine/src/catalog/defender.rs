//! The tables of Defender advanced hunting.

use tesem_kql::schema;
use tesem_kql::types::ScalarType;

use super::table::Table;
use super::{Column, Database};

/// All tables, without rows.
pub(super) fn database() -> Database {
    let mut database = Database::new();
    for table in schema::defender().tables() {
        let columns = table.columns.iter().map(column).collect();
        let second_names = if table.has_time() {
            vec![(
                schema::TIME_GENERATED.to_owned(),
                schema::TIMESTAMP.to_owned(),
            )]
        } else {
            Vec::new()
        };
        let empty = Table::empty(columns).with_second_names(second_names);
        database.insert(table.name, empty);
        for alias in &table.aliases {
            database.add_alias(*alias, table.name);
        }
    }
    database
}

/// Columns of JSON text are dynamics: queries read their members without `parse_json`, which leaves a dynamic as it is.
fn column(column: &schema::Column) -> Column {
    let scalar_type = if column.json_text {
        ScalarType::Dynamic
    } else {
        column.scalar_type
    };
    Column::new(column.name, scalar_type)
}
