//! The files of a run: hits, sightings, coverage and what it cost, for people and for machines.
//!
//! Every file is written beside its place and moved there when it is whole. The same run gives the same bytes. Events are read
//! answer by answer from the run's folder, so that one answer at a time is in memory.

mod append;
mod cell;
mod columnar;
mod coverage;
mod hit;
mod hits_csv;
mod hits_jsonl;
mod hits_parquet;
mod packs;
mod run_json;
mod sightings;
mod sightings_parquet;
mod stix;
mod time;
mod timesketch;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::plan::Plan;
use crate::report::HuntReport;
pub use crate::run::write_whole;
use crate::run::{FolderError, RunFolder};
pub use append::append_hits;
pub use hit::{Hit, HitReader};
pub use packs::PackFile;

/// How files are written.
#[derive(Debug, Clone)]
pub struct OutputOptions {
    /// The zone of local times.
    pub time_zone: TimeZone,
    /// The tenant that was searched, as it is called in the configuration.
    pub tenant: String,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The run's folder failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The file that is to be appended to is not one of ours.
    #[error("{} has other columns; append to a file that tesem began, or to a new one", path.display())]
    OtherColumns {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    File {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// What a run leaves to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFiles {
    /// One row per indicator and event.
    pub hits_csv: PathBuf,
    /// The same as JSON Lines.
    pub hits_jsonl: PathBuf,
    /// One row per indicator, table, column and device.
    pub sightings_csv: PathBuf,
    /// The hits as a timeline for Timesketch.
    pub timesketch_csv: PathBuf,
    /// The hits with typed columns.
    pub hits_parquet: PathBuf,
    /// The sightings with typed columns.
    pub sightings_parquet: PathBuf,
    /// The sightings as a STIX 2.1 bundle.
    pub sightings_stix: PathBuf,
    /// One row per indicator and refused item.
    pub coverage_csv: PathBuf,
    /// The run itself: window, options, counts, queries.
    pub run_json: PathBuf,
    /// Rows in `hits.csv`.
    pub hits: u64,
    /// What the queries of packs gave, in order.
    pub packs: Vec<PackFile>,
}

/// A finished run in one tenant, which files are written about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Where its answers lie.
    pub folder: &'a RunFolder,
    /// What was to be done.
    pub plan: &'a Plan,
    /// What came of it.
    pub report: &'a HuntReport,
    /// How files are written.
    pub options: &'a OutputOptions,
}

/// Writes all files of a run into its folder.
///
/// # Errors
/// [`OutputError`]; files that were written before stay.
pub fn write_all(
    folder: &RunFolder,
    plan: &Plan,
    report: &HuntReport,
    options: &OutputOptions,
) -> Result<OutputFiles, OutputError> {
    let subject = Subject {
        folder,
        plan,
        report,
        options,
    };
    let packs = packs::write(&subject)?;
    write_merged(folder.path(), &[subject], vec![packs])
}

/// Writes all files of the parts of one run, one part per tenant, into the folder `path`: the same files as for one, tenant by tenant. The
/// answers to queries of packs stay in the folder of each; `packs` says what they are, tenant by tenant.
///
/// # Errors
/// [`OutputError`]; files that were written before stay.
pub fn write_merged(
    path: &Path,
    subjects: &[Subject<'_>],
    packs: Vec<Vec<PackFile>>,
) -> Result<OutputFiles, OutputError> {
    let place = |name: &str| path.join(name);
    let mut files = OutputFiles {
        hits_csv: place("hits.csv"),
        hits_jsonl: place("hits.jsonl"),
        sightings_csv: place("sightings.csv"),
        timesketch_csv: place("timesketch.csv"),
        hits_parquet: place("hits.parquet"),
        sightings_parquet: place("sightings.parquet"),
        sightings_stix: place("sightings.stix.json"),
        coverage_csv: place("coverage.csv"),
        run_json: place("run.json"),
        hits: 0,
        packs: Vec::new(),
    };
    let hits = hits_csv::write(subjects, &files.hits_csv)?;
    files.hits = hits.iter().sum();
    hits_jsonl::write(subjects, &files.hits_jsonl)?;
    sightings::write(subjects, &files.sightings_csv)?;
    timesketch::write(subjects, &files.timesketch_csv)?;
    hits_parquet::write(subjects, &files.hits_parquet)?;
    sightings_parquet::write(subjects, &files.sightings_parquet)?;
    stix::write(subjects, &files.sightings_stix)?;
    coverage::write(subjects, &files.coverage_csv)?;
    run_json::write(subjects, &files.run_json, &hits, &packs)?;
    files.packs = packs.into_iter().flatten().collect();
    Ok(files)
}

/// Writes a whole file with `write`, whose own errors win over those of the file.
fn write_file<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, WriteError>,
) -> Result<T, OutputError> {
    let mut result = None;
    let written = write_whole(path, |file| match write(file) {
        Ok(value) => {
            result = Some(value);
            Ok(())
        }
        Err(WriteError::Io(error)) => Err(error),
        Err(WriteError::Output(error)) => Err(io::Error::other(error)),
    });
    match (written, result) {
        (Ok(()), Some(value)) => Ok(value),
        (Ok(()), None) => Err(file_failed(
            "write",
            path,
            io::Error::other("nothing was written"),
        )),
        (Err(error), _) => Err(error.into()),
    }
}

/// What goes wrong while a file is written.
#[derive(Debug)]
enum WriteError {
    Io(io::Error),
    Output(OutputError),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<csv::Error> for WriteError {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<serde_json::Error> for WriteError {
    fn from(error: serde_json::Error) -> Self {
        Self::Io(error.into())
    }
}

impl From<parquet::errors::ParquetError> for WriteError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Io(io::Error::other(error))
    }
}

impl From<OutputError> for WriteError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

fn file_failed(action: &'static str, path: &Path, source: io::Error) -> OutputError {
    OutputError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
