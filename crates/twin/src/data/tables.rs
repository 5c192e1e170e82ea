//! The advanced-hunting rows of the data directory.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use tesem_engine::{Column, Database};
use tesem_kql::schema;

use crate::error::TwinError;

/// Ends the keys that Graph puts beside cells.
const ANNOTATION: &str = "@odata.type";

/// All tables of the hunting schema, with the rows of `directory/tables`.
pub(crate) fn read_tables(directory: &Path) -> Result<Database, TwinError> {
    let mut database = Database::defender();
    for (table, path) in table_files(&directory.join("tables"))? {
        read_table(&mut database, &table, &path)?;
    }
    Ok(database)
}

/// The files by table, sorted.
fn table_files(directory: &Path) -> Result<BTreeMap<String, PathBuf>, TwinError> {
    let mut files = BTreeMap::new();
    if !directory
        .try_exists()
        .map_err(TwinError::unreadable(directory))?
    {
        return Ok(files);
    }
    for entry in fs::read_dir(directory).map_err(TwinError::unreadable(directory))? {
        let path = entry.map_err(TwinError::unreadable(directory))?.path();
        let Some(table) = table_of(&path)? else {
            continue;
        };
        if let Some(other) = files.insert(table, path.clone()) {
            let message = format!("the table is already in `{}`", other.display());
            return Err(TwinError::refused(&path, message));
        }
    }
    Ok(files)
}

/// The table that a file is for; `None` for hidden files.
fn table_of(path: &Path) -> Result<Option<String>, TwinError> {
    let text = |part: Option<&std::ffi::OsStr>| {
        part.and_then(std::ffi::OsStr::to_str)
            .unwrap_or_default()
            .to_owned()
    };
    if text(path.file_name()).starts_with('.') {
        return Ok(None);
    }
    match text(path.extension()).as_str() {
        "jsonl" | "parquet" => Ok(Some(current_name(text(path.file_stem())))),
        _ => Err(TwinError::refused(
            path,
            "is neither `<Table>.jsonl` nor `<Table>.parquet`",
        )),
    }
}

/// The name of a table today; what is no table stays as it is.
fn current_name(name: String) -> String {
    schema::defender()
        .table(&name)
        .map_or(name, |table| table.name.to_owned())
}

fn read_table(database: &mut Database, name: &str, path: &Path) -> Result<(), TwinError> {
    let Some(table) = database.table(name) else {
        return Err(TwinError::refused(path, no_such_table(name)));
    };
    let refused = |error: tesem_engine::CatalogError| TwinError::refused(path, error.to_string());
    if path
        .extension()
        .is_some_and(|extension| extension == "parquet")
    {
        return database.add_parquet(name, path).map_err(refused);
    }
    check_columns(path, name, table.columns())?;
    database.add_json_lines(name, path).map_err(refused)
}

fn no_such_table(name: &str) -> String {
    let hint = schema::defender()
        .nearest(name)
        .map(|near| format!("; did you mean `{near}`?"));
    format!(
        "`{name}` is no table of the advanced hunting schema{}",
        hint.unwrap_or_default()
    )
}

/// Fails at the first key that is no column: a misspelt column would otherwise be empty without a word.
fn check_columns(path: &Path, table: &str, columns: &[Column]) -> Result<(), TwinError> {
    let file = File::open(path).map_err(TwinError::unreadable(path))?;
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(TwinError::unreadable(path))?;
        let text = line.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let at = |column: usize, message: String| TwinError::Malformed {
            path: path.to_owned(),
            line: index + 1,
            column,
            message,
        };
        let unknown =
            unknown_key(text, columns).map_err(|error| at(error.column(), error.to_string()))?;
        if let Some(key) = unknown {
            let place = text
                .find(&format!("\"{key}\""))
                .map_or(0, |offset| offset + 1);
            return Err(at(place, format!("`{key}` is no column of {table}")));
        }
    }
    Ok(())
}

/// The first key of an object that names no column.
fn unknown_key(text: &str, columns: &[Column]) -> Result<Option<String>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let unknown = deserializer.deserialize_map(UnknownKey(columns))?;
    deserializer.end().map(|()| unknown)
}

struct UnknownKey<'a>(&'a [Column]);

impl<'de> Visitor<'de> for UnknownKey<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an object of columns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<Self::Value, A::Error> {
        let mut unknown = None;
        while let Some((key, IgnoredAny)) = row.next_entry::<String, IgnoredAny>()? {
            let is_column = self.0.iter().any(|column| column.name == key);
            if !is_column && !key.ends_with(ANNOTATION) && unknown.is_none() {
                unknown = Some(key);
            }
        }
        Ok(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(file: &str, content: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("tables")).unwrap();
        fs::write(directory.path().join("tables").join(file), content).unwrap();
        read_tables(directory.path()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named_with_file_line_and_column() {
        let cases = [
            ("Nonsense.jsonl", "{}", "`Nonsense` is no table"),
            (
                "deviceinfo.jsonl",
                "{}",
                "`deviceinfo` is no table of the advanced hunting schema; did you mean `DeviceInfo`?",
            ),
            ("DeviceInfo.csv", "", "neither `<Table>.jsonl` nor"),
            (
                "DeviceInfo.jsonl",
                "{}\n{\"DeviceId\": \"a\", \"Deviceld\": \"b\"}",
                "line 2, column 19: `Deviceld` is no column of DeviceInfo",
            ),
            ("DeviceInfo.jsonl", "{}\n\n[1]", "line 3, column"),
            ("DeviceInfo.jsonl", "{\"DeviceId\": ", "line 1, column"),
            (
                "DeviceInfo.jsonl",
                "{\"Timestamp\": \"never\"}",
                "Timestamp",
            ),
            ("DeviceInfo.jsonl", "\u{0}\u{1}", "line 1, column"),
            ("DeviceInfo.parquet", "no parquet", "DeviceInfo.parquet"),
        ];
        for (file, content, expected) in cases {
            let error = refusal(file, content);
            assert!(
                error.contains(file) && error.contains(expected),
                "{file}: {error}"
            );
        }
    }

    #[test]
    fn rows_are_read_and_annotations_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let tables = directory.path().join("tables");
        fs::create_dir(&tables).unwrap();
        let rows = "\u{feff}{\"DeviceName\": \"a\"}\r\n\r\n{\"IsAzureADJoined@odata.type\": \"#SByte\", \"IsAzureADJoined\": 1}\n";
        fs::write(tables.join("DeviceInfo.jsonl"), rows).unwrap();
        fs::write(tables.join(".gitkeep"), "").unwrap();
        let database = read_tables(directory.path()).unwrap();
        assert_eq!(database.table("DeviceInfo").unwrap().rows(), Some(2));
        assert_eq!(database.table("DeviceEvents").unwrap().rows(), Some(0));
    }
}
