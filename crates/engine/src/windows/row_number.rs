//! `row_number([start [, restart]])`: the number of the row since the last restart.
//!
//! Source: learn.microsoft.com/kusto/query/row-number-function.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::common::DataFusionError;

use super::{Rows, Running};

pub(super) struct RowNumber {
    start: i64,
    next: i64,
}

impl RowNumber {
    pub(super) fn new(start: i64) -> Self {
        Self { start, next: start }
    }

    fn number(&mut self, restarts: bool) -> i64 {
        let number = if restarts { self.start } else { self.next };
        self.next = number.wrapping_add(1);
        number
    }
}

impl Running for RowNumber {
    fn values(&mut self, input: &Rows<'_>) -> Result<ArrayRef, DataFusionError> {
        let numbers = (0..input.count).map(|row| self.number(input.is_restart(row)));
        Ok(Arc::new(Int64Array::from_iter_values(numbers)))
    }
}
