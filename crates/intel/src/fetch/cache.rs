//! Kept copies: one file per request, written beside and moved into place.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::http::Headers;
use crate::Problem;

/// Longest first line of a kept copy.
const META_BYTES_MAX: u64 = 16 << 10;

/// How the names of kept copies end.
const EXTENSION: &str = "feed";

/// How the names of copies end that are being written, or wait to be read.
const PARTIAL_EXTENSION: &str = "partial";

/// Copies older than 60 days are removed.
const COPY_AGE_MAX: SignedDuration = SignedDuration::from_hours(60 * 24);

/// No pull takes a day: a process that was killed left what is older.
const PARTIAL_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A directory with kept copies.
#[derive(Debug, Clone)]
pub(super) struct Cache(Arc<Path>);

/// The first line of a kept copy; the body follows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) fetched: Timestamp,
    pub(super) headers: Headers,
    /// How far it was read, where the copy is a collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) progress: Option<Progress>,
}

/// How far a collection was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// When the last object was added, as the server says.
    pub(crate) added_last: Option<Timestamp>,
    /// When all of it was last fetched.
    pub(crate) whole: Timestamp,
}

/// A copy in the cache.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) path: PathBuf,
    pub(super) offset: u64,
    pub(super) meta: Meta,
}

/// A directory or a file in it could not be used.
pub(super) fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Problem {
    let path = path.to_owned();
    move |source| Problem::Cache { path, source }
}

/// Whether this is a copy that was written too long ago. Other files are not ours.
fn is_outdated(entry: &fs::DirEntry, now: Timestamp) -> bool {
    let path = entry.path();
    let age_max = match path.extension().and_then(OsStr::to_str) {
        Some(EXTENSION) => COPY_AGE_MAX,
        Some(PARTIAL_EXTENSION) => PARTIAL_AGE_MAX,
        _ => return false,
    };
    let written = entry
        .metadata()
        .and_then(|metadata| metadata.modified())
        .ok();
    let written = written.and_then(|written| Timestamp::try_from(written).ok());
    written.is_some_and(|written| now.duration_since(written) > age_max)
}

impl Cache {
    /// Opens the directory, and clears it of copies that nobody needs any more: pages of an API have a name of their own
    /// each time.
    pub(super) fn open(folder: &Path, now: Timestamp) -> Result<Self, Problem> {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        for entry in fs::read_dir(folder).map_err(failed(folder))?.flatten() {
            if is_outdated(&entry, now) {
                // Another process may have been faster.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self(folder.into()))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    fn path(&self, key: &str) -> PathBuf {
        let digest = Sha256::digest(key.as_bytes());
        let mut name = String::with_capacity(70);
        for byte in digest {
            // Writing into a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        self.0.join(format!("{name}.{EXTENSION}"))
    }

    /// The copy for a request; a damaged one counts as none.
    pub(super) fn find(&self, key: &str) -> Option<Kept> {
        let path = self.path(key);
        let mut reader =
            std::io::Read::take(BufReader::new(File::open(&path).ok()?), META_BYTES_MAX);
        let mut line = Vec::new();
        let offset = reader.read_until(b'\n', &mut line).ok()?;
        let meta = serde_json::from_slice(&line).ok()?;
        Some(Kept {
            path,
            offset: offset as u64,
            meta,
        })
    }
}

/// A copy that is being written. Dropped, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Pending {
    file: NamedTempFile,
    offset: u64,
    /// Where it is kept; nowhere without a cache.
    target: Option<PathBuf>,
}

impl Pending {
    /// A copy that is kept under `key`; without a key, or without a cache, it is for one reading.
    pub(super) fn new(
        cache: Option<&Cache>,
        key: Option<&str>,
        meta: &Meta,
    ) -> Result<Self, Problem> {
        let folder = cache.map_or_else(std::env::temp_dir, |cache| cache.0.to_path_buf());
        let suffix = format!(".{PARTIAL_EXTENSION}");
        let file = tempfile::Builder::new()
            .suffix(&suffix)
            .tempfile_in(&folder);
        let mut file = file.map_err(failed(&folder))?;
        let mut line = serde_json::to_vec(meta)
            .map_err(std::io::Error::from)
            .map_err(failed(&folder))?;
        line.push(b'\n');
        file.write_all(&line).map_err(failed(&folder))?;
        Ok(Self {
            file,
            offset: line.len() as u64,
            target: cache.zip(key).map(|(cache, key)| cache.path(key)),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let path = self.file.path().to_owned();
        self.file.write_all(bytes).map_err(failed(&path))
    }

    /// The copy is whole; its file is closed, so that many may wait to be read.
    pub(super) fn written(self) -> Written {
        Written {
            path: self.file.into_temp_path(),
            offset: self.offset,
            target: self.target,
        }
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Write::write(&mut self.file, bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A copy that was written and may be kept. Dropped, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Written {
    path: TempPath,
    offset: u64,
    target: Option<PathBuf>,
}

impl Written {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// It replaces an older copy.
    pub(super) fn keep(self) -> Result<(), Problem> {
        let Some(target) = self.target else {
            return Ok(());
        };
        let kept = self.path.persist(&target);
        kept.map_err(|error| failed(&target)(error.error))
    }
}
