//! The journal of a run: what happened, one JSON record a line, on disk before the run goes on.
//!
//! A journal begins with a [`JournalHeader`] line that names the format's version, the run and the kind of
//! its records; every further line is one record. [`JournalWriter::append`] returns once the record has
//! reached the disk. A process that dies while it writes leaves a torn last line: [`read`] leaves it out
//! and says so, [`JournalWriter::resume`] cuts it off before it appends. A damaged line anywhere else is
//! an error, because what follows it could not be trusted.
//!
//! The records' types belong to the crate that runs: the functions here are generic over serde types.
//! All functions block on the file system, for a few milliseconds where they wait for the disk.

mod error;
mod header;
mod lock;
mod read;
mod run_id;
mod write;

pub use error::JournalError;
pub use header::{FORMAT_VERSION, JournalHeader, RecordKind};
pub use lock::{LockError, RunLock};
pub use read::{Journal, read};
pub use run_id::{InvalidRunId, RunId};
pub use write::JournalWriter;

/// Longest line of a journal, header or record, in bytes: 64 MiB.
pub const LINE_BYTES_MAX: usize = 64 << 20;
