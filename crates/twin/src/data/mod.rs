//! The twin's data directory.
//!
//! | file | content |
//! | --- | --- |
//! | `tenant.json` | the tenant and its apps |
//! | `machines.json`, `alerts.json`, `indicators.json`, `machineactions.json`, `files.json` | arrays of entities as on the wire |
//! | `logonusers.json`, `available_actions.json` | machine id to array |
//! | `tables/<Table>.jsonl`, `tables/<Table>.parquet` | advanced-hunting rows |
//!
//! Every file is optional. What is wrong in one is an error that names the file and the place.

mod entities;
mod tables;

use std::fs;
use std::io;
use std::path::Path;

pub(crate) use entities::Entities;
pub(crate) use tables::read_tables;

use crate::error::TwinError;
use crate::tenant::{Tenant, TenantFile};

/// The seed of what a data directory's `tenant.json` leaves out.
const SEED: &str = "data directory";

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

/// Fails when `directory` is none.
pub(crate) fn check_directory(directory: &Path) -> Result<(), TwinError> {
    let metadata = fs::metadata(directory).map_err(TwinError::unreadable(directory))?;
    if metadata.is_dir() {
        return Ok(());
    }
    Err(TwinError::refused(directory, "is not a directory"))
}

/// The bytes of a file without a byte-order mark; `None` when there is no such file.
fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, TwinError> {
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
