//! The runs of one hunt: one folder, or one with a run for each of several tenants below it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tesem_hunt::{Plan, RunFolder};

use super::invocation::Invocation;
use crate::failure::UsageError;
use crate::kept::{file_name, write_whole};

/// The file that makes a folder one of several tenants; written when all their runs have begun.
const PARTY_FILE: &str = "tenants.json";

/// The folder below it that holds their runs.
const RUNS_FOLDER: &str = "tenants";

/// The runs of a hunt.
pub(super) struct Party {
    /// The folder that the person is told.
    pub(super) path: PathBuf,
    /// One for each tenant.
    pub(super) runs: Vec<Run>,
}

/// A run that is ready to go.
pub(super) struct Run {
    pub(super) folder: RunFolder,
    pub(super) plan: Plan,
    pub(super) invocation: Invocation,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    tenants: Vec<Member>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    /// Below the folder of the runs.
    folder: String,
}

impl Party {
    /// The folder of the run of `tenant` below that of a hunt in several.
    pub(super) fn folder_of(party: &Path, tenant: &str) -> PathBuf {
        party.join(RUNS_FOLDER).join(file_name("tenant", tenant))
    }

    /// Whether there are several tenants.
    pub(super) fn is_of_several(&self) -> bool {
        self.runs.len() > 1
    }

    /// Notes that all runs have begun, so that they can be resumed together.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        if !self.is_of_several() {
            return Ok(());
        }
        let member = |run: &Run| Member {
            name: run.invocation.tenant.clone(),
            folder: file_name("tenant", &run.invocation.tenant),
        };
        let members = Members {
            tenants: self.runs.iter().map(member).collect(),
        };
        let text = serde_json::to_vec_pretty(&members)?;
        write_whole(&self.path.join(PARTY_FILE), &text)
    }

    /// Opens the runs in `path` to go on with them.
    pub(super) fn open(path: &Path, holder: &str) -> anyhow::Result<Self> {
        let runs = match std::fs::read(path.join(PARTY_FILE)) {
            Err(_) => vec![open_run(path, holder)?],
            Ok(text) => {
                let members: Members = serde_json::from_slice(&text)
                    .with_context(|| format!("{PARTY_FILE} in {} is damaged", path.display()))?;
                let open = |member: &Member| open_run(&Self::folder_of(path, &member.name), holder);
                members
                    .tenants
                    .iter()
                    .map(open)
                    .collect::<anyhow::Result<_>>()?
            }
        };
        Ok(Self {
            path: path.to_owned(),
            runs,
        })
    }

    /// Refuses tenants that the runs are not of.
    pub(super) fn check_tenants(&self, named: &[String]) -> anyhow::Result<()> {
        let mut own: Vec<&str> = self
            .runs
            .iter()
            .map(|run| run.invocation.tenant.as_str())
            .collect();
        let mut named: Vec<&str> = named.iter().map(String::as_str).collect();
        own.sort_unstable();
        named.sort_unstable();
        if named.is_empty() || named == own {
            return Ok(());
        }
        bail!(
            UsageError::new(format!("the run searched tenant `{}`", own.join("`, `")))
                .with_hint("leave --tenant away, or begin a new run")
        )
    }
}

fn open_run(path: &Path, holder: &str) -> anyhow::Result<Run> {
    let invocation = Invocation::load(path)?;
    let (folder, plan) = RunFolder::open(path, holder)
        .with_context(|| format!("the run {} cannot be resumed", path.display()))?;
    Ok(Run {
        folder,
        plan,
        invocation,
    })
}
