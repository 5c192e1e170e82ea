//! What an answer or an error means for the query.

use super::answer::summary_answer;
use super::record::{QueryOutcome, Stage};
use super::task::{SplitFirst, Task};
use crate::backend::{BackendError, BackendRows};
use crate::map::{DETAIL_COLUMNS, TABLES, places};
use crate::query::Missing;

/// The outcome of an answer, and its rows if they are to be kept. One with as many rows as there can be is not trusted, but split as
/// far as that is possible.
pub(super) fn rows(
    task: &Task,
    rows: BackendRows,
    rows_max: usize,
    may_split: bool,
) -> (QueryOutcome, Option<BackendRows>) {
    let first = SplitFirst::Indicators;
    if rows.rows.len() >= rows_max && may_split && task.split(first).is_some() {
        let reason = format!(
            "the answer has {} rows, the most there can be",
            rows.rows.len()
        );
        return (QueryOutcome::Split { reason, first }, None);
    }
    if task.stage == Stage::Summary
        && let Err(error) = summary_answer(&rows)
    {
        let reason = error.to_string();
        return (QueryOutcome::Failed { reason }, None);
    }
    (answered(&rows, rows_max), Some(rows))
}

/// The outcome of an answer that is kept.
pub(super) fn answered(rows: &BackendRows, rows_max: usize) -> QueryOutcome {
    QueryOutcome::Answered {
        rows: rows.rows.len() as u64,
        cut: rows.rows.len() >= rows_max,
    }
}

/// The outcome of an error.
pub(super) fn error(
    task: &Task,
    error: &BackendError,
    missing: &Missing,
    may_split: bool,
) -> QueryOutcome {
    let reason = error.to_string();
    match (left_out(error, missing), split_first(error)) {
        (Some(outcome), _) => outcome,
        (None, Some(first)) if may_split && task.split(first).is_some() => {
            QueryOutcome::Split { reason, first }
        }
        _ => QueryOutcome::Failed { reason },
    }
}

/// What to leave out after that error, if it is something that queries hold and have not left out already. The services word a
/// missing table and a missing column alike, so the name decides.
fn left_out(error: &BackendError, missing: &Missing) -> Option<QueryOutcome> {
    let (BackendError::UnknownTable(name) | BackendError::UnknownColumn(name)) = error else {
        return None;
    };
    if missing.tables.contains(name) || missing.columns.contains(name) {
        return None;
    }
    if TABLES.iter().any(|table| table.name == name) {
        return Some(QueryOutcome::MissingTable {
            table: name.clone(),
        });
    }
    is_queried_column(name).then(|| QueryOutcome::MissingColumn {
        column: name.clone(),
    })
}

fn is_queried_column(name: &str) -> bool {
    places().any(|place| place.column.name == name)
        || DETAIL_COLUMNS.iter().any(|column| column.name == name)
}

/// Along what a query is split after that error, if splitting helps.
fn split_first(error: &BackendError) -> Option<SplitFirst> {
    match error {
        BackendError::ResultTooLarge(_) | BackendError::QueryTooLong(_) => {
            Some(SplitFirst::Indicators)
        }
        BackendError::TooExpensive(_) | BackendError::TimedOut(_) => Some(SplitFirst::Window),
        _ => None,
    }
}
