//! What the terminal shows while assets are imported, and what the calls came to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use tesem_assets::Aspect;
use tesem_assets::collect::{Notice, Watcher};
use tesem_defender::{ClientEvent, ClientObserver};

use crate::terminal::Terminal;
use crate::view::waiting::{Told, told};

/// What an import did so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Requests by the call that they were for.
    pub(super) calls: BTreeMap<&'static str, u64>,
    /// Bytes of their answers.
    pub(super) bytes: u64,
    /// How long calls waited.
    pub(super) waited: Duration,
    /// Records by part.
    pub(super) records: BTreeMap<Aspect, u64>,
    /// What a person should know.
    pub(super) notices: Vec<String>,
}

/// The line of an import; silent unless standard error is a terminal.
#[derive(Debug)]
pub(super) struct ImportProgress {
    bar: ProgressBar,
    terminal: Terminal,
    tally: Mutex<Tally>,
    is_writing: AtomicBool,
}

impl ImportProgress {
    pub(super) fn new(terminal: &Terminal, tenant: &str) -> Arc<Self> {
        let bar = terminal.bar("{spinner} {prefix}: {msg} {human_pos}, {elapsed}");
        bar.set_prefix(tenant.to_owned());
        if terminal.shows_progress() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Arc::new(Self {
            bar,
            terminal: terminal.clone(),
            tally: Mutex::default(),
            is_writing: AtomicBool::new(false),
        })
    }

    /// What was done so far.
    pub(super) fn tally(&self) -> Tally {
        self.lock().clone()
    }

    /// Whether what was read is being written.
    pub(super) fn is_writing(&self) -> bool {
        self.is_writing.load(Ordering::Acquire)
    }

    /// Takes the line away, so that results can be printed.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// A warning beside the line.
    pub(super) fn warn(&self, text: &str) {
        self.bar.suspend(|| self.terminal.warn(text));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher for ImportProgress {
    fn began(&self, aspect: Aspect) {
        self.is_writing.store(false, Ordering::Release);
        self.bar.set_position(0);
        self.bar.set_message(aspect.name());
    }

    fn read(&self, aspect: Aspect, records: u64) {
        self.bar.inc(records);
        *self.lock().records.entry(aspect).or_default() += records;
    }

    fn notice(&self, notice: &Notice) {
        let text = notice.to_string();
        self.warn(&text);
        self.lock().notices.push(text);
    }

    fn writing(&self) {
        self.is_writing.store(true, Ordering::Release);
        self.bar.set_position(0);
        self.bar.set_message("writing");
    }
}

impl ClientObserver for ImportProgress {
    fn observe(&self, event: &ClientEvent) {
        {
            let mut tally = self.lock();
            match event {
                ClientEvent::Sending { operation, .. } => {
                    *tally.calls.entry(operation).or_default() += 1;
                }
                ClientEvent::Answered { bytes, .. } => tally.bytes += *bytes as u64,
                ClientEvent::Waiting { wait, .. } => tally.waited += *wait,
                _ => {}
            }
        }
        match told(event) {
            Some(Told::Note(text)) => self.bar.suspend(|| self.terminal.say(&text)),
            Some(Told::Request(text)) => self.bar.suspend(|| self.terminal.request(&text)),
            None => {}
        }
    }
}
