//! Records of actions, as JSON lines.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tesem_relay::respond::{Audit, AuditRecord};

use crate::failure::UsageError;

/// Writes a line for each action.
pub(super) struct AuditLines(Mutex<Box<dyn Write + Send>>);

impl AuditLines {
    /// At the end of the file at `path`, or on standard output.
    ///
    /// # Errors
    /// [`UsageError`] for a file that cannot be written.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, UsageError> {
        let Some(path) = path else {
            return Ok(Self(Mutex::new(Box::new(std::io::stdout()))));
        };
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|error| {
            let path = path.display();
            UsageError::new(format!("the audit file {path} cannot be written: {error}"))
                .with_hint("name another one with `audit` in [relay]; without it, records go to standard output")
        })?;
        Ok(Self(Mutex::new(Box::new(file))))
    }

    fn write(&self, record: &AuditRecord) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&line)?;
        out.flush()
    }
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
