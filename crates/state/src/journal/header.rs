//! The first line of a journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::RunId;

/// Version of the journal's own format: the header line and the framing of records.
pub const FORMAT_VERSION: u32 = 1;

/// What the records of a journal are, and the version of their types. A reader names the kind that it
/// understands and refuses every other one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordKind {
    /// The kind's name, e.g. `hunt`.
    pub name: String,
    /// Raised when a record gains a meaning that an older reader would miss.
    pub version: u32,
}

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHeader {
    /// Version of the journal's format, [`FORMAT_VERSION`] in journals written here.
    #[serde(rename = "tesem_journal")]
    pub format: u32,
    /// The run.
    pub run: RunId,
    /// When the run began.
    pub started: Timestamp,
    /// What the records are.
    pub records: RecordKind,
}

impl JournalHeader {
    /// The header of a new journal.
    #[must_use]
    pub fn new(run: RunId, started: Timestamp, records: RecordKind) -> Self {
        Self {
            format: FORMAT_VERSION,
            run,
            started,
            records,
        }
    }
}
