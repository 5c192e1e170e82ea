//! `--new-only`: how far a scheduled hunt got in a tenant, kept beside the runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tesem_hunt::Cursor;

use crate::failure::advise;
use crate::kept::{FOLDER, file_name, write_whole};

/// The file of one schedule in one tenant.
#[derive(Debug)]
pub(super) struct Schedule {
    path: PathBuf,
    state: State,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    cursor: Cursor,
    /// The name of the run that has begun and whose hits may not have been reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_run: Option<String>,
}

impl Schedule {
    /// The schedule `name` in `tenant`; a new one where there is none.
    pub(super) fn load(out: &Path, name: &str, tenant: &str) -> anyhow::Result<Self> {
        let file = format!(
            "{}.{}.json",
            file_name("new", name),
            file_name("tenant", tenant)
        );
        let path = out.join(FOLDER).join(file);
        let state = match std::fs::read(&path) {
            Ok(bytes) => Self::read(&path, &bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => State::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        Ok(Self { path, state })
    }

    /// What cannot be read is not taken for nothing: all would be reported again.
    fn read(path: &Path, bytes: &[u8]) -> anyhow::Result<State> {
        let hint = "move it away to report everything of the window once more";
        let state: State = serde_json::from_slice(bytes)
            .map_err(|error| advise(error, hint))
            .with_context(|| format!("{} is damaged", path.display()))?;
        if !state.cursor.is_known_format() {
            bail!("{} was written by another version of tesem", path.display());
        }
        Ok(state)
    }

    /// How far it got.
    pub(super) fn cursor(&self) -> &Cursor {
        &self.state.cursor
    }

    /// The run that has to be finished before the next one begins.
    pub(super) fn open_run(&self) -> Option<&str> {
        self.state.open_run.as_deref()
    }

    /// Notes that a run begins.
    pub(super) fn begin(&mut self, run: &str) -> anyhow::Result<()> {
        self.state.open_run = Some(run.to_owned());
        self.save()
    }

    /// Notes that the run whose hits are on disk is reported.
    pub(super) fn reported(&mut self, cursor: Cursor) -> anyhow::Result<()> {
        self.state = State {
            cursor,
            open_run: None,
        };
        self.save()
    }

    fn save(&self) -> anyhow::Result<()> {
        write_whole(&self.path, &serde_json::to_vec(&self.state)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_kept_by_name_and_tenant() {
        let out = tempfile::tempdir().unwrap();
        let load = |name: &str, tenant: &str| Schedule::load(out.path(), name, tenant).unwrap();
        load("daily", "contoso").begin("run-1").unwrap();
        assert_eq!(load("daily", "contoso").open_run(), Some("run-1"));
        assert_eq!(load("hourly", "contoso").open_run(), None);
        assert_eq!(load("daily", "fabrikam").open_run(), None);
        let mut daily = load("daily", "contoso");
        daily.reported(Cursor::default()).unwrap();
        assert_eq!(load("daily", "contoso").open_run(), None);
    }

    #[test]
    fn a_damaged_schedule_is_an_error_and_stays() {
        let out = tempfile::tempdir().unwrap();
        let mut schedule = Schedule::load(out.path(), "", "contoso").unwrap();
        schedule.begin("run-1").unwrap();
        std::fs::write(&schedule.path, "{\"cursor\":").unwrap();
        let error = Schedule::load(out.path(), "", "contoso").unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
        assert!(schedule.path.exists());
    }
}
