//! One import into a source of a sink at a time.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tesem_state::journal::{LockError, RunLock};
use tesem_state::store::{SharedRunLock, StateStore};

use crate::commands::hunt::session::holder;
use crate::kept::{FOLDER, file_name};
use crate::settings::{Settings, state_url};

/// The right to import into one source of one sink, from when it is taken until it is dropped or the process ends.
#[derive(Debug)]
pub(super) struct ImportLock {
    _file: RunLock,
    _shared: Option<SharedRunLock>,
}

/// An import of the same source into the same sink that still works.
#[derive(Debug, thiserror::Error)]
#[error("the import before into `{sink}` still works{}", .holder.as_ref().map(|who| format!(" ({who})")).unwrap_or_default())]
pub(super) struct StillWorks {
    sink: String,
    holder: Option<String>,
}

impl ImportLock {
    /// Takes it: beside the sink where that lies on the disk, else in the folder `out`; and where several machines share a state, there.
    ///
    /// # Errors
    /// [`StillWorks`] at once, without waiting.
    pub(super) async fn take(
        out: &Path,
        (sink, place): (&str, Option<&Path>),
        source: &str,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let name = file_name("assets", &format!("{sink} {source}"));
        let path: PathBuf = match place {
            Some(place) => {
                let mut beside = place.as_os_str().to_owned();
                beside.push(".lock");
                beside.into()
            }
            None => out.join(FOLDER).join(format!("{name}.lock")),
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let file = RunLock::acquire(&path, &holder()).map_err(|error| held(sink, error))?;
        let shared = match state_url(settings)? {
            None => None,
            Some(url) => {
                let store = StateStore::open(&url).await;
                let store = store.context("[state] cannot be used")?;
                let shared = store.lock_run(&name, &holder()).await;
                Some(shared.map_err(|error| held(sink, error))?)
            }
        };
        Ok(Self {
            _file: file,
            _shared: shared,
        })
    }
}

fn held(sink: &str, error: impl Into<anyhow::Error>) -> anyhow::Error {
    let error = error.into();
    match error.downcast::<LockError>() {
        Ok(LockError::Held { holder, .. }) => StillWorks {
            sink: sink.to_owned(),
            holder,
        }
        .into(),
        Ok(other) => other.into(),
        Err(error) => error,
    }
}
