//! Records of actions, as JSON lines.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tesem_relay::respond::{Audit, AuditRecord};

use crate::failure::UsageError;

/// Writes a line for each action.
pub(super) struct AuditLines {
    /// Opened for each record, so that a file that was moved away is begun anew; without one, standard output.
    path: Option<PathBuf>,
    /// One line at a time.
    writing: Mutex<()>,
}

impl AuditLines {
    /// At the end of the file at `path`, or on standard output.
    ///
    /// # Errors
    /// [`UsageError`] for a file that cannot be written.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, UsageError> {
        let opened = path.map(to_append).transpose();
        opened.map_err(|error| {
            let path = path.unwrap_or(Path::new("")).display();
            UsageError::new(format!("the audit file {path} cannot be written: {error}"))
                .with_hint("name another one with `audit` in [relay]; without it, records go to standard output")
        })?;
        Ok(Self {
            path: path.map(Path::to_owned),
            writing: Mutex::default(),
        })
    }

    fn write(&self, record: &AuditRecord) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.path {
            Some(path) => to_append(path)?.write_all(&line),
            None => {
                let mut out = std::io::stdout();
                out.write_all(&line)?;
                out.flush()
            }
        }
    }
}

fn to_append(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

impl Audit for AuditLines {
    /// The action was carried out by then, so a record that cannot be written is told where somebody may see it.
    fn record(&self, record: &AuditRecord) {
        if let Err(error) = self.write(record) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                request_id = record.request_id,
                action_id = record.action_id,
                "an action was not recorded"
            );
        }
    }
}
