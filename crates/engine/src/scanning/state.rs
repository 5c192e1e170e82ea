//! What the steps of a `scan` remember.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};

/// The values of a row that a step remembers, each an array of one.
pub(super) type Record = Vec<ArrayRef>;

/// A row to hand out.
#[derive(Debug, Clone)]
pub(super) struct Emission {
    /// Where the row stands.
    pub(super) row: EmittedRow,
    /// Its declared columns, each an array of one.
    pub(super) declared: Arc<Vec<ArrayRef>>,
    /// The id of its match.
    pub(super) match_id: i64,
}

/// Where a row that is handed out stands.
#[derive(Debug, Clone)]
pub(super) enum EmittedRow {
    /// In the rows that are being read.
    Current(usize),
    /// On its own.
    Kept(RecordBatch),
}

/// The state of a step that has an active sequence.
#[derive(Debug, Clone)]
pub(super) struct Active {
    /// The id of the match.
    pub(super) match_id: i64,
    /// The newest row of each step; none behind the step itself.
    records: Vec<Option<Arc<Record>>>,
    /// The newest row, where only the last one of the step is handed out.
    pub(super) pending: Option<Emission>,
}

impl Active {
    /// A new match.
    pub(super) fn begin(match_id: i64, steps: usize) -> Self {
        Self {
            match_id,
            records: vec![None; steps],
            pending: None,
        }
    }

    /// The newest row of a step.
    pub(super) fn record(&self, step: usize) -> Option<&Record> {
        self.records.get(step)?.as_deref()
    }

    /// Puts a row in the place of a step's newest one.
    pub(super) fn remember(&mut self, step: usize, record: Record) {
        if let Some(slot) = self.records.get_mut(step) {
            *slot = Some(Arc::new(record));
        }
    }
}
