//! Tables with KQL schemas.

mod builder;
mod convert;
mod defender;
mod json_lines;
mod parquet;
pub(crate) mod stored;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::RecordBatch;
use tesem_kql::types::ScalarType;

pub use builder::{BuildError, TableBuilder};
pub use table::Table;

/// A column of a table or a result.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name; names are case-sensitive.
    pub name: String,
    /// Its type.
    pub scalar_type: ScalarType,
}

impl Column {
    /// A column of that name and type.
    pub fn new(name: impl Into<String>, scalar_type: ScalarType) -> Self {
        Self {
            name: name.into(),
            scalar_type,
        }
    }
}

/// Why rows cannot become a table.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A batch does not have the columns of its table.
    #[error(
        "table `{table}`: column {index} (`{column}`) must be stored as {expected}, not {found}"
    )]
    WrongBatch {
        /// The table.
        table: String,
        /// The column's position.
        index: usize,
        /// The column.
        column: String,
        /// The Arrow type that [`crate::types::physical`] gives.
        expected: String,
        /// What the batch holds.
        found: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {message}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why, with the line if there is one.
        message: String,
    },
    /// A column of a file cannot hold values of its type.
    #[error("cannot read {}: column `{column}` is {found}, which cannot become {expected}", .path.display())]
    Unconvertible {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its Arrow type.
        found: String,
        /// The KQL type it should have.
        expected: ScalarType,
    },
    /// The rows cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Tables by name. Names are case-sensitive; a table may have further names (aliases).
#[derive(Debug, Clone, Default)]
pub struct Database {
    tables: BTreeMap<String, Table>,
    aliases: BTreeMap<String, String>,
}

impl Database {
    /// No tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All tables of the Defender advanced-hunting schema, without rows.
    ///
    /// Former names of tables work as aliases, every table with `Timestamp` can be read under `TimeGenerated` too, and
    /// `AdditionalFields` columns are dynamics. Source: learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables.
    #[must_use]
    pub fn defender() -> Self {
        defender::database()
    }

    /// Adds or replaces a table.
    pub fn insert(&mut self, name: impl Into<String>, table: Table) {
        self.tables.insert(name.into(), table);
    }

    /// Lets a table be found under another name too.
    pub fn add_alias(&mut self, alias: impl Into<String>, table: impl Into<String>) {
        self.aliases.insert(alias.into(), table.into());
    }

    /// Adds or replaces a table of rows in memory. The batches hold the physical types of the columns (see [`crate::types`]), as
    /// [`TableBuilder`] makes them.
    ///
    /// # Errors
    /// When a batch has other columns.
    pub fn add_rows(
        &mut self,
        name: impl Into<String>,
        columns: Vec<Column>,
        batches: Vec<RecordBatch>,
    ) -> Result<(), CatalogError> {
        let name = name.into();
        let table = Table::in_memory(columns, batches).map_err(|error| error.of_table(&name))?;
        self.replace(name, table);
        Ok(())
    }

    /// Reads a file of JSON objects, one on each line, into the table `name`. A table that exists keeps its schema: members that are
    /// no column are ignored, missing ones are null. Otherwise the schema is taken from the rows.
    ///
    /// # Errors
    /// When the file cannot be read or a line is no JSON object.
    pub fn add_json_lines(&mut self, name: &str, path: &Path) -> Result<(), CatalogError> {
        let known = self.tables.get(name).map(|table| table.columns().to_vec());
        let table = json_lines::read(path, known)?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// Adds a Parquet file as the table `name`. A table that exists keeps its schema, and the file's columns are converted to it
    /// (timestamps to `datetime`, JSON text to `dynamic`); missing ones are null. Otherwise the schema is the file's.
    ///
    /// # Errors
    /// When the file cannot be read, or a column cannot be converted.
    pub fn add_parquet(&mut self, name: &str, path: &Path) -> Result<(), CatalogError> {
        let known = self.tables.get(name).map(|table| table.columns().to_vec());
        let table = parquet::open(path, known)?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// The table of that name or alias.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        let by_alias = || self.tables.get(self.aliases.get(name)?);
        self.tables.get(name).or_else(by_alias)
    }

    /// The names of all tables, sorted, without aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Puts a table in the place of another, which keeps its second column names.
    fn replace(&mut self, name: String, table: Table) {
        let second_names = match self.tables.get(&name) {
            Some(old) => old.second_names().to_vec(),
            None => Vec::new(),
        };
        self.tables
            .insert(name, table.with_second_names(second_names));
    }
}
