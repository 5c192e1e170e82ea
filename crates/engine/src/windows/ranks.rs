//! `row_rank_min(term [, restart])` and `row_rank_dense(term [, restart])`: how many other values came before.
//!
//! Rows with the value of the row before them share its rank. Sources: learn.microsoft.com/kusto/query/row-rank-min-function and
//! …/row-rank-dense-function.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int64Array};
use datafusion::arrow::compute::kernels::cmp;
use datafusion::common::DataFusionError;

use super::{Rows, Running};

pub(super) struct RowRank {
    is_dense: bool,
    rank: i64,
    rows: i64,
    last: Option<ArrayRef>,
}

impl RowRank {
    pub(super) fn new(is_dense: bool) -> Self {
        Self {
            is_dense,
            rank: 0,
            rows: 0,
            last: None,
        }
    }

    fn next(&mut self, restarts: bool, differs: bool) -> i64 {
        if restarts {
            (self.rank, self.rows) = (1, 1);
            return self.rank;
        }
        self.rows = self.rows.saturating_add(1);
        if differs {
            self.rank = match self.is_dense {
                true => self.rank.saturating_add(1),
                false => self.rows,
            };
        }
        self.rank
    }

    /// Which rows have another value than the row before.
    fn changes(&mut self, values: &ArrayRef) -> Result<Vec<bool>, DataFusionError> {
        let count = values.len();
        let Some(further) = count.checked_sub(1) else {
            return Ok(Vec::new());
        };
        let first = match self.last.replace(values.slice(further, 1)) {
            Some(last) => cmp::distinct(&last, &values.slice(0, 1))?,
            None => BooleanArray::from(vec![true]),
        };
        let rest = cmp::distinct(&values.slice(0, further), &values.slice(1, further))?;
        Ok(first.values().iter().chain(rest.values().iter()).collect())
    }
}

impl Running for RowRank {
    fn values(&mut self, input: &Rows<'_>) -> Result<ArrayRef, DataFusionError> {
        input.refuse_nulls(if self.is_dense {
            "row_rank_dense"
        } else {
            "row_rank_min"
        })?;
        let changes = self.changes(input.argument()?)?;
        let ranks = changes.iter().enumerate();
        let ranks = ranks.map(|(row, differs)| self.next(input.is_restart(row), *differs));
        Ok(Arc::new(Int64Array::from_iter_values(ranks)))
    }
}
