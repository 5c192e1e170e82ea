//! Text that rows are read from: files, or what is in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::CatalogError;

/// Something that can be read from its beginning as often as needed.
pub(super) enum Source<'s> {
    /// A file, unpacked when its name ends in `.gz`.
    File(&'s Path),
    /// Bytes in memory, and what messages call them.
    Memory(&'s str, &'s [u8]),
}

impl<'s> Source<'s> {
    /// A reader that stands at the beginning.
    pub(super) fn open(&self) -> Result<Box<dyn BufRead + 's>, CatalogError> {
        match self {
            Self::Memory(_, bytes) => Ok(Box::new(*bytes)),
            Self::File(path) => {
                let file = File::open(path).map_err(|error| self.failed(error.to_string()))?;
                let file = BufReader::new(file);
                Ok(match is_gzip(path) {
                    true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
                    false => Box::new(file),
                })
            }
        }
    }

    /// An error that names the source.
    pub(super) fn failed(&self, message: String) -> CatalogError {
        let path = match self {
            Self::File(path) => path.to_path_buf(),
            Self::Memory(name, _) => PathBuf::from(name),
        };
        CatalogError::File { path, message }
    }

    /// Hands out each line that is not empty with its number, counted from 1.
    pub(super) fn for_each_line(
        &self,
        mut handle: impl FnMut(usize, &str) -> Result<(), CatalogError>,
    ) -> Result<(), CatalogError> {
        for (index, line) in self.open()?.lines().enumerate() {
            let number = index + 1;
            let line =
                line.map_err(|error: io::Error| self.failed(format!("line {number}: {error}")))?;
            let text = line.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                handle(number, text)?;
            }
        }
        Ok(())
    }
}

/// Whether a file is packed, by its name.
pub(super) fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}
