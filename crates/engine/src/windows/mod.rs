//! Window functions: values that depend on the rows before and after, in the order of the rows.
//!
//! All calls of one operator that do not depend on each other are computed in one way over the rows. Source:
//! learn.microsoft.com/kusto/query/window-functions.

mod pass;
mod ranks;
mod row_cumsum;
mod row_number;
mod row_window_session;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::common::{DataFusionError, exec_err};
use datafusion::scalar::ScalarValue;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use crate::error::EngineError;

pub(crate) use pass::Windows;

/// A window function with everything that is known before the query runs.
#[derive(Debug, Clone)]
pub(crate) enum Window {
    /// `prev` and `next`: the value of the row that many rows further on, or back where it is negative.
    Shift {
        /// How many rows.
        offset: i64,
        /// The value where there is no such row.
        default: ScalarValue,
    },
    /// `row_number`.
    RowNumber {
        /// The number of the first row, and of the row that restarts.
        start: i64,
    },
    /// `row_cumsum`.
    RowCumsum {
        /// The type of the values and of their sum.
        scalar_type: ScalarType,
    },
    /// `row_rank_min` and `row_rank_dense`.
    RowRank {
        /// Whether the ranks have no gaps.
        is_dense: bool,
    },
    /// `row_window_session`.
    RowWindowSession {
        /// How many ticks from its first value on a session ends.
        from_first: i64,
        /// How many ticks without a value end a session.
        between: i64,
    },
}

/// A call of a window function: its arguments are columns of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The function.
    pub(crate) window: Window,
    /// How many arguments it has.
    pub(crate) arguments: usize,
    /// Whether the last argument says which rows restart it.
    pub(crate) restarts: bool,
    /// Where it is called.
    pub(crate) span: Span,
}

/// The state of a window function that looks back only.
trait Running: Send {
    /// The values for the next rows.
    fn values(&mut self, input: &Rows<'_>) -> Result<ArrayRef, DataFusionError>;
}

/// The arguments of a window function for some rows.
struct Rows<'a> {
    /// The arguments, without the one that restarts.
    arguments: &'a [ArrayRef],
    /// Which rows restart.
    restart: Option<&'a BooleanArray>,
    /// How many rows.
    count: usize,
    /// Where the function is called.
    span: Span,
}

impl Rows<'_> {
    fn argument(&self) -> Result<&ArrayRef, DataFusionError> {
        match self.arguments.first() {
            Some(argument) => Ok(argument),
            None => exec_err!("a window function was called without its argument"),
        }
    }

    /// Whether a row restarts; null counts as false.
    fn is_restart(&self, row: usize) -> bool {
        self.restart
            .is_some_and(|restart| restart.is_valid(row) && restart.value(row))
    }

    /// Refuses nulls: what they do to this function is documented nowhere.
    fn refuse_nulls(&self, function: &str) -> Result<(), DataFusionError> {
        match self.argument()?.null_count() {
            0 => Ok(()),
            _ => Err(self.refused(format!("a null in {function}()"))),
        }
    }

    fn refused(&self, what: String) -> DataFusionError {
        let span = self.span;
        DataFusionError::External(Box::new(EngineError::NotSupported { what, span }))
    }
}

fn bools(array: &ArrayRef) -> Result<&BooleanArray, DataFusionError> {
    match array.as_boolean_opt() {
        Some(bools) => Ok(bools),
        None => exec_err!("a restart condition is of type {}", array.data_type()),
    }
}
