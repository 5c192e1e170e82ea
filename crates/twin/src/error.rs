//! Why a twin does not start.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What keeps a twin from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TwinError {
    /// The data directory or a file in it cannot be read.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file or directory cannot be written.
    #[error("cannot write `{path}`")]
    Unwritable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A JSON file is not what it should be.
    #[error("`{path}`, line {line}, column {column}: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1; 0 when the line is empty.
        column: usize,
        /// What is wrong and what is expected.
        message: String,
    },
    /// A file's content makes no sense as a whole.
    #[error("`{path}`: {message}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong and what is expected.
        message: String,
    },
    /// The tenant cannot be generated.
    #[error("cannot generate the tenant: {message}")]
    Generate {
        /// What the generator says.
        message: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// A thread of the twin could not be started, or was lost.
    #[error("the twin's threads could not be started")]
    Threads {
        /// What the operating system says.
        source: io::Error,
    },
}

impl TwinError {
    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Unreadable {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Unwritable {
            path: path.to_owned(),
            source,
        }
    }

    /// A JSON error at its place in the file.
    pub(crate) fn malformed(path: &Path, error: &serde_json::Error) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
            message: without_place(&error.to_string()),
        }
    }

    pub(crate) fn refused(path: &Path, message: impl Into<String>) -> Self {
        Self::Refused {
            path: path.to_owned(),
            message: message.into(),
        }
    }
}

/// The text of a JSON error without the `at line … column …` that [`TwinError::Malformed`] prints itself.
fn without_place(message: &str) -> String {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(text, _)| text)
        .to_owned()
}
