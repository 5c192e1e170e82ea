//! Directories of files as tables.

use std::path::{Path, PathBuf};

use super::source::{Source, is_gzip};
use super::streamed::Streamed;
use super::{CatalogError, Database};

/// How deep folders may nest.
const DEPTH_MAX: usize = 32;

/// How a file holds rows, by its name.
enum Kind {
    JsonLines,
    Csv,
    Parquet,
}

/// Adds `<Table>.jsonl`, `<Table>.csv` (both also `.gz`), `<Table>.parquet`, and `<Table>/…/*.parquet`.
pub(super) fn add(database: &mut Database, directory: &Path) -> Result<(), CatalogError> {
    for path in entries(directory)? {
        if path.is_dir() {
            let files = parquet_files(&path)?;
            if let (Some(name), false) = (file_name(&path), files.is_empty()) {
                database.add_parquet_files(&name, &files)?;
            }
            continue;
        }
        let Some((name, kind)) = table_of(&path) else {
            continue;
        };
        match kind {
            Kind::JsonLines => database.add_json_lines(&name, &path)?,
            Kind::Csv => database.add_csv(&name, &path)?,
            Kind::Parquet => database.add_parquet(&name, &path)?,
        }
    }
    Ok(())
}

/// Adds the records in all `.json` files (also `.gz`) below a directory, or in one file.
pub(super) fn add_streamed(database: &mut Database, path: &Path) -> Result<(), CatalogError> {
    let files = match path.is_dir() {
        true => files_below(path, &is_streamed)?,
        false => vec![path.to_owned()],
    };
    let tables = {
        let known = |name: &str| database.table(name).map(|table| table.columns().to_vec());
        let mut streamed = Streamed::new(&known);
        for file in &files {
            streamed.read(&Source::File(file))?;
        }
        streamed.finish()?
    };
    for (name, table) in tables {
        database.replace(database.current_name(&name), table);
    }
    Ok(())
}

/// The Parquet files below a directory.
fn parquet_files(directory: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let is_parquet = |path: &Path| {
        path.extension()
            .is_some_and(|extension| extension == "parquet")
    };
    files_below(directory, &is_parquet)
}

fn is_streamed(path: &Path) -> bool {
    let inner = if is_gzip(path) {
        path.with_extension("")
    } else {
        path.to_owned()
    };
    inner
        .extension()
        .is_some_and(|extension| extension == "json")
}

/// The table that a file is for, and what is in it.
fn table_of(path: &Path) -> Option<(String, Kind)> {
    let inner = if is_gzip(path) {
        path.with_extension("")
    } else {
        path.to_owned()
    };
    let kind = match inner.extension()?.to_str()? {
        "jsonl" => Kind::JsonLines,
        "csv" => Kind::Csv,
        "parquet" if !is_gzip(path) => Kind::Parquet,
        _ => return None,
    };
    let name = inner.file_stem()?.to_str()?;
    Some((name.to_owned(), kind))
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name()?.to_str().map(str::to_owned)
}

/// Files at any depth, sorted by path.
fn files_below(
    directory: &Path,
    wanted: &dyn Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, CatalogError> {
    let mut files = Vec::new();
    let mut folders = vec![(directory.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for path in entries(&folder)? {
            // A link may lead back to where it stands.
            let is_folder = path.is_dir() && !path.is_symlink();
            if is_folder && depth < DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if path.is_file() && wanted(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What lies in a directory, sorted, without hidden files.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let failed = |error: std::io::Error| CatalogError::File {
        path: directory.to_owned(),
        message: error.to_string(),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if file_name(&path).is_some_and(|name| !name.starts_with('.')) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
