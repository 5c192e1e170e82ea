//! Tables for offline queries.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tesem_engine::{Database, Engine, EngineOptions};

use crate::failure::UsageError;

/// An engine over the tables in `directories`, of the Defender schema where it knows them, and empty Defender tables otherwise.
pub(super) fn engine(
    directories: &[std::path::PathBuf],
    options: EngineOptions,
) -> anyhow::Result<Engine> {
    let mut database = Database::defender();
    for directory in directories {
        add_directory(&mut database, directory)?;
    }
    over(database, options)
}

/// An engine over `database`.
pub(super) fn over(database: Database, options: EngineOptions) -> anyhow::Result<Engine> {
    Engine::new(Arc::new(database), options).context("the engine cannot start")
}

/// Adds `<Table>.jsonl` and `<Table>.parquet` from `directory`, or from its `tables` directory if it has one.
fn add_directory(database: &mut Database, directory: &Path) -> anyhow::Result<()> {
    let tables = directory.join("tables");
    let place = if tables.is_dir() {
        tables
    } else {
        directory.to_owned()
    };
    let entries = std::fs::read_dir(&place)
        .map_err(|error| UsageError::new(format!("cannot read {}: {error}", place.display())))?;
    let mut paths = entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        add_file(database, &path)?;
    }
    Ok(())
}

fn add_file(database: &mut Database, path: &Path) -> anyhow::Result<()> {
    let part = |part: Option<&std::ffi::OsStr>| part.and_then(|p| p.to_str()).map(str::to_owned);
    let (Some(name), Some(extension)) = (part(path.file_stem()), part(path.extension())) else {
        return Ok(());
    };
    match extension.as_str() {
        "jsonl" => database.add_json_lines(&name, path)?,
        "parquet" => database.add_parquet(&name, path)?,
        _ => {}
    }
    Ok(())
}
