//! What the streaming API of Defender writes: records of `{"time", "tenantId", "category", "properties"}`, one a line in storage
//! accounts, several in one `{"records": […]}` in event hubs.
//!
//! Source: learn.microsoft.com/defender-xdr/streaming-api-storage and …/streaming-api-event-hub.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::json_lines::{Object, RowError, Rows, Types, at_line, for_each_object};
use super::source::Source;
use super::table::Table;
use super::{CatalogError, Column};

/// What a category puts before the name of its table.
const CATEGORY: &str = "AdvancedHunting-";

/// The rows of all tables, read so far.
pub(super) struct Streamed<'k> {
    known: &'k dyn Fn(&str) -> Option<Vec<Column>>,
    tables: BTreeMap<String, Rows>,
    /// Rows of tables whose columns only the rows tell.
    unknown: BTreeMap<String, Vec<Object>>,
}

impl<'k> Streamed<'k> {
    /// Nothing read yet; `known` gives the columns of a table that has any.
    pub(super) fn new(known: &'k dyn Fn(&str) -> Option<Vec<Column>>) -> Self {
        Self {
            known,
            tables: BTreeMap::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// Reads a file.
    pub(super) fn read(&mut self, source: &Source<'_>) -> Result<(), CatalogError> {
        for_each_object(source, |line, mut object| {
            let Some(Json::Array(records)) = object.remove("records") else {
                return self
                    .record(object)
                    .map_err(|error| at_line(source, line, error));
            };
            for record in records {
                let Json::Object(record) = record else {
                    return Err(source.failed(format!("line {line}: a record is no object")));
                };
                self.record(record)
                    .map_err(|error| at_line(source, line, error))?;
            }
            Ok(())
        })
    }

    fn record(&mut self, mut record: Object) -> Result<(), RowError> {
        let category = record.get("category").and_then(Json::as_str);
        let Some(table) = category.and_then(|category| category.strip_prefix(CATEGORY)) else {
            let message = format!("a record has no `category` that starts with `{CATEGORY}`");
            return Err(RowError::Value(message));
        };
        let table = table.to_owned();
        let Some(Json::Object(properties)) = record.remove("properties") else {
            return Err(RowError::Value("a record has no `properties`".to_owned()));
        };
        if let Some(rows) = self.tables.get_mut(&table) {
            return rows.push(&properties);
        }
        match (self.known)(&table) {
            Some(columns) => {
                let rows = self
                    .tables
                    .entry(table)
                    .or_insert_with(|| Rows::new(columns));
                rows.push(&properties)
            }
            None => {
                self.unknown.entry(table).or_default().push(properties);
                Ok(())
            }
        }
    }

    /// The tables by name.
    pub(super) fn finish(self) -> Result<Vec<(String, Table)>, CatalogError> {
        let mut tables = Vec::new();
        for (name, rows) in self.tables {
            tables.push((name, rows.finish()?));
        }
        for (name, objects) in self.unknown {
            let mut types = Types::default();
            objects.iter().for_each(|object| types.see(object));
            let mut rows = Rows::new(types.columns());
            let source = Source::Memory(&name, &[]);
            for (index, object) in objects.iter().enumerate() {
                rows.push(object)
                    .map_err(|error| at_line(&source, index + 1, error))?;
            }
            tables.push((name, rows.finish()?));
        }
        Ok(tables)
    }
}
