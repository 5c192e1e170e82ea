//! What hunts have learned about a tenant, kept beside the runs: what its queries cost, and what it does not have.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_hunt::{CostModel, HuntReport, Missing};

use crate::kept::{FOLDER, file_name, write_whole};
use crate::terminal::Terminal;

/// After so long the tenant is asked again for what it did not have: a licence may have been bought.
const MISSING_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is known about a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantMemory {
    /// What its queries cost.
    pub(super) costs: CostModel,
    /// What it does not have.
    pub(super) missing: Missing,
    /// Since when that has been known.
    missing_since: Option<Timestamp>,
}

impl TenantMemory {
    /// What is known about the tenant `name` at `now`; nothing where nothing was kept. A damaged file is forgotten with a warning.
    pub(super) fn load(out: &Path, name: &str, now: Timestamp, terminal: &Terminal) -> Self {
        let path = path(out, name);
        let Ok(text) = std::fs::read_to_string(&path) else {
            return Self::default();
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(memory) => memory.at(now),
            Err(_) => {
                let path = path.display();
                terminal.warn(&format!(
                    "{path} is damaged; what was learned about the tenant is forgotten"
                ));
                Self::default()
            }
        }
    }

    fn at(mut self, now: Timestamp) -> Self {
        let is_old = |since: Timestamp| now.duration_since(since) > MISSING_KEPT;
        if self.missing_since.is_none_or(is_old) {
            self.missing = Missing::default();
            self.missing_since = None;
        }
        self
    }

    /// The same after a run.
    pub(super) fn after(self, report: &HuntReport) -> Self {
        let is_new = self.missing != report.missing;
        Self {
            costs: report.costs,
            missing_since: match self.missing_since {
                since if !is_new => since,
                _ => Some(report.finished),
            },
            missing: report.missing.clone(),
        }
    }

    /// Keeps it, whole or not at all.
    pub(super) fn save(&self, out: &Path, name: &str) -> anyhow::Result<()> {
        write_whole(&path(out, name), &serde_json::to_vec_pretty(self)?)
    }
}

fn path(out: &Path, tenant: &str) -> PathBuf {
    out.join(FOLDER)
        .join(format!("{}.json", file_name("tenant", tenant)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn terminal() -> Terminal {
        let cli = crate::cli::Cli::parse_from(["tesem", "--quiet", "doctor"]);
        Terminal::new(&cli.common)
    }

    #[test]
    fn what_is_missing_is_known_for_a_week() {
        let out = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-21T04:00:00Z".parse().unwrap();
        let memory = TenantMemory {
            missing: Missing {
                tables: ["EmailEvents".to_owned()].into(),
                ..Missing::default()
            },
            missing_since: Some(now),
            ..TenantMemory::default()
        };
        memory.save(out.path(), "contoso").unwrap();
        let load = |hours: i64| {
            let then = now + SignedDuration::from_hours(hours);
            TenantMemory::load(out.path(), "contoso", then, &terminal())
        };
        assert_eq!(load(24), memory);
        assert!(load(8 * 24).missing.is_empty());
        let other = TenantMemory::load(out.path(), "fabrikam", now, &terminal());
        assert_eq!(other, TenantMemory::default());
    }
}
