//! What hunts have learned about a tenant, kept beside the runs: what its queries cost, and what it does not have.

use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_hunt::{CostModel, HuntReport, Missing};

use crate::terminal::Terminal;

/// The folder beside the runs that holds what outlives them.
pub(super) const FOLDER: &str = ".tesem";

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

/// A file name for a name from the configuration: `tenant-contoso`. Other characters than letters, digits, `-` and `_` are written as
/// their bytes in hex, so that different names stay different and none leaves the folder.
pub(super) fn file_name(what: &str, name: &str) -> String {
    let mut text = format!("{what}-");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            // File systems that ignore case must not make one of two names.
            _ => text.push_str(&format!("%{byte:02x}")),
        }
    }
    text
}

/// Writes a file beside its place and moves it there, under a name of its own: several processes may write the same one.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().with_context(|| format!("{} cannot be written", path.display()))
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

    #[test]
    fn no_tenant_name_leaves_the_folder_or_meets_another() {
        let names = [
            "contoso", "Contoso", "../x", "..%2fx", "con", "a b", "", "ü",
        ];
        let files: std::collections::BTreeSet<String> =
            names.iter().map(|name| file_name("tenant", name)).collect();
        assert_eq!(files.len(), names.len());
        for file in files {
            assert!(!file.contains(['/', '\\', '.', ' ', ':']), "{file}");
        }
    }
}
