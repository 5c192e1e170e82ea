//! What the terminal shows while a hunt runs: a progress bar, and what is waited for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use tesem_defender::{ClientEvent, ClientObserver};
use tesem_hunt::{HuntEvent, HuntObserver, Progress, QueryOutcome, Stage};
use tesem_state::Clock;

use super::backend::Stopwatch;
use crate::terminal::Terminal;
use crate::view;
use crate::view::waiting::Told;

/// Shows the progress of one hunt; silent unless standard error is a terminal.
pub(crate) struct HuntProgress {
    bar: ProgressBar,
    terminal: Terminal,
    stopwatch: Stopwatch,
}

impl fmt::Debug for HuntProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HuntProgress")
    }
}

impl HuntProgress {
    /// A bar for the tenant `name`.
    pub(crate) fn new(terminal: &Terminal, name: &str, clock: Arc<dyn Clock>) -> Self {
        let bar =
            terminal.bar("{spinner} {prefix} [{bar:30}] {pos}/{len} queries, {elapsed} {msg}");
        bar.set_prefix(name.to_owned());
        if terminal.shows_progress() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self {
            bar,
            terminal: terminal.clone(),
            stopwatch: Stopwatch::new(clock),
        }
    }

    /// What times the requests.
    pub(crate) fn stopwatch(&self) -> &Stopwatch {
        &self.stopwatch
    }

    /// Takes the bar away, so that results can be printed.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, progress: Progress) {
        self.bar.set_length(progress.known as u64);
        self.bar.set_position(progress.finished as u64);
    }

    fn note(&self, message: &str) {
        self.bar.suspend(|| self.terminal.say(message));
    }
}

impl HuntObserver for HuntProgress {
    fn observe(&self, event: &HuntEvent<'_>) {
        match event {
            HuntEvent::StageStarted { stage, progress } => {
                self.show(*progress);
                self.bar.set_message(match stage {
                    Stage::Summary => "searching",
                    Stage::Details => "fetching events",
                    Stage::Pack => "asking packs",
                });
            }
            HuntEvent::QueryFinished {
                key,
                outcome,
                progress,
                ..
            } => {
                self.show(*progress);
                if let Some(note) = remark(key, outcome) {
                    self.note(&note);
                }
            }
            HuntEvent::Waiting { until } => {
                self.note(&format!(
                    "waiting until {until:.0} for the tenant's run time"
                ));
            }
            _ => {}
        }
    }
}

/// A query that did not simply succeed deserves a line.
fn remark(key: &str, outcome: &QueryOutcome) -> Option<String> {
    match outcome {
        QueryOutcome::Answered { .. } => None,
        QueryOutcome::Split { reason, .. } => Some(format!("query {key} is split: {reason}")),
        QueryOutcome::MissingTable { table } => Some(format!("the tenant has no table {table}")),
        QueryOutcome::MissingColumn { column } => {
            Some(format!("the tenant has no column {column}"))
        }
        QueryOutcome::Failed { reason } => Some(format!("query {key} failed: {reason}")),
    }
}

impl ClientObserver for HuntProgress {
    fn observe(&self, event: &ClientEvent) {
        self.stopwatch.hear(event);
        match view::waiting::told(event) {
            Some(Told::Note(text)) => self.note(&text),
            Some(Told::Request(text)) => self.bar.suspend(|| self.terminal.request(&text)),
            None => {}
        }
    }
}
