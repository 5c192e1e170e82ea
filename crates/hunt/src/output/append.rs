//! One growing CSV file over many runs.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{OutputError, OutputOptions, Subject, WriteError, file_failed, hits_csv};
use crate::plan::Plan;
use crate::report::HuntReport;
use crate::run::RunFolder;

/// Longest header line that is read back, in bytes.
const HEADER_BYTES_MAX: u64 = 65_536;

/// Appends the hits of a run to the file at `path`, which is begun with a header if it is missing or empty, and returns how many they
/// are.
///
/// # Errors
/// [`OutputError::OtherColumns`] for a file with another header; [`OutputError::File`].
pub fn append_hits(
    path: &Path,
    folder: &RunFolder,
    plan: &Plan,
    report: &HuntReport,
    options: &OutputOptions,
) -> Result<u64, OutputError> {
    let failed = |action| move |source| file_failed(action, path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .map_err(failed("open"))?;
    let state = State::of(&mut file).map_err(failed("read"))?;
    if state == State::Foreign {
        return Err(OutputError::OtherColumns {
            path: path.to_owned(),
        });
    }
    let subject = Subject {
        folder,
        plan,
        report,
        options,
    };
    let (rows, count) = rows(&subject, state).map_err(|error| match error {
        WriteError::Io(source) => file_failed("write", path, source),
        WriteError::Output(error) => error,
    })?;
    let written = file.write_all(&rows).and_then(|()| file.sync_all());
    written.map_err(failed("append to"))?;
    Ok(count)
}

/// What there is to append to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Ours,
    /// Ours, but its last line has no end: a writer was killed.
    Torn,
    Foreign,
}

impl State {
    fn of(file: &mut File) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        if length == 0 {
            return Ok(Self::Empty);
        }
        file.rewind()?;
        let mut first = Vec::new();
        BufReader::new(Read::take(&mut *file, HEADER_BYTES_MAX)).read_until(b'\n', &mut first)?;
        if first.trim_ascii_end() != hits_csv::header().join(",").as_bytes() {
            return Ok(Self::Foreign);
        }
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(if last == *b"\n" {
            Self::Ours
        } else {
            Self::Torn
        })
    }
}

/// The bytes to append.
fn rows(subject: &Subject<'_>, state: State) -> Result<(Vec<u8>, u64), WriteError> {
    let mut bytes = Vec::new();
    if state == State::Torn {
        bytes.push(b'\n');
    }
    let mut csv = csv::Writer::from_writer(bytes);
    if state == State::Empty {
        csv.write_record(hits_csv::header())?;
    }
    let count = hits_csv::write_rows(subject, &mut csv)?;
    let bytes = csv
        .into_inner()
        .map_err(|error| WriteError::Io(error.into_error()))?;
    Ok((bytes, count))
}
