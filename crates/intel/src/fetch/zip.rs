//! ZIP archives, as services publish lists in them.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::bufread::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipEntry,
};

use crate::Problem;

/// The bytes of the only file of an archive, as they unfold; their checksum is compared at the end. Sizes that the archive
/// tells are not believed, and an archive in the archive is not unfolded.
///
/// What stands before the archive is skipped.
pub(super) fn only_file(file: File, what: &str) -> Result<Box<dyn Read + Send>, Problem> {
    let damaged = |why: &dyn Display| Problem::Damaged {
        what: what.into(),
        why: why.to_string().into(),
    };
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let compressed = file.try_clone().map_err(|error| damaged(&error))?;
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(|error| damaged(&error))?;
    let (place, method) = find(&archive, &mut buffer, what)?;
    let entry = archive.get_entry(place).map_err(|error| damaged(&error))?;
    let compressed = part(compressed, &entry).map_err(|error| damaged(&error))?;
    match method {
        CompressionMethod::STORE => Ok(Box::new(entry.verifying_reader(compressed))),
        CompressionMethod::DEFLATE => {
            let unfolded = DeflateDecoder::new(BufReader::with_capacity(64 << 10, compressed));
            Ok(Box::new(entry.verifying_reader(unfolded)))
        }
        other => Err(damaged(&format!(
            "the ZIP compression {other:?} is not read"
        ))),
    }
}

/// Where the only file is, and how it is compressed.
fn find(
    archive: &ZipArchive<FileReader>,
    buffer: &mut [u8],
    what: &str,
) -> Result<(ZipArchiveEntryWayfinder, CompressionMethod), Problem> {
    let refused = |why: String| Problem::NotTheData {
        what: what.into(),
        wanted: "a ZIP archive of one readable file",
        why: why.into(),
    };
    let mut only = None;
    let mut entries = archive.entries(buffer);
    while let Some(entry) = entries
        .next_entry()
        .map_err(|error| refused(error.to_string()))?
    {
        if entry.is_dir() {
            continue;
        }
        if only.is_some() {
            return Err(refused("it holds several".to_owned()));
        }
        if entry.flags().is_encrypted() {
            return Err(refused("it is encrypted".to_owned()));
        }
        only = Some((entry.wayfinder(), entry.compression_method()));
    }
    only.ok_or_else(|| refused("it holds none".to_owned()))
}

/// The bytes of an entry.
fn part(
    mut file: File,
    entry: &ZipEntry<'_, FileReader>,
) -> std::io::Result<impl Read + Send + use<>> {
    let (start, end) = entry.compressed_data_range();
    file.seek(SeekFrom::Start(start))?;
    Ok(file.take(end.saturating_sub(start)))
}
