//! The bytes of a file, unpacked and within a limit.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use rawzip::{CompressionMethod, ZipArchive};

use super::error::ExternalDataError;
use super::location::Compression;
use super::store::unreadable;

/// The text of a file, without a byte-order mark. At most `room` bytes are kept; `bytes_max` is the limit that errors name.
pub(super) fn text(
    path: &Path,
    compression: Compression,
    room: u64,
    bytes_max: u64,
) -> Result<String, ExternalDataError> {
    let bytes = bytes(path, compression, room, bytes_max)?;
    let mut text = String::from_utf8(bytes).map_err(|error| ExternalDataError::NotUtf8 {
        offset: error.utf8_error().valid_up_to(),
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

fn bytes(
    path: &Path,
    compression: Compression,
    room: u64,
    bytes_max: u64,
) -> Result<Vec<u8>, ExternalDataError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let limit = Limit {
        path,
        room,
        bytes_max,
    };
    match compression {
        Compression::None => limit.read(file),
        Compression::Gzip => limit.read(MultiGzDecoder::new(BufReader::new(file))),
        Compression::Zip => limit.unzip(&limit.read(file)?),
    }
}

/// Reads a file, but not more of it than there is room for.
struct Limit<'p> {
    path: &'p Path,
    room: u64,
    bytes_max: u64,
}

impl Limit<'_> {
    fn read(&self, reader: impl Read) -> Result<Vec<u8>, ExternalDataError> {
        let mut bytes = Vec::new();
        let read = reader
            .take(self.room.saturating_add(1))
            .read_to_end(&mut bytes);
        read.map_err(|error| self.failed(&error))?;
        if bytes.len() as u64 > self.room {
            return Err(ExternalDataError::TooLarge {
                bytes_max: self.bytes_max,
            });
        }
        Ok(bytes)
    }

    /// The only file of an archive.
    fn unzip(&self, archive: &[u8]) -> Result<Vec<u8>, ExternalDataError> {
        let archive = ZipArchive::from_slice(archive).map_err(|error| self.failed(&error))?;
        let (mut files, mut only) = (0, None);
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry().map_err(|error| self.failed(&error))? {
            if !entry.is_dir() {
                files += 1;
                only = Some((entry.wayfinder(), entry.compression_method()));
            }
        }
        let Some((place, method)) = only.filter(|_| files == 1) else {
            return Err(ExternalDataError::Archive { files });
        };
        let entry = archive
            .get_entry(place)
            .map_err(|error| self.failed(&error))?;
        match method {
            CompressionMethod::STORE => self.read(entry.verifying_reader(entry.data())),
            CompressionMethod::DEFLATE => {
                self.read(entry.verifying_reader(DeflateDecoder::new(entry.data())))
            }
            other => Err(self.failed(&format!("the ZIP compression {other:?} is not supported"))),
        }
    }

    fn failed(&self, why: &dyn Display) -> ExternalDataError {
        unreadable(self.path, &why.to_string())
    }
}
