//! What a resumed run must do like the first one, kept in the run's folder.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::settings::HuntingName;

const FILE_NAME: &str = "invocation.json";

/// The options of a run that its plan does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invocation {
    /// Which tenant.
    pub(super) tenant: String,
    /// `--hunting`.
    pub(super) hunting: Option<HuntingName>,
    /// `--tz`, an IANA name.
    pub(super) time_zone: String,
    /// `--append`.
    pub(super) append: Option<PathBuf>,
    /// The schedule of `--new-only`; an empty name is the one without name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) new_only: Option<String>,
}

impl Invocation {
    /// Writes it into the folder of a run.
    pub(super) fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(FILE_NAME);
        let text = serde_json::to_string_pretty(self).context("options cannot be written")?;
        std::fs::write(&path, text + "\n")
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads it from the folder of a run.
    pub(super) fn load(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE_NAME);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let invocation = Invocation {
            tenant: "contoso".to_owned(),
            hunting: Some(HuntingName::Xdr),
            time_zone: "Africa/Cairo".to_owned(),
            append: Some("all.csv".into()),
            new_only: Some("daily".to_owned()),
        };
        invocation.save(folder.path()).unwrap();
        assert_eq!(Invocation::load(folder.path()).unwrap(), invocation);
    }
}
