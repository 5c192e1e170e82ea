//! `row_window_session(time, from_first, between [, restart])`: when the session began that a row belongs to.
//!
//! Source: learn.microsoft.com/kusto/query/row-window-session-function.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::common::{DataFusionError, exec_err};

use super::{Rows, Running};

pub(super) struct RowWindowSession {
    from_first: i64,
    between: i64,
    /// The first and the last value of the session.
    session: Option<(i64, i64)>,
}

impl RowWindowSession {
    pub(super) fn new(from_first: i64, between: i64) -> Self {
        Self {
            from_first,
            between,
            session: None,
        }
    }

    fn next(&mut self, time: i64, restarts: bool) -> i64 {
        let first = match self.session {
            Some((first, last)) if !restarts && !self.is_over(first, last, time) => first,
            _ => time,
        };
        self.session = Some((first, time));
        first
    }

    fn is_over(&self, first: i64, last: i64, time: i64) -> bool {
        time >= first.saturating_add(self.from_first) || time >= last.saturating_add(self.between)
    }
}

impl Running for RowWindowSession {
    fn values(&mut self, input: &Rows<'_>) -> Result<ArrayRef, DataFusionError> {
        input.refuse_nulls("row_window_session")?;
        let Some(times) = input.argument()?.as_primitive_opt::<Int64Type>() else {
            return exec_err!("row_window_session() was given values of another type");
        };
        let times = times.values().iter().enumerate();
        let firsts = times.map(|(row, time)| self.next(*time, input.is_restart(row)));
        Ok(Arc::new(Int64Array::from_iter_values(firsts)))
    }
}
