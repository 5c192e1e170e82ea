//! Reading a document: gzip and ZIP unfolded, bytes counted, error pages recognised.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};

use flate2::bufread::MultiGzDecoder;

use super::{Document, zip};
use crate::Problem;
use crate::error::TooLong;

/// How many bytes are looked at to tell what a document is.
pub(crate) const SAMPLE_BYTES: usize = 8_192;

/// A document's bytes, unfolded and limited, with its beginning at hand.
pub(crate) struct Input {
    /// The first bytes; they come again from `reader`.
    pub(crate) sample: Vec<u8>,
    pub(crate) reader: Box<dyn BufRead + Send>,
}

impl Input {
    /// Refuses an HTML page: what servers send in place of data when something is wrong.
    pub(crate) fn refuse_html(&self, what: &str, wanted: &'static str) -> Result<(), Problem> {
        let text = String::from_utf8_lossy(&self.sample);
        let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let start: String = start
            .chars()
            .take(15)
            .collect::<String>()
            .to_ascii_lowercase();
        match start.starts_with("<!doctype html") || start.starts_with("<html") {
            true => Err(Problem::NotTheData {
                what: what.into(),
                wanted,
                why: "it is an HTML page; see in a browser what it says".into(),
            }),
            false => Ok(()),
        }
    }
}

/// Opens a document; never gives more than `limit` bytes.
pub(crate) fn open(document: &Document, what: &str, limit: u64) -> Result<Input, Problem> {
    let unreadable = |source| Problem::File {
        path: document.path.clone(),
        source,
    };
    let mut file = File::open(&document.path).map_err(unreadable)?;
    file.seek(SeekFrom::Start(document.offset))
        .map_err(unreadable)?;
    let mut file = BufReader::with_capacity(64 << 10, file);
    let bytes: Box<dyn Read + Send> = match file.fill_buf().map_err(unreadable)? {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(file)),
        // A file's header, or the end of an archive without files.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => zip::only_file(file.into_inner(), what)?,
        _ => Box::new(file),
    };
    let mut bytes = Limited {
        inner: bytes,
        left: limit,
        limit,
    };
    let sample = sample(&mut bytes).map_err(|error| Problem::reading(what, &error))?;
    let rest = BufReader::with_capacity(64 << 10, bytes);
    Ok(Input {
        reader: Box::new(Cursor::new(sample.clone()).chain(rest)),
        sample,
    })
}

fn sample(bytes: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut sample = Vec::with_capacity(SAMPLE_BYTES);
    bytes.take(SAMPLE_BYTES as u64).read_to_end(&mut sample)?;
    Ok(sample)
}

/// Fails, rather than ends, where the limit is.
struct Limited<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(std::io::Error::other(TooLong { limit: self.limit })),
        }
        Ok(read)
    }
}
