//! Reading a journal back.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{FORMAT_VERSION, JournalError, JournalHeader, LINE_BYTES_MAX, RecordKind};

/// A journal that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal<R> {
    /// Its first line.
    pub header: JournalHeader,
    /// Its complete records, in the order of writing.
    pub records: Vec<R>,
    /// Bytes of complete lines. A resumed writer goes on from here.
    pub complete_bytes: u64,
    /// Bytes of a torn last line, which was left out; 0 when there is none.
    pub torn_bytes: u64,
}

/// Reads the journal at `path`, whose records must be of the kind `expected`.
///
/// A last line without its line feed, or one that is not JSON at all, was torn by the end of the process or of
/// the computer: it is left out and counted in [`Journal::torn_bytes`].
///
/// # Errors
/// [`JournalError`]: unreadable file, no or another header, unknown version, a damaged line before the last.
pub fn read<R: DeserializeOwned>(
    path: &Path,
    expected: &RecordKind,
) -> Result<Journal<R>, JournalError> {
    let mut lines = Lines::open(path)?;
    let header = read_header(&mut lines, expected)?;
    let mut journal = Journal {
        header,
        records: Vec::new(),
        complete_bytes: 0,
        torn_bytes: 0,
    };
    journal.complete_bytes = lines.bytes_read;
    while let Some(line) = lines.next_line()? {
        let length = lines.bytes_read - journal.complete_bytes;
        match parse_record(&line, &mut lines)? {
            Some(record) => {
                journal.records.push(record);
                journal.complete_bytes = lines.bytes_read;
            }
            None => journal.torn_bytes = length,
        }
    }
    Ok(journal)
}

fn read_header(lines: &mut Lines, expected: &RecordKind) -> Result<JournalHeader, JournalError> {
    let path = lines.path.clone();
    let first = lines.next_line()?;
    let Some(line) = first.filter(|line| line.is_complete) else {
        return Err(JournalError::NoHeader { path });
    };
    check_format(&line.text, &path)?;
    let header: JournalHeader =
        serde_json::from_slice(&line.text).map_err(|source| JournalError::NotAJournal {
            path: path.clone(),
            source,
        })?;
    if header.records == *expected {
        return Ok(header);
    }
    Err(JournalError::OtherRecords {
        path,
        found: header.records,
        expected: expected.clone(),
    })
}

/// The version is looked at first, since a newer header may have another shape.
fn check_format(text: &[u8], path: &Path) -> Result<(), JournalError> {
    #[derive(Deserialize)]
    struct Format {
        tesem_journal: u64,
    }
    let format: Format =
        serde_json::from_slice(text).map_err(|source| JournalError::NotAJournal {
            path: path.to_owned(),
            source,
        })?;
    let found = format.tesem_journal;
    if found == u64::from(FORMAT_VERSION) {
        return Ok(());
    }
    Err(JournalError::UnknownFormat {
        path: path.to_owned(),
        found,
    })
}

/// The record of a line, or nothing when the line is the torn end of the file.
fn parse_record<R: DeserializeOwned>(
    line: &Line,
    lines: &mut Lines,
) -> Result<Option<R>, JournalError> {
    if !line.is_complete {
        return Ok(None);
    }
    match serde_json::from_slice(&line.text) {
        Ok(record) => Ok(Some(record)),
        Err(error) if !error.is_data() && lines.is_at_end()? => Ok(None),
        Err(source) => {
            let path = lines.path.clone();
            Err(JournalError::DamagedRecord {
                path,
                line: lines.lines_read,
                source,
            })
        }
    }
}

struct Line {
    text: Vec<u8>,
    is_complete: bool,
}

/// The lines of a file, each bounded in length.
struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    bytes_read: u64,
    lines_read: usize,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|source| failed("open", path, source))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufReader::new(file),
            bytes_read: 0,
            lines_read: 0,
        })
    }

    fn next_line(&mut self) -> Result<Option<Line>, JournalError> {
        let mut text = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let read = Read::take(&mut self.file, limit).read_until(b'\n', &mut text);
        self.bytes_read += read.map_err(|source| failed("read", &self.path, source))? as u64;
        if text.is_empty() {
            return Ok(None);
        }
        self.lines_read += 1;
        let is_complete = text.last() == Some(&b'\n');
        if !is_complete && text.len() > LINE_BYTES_MAX {
            return Err(JournalError::LineTooLong {
                path: self.path.clone(),
                line: self.lines_read,
            });
        }
        Ok(Some(Line { text, is_complete }))
    }

    fn is_at_end(&mut self) -> Result<bool, JournalError> {
        let rest = self.file.fill_buf();
        rest.map(<[u8]>::is_empty)
            .map_err(|source| failed("read", &self.path, source))
    }
}

pub(super) fn failed(action: &'static str, path: &Path, source: std::io::Error) -> JournalError {
    JournalError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
