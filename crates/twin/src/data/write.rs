//! Writes a generated tenant as a data directory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::json;

use super::Entities;
use crate::error::TwinError;
use crate::generate::{self, GenerateError, GenerateOptions, WriteObserver};
use crate::tenant::Tenant;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTenant {
    /// The id of its directory tenant.
    pub tenant_id: String,
    /// Entities by kind, such as `machines`.
    pub entities: BTreeMap<&'static str, usize>,
    /// Rows by table.
    pub rows: BTreeMap<&'static str, usize>,
}

/// Where the files lie until all of them are complete.
pub(super) const UNFINISHED: &str = ".unfinished";
/// The file that is put in place last.
const LAST: &str = "tenant.json";

/// Generates a tenant into `directory`, which must be empty or not be there: `tenant.json`, every file of entities, and
/// `tables/<Table>.parquet`.
///
/// The same options give the same bytes, whatever the number of threads. A twin that serves the directory answers as one that serves the
/// generated tenant itself. Memory is bounded by some ten thousand rows for each of up to eight threads, 100,000 encoded rows of each
/// table, and the entities, which grow with the devices; it does not grow with the days.
///
/// Until they are complete, the files lie in `directory/.unfinished`, which no twin serves; on an error it is removed again. When the
/// process ends without warning, it stays.
///
/// # Errors
/// When the options are out of range, the directory is not empty or cannot be written, or the disk is full.
pub fn write_generated(
    options: &GenerateOptions,
    directory: &Path,
) -> Result<WrittenTenant, TwinError> {
    write_generated_observed(options, directory, &mut |_| ControlFlow::Continue(()))
}

/// As [`write_generated`], with an observer that hears how far it is and can stop it.
///
/// # Errors
/// As [`write_generated`], and when the observer stopped it.
pub fn write_generated_observed(
    options: &GenerateOptions,
    directory: &Path,
    observe: &mut WriteObserver<'_>,
) -> Result<WrittenTenant, TwinError> {
    let was_there = directory.exists();
    fs::create_dir_all(directory).map_err(TwinError::unwritable(directory))?;
    check_empty(directory)?;
    let unfinished = directory.join(UNFINISHED);
    let written = write_files(options, &unfinished, observe)
        .and_then(|written| put_in_place(&unfinished, directory).map(|()| written));
    if written.is_err() {
        // What went wrong is said already; what cannot be removed is refused by its name at the next attempt.
        let _ = fs::remove_dir_all(&unfinished);
        if !was_there {
            let _ = fs::remove_dir(directory);
        }
    }
    written
}

fn check_empty(directory: &Path) -> Result<(), TwinError> {
    let mut present = fs::read_dir(directory).map_err(TwinError::unreadable(directory))?;
    if directory.join(UNFINISHED).exists() {
        return Err(TwinError::refused(directory, super::UNFINISHED_MESSAGE));
    }
    match present.next() {
        None => Ok(()),
        Some(_) => Err(TwinError::refused(
            directory,
            "is not empty: choose another directory",
        )),
    }
}

fn write_files(
    options: &GenerateOptions,
    directory: &Path,
    observe: &mut WriteObserver<'_>,
) -> Result<WrittenTenant, TwinError> {
    let failed = |error: GenerateError| TwinError::Generate {
        message: error.to_string(),
    };
    let planted = generate::planted(options).map_err(failed)?;
    let tables = directory.join("tables");
    fs::create_dir_all(&tables).map_err(TwinError::unwritable(&tables))?;
    let written = generate::write_tables(options, &tables, observe).map_err(failed)?;
    let tenant = generate::tenant_of(options);
    write_tenant(&tenant, &directory.join(LAST))?;
    write_entities(&written.entities, directory)?;
    write_list(&directory.join("planted.json"), &planted)?;
    Ok(WrittenTenant {
        tenant_id: tenant.tenant_id,
        entities: written.entities.counts(),
        rows: written.rows,
    })
}

/// Moves the files to where they belong, `tenant.json` last.
fn put_in_place(unfinished: &Path, directory: &Path) -> Result<(), TwinError> {
    let entries = fs::read_dir(unfinished).map_err(TwinError::unreadable(unfinished))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(
            entry
                .map_err(TwinError::unreadable(unfinished))?
                .file_name(),
        );
    }
    names.sort_by_key(|name| name == LAST);
    for name in names {
        let place = directory.join(&name);
        fs::rename(unfinished.join(&name), &place).map_err(TwinError::unwritable(&place))?;
    }
    fs::remove_dir(unfinished).map_err(TwinError::unwritable(unfinished))
}

fn write_tenant(tenant: &Tenant, path: &Path) -> Result<(), TwinError> {
    let apps: Vec<_> = tenant
        .apps
        .iter()
        .map(|app| {
            json!({"client_id": app.client_id, "client_secret": app.client_secret.expose_secret(), "roles": app.roles})
        })
        .collect();
    let file = json!({"tenant_id": tenant.tenant_id, "name": tenant.name, "domains": tenant.domains, "apps": apps});
    let text =
        serde_json::to_vec_pretty(&file).map_err(|error| TwinError::malformed(path, &error))?;
    fs::write(path, text).map_err(TwinError::unwritable(path))
}

fn write_entities(entities: &Entities, directory: &Path) -> Result<(), TwinError> {
    let path = |name: &str| -> PathBuf { directory.join(name) };
    write_list(&path("machines.json"), &entities.machines)?;
    write_list(&path("alerts.json"), &entities.alerts)?;
    write_list(&path("indicators.json"), &entities.indicators)?;
    write_list(&path("machineactions.json"), &entities.machine_actions)?;
    write_list(&path("investigations.json"), &entities.investigations)?;
    write_list(&path("remediationtasks.json"), &entities.remediation_tasks)?;
    write_list(
        &path("vulnerabilitychanges.json"),
        &entities.vulnerability_changes,
    )?;
    write_list(&path("files.json"), &entities.files)?;
    write_map(&path("logonusers.json"), &entities.logon_users)?;
    write_map(&path("available_actions.json"), &entities.available_actions)
}

/// A list with one item a line.
fn write_list<T: Serialize>(path: &Path, items: &[T]) -> Result<(), TwinError> {
    let lines = items.iter().map(serde_json::to_string);
    write_lines(path, ('[', ']'), lines)
}

/// An object with one key a line.
fn write_map<T: Serialize>(path: &Path, items: &BTreeMap<String, T>) -> Result<(), TwinError> {
    let lines = items.iter().map(|(key, value)| {
        let key = serde_json::to_string(key)?;
        serde_json::to_string(value).map(|value| format!("{key}: {value}"))
    });
    write_lines(path, ('{', '}'), lines)
}

fn write_lines(
    path: &Path,
    (open, close): (char, char),
    lines: impl Iterator<Item = Result<String, serde_json::Error>>,
) -> Result<(), TwinError> {
    let file = fs::File::create(path).map_err(TwinError::unwritable(path))?;
    let mut out = std::io::BufWriter::new(file);
    let written = (|| {
        write!(out, "{open}")?;
        for (place, line) in lines.enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(out, "{comma}\n{}", line?)?;
        }
        writeln!(out, "\n{close}")?;
        out.flush()
    })();
    written.map_err(TwinError::unwritable(path))
}
