//! Tables for offline queries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use tesem_engine::{Database, Engine, EngineOptions, FileProfiles};

use crate::failure::UsageError;

/// An engine over the tables in `directories` and the telemetry that was streamed to `streamed`, of the Defender schema where it knows
/// them, and empty Defender tables otherwise.
pub(super) fn engine(
    directories: &[PathBuf],
    streamed: &[PathBuf],
    options: EngineOptions,
) -> anyhow::Result<Engine> {
    let mut database = Database::defender();
    for directory in directories {
        add_directory(&mut database, directory)?;
    }
    for path in streamed {
        check_readable(path)?;
        database.add_streamed(path)?;
    }
    over(database, options)
}

/// An engine over `database`.
pub(super) fn over(database: Database, options: EngineOptions) -> anyhow::Result<Engine> {
    Engine::new(Arc::new(database), options).context("the engine cannot start")
}

/// Adds the files of `directory`, or of its `tables` directory if it has one, and `files.json` as file profiles.
fn add_directory(database: &mut Database, directory: &Path) -> anyhow::Result<()> {
    let tables = directory.join("tables");
    let place = if tables.is_dir() {
        tables
    } else {
        directory.to_owned()
    };
    check_readable(&place)?;
    let files = directory.join("files.json");
    if files.is_file() {
        database.set_file_profiles(FileProfiles::read(&files)?);
    }
    Ok(database.add_directory(&place)?)
}

/// Fails where the command line names something that is not there.
fn check_readable(path: &Path) -> anyhow::Result<()> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(UsageError::new(format!("cannot read {}: {error}", path.display())).into())
        }
    }
}
