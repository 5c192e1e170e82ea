//! What is kept of a tenant between commands, beside the runs: what plans remember, and which plans were applied.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tesem_indicators::apply::ApplyKind;
use tesem_indicators::{APPLICATION_DEFAULT, Memory};
use tesem_state::journal::{LockError, RunId, RunLock};
use tesem_state::store::{SharedRunLock, StateStore};
use uuid::Uuid;

use crate::commands::hunt::session::holder;
use crate::kept::{FOLDER, file_name, write_whole};
use crate::settings::{Settings, state_url};

/// How many applies are remembered.
const APPLIES_MAX: usize = 100;

/// What is kept of a tenant.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Store {
    pub(super) memory: Memory,
    /// The tenant's id, so that another one under the same name is not taken for it.
    tenant_id: String,
    /// The oldest first.
    applies: Vec<ApplyEntry>,
    #[serde(skip)]
    path: PathBuf,
}

/// An apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplyEntry {
    pub(super) run: RunId,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The id of its plan.
    pub(super) plan: Uuid,
    pub(super) what: ApplyKind,
    /// Whether it came to its end.
    pub(super) is_ended: bool,
    /// Whether it has been undone.
    pub(super) is_undone: bool,
}

impl Store {
    /// What is kept in `out` of the indicators with the label `application` in the tenant `name`.
    pub(super) fn load(out: &Path, name: &str, application: &str) -> anyhow::Result<Self> {
        let whose = match application {
            APPLICATION_DEFAULT => name.to_owned(),
            other => format!("{name} {other}"),
        };
        let path = out
            .join(FOLDER)
            .join(format!("{}.json", file_name("indicators", &whose)));
        let mut store = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
                format!("{} is damaged; it says which source wants what, and what was applied: restore it, or remove it to start anew", path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        store.path = path;
        Ok(store)
    }

    /// What is kept is of the tenant with that id: where it was of another one, nothing is known.
    pub(super) fn is_of(&mut self, tenant_id: &str) {
        if self.tenant_id != tenant_id {
            self.tenant_id = tenant_id.to_owned();
            self.memory = Memory::default();
            self.applies.clear();
        }
    }

    /// Keeps it, whole or not at all.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        write_whole(&self.path, &serde_json::to_vec_pretty(self)?)
    }

    /// Keeps the memory beside the applies that are there now, unless an apply is at work, which keeps what it learns itself. Says whether
    /// it was kept.
    pub(super) fn save_memory(
        self,
        out: &Path,
        name: &str,
        application: &str,
    ) -> anyhow::Result<bool> {
        let lock = match lock_file(out, name)? {
            Ok(lock) => lock,
            Err(LockError::Held { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let mut kept = Self::load(out, name, application)?;
        kept.is_of(&self.tenant_id);
        kept.memory = self.memory;
        kept.save()?;
        drop(lock);
        Ok(true)
    }

    /// The last apply, where it did not come to its end.
    pub(super) fn open(&self) -> Option<&ApplyEntry> {
        self.applies.last().filter(|entry| !entry.is_ended)
    }

    /// The last apply, where it applied `plan` to the end and is not undone.
    pub(super) fn applied(&self, plan: Uuid) -> Option<&ApplyEntry> {
        let is_it = |entry: &&ApplyEntry| entry.is_ended && !entry.is_undone && entry.plan == plan;
        self.applies.last().filter(is_it)
    }

    /// Forgets a run that did nothing.
    pub(super) fn forget(&mut self, run: &RunId) {
        self.applies.retain(|entry| entry.run != *run);
    }

    /// The last apply that can be undone, or the one that is named.
    pub(super) fn to_undo(&self, named: Option<&str>) -> Option<&ApplyEntry> {
        let can = |entry: &&ApplyEntry| entry.what == ApplyKind::Apply && !entry.is_undone;
        let mut all = self.applies.iter().rev().filter(can);
        match named {
            Some(run) => all.find(|entry| entry.run.as_str() == run),
            None => all.next(),
        }
    }

    pub(super) fn begin(&mut self, entry: ApplyEntry) {
        self.applies.push(entry);
        let surplus = self.applies.len().saturating_sub(APPLIES_MAX);
        self.applies.drain(..surplus);
    }

    /// Notes that `run` came to its end, and that what it undid is undone.
    pub(super) fn end(&mut self, run: &RunId) {
        let mut undone = None;
        for entry in self.applies.iter_mut().filter(|entry| entry.run == *run) {
            entry.is_ended = true;
            if let ApplyKind::Rollback { of } = &entry.what {
                undone = Some(of.clone());
            }
        }
        if let Some(of) = undone {
            self.mark_undone(&of);
        }
    }

    /// Notes that nothing of `run` is left to undo.
    pub(super) fn undo(&mut self, run: &RunId) {
        self.mark_undone(run.as_str());
    }

    fn mark_undone(&mut self, run: &str) {
        for entry in &mut self.applies {
            entry.is_undone |= entry.run.as_str() == run;
        }
    }
}

/// The right to change a tenant's indicators, one process at a time.
#[derive(Debug)]
pub(super) struct TenantLock {
    _file: RunLock,
    _shared: Option<SharedRunLock>,
}

impl TenantLock {
    /// Takes it, in the folder and, where several machines share a state, there.
    pub(super) async fn take(out: &Path, name: &str, settings: &Settings) -> anyhow::Result<Self> {
        let held = || format!("the indicators of the tenant `{name}` cannot be changed now");
        let file = lock_file(out, name)?.with_context(held)?;
        let shared = match state_url(settings)? {
            None => None,
            Some(url) => {
                let store = StateStore::open(&url).await;
                let store = store.context("[state] cannot be used")?;
                let lock = file_name("indicators", name);
                let shared = store.lock_run(&lock, &holder()).await;
                Some(shared.with_context(held)?)
            }
        };
        Ok(Self {
            _file: file,
            _shared: shared,
        })
    }
}

/// The lock of a tenant in the folder of runs.
fn lock_file(out: &Path, name: &str) -> anyhow::Result<Result<RunLock, LockError>> {
    let folder = out.join(FOLDER);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let file = format!("{}.lock", file_name("indicators", name));
    Ok(RunLock::acquire(&folder.join(file), &holder()))
}
