//! The folder of a run: what is needed to resume it, and what it produced.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tesem_state::journal::{JournalError, JournalHeader, JournalWriter, LockError, RunId, RunLock};

use super::answer::Answer;
use super::record::{QueryLog, record_kind};
use super::saved::{SavedPlan, SavedPlanError};
use crate::plan::Plan;

const PLAN_FILE: &str = "plan.json";
const JOURNAL_FILE: &str = "journal.jsonl";
const LOCK_FILE: &str = "run.lock";
const ANSWERS_FOLDER: &str = "answers";

/// Why a run's folder could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The file system refused.
    #[error("could not {action} {}", path.display())]
    File {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file of the run that is not what it should be.
    #[error("{} is damaged and the run cannot be resumed; start a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The saved plan is not one that this program can run.
    #[error("the plan in {} cannot be run", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SavedPlanError,
    },
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Somebody else works on the run.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// The folder of a run, locked against other processes until it is dropped.
///
/// It holds `plan.json` (the indicators and options), `journal.jsonl` (what became of each query), `answers/` (the answer of each
/// query) and what the output writers put there.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    header: JournalHeader,
    journal: JournalWriter,
    records: Vec<QueryLog>,
    _lock: RunLock,
}

impl RunFolder {
    /// Makes the folder `<results>/<run>` for a new run of `plan`. `holder` says to others who works on it, e.g. `process 4711`.
    ///
    /// # Errors
    /// [`FolderError`], also when the run exists already.
    pub fn create(
        results: &Path,
        run: RunId,
        plan: &Plan,
        started: Timestamp,
        holder: &str,
    ) -> Result<Self, FolderError> {
        let path = results.join(run.as_str());
        Self::create_at(path, run, plan, started, holder)
    }

    /// Makes the folder `path` for a new run of `plan`: of one tenant's part in a run over several.
    ///
    /// # Errors
    /// [`FolderError`], also when the folder exists already.
    pub fn create_at(
        path: PathBuf,
        run: RunId,
        plan: &Plan,
        started: Timestamp,
        holder: &str,
    ) -> Result<Self, FolderError> {
        let answers = path.join(ANSWERS_FOLDER);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|source| failed("create", parent, source))?;
        }
        // A run that exists already is not touched: its folder must be new.
        for folder in [&path, &answers] {
            fs::create_dir(folder).map_err(|source| failed("create", folder, source))?;
        }
        let lock = RunLock::acquire(&path.join(LOCK_FILE), holder)?;
        write_json(&path.join(PLAN_FILE), &SavedPlan::of(plan))?;
        let header = JournalHeader::new(run, started, record_kind());
        let journal = JournalWriter::create(&path.join(JOURNAL_FILE), &header)?;
        Ok(Self {
            path,
            header,
            journal,
            records: Vec::new(),
            _lock: lock,
        })
    }

    /// Opens the folder of a run that was begun, and its plan, to resume it.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(path: &Path, holder: &str) -> Result<(Self, Plan), FolderError> {
        let plan_path = path.join(PLAN_FILE);
        let saved: SavedPlan = read_json(&plan_path)?;
        let lock = RunLock::acquire(&path.join(LOCK_FILE), holder)?;
        let plan = saved.restore().map_err(|source| FolderError::Plan {
            path: plan_path,
            source,
        })?;
        let (journal, read) = JournalWriter::resume(&path.join(JOURNAL_FILE), &record_kind())?;
        let folder = Self {
            path: path.to_owned(),
            header: read.header,
            journal,
            records: read.records,
            _lock: lock,
        };
        Ok((folder, plan))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.header.run
    }

    /// When the run began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.header.started
    }

    /// The finished queries, in the order in which they finished.
    #[must_use]
    pub fn records(&self) -> &[QueryLog] {
        &self.records
    }

    /// Puts an answer on disk, before the record that says so.
    pub(super) fn save_answer(&self, key: &str, answer: &Answer) -> Result<(), FolderError> {
        write_json(&self.answer_path(key), answer)
    }

    /// The answer of a query, if it is there.
    ///
    /// # Errors
    /// [`FolderError`] for an answer that cannot be read.
    pub fn answer(&self, key: &str) -> Result<Option<Answer>, FolderError> {
        let path = self.answer_path(key);
        if !path.is_file() {
            return Ok(None);
        }
        read_json(&path).map(Some)
    }

    pub(super) fn append(&mut self, record: QueryLog) -> Result<(), FolderError> {
        self.journal.append(&record)?;
        self.records.push(record);
        Ok(())
    }

    fn answer_path(&self, key: &str) -> PathBuf {
        self.path.join(ANSWERS_FOLDER).join(format!("{key}.json"))
    }
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> FolderError {
    FolderError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Writes a file so that it is either there as a whole or not at all.
///
/// # Errors
/// [`FolderError::File`] when the file system refuses or `write` fails.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FolderError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|file| {
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        writer.flush()?;
        writer.get_ref().sync_all()
    });
    written
        .and_then(|()| fs::rename(&part, path))
        .map_err(|source| failed("write", path, source))
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), FolderError> {
    write_whole(path, |file| {
        serde_json::to_writer(file, value).map_err(io::Error::from)
    })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let file = File::open(path).map_err(|source| failed("open", path, source))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|source| FolderError::Damaged {
        path: path.to_owned(),
        source,
    })
}
