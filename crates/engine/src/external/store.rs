//! Finding files without leaving the directory they must lie in.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::ExternalDataError;
use super::location::snapshot_file_name;

/// The file of a snapshot directory that maps URLs to file names.
pub(super) const MANIFEST: &str = "snapshots.json";
/// The largest manifest that is read, in bytes.
const MANIFEST_MAX: u64 = 16 << 20;

/// The file that holds the content of a URL.
pub(super) fn find(directories: &[PathBuf], url: &str) -> Result<PathBuf, ExternalDataError> {
    let file_name = snapshot_file_name(url);
    for directory in directories {
        let named = manifest(directory)?.remove(url);
        let is_named = named.is_some();
        let name = named.unwrap_or_else(|| file_name.clone());
        match inside(directory, Path::new(&name))? {
            Some(path) => return Ok(path),
            None if is_named => {
                return Err(unreadable(&directory.join(name), "there is no such file"));
            }
            None => {}
        }
    }
    match directories.first() {
        Some(directory) => Err(ExternalDataError::NoSnapshot {
            directory: directory.clone(),
            file_name,
        }),
        None => Err(ExternalDataError::NoSnapshots),
    }
}

fn manifest(directory: &Path) -> Result<HashMap<String, String>, ExternalDataError> {
    let path = directory.join(MANIFEST);
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => return Err(unreadable(&path, &error.to_string())),
    };
    let mut text = Vec::new();
    file.take(MANIFEST_MAX)
        .read_to_end(&mut text)
        .map_err(|error| unreadable(&path, &error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| ExternalDataError::Manifest {
        path,
        message: error.to_string(),
    })
}

/// The file at `path`, which may be relative to `directory` and must lie below it; `None` when it is not there.
pub(super) fn inside(directory: &Path, path: &Path) -> Result<Option<PathBuf>, ExternalDataError> {
    let root = directory
        .canonicalize()
        .map_err(|error| unreadable(directory, &error.to_string()))?;
    let wanted = root.join(path);
    let found = match wanted.canonicalize() {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&wanted, &error.to_string())),
    };
    if !found.starts_with(&root) {
        return Err(ExternalDataError::Outside {
            directory: directory.to_owned(),
        });
    }
    Ok(found.is_file().then_some(found))
}

/// A file that the operating system does not give.
pub(super) fn unreadable(path: &Path, message: &str) -> ExternalDataError {
    ExternalDataError::Unreadable {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}
