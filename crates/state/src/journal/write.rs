//! Writing a journal.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read::failed;
use super::{Journal, JournalError, JournalHeader, LINE_BYTES_MAX, RecordKind, read};

/// Appends records to a journal, each on disk before [`append`](JournalWriter::append) returns.
///
/// Hold a [`RunLock`](super::RunLock) while you have one, so that no other process appends to the same run.
#[derive(Debug)]
pub struct JournalWriter {
    path: PathBuf,
    file: File,
}

impl JournalWriter {
    /// Begins a new journal at `path`.
    ///
    /// # Errors
    /// [`JournalError::File`], also when the file exists already.
    pub fn create(path: &Path, header: &JournalHeader) -> Result<Self, JournalError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(path);
        let file = file.map_err(|source| failed("create", path, source))?;
        let mut writer = Self {
            path: path.to_owned(),
            file,
        };
        writer.append(header)?;
        sync_directory(path)?;
        Ok(writer)
    }

    /// Reads the journal at `path`, cuts off a torn last line and goes on behind the last complete record.
    ///
    /// # Errors
    /// As [`read`]; [`JournalError::File`].
    pub fn resume<R: DeserializeOwned>(
        path: &Path,
        expected: &RecordKind,
    ) -> Result<(Self, Journal<R>), JournalError> {
        let journal = read(path, expected)?;
        let file = OpenOptions::new().write(true).open(path);
        let mut file = file.map_err(|source| failed("open", path, source))?;
        let cut = file
            .set_len(journal.complete_bytes)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .and_then(|_| file.sync_all());
        cut.map_err(|source| failed("cut the torn end of", path, source))?;
        Ok((
            Self {
                path: path.to_owned(),
                file,
            },
            journal,
        ))
    }

    /// Appends one record and waits until it is on disk.
    ///
    /// After an error the journal may end in a torn line: stop the run, or [`resume`](Self::resume) it.
    ///
    /// # Errors
    /// [`JournalError::Unwritable`] for a record without JSON form or over [`LINE_BYTES_MAX`];
    /// [`JournalError::File`].
    pub fn append<R: Serialize>(&mut self, record: &R) -> Result<(), JournalError> {
        let line = self.line(record)?;
        let written = self
            .file
            .write_all(&line)
            .and_then(|()| self.file.sync_data());
        written.map_err(|source| failed("write to", &self.path, source))
    }

    fn line<R: Serialize>(&self, record: &R) -> Result<Vec<u8>, JournalError> {
        let unwritable = |source| JournalError::Unwritable {
            path: self.path.clone(),
            source,
        };
        let mut line = serde_json::to_vec(record).map_err(unwritable)?;
        if line.len() >= LINE_BYTES_MAX {
            let why = format!("it has {} bytes, {LINE_BYTES_MAX} is the limit", line.len());
            return Err(unwritable(serde::ser::Error::custom(why)));
        }
        line.push(b'\n');
        Ok(line)
    }
}

/// Makes the name of a new file survive a power failure. Only Unix systems open directories.
#[cfg(unix)]
fn sync_directory(path: &Path) -> Result<(), JournalError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = File::open(parent.unwrap_or(Path::new(".")));
    let synced = directory.and_then(|directory| directory.sync_all());
    synced.map_err(|source| failed("create", path, source))
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> Result<(), JournalError> {
    Ok(())
}
