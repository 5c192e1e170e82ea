//! Where `externaldata` finds what a query names.

use std::path::PathBuf;

use clap::Args;
use tesem_engine::{EngineOptions, ExternalData};

/// What `externaldata` may read.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExternalOptions {
    /// Let externaldata read from this directory: files by their path, URLs as snapshots (snapshots.json maps a URL to a file; otherwise
    /// the file is named by the SHA-256 of the URL); may be repeated
    #[arg(long, value_name = "DIR")]
    external: Vec<PathBuf>,
}

impl ExternalOptions {
    /// The same options for an engine that may read these directories.
    pub(super) fn engine(&self, options: EngineOptions) -> EngineOptions {
        let directories = self.external.iter();
        let external_data = directories.fold(ExternalData::none(), |allowed, directory| {
            allowed.with_snapshots(directory).with_directory(directory)
        });
        EngineOptions {
            external_data,
            ..options
        }
    }
}
