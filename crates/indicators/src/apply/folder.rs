//! The folder of an apply: its plan and its journal.

use std::fs;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_state::journal::{
    JournalError, JournalHeader, JournalWriter, LockError, RecordKind, RunId, RunLock,
};

use super::work::StepEnd;
use crate::file::{PlanFile, PlanFileError};

const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "run.lock";

/// The folder of an apply, held by this process.
#[derive(Debug)]
pub struct ApplyFolder {
    path: PathBuf,
    run: RunId,
    /// What is applied.
    pub plan: PlanFile,
    journal: JournalWriter,
    _lock: RunLock,
}

/// What an apply is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ApplyKind {
    /// A plan is applied.
    Apply,
    /// An earlier apply is undone.
    Rollback {
        /// That one.
        of: String,
    },
}

/// How far an apply had come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    /// What it is.
    pub kind: ApplyKind,
    /// Whether it was found that the tenant is as the plan was made from.
    pub is_checked: bool,
    /// What became of each step.
    pub ends: Vec<StepEnd>,
    /// Whether it came to its end.
    pub is_ended: bool,
}

/// What is written before and after each call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Record {
    /// The first: what it is.
    Began { what: ApplyKind },
    /// The tenant is as the plan was made from.
    Checked,
    /// A call with these steps is about to be made.
    Sending { steps: Vec<usize> },
    /// What became of steps.
    Ends { ends: Vec<(usize, StepEnd)> },
    /// What changes left behind under these ids is about to be deleted.
    Clearing { ids: Vec<String> },
    /// All is done that could be done.
    Ended { at: Timestamp },
}

/// Why an apply cannot begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// A file of the folder.
    #[error("{} cannot be {doing}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// The system's word.
        source: std::io::Error,
    },
    /// The plan in the folder.
    #[error("{} cannot be used", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PlanFileError,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Somebody else applies it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The journal does not fit the plan.
    #[error("{} speaks of steps that the plan beside it does not have", path.display())]
    Foreign {
        /// The journal.
        path: PathBuf,
    },
    /// The tenant cannot be read.
    #[error("the tenant's indicators cannot be read")]
    Read(#[from] tesem_defender::DefenderError),
    /// The tenant has changed since the plan was made.
    #[error(
        "the tenant's indicators have changed since the plan was made: it had {then}, {now} are there now; nothing was done"
    )]
    Stale {
        /// How many there were.
        then: usize,
        /// How many there are.
        now: usize,
    },
}

fn record_kind() -> RecordKind {
    RecordKind {
        name: "indicators-apply".to_owned(),
        version: 1,
    }
}

impl ApplyFolder {
    /// Makes the folder, with the plan in it.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub fn create(
        path: &Path,
        run: RunId,
        plan: PlanFile,
        kind: &ApplyKind,
        now: Timestamp,
        holder: &str,
    ) -> Result<Self, ApplyError> {
        fs::create_dir_all(path).map_err(|source| failed(path, "made", source))?;
        let lock = RunLock::acquire(&path.join(LOCK), holder)?;
        write_plan(&path.join(PLAN), &plan)?;
        let header = JournalHeader::new(run.clone(), now, record_kind());
        let mut journal = JournalWriter::create(&path.join(JOURNAL), &header)?;
        journal.append(&Record::Began { what: kind.clone() })?;
        Ok(Self {
            path: path.to_owned(),
            run,
            plan,
            journal,
            _lock: lock,
        })
    }

    /// Opens a folder, and says how far it had come.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub fn open(path: &Path, holder: &str) -> Result<(Self, Began), ApplyError> {
        let lock = RunLock::acquire(&path.join(LOCK), holder)?;
        let plan = read_plan(&path.join(PLAN))?;
        let (journal, read) = JournalWriter::resume(&path.join(JOURNAL), &record_kind())?;
        let began = replay(&plan, read.records).ok_or_else(|| ApplyError::Foreign {
            path: path.join(JOURNAL),
        })?;
        let folder = Self {
            path: path.to_owned(),
            run: read.header.run,
            plan,
            journal,
            _lock: lock,
        };
        Ok((folder, began))
    }

    /// Whether a folder is one of an apply whose journal was begun.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        path.join(PLAN).is_file() && path.join(JOURNAL).is_file()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    pub(crate) fn append(&mut self, record: &Record) -> Result<(), ApplyError> {
        Ok(self.journal.append(record)?)
    }
}

impl Began {
    /// Nothing was done yet.
    #[must_use]
    pub fn new(plan: &PlanFile, kind: ApplyKind) -> Self {
        Self {
            kind,
            is_checked: false,
            ends: vec![StepEnd::NEW; plan.plan.steps.len()],
            is_ended: false,
        }
    }
}

/// What the records come to; nothing where they speak of steps that there are not.
fn replay(plan: &PlanFile, records: Vec<Record>) -> Option<Began> {
    let mut began = Began::new(plan, ApplyKind::Apply);
    for record in records {
        match record {
            Record::Began { what } => began.kind = what,
            Record::Checked => began.is_checked = true,
            Record::Sending { steps } => {
                steps
                    .iter()
                    .all(|step| *step < began.ends.len())
                    .then_some(())?;
            }
            Record::Ends { ends } => {
                for (index, end) in ends {
                    *began.ends.get_mut(index)? = end;
                }
            }
            Record::Clearing { .. } => {}
            Record::Ended { .. } => began.is_ended = true,
        }
    }
    Some(began)
}

fn read_plan(path: &Path) -> Result<PlanFile, ApplyError> {
    let file = fs::File::open(path).map_err(|source| failed(path, "read", source))?;
    PlanFile::read(BufReader::new(file)).map_err(|source| ApplyError::Plan {
        path: path.to_owned(),
        source,
    })
}

/// Writes the plan whole or not at all.
fn write_plan(path: &Path, plan: &PlanFile) -> Result<(), ApplyError> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let mut file = std::io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        plan.write(&mut file)?;
        file.flush()?;
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| failed(path, "written", source))
}

fn failed(path: &Path, doing: &'static str, source: std::io::Error) -> ApplyError {
    ApplyError::File {
        path: path.to_owned(),
        doing,
        source,
    }
}
