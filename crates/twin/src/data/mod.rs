//! The twin's data directory.
//!
//! | file | content |
//! | --- | --- |
//! | `tenant.json` | the tenant and its apps |
//! | `machines.json`, `alerts.json`, `indicators.json`, `machineactions.json`, `files.json` | arrays of entities as on the wire |
//! | `investigations.json`, `remediationtasks.json` | the same |
//! | `vulnerabilitychanges.json` | the same: changes of vulnerabilities that the tables cannot tell, such as `Fixed` |
//! | `logonusers.json`, `available_actions.json` | machine id to array |
//! | `planted.json` | what [`PreparedTenant::planted`](crate::PreparedTenant::planted) tells of a generated tenant |
//! | `tables/<Table>.jsonl`, `tables/<Table>.parquet` | advanced-hunting rows |
//! | `external/` | what `externaldata` reads: files, and snapshots of URLs (`snapshots.json` maps a URL to a file; otherwise the file is named by the SHA-256 of the URL) |
//!
//! Every file is optional. What is wrong in one is an error that names the file and the place.

mod entities;
mod tables;
mod write;

use std::fs;
use std::io;
use std::path::Path;

pub(crate) use entities::{Entities, Entity, SharedEntity};
pub(crate) use tables::read_tables;
pub use write::{WrittenTenant, write_generated, write_generated_observed};

use tesem_engine::ExternalData;

use crate::error::TwinError;
use crate::generate::Planted;
use crate::tenant::{Tenant, TenantFile};

/// The seed of what a data directory's `tenant.json` leaves out.
const SEED: &str = "data directory";

/// Why a directory with an unfinished tenant is left alone.
const UNFINISHED_MESSAGE: &str =
    "holds an unfinished tenant in `.unfinished`: remove that, or wait until it is written";

/// The tenant that `tenant.json` describes, or the default one.
pub(crate) fn read_tenant(directory: &Path) -> Result<Tenant, TwinError> {
    let path = directory.join("tenant.json");
    let Some(bytes) = read_optional(&path)? else {
        return Ok(Tenant::derived(SEED));
    };
    let file: TenantFile =
        serde_json::from_slice(&bytes).map_err(|error| TwinError::malformed(&path, &error))?;
    file.into_tenant(SEED)
        .map_err(|message| TwinError::refused(&path, message))
}

/// The intrusions that `planted.json` tells of.
pub(crate) fn read_planted(directory: &Path) -> Result<Vec<Planted>, TwinError> {
    let path = directory.join("planted.json");
    let Some(bytes) = read_optional(&path)? else {
        return Ok(Vec::new());
    };
    serde_json::from_slice(&bytes).map_err(|error| TwinError::malformed(&path, &error))
}

/// Fails when `directory` is none, or is not completely written.
pub(crate) fn check_directory(directory: &Path) -> Result<(), TwinError> {
    let metadata = fs::metadata(directory).map_err(TwinError::unreadable(directory))?;
    if !metadata.is_dir() {
        return Err(TwinError::refused(directory, "is not a directory"));
    }
    if directory.join(write::UNFINISHED).exists() {
        return Err(TwinError::refused(directory, UNFINISHED_MESSAGE));
    }
    Ok(())
}

/// What `externaldata` may read: what lies in `external/`, if that is there.
pub(crate) fn external_data(directory: &Path) -> ExternalData {
    let place = directory.join("external");
    match place.is_dir() {
        true => ExternalData::none()
            .with_snapshots(&place)
            .with_directory(&place),
        false => ExternalData::none(),
    }
}

/// The bytes of a file without a byte-order mark; `None` when there is no such file.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, TwinError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(without_mark(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TwinError::unreadable(path)(error)),
    }
}

fn without_mark(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    bytes
}
