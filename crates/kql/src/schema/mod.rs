//! The tables and columns of Microsoft Defender advanced hunting.
//!
//! Source: "Understand the advanced hunting schema",
//! learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables.

mod read;
mod renames;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Serialize;

pub use renames::renamed_column;

use crate::suggest;
use crate::types::ScalarType;

/// The column that says when something happened.
pub const TIMESTAMP: &str = "Timestamp";

/// What Microsoft Sentinel calls [`TIMESTAMP`]; hunting takes either name.
pub const TIME_GENERATED: &str = "TimeGenerated";

/// A set of tables.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    tables: Vec<Table>,
    /// Names and other names of tables, to places in `tables`.
    places: HashMap<&'static str, usize>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its current name.
    pub name: &'static str,
    /// In the order of the service.
    pub columns: Vec<Column>,
    /// Whether the endpoint API's `api/advancedqueries/run` has it, too; Graph and the Defender XDR
    /// API have all tables.
    pub mde_api: bool,
    /// The table that takes its place.
    pub superseded_by: Option<&'static str>,
    /// Older names and other spellings that still occur in queries.
    pub aliases: Vec<&'static str>,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub scalar_type: ScalarType,
    /// A string that holds JSON text; queries read its members as if it were `dynamic`.
    pub json_text: bool,
}

/// The schema of advanced hunting.
#[must_use]
pub fn defender() -> &'static Schema {
    static DEFENDER: LazyLock<Schema> =
        LazyLock::new(|| read::read(include_str!("../../data/defender-schema.txt")));
    &DEFENDER
}

/// Whether a table has a column of this name that holds JSON text.
#[must_use]
pub fn is_json_text_name(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let columns = defender().tables().flat_map(|table| &table.columns);
        let json_text = columns.filter(|column| column.json_text);
        json_text.map(|column| column.name).collect()
    });
    NAMES.contains(name)
}

impl Schema {
    /// The table with this name, current or older. Upper and lower case matter, as in the service.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(*self.places.get(name)?)
    }

    /// All tables, by name.
    pub fn tables(&self) -> impl ExactSizeIterator<Item = &Table> {
        self.tables.iter()
    }

    /// The name of a table, current or older, that is most like `name`.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        let current = self.tables.iter().map(|table| table.name);
        let older = self
            .tables
            .iter()
            .flat_map(|table| table.aliases.iter().copied());
        suggest::nearest(name, current.chain(older))
    }
}

impl Table {
    /// The column with this name; [`TIME_GENERATED`] finds [`TIMESTAMP`]. Upper and lower case
    /// matter, as in the service.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        let name = if name == TIME_GENERATED {
            TIMESTAMP
        } else {
            name
        };
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name of the column that is most like `name`.
    #[must_use]
    pub fn nearest_column(&self, name: &str) -> Option<&'static str> {
        suggest::nearest(name, self.columns.iter().map(|column| column.name))
    }

    /// Whether rows have a time, which goes by two names: [`TIMESTAMP`] and [`TIME_GENERATED`].
    #[must_use]
    pub fn has_time(&self) -> bool {
        self.column(TIMESTAMP).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> &'static Table {
        defender().table(name).unwrap()
    }

    #[test]
    fn knows_tables_and_columns() {
        let processes = table("DeviceProcessEvents");
        assert!(processes.mde_api);
        assert_eq!(
            processes.columns[0],
            Column {
                name: "Timestamp",
                scalar_type: ScalarType::DateTime,
                json_text: false
            }
        );
        assert_eq!(
            processes.column("FileSize").unwrap().scalar_type,
            ScalarType::Long
        );
        assert!(processes.column("AdditionalFields").unwrap().json_text);
        assert_eq!(
            processes.column("AdditionalFields").unwrap().scalar_type,
            ScalarType::String
        );
        assert!(is_json_text_name("AdditionalFields") && !is_json_text_name("FileName"));
        assert!(!table("EmailEvents").mde_api);
        assert_eq!(
            table("CloudAppEvents")
                .column("AdditionalFields")
                .unwrap()
                .scalar_type,
            ScalarType::Dynamic
        );
    }

    #[test]
    fn every_line_of_the_data_is_read() {
        let data = include_str!("../../data/defender-schema.txt");
        let lines = |indented: bool| {
            let is_wanted = |line: &&str| {
                !line.is_empty() && !line.starts_with('#') && line.starts_with(' ') == indented
            };
            data.lines().filter(is_wanted).collect::<Vec<_>>()
        };
        assert_eq!(defender().tables().len(), lines(false).len());
        let columns: usize = defender().tables().map(|table| table.columns.len()).sum();
        let words: usize = lines(true)
            .iter()
            .map(|line| line.split_whitespace().count() - 1)
            .sum();
        assert_eq!(columns, words);
        assert!(defender().tables().all(|table| !table.columns.is_empty()));
    }

    #[test]
    fn names_are_unique_and_successors_exist() {
        let names: usize = defender()
            .tables()
            .map(|table| 1 + table.aliases.len())
            .sum();
        assert_eq!(defender().places.len(), names);
        for table in defender().tables() {
            assert!(
                table
                    .superseded_by
                    .is_none_or(|name| defender().table(name).is_some()),
                "{}",
                table.name
            );
            let mut columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), table.columns.len(), "{}", table.name);
        }
    }

    #[test]
    fn older_names_lead_to_the_current_table() {
        assert_eq!(table("ProcessCreationEvents").name, "DeviceProcessEvents");
        assert_eq!(table("MachineInfo").name, "DeviceInfo");
        assert_eq!(
            table("AADSignInEventsBeta").superseded_by,
            Some("EntraIdSignInEvents")
        );
    }

    #[test]
    fn time_generated_is_the_timestamp() {
        assert_eq!(
            table("DeviceEvents").column("TimeGenerated").unwrap().name,
            "Timestamp"
        );
        assert!(table("DeviceEvents").has_time());
    }

    #[test]
    fn names_are_case_sensitive_and_slips_are_found() {
        assert!(defender().table("deviceprocessevents").is_none());
        assert_eq!(
            defender().nearest("deviceprocessevents"),
            Some("DeviceProcessEvents")
        );
        assert_eq!(
            defender().nearest("DeviceProcesEvent"),
            Some("DeviceProcessEvents")
        );
        assert_eq!(defender().nearest("xyz"), None);
        assert_eq!(
            table("DeviceEvents").nearest_column("Filename"),
            Some("FileName")
        );
    }
}
