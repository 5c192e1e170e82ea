//! What can be wrong with a journal.

use std::io;
use std::path::PathBuf;

use super::{FORMAT_VERSION, LINE_BYTES_MAX, RecordKind};

/// Why a journal could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file system refused.
    #[error("could not {action} the journal {}", path.display())]
    File {
        /// What was being done, as a verb.
        action: &'static str,
        /// The journal.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file ends before its first line does: the process died before the run began.
    #[error("the journal {} has no complete header line; the run never began, start a new one", path.display())]
    NoHeader {
        /// The journal.
        path: PathBuf,
    },
    /// The first line is something else than a journal's header.
    #[error("{} is not a journal: its first line is not a journal header", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A journal from a newer program.
    #[error(
        "the journal {} has format version {found}; this program reads version {FORMAT_VERSION}: \
         resume the run with the version of tesem that began it",
        path.display()
    )]
    UnknownFormat {
        /// The journal.
        path: PathBuf,
        /// The version in its header.
        found: u64,
    },
    /// A journal of something else, or of another version of it.
    #[error(
        "the journal {} holds `{}` records of version {}; `{}` records of version {} were expected",
        path.display(), found.name, found.version, expected.name, expected.version
    )]
    OtherRecords {
        /// The journal.
        path: PathBuf,
        /// The kind in its header.
        found: RecordKind,
        /// The kind that the reader understands.
        expected: RecordKind,
    },
    /// A complete line that is not a record.
    #[error("line {line} of the journal {} is not a record of this run", path.display())]
    DamagedRecord {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A line over the limit.
    #[error("line {line} of the journal {} is longer than {LINE_BYTES_MAX} bytes", path.display())]
    LineTooLong {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A value that has no JSON form, or one over the limit of a line.
    #[error("a record for the journal {} cannot be written as one line of JSON", path.display())]
    Unwritable {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
