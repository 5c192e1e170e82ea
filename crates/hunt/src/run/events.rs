//! What a run tells while it runs.

use jiff::Timestamp;

use super::record::{QueryOutcome, Stage};

/// Is told what a run does, for a progress bar or a log. Calls are short and never block the run for long.
pub trait HuntObserver: Send + Sync {
    /// Something happened.
    fn observe(&self, event: &HuntEvent<'_>);
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl HuntObserver for NoObserver {
    fn observe(&self, _event: &HuntEvent<'_>) {}
}

/// How far a run is. The number of queries grows when one is split and when something was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Queries that are finished.
    pub finished: usize,
    /// Queries that are known to be asked, finished ones included.
    pub known: usize,
}

/// Something that happened during a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HuntEvent<'a> {
    /// A stage begins.
    StageStarted {
        /// Which.
        stage: Stage,
        /// How far the run is.
        progress: Progress,
    },
    /// A query is sent.
    QueryStarted {
        /// Its name.
        key: &'a str,
        /// What it is for.
        stage: Stage,
        /// Bytes of its text.
        bytes: usize,
        /// Indicators in it.
        indicators: usize,
    },
    /// A query is finished.
    QueryFinished {
        /// Its name.
        key: &'a str,
        /// What became of it.
        outcome: &'a QueryOutcome,
        /// Whether that was read from the journal instead of asked.
        replayed: bool,
        /// How far the run is.
        progress: Progress,
    },
    /// The next call waits for quota. Told by the run where it waits for run time; where calls are too many, backends wait.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
}
