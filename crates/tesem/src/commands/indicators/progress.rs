//! What the terminal shows while a tenant's indicators are read or written.

use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use tesem_defender::{ClientEvent, ClientObserver};

use crate::terminal::Terminal;
use crate::view::waiting::{Told, told};

/// How far the work on a tenant is, and what it waits for; silent unless standard error is a terminal.
#[derive(Debug)]
pub(super) struct TenantProgress {
    bar: ProgressBar,
    terminal: Terminal,
}

impl TenantProgress {
    /// A line for the tenant `name` that shows `what`, a part of a template.
    pub(super) fn new(terminal: &Terminal, name: &str, what: &str) -> Arc<Self> {
        let bar = terminal.bar(&format!("{{spinner}} {{prefix}} {what}, {{elapsed}}"));
        bar.set_prefix(name.to_owned());
        if terminal.shows_progress() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Arc::new(Self {
            bar,
            terminal: terminal.clone(),
        })
    }

    pub(super) fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// Takes the line away, so that results can be printed.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// A warning beside the line.
    pub(super) fn warn(&self, text: &str) {
        self.bar.suspend(|| self.terminal.warn(text));
    }
}

impl ClientObserver for TenantProgress {
    fn observe(&self, event: &ClientEvent) {
        match told(event) {
            Some(Told::Note(text)) => self.bar.suspend(|| self.terminal.say(&text)),
            Some(Told::Request(text)) => self.bar.suspend(|| self.terminal.request(&text)),
            None => {}
        }
    }
}
