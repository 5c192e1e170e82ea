//! What the run needs to know of a query, whatever it is for.

use super::judge;
use super::record::{QueryOutcome, Stage};
use super::task::Task;
use crate::backend::{BackendError, BackendRows};
use crate::query::Missing;

/// A query that is asked once and noted in the journal.
pub(super) trait Question {
    /// Its name in the journal.
    fn key(&self) -> String;
    /// Name of the query it was split from, itself if it was not split.
    fn root(&self) -> &str;
    /// What it is for.
    fn stage(&self) -> Stage;
    /// Values in it.
    fn values(&self) -> usize;
    /// The outcome of an answer, and its rows if they are to be kept.
    fn judge_rows(
        &self,
        rows: BackendRows,
        rows_max: usize,
        may_split: bool,
    ) -> (QueryOutcome, Option<BackendRows>);
    /// The outcome of an error.
    fn judge_error(&self, error: &BackendError, missing: &Missing, may_split: bool)
    -> QueryOutcome;
}

impl Question for Task {
    fn key(&self) -> String {
        self.key()
    }

    fn root(&self) -> &str {
        &self.root
    }

    fn stage(&self) -> Stage {
        self.stage
    }

    fn values(&self) -> usize {
        self.indicators().len()
    }

    fn judge_rows(
        &self,
        rows: BackendRows,
        rows_max: usize,
        may_split: bool,
    ) -> (QueryOutcome, Option<BackendRows>) {
        judge::rows(self, rows, rows_max, may_split)
    }

    fn judge_error(
        &self,
        error: &BackendError,
        missing: &Missing,
        may_split: bool,
    ) -> QueryOutcome {
        judge::error(self, error, missing, may_split)
    }
}
