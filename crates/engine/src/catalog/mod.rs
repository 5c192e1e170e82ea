//! Tables with KQL schemas.

mod builder;
mod convert;
mod csv_rows;
mod defender;
mod directory;
pub(crate) mod file_profiles;
mod json_lines;
mod parquet;
mod source;
pub(crate) mod stored;
mod streamed;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use tesem_kql::types::ScalarType;

pub use builder::{BuildError, TableBuilder};
pub use file_profiles::FileProfiles;
use source::Source;
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
    /// A member of a file entity is of the wrong type.
    #[error("file profile {number}: `{member}` is not {expected}")]
    FileProfile {
        /// Which entity, from 1.
        number: u64,
        /// The member.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// The rows cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// A Parquet file as a table of these columns.
pub(crate) fn parquet_table(path: &Path, columns: Vec<Column>) -> Result<Table, CatalogError> {
    parquet::open(&[path.to_owned()], Some(columns))
}

/// Tables by name. Names are case-sensitive; a table may have further names (aliases).
#[derive(Debug, Clone, Default)]
pub struct Database {
    tables: BTreeMap<String, Table>,
    aliases: BTreeMap<String, String>,
    file_profiles: Option<Arc<FileProfiles>>,
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

    /// Sets what `invoke FileProfile()` knows about files. A database without file profiles refuses the function when a query runs.
    pub fn set_file_profiles(&mut self, profiles: impl Into<Arc<FileProfiles>>) {
        self.file_profiles = Some(profiles.into());
    }

    /// What `invoke FileProfile()` knows about files.
    #[must_use]
    pub fn file_profiles(&self) -> Option<&Arc<FileProfiles>> {
        self.file_profiles.as_ref()
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

    /// Reads a file of JSON objects, one on each line, into the table `name`; a file whose name ends in `.gz` is unpacked. A table that
    /// exists keeps its schema: members that are no column are ignored, missing ones are null. Otherwise the schema is taken from the
    /// rows.
    ///
    /// # Errors
    /// When the file cannot be read or a line is no JSON object.
    pub fn add_json_lines(&mut self, name: &str, path: &Path) -> Result<(), CatalogError> {
        let table = json_lines::read(&Source::File(path), self.columns_of(name))?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// Reads JSON objects, one on each line, from memory; see [`Database::add_json_lines`].
    ///
    /// # Errors
    /// When a line is no JSON object.
    pub fn add_json_lines_from(&mut self, name: &str, lines: &[u8]) -> Result<(), CatalogError> {
        let source = Source::Memory(name, lines);
        let table = json_lines::read(&source, self.columns_of(name))?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// Reads a CSV file whose first record names the columns into the table `name`; a file whose name ends in `.gz` is unpacked. A
    /// table that exists keeps its schema, as for [`Database::add_json_lines`]; otherwise columns are typed by their values.
    ///
    /// # Errors
    /// When the file cannot be read, or a value is none of its column's type.
    pub fn add_csv(&mut self, name: &str, path: &Path) -> Result<(), CatalogError> {
        let table = csv_rows::read(&Source::File(path), self.columns_of(name))?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// Reads CSV from memory; see [`Database::add_csv`].
    ///
    /// # Errors
    /// When a value is none of its column's type.
    pub fn add_csv_from(&mut self, name: &str, text: &[u8]) -> Result<(), CatalogError> {
        let source = Source::Memory(name, text);
        let table = csv_rows::read(&source, self.columns_of(name))?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// Adds a Parquet file as the table `name`. A table that exists keeps its schema, and the file's columns are converted to it
    /// (timestamps to `datetime`, JSON text to `dynamic`); missing ones are null. Otherwise the schema is the file's.
    ///
    /// # Errors
    /// When the file cannot be read, or a column cannot be converted.
    pub fn add_parquet(&mut self, name: &str, path: &Path) -> Result<(), CatalogError> {
        self.add_parquet_files(name, &[path.to_owned()])
    }

    /// Adds Parquet files as one table, as [`Database::add_parquet`] adds one. A column that some of the files lack is null there.
    ///
    /// # Errors
    /// When a file cannot be read, the files give a column several types, or a column cannot be converted.
    pub fn add_parquet_files(&mut self, name: &str, paths: &[PathBuf]) -> Result<(), CatalogError> {
        let table = parquet::open(paths, self.columns_of(name))?;
        self.replace(name.to_owned(), table);
        Ok(())
    }

    /// Adds what lies in a directory: `<Table>.jsonl`, `<Table>.csv`, both also with `.gz`, `<Table>.parquet`, and
    /// `<Table>/…/*.parquet` at any depth, so that hive folders (`y=2024/m=05/d=01`) are read through. Other files are left alone.
    ///
    /// # Errors
    /// When the directory or one of these files cannot be read.
    pub fn add_directory(&mut self, directory: &Path) -> Result<(), CatalogError> {
        directory::add(self, directory)
    }

    /// Adds what Defender's streaming API has written: the records in all `.json` files below a directory (also `.json.gz`), or in one
    /// file. Each record goes to the table its `category` names, its columns are its `properties`. Source:
    /// learn.microsoft.com/defender-xdr/streaming-api-storage.
    ///
    /// # Errors
    /// When a file cannot be read or a line is no record.
    pub fn add_streamed(&mut self, path: &Path) -> Result<(), CatalogError> {
        directory::add_streamed(self, path)
    }

    /// The schema of a table that exists.
    fn columns_of(&self, name: &str) -> Option<Vec<Column>> {
        self.tables.get(name).map(|table| table.columns().to_vec())
    }

    /// The name that an alias stands for; any other name as it is.
    fn current_name(&self, name: &str) -> String {
        let is_table = self.tables.contains_key(name);
        let current = self.aliases.get(name).filter(|_| !is_table);
        current.map_or_else(|| name.to_owned(), Clone::clone)
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
