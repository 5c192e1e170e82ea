//! What the last import into a sink was about, where the sink itself keeps no more than its time.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tesem_assets::{ImportScope, Millis};

use crate::kept::{FOLDER, file_name, write_whole};
use crate::terminal::Terminal;

/// The file that remembers it.
#[derive(Debug)]
pub(super) struct Scopes(PathBuf);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    at: i64,
    scope: ImportScope,
}

impl Scopes {
    /// The one for a source of a sink, in the folder `out`.
    pub(super) fn beside(out: &Path, sink: &str, source: &str) -> Self {
        let name = file_name("assets", &format!("{sink} {source}"));
        Self(out.join(FOLDER).join(format!("{name}.json")))
    }

    /// What is remembered; nothing where there is no such file or it says nothing.
    pub(super) fn last(&self) -> Option<(Millis, ImportScope)> {
        let text = std::fs::read(&self.0).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        Some((Millis::new(kept.at), kept.scope))
    }

    /// Remembers an import that was done.
    pub(super) fn keep(&self, at: Millis, scope: &ImportScope, terminal: &Terminal) {
        let kept = Kept {
            at: at.get(),
            scope: scope.clone(),
        };
        let written = serde_json::to_vec(&kept).map_err(Into::into);
        let written = written.and_then(|json| write_whole(&self.0, &json));
        if let Err(error) = written {
            terminal.warn(&format!("{error:#}"));
        }
    }
}
