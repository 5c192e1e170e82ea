//! What `externaldata` may read: snapshots of URLs, and files of allowed directories. Nothing here touches the network.
//!
//! A snapshot directory holds the content of URLs. Its file `snapshots.json` maps URLs to file names,
//! `{"https://host/list.csv": "list.csv"}`; a URL that is not named there is looked for under [`snapshot_file_name`]. Whatever else a
//! query names is refused with an [`ExternalDataError`] that says what to do.
//!
//! Source of formats and properties: learn.microsoft.com/kusto/query/externaldata-operator and
//! learn.microsoft.com/kusto/ingestion-supported-formats.

mod content;
mod delimited;
mod error;
mod format;
mod json;
mod location;
mod mapping;
mod records;
mod store;

use std::path::{Path, PathBuf};

pub use error::ExternalDataError;
pub(crate) use format::Format;
pub use location::snapshot_file_name;
pub(crate) use location::{Compression, Location};
pub(crate) use mapping::Mapping;
pub(crate) use records::{Layout, Records};

/// How many bytes `externaldata` reads for one query unless told otherwise.
const BYTES_MAX: u64 = 256 << 20;

/// What `externaldata` may read. By default nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalData {
    snapshots: Vec<PathBuf>,
    directories: Vec<PathBuf>,
    bytes_max: u64,
}

impl Default for ExternalData {
    fn default() -> Self {
        Self {
            snapshots: Vec::new(),
            directories: Vec::new(),
            bytes_max: BYTES_MAX,
        }
    }
}

impl ExternalData {
    /// Nothing may be read.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// URLs are answered from this snapshot directory, too; the first directory that has one wins.
    #[must_use]
    pub fn with_snapshots(mut self, directory: impl Into<PathBuf>) -> Self {
        self.snapshots.push(directory.into());
        self
    }

    /// Files below this directory may be read by their path, absolute or relative to it, or as `file://` URL.
    #[must_use]
    pub fn with_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directories.push(directory.into());
        self
    }

    /// How many bytes one query may read, counted after decompression; 256 MiB by default.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// How many bytes one query may read.
    #[must_use]
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// The file that holds the content of a location.
    ///
    /// # Errors
    /// When the location is not allowed or nothing is there.
    pub(crate) fn find(&self, location: &Location) -> Result<PathBuf, ExternalDataError> {
        match location {
            Location::Url(url) => store::find(&self.snapshots, url),
            Location::Path(path) => self.local(path),
        }
    }

    fn local(&self, path: &Path) -> Result<PathBuf, ExternalDataError> {
        if self.directories.is_empty() {
            return Err(ExternalDataError::NoDirectory);
        }
        let inside = |directory: &PathBuf| store::inside(directory, path);
        match self
            .directories
            .iter()
            .find_map(|directory| inside(directory).transpose())
        {
            Some(found) => found,
            None => Err(ExternalDataError::NotThere),
        }
    }
}

#[cfg(test)]
mod tests;
