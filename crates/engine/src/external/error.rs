//! Why external data cannot be read.

use std::path::PathBuf;

/// Why `externaldata` cannot read a location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalDataError {
    /// No snapshot directory was given.
    #[error("URLs are not fetched: name a directory that holds snapshots of them")]
    NoSnapshots,
    /// The snapshot directories do not have the URL.
    #[error(
        "there is no snapshot of it: save its content as {}, or name its file in {}",
        .directory.join(.file_name).display(),
        .directory.join(super::store::MANIFEST).display()
    )]
    NoSnapshot {
        /// The first snapshot directory.
        directory: PathBuf,
        /// Where the content would be looked for.
        file_name: String,
    },
    /// No directory of local files was allowed.
    #[error("local files may not be read: allow the directory they lie in")]
    NoDirectory,
    /// The allowed directories do not have the file.
    #[error("no allowed directory has this file")]
    NotThere,
    /// The path leads out of the directory it was looked for in.
    #[error("the file lies outside of {}", .directory.display())]
    Outside {
        /// The directory.
        directory: PathBuf,
    },
    /// The manifest of a snapshot directory cannot be used.
    #[error("{} is no JSON object of URLs and file names: {message}", .path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The operating system or a decompressor failed.
    #[error("{} cannot be read: {message}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The query reads more than is allowed.
    #[error("the query would read more than {bytes_max} bytes of external data; raise the limit")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// A ZIP archive has no file or several.
    #[error("the ZIP archive holds {files} files; it must hold one")]
    Archive {
        /// How many files it holds.
        files: usize,
    },
    /// The bytes are not UTF-8.
    #[error("its byte {offset} is not UTF-8")]
    NotUtf8 {
        /// The offset of the first wrong byte.
        offset: usize,
    },
    /// A record cannot be read.
    #[error("record {record}: {message}")]
    Malformed {
        /// The record, counted from 1.
        record: usize,
        /// What is wrong.
        message: String,
    },
    /// The rows cannot be stored.
    #[error("its rows cannot be stored: {0}")]
    Rows(String),
}
