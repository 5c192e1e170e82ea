//! Writes a generated tenant as a data directory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::json;

use super::Entities;
use crate::error::TwinError;
use crate::generate::{self, GenerateOptions};
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

/// Generates a tenant into `directory`, which must be empty or not be there: `tenant.json`, every file of entities, and
/// `tables/<Table>.parquet`.
///
/// The same options give the same bytes. A twin that serves the directory answers as one that serves the generated tenant itself.
/// Memory is bounded by a day of rows and 100,000 rows of each table.
///
/// # Errors
/// When the options are out of range, or the directory is not empty or cannot be written.
pub fn write_generated(
    options: &GenerateOptions,
    directory: &Path,
) -> Result<WrittenTenant, TwinError> {
    let tables = directory.join("tables");
    fs::create_dir_all(directory).map_err(TwinError::unreadable(directory))?;
    let mut present = fs::read_dir(directory).map_err(TwinError::unreadable(directory))?;
    if present.next().is_some() {
        return Err(TwinError::refused(
            directory,
            "is not empty: choose another directory",
        ));
    }
    fs::create_dir(&tables).map_err(TwinError::unreadable(&tables))?;
    let written =
        generate::write_tables(options, &tables).map_err(|error| TwinError::Generate {
            message: error.to_string(),
        })?;
    let tenant = generate::tenant_of(options);
    write_tenant(&tenant, &directory.join("tenant.json"))?;
    write_entities(&written.entities, directory)?;
    let planted = generate::planted(options).map_err(|error| TwinError::Generate {
        message: error.to_string(),
    })?;
    write_list(&directory.join("planted.json"), &planted)?;
    Ok(WrittenTenant {
        tenant_id: tenant.tenant_id,
        entities: written.entities.counts(),
        rows: written.rows,
    })
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
    fs::write(path, text).map_err(TwinError::unreadable(path))
}

fn write_entities(entities: &Entities, directory: &Path) -> Result<(), TwinError> {
    let path = |name: &str| -> PathBuf { directory.join(name) };
    write_list(&path("machines.json"), &entities.machines)?;
    write_list(&path("alerts.json"), &entities.alerts)?;
    write_list(&path("indicators.json"), &entities.indicators)?;
    write_list(&path("machineactions.json"), &entities.machine_actions)?;
    write_list(&path("investigations.json"), &entities.investigations)?;
    write_list(&path("remediationtasks.json"), &entities.remediation_tasks)?;
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
    let file = fs::File::create(path).map_err(TwinError::unreadable(path))?;
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
    written.map_err(TwinError::unreadable(path))
}
