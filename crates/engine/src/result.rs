//! The answer of a query.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use tesem_kql::types::ScalarType;

use crate::catalog::Column;
use crate::types;
use crate::value::Value;

/// The answer of a query.
#[derive(Debug, Clone, Default)]
pub struct QueryResult {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows: each batch has one array for each column, in the physical type of [`crate::types`]. The names inside the batches are
    /// not the columns' names.
    pub batches: Vec<RecordBatch>,
    /// Whether rows are missing because of [`RunOptions::rows_max`](crate::RunOptions::rows_max).
    pub truncated: bool,
    /// What the caller should know about the answer.
    pub notes: Vec<String>,
    /// What `render` asked for.
    pub visualization: Option<Visualization>,
    /// The name that `as` or a branch of `fork` gives it.
    pub name: Option<String>,
    /// The further results, in order: a query of several statements, or with `fork` or `facet`, has more than one. They hold no
    /// results themselves, and what there is to note stands with the first one.
    pub others: Vec<QueryResult>,
}

/// How the query wants its answer to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visualization {
    /// `timechart`, `table`, ….
    pub chart: String,
    /// `title`, `xcolumn`, …, as written.
    pub properties: Vec<(String, String)>,
}

impl QueryResult {
    /// How many rows there are.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The rows, cell by cell.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.batches
            .iter()
            .flat_map(move |batch| (0..batch.num_rows()).map(move |row| self.row(batch, row)))
    }

    fn row(&self, batch: &RecordBatch, row: usize) -> Vec<Value> {
        self.columns
            .iter()
            .zip(batch.columns())
            .map(|(column, array)| types::value_at(array, row, column.scalar_type))
            .collect()
    }
}

/// The bytes of the values in an array, without what Arrow keeps around them.
pub(crate) fn value_bytes(array: &ArrayRef, scalar_type: ScalarType) -> usize {
    let rows = array.len();
    match scalar_type {
        ScalarType::Bool => rows,
        ScalarType::Int => rows * 4,
        ScalarType::Long | ScalarType::Real | ScalarType::DateTime | ScalarType::TimeSpan => {
            rows * 8
        }
        ScalarType::Guid => rows * 16,
        ScalarType::Decimal => rows * 32,
        ScalarType::String => array.as_string_view_opt().map_or(0, |texts| {
            texts.lengths().map(|length| length as usize).sum()
        }),
        ScalarType::Dynamic => array.as_binary_view_opt().map_or(0, |values| {
            values.lengths().map(|length| length as usize).sum()
        }),
    }
}
