//! One table.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column as PlanColumn, DataFusionError};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::Expr;
use tesem_kql::types::ScalarType;

use super::{CatalogError, Column, stored};
use crate::types;

/// The column that a time window limits.
const TIME_COLUMN: &str = "Timestamp";

/// A table: a schema, and where its rows are.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Arc<[Column]>,
    second_names: Arc<[(String, String)]>,
    provider: Arc<dyn TableProvider>,
    /// How each column is made from what the provider yields.
    expressions: Arc<[Expr]>,
    rows: Option<usize>,
    has_window: bool,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn empty(columns: Vec<Column>) -> Self {
        let schema = schema_of(&columns);
        let provider = datafusion::datasource::empty::EmptyTable::new(schema);
        Self::stored(columns, Arc::new(provider), Some(0))
    }

    /// A table of rows in memory; the batches hold the physical types of the columns, in order.
    ///
    /// # Errors
    /// [`CatalogError::WrongBatch`] when a batch has other columns.
    pub fn in_memory(
        columns: Vec<Column>,
        batches: Vec<RecordBatch>,
    ) -> Result<Self, CatalogError> {
        let schema = schema_of(&columns);
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let batches: Result<Vec<RecordBatch>, CatalogError> = batches
            .into_iter()
            .map(|batch| conforming(&columns, &schema, &batch))
            .collect();
        let provider = MemTable::try_new(Arc::clone(&schema), vec![batches?])
            .map_err(|error| wrong_batch("", 0, "", &schema.to_string(), &error.to_string()))?;
        Ok(Self::stored(columns, Arc::new(provider), Some(rows)))
    }

    /// A table whose provider yields the columns under their names, in their physical types.
    fn stored(columns: Vec<Column>, provider: Arc<dyn TableProvider>, rows: Option<usize>) -> Self {
        let expressions = columns
            .iter()
            .enumerate()
            .map(|(index, _)| Expr::Column(PlanColumn::new_unqualified(stored_name(index))))
            .collect();
        Self {
            columns: columns.into(),
            second_names: Arc::new([]),
            provider,
            expressions,
            rows,
            has_window: true,
        }
    }

    /// A table whose columns are computed from what a provider yields.
    pub(super) fn computed(
        columns: Vec<Column>,
        provider: Arc<dyn TableProvider>,
        expressions: Vec<Expr>,
        rows: Option<usize>,
    ) -> Self {
        Self {
            columns: columns.into(),
            second_names: Arc::new([]),
            provider,
            expressions: expressions.into(),
            rows,
            has_window: true,
        }
    }

    /// The same table with second names: pairs of a second name and the name of the column it stands for.
    #[must_use]
    pub fn with_second_names(self, names: Vec<(String, String)>) -> Self {
        Self {
            second_names: names.into(),
            ..self
        }
    }

    /// The same table, whose rows no time window limits.
    pub(crate) fn without_window(self) -> Self {
        Self {
            has_window: false,
            ..self
        }
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Second names of columns: they can be read in a query but are not among `*`.
    #[must_use]
    pub fn second_names(&self) -> &[(String, String)] {
        &self.second_names
    }

    /// How many rows there are, when that is known.
    #[must_use]
    pub fn rows(&self) -> Option<usize> {
        self.rows
    }

    /// Where DataFusion reads the rows.
    pub(crate) fn provider(&self) -> Arc<dyn TableProvider> {
        Arc::clone(&self.provider)
    }

    /// How a column is made from what the provider yields.
    pub(crate) fn expression(&self, index: usize) -> Result<Expr, DataFusionError> {
        self.expressions
            .get(index)
            .cloned()
            .ok_or_else(|| DataFusionError::Internal(format!("a table has no column {index}")))
    }

    /// The time that a window limits, if the table has one.
    pub(crate) fn window_expression(&self) -> Option<Result<Expr, DataFusionError>> {
        let index = self.columns.iter().position(|column| {
            column.name == TIME_COLUMN && column.scalar_type == ScalarType::DateTime
        })?;
        self.has_window.then(|| self.expression(index))
    }
}

/// The name under which a column is stored: names of columns may repeat but for case, or hold any character.
fn stored_name(index: usize) -> String {
    format!("s{index}")
}

fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| types::field(&stored_name(index), column.scalar_type))
        .collect();
    Arc::new(Schema::new(fields))
}

/// The batch under the stored names, strings without nulls.
fn conforming(
    columns: &[Column],
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, CatalogError> {
    if batch.num_columns() != columns.len() {
        let (expected, found) = (columns.len(), batch.num_columns());
        return Err(wrong_batch(
            "",
            0,
            "",
            &format!("{expected} columns"),
            &found.to_string(),
        ));
    }
    let mut arrays = Vec::with_capacity(columns.len());
    for (index, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
        let expected = types::physical(column.scalar_type);
        if *array.data_type() != expected {
            let found = array.data_type().to_string();
            return Err(wrong_batch(
                "",
                index,
                &column.name,
                &expected.to_string(),
                &found,
            ));
        }
        let array = match array.data_type() {
            DataType::Utf8View => stored::without_null_strings(array),
            _ => Ok(Arc::clone(array)),
        };
        arrays.push(array.map_err(|error| {
            let (expected, found) = (expected.to_string(), error.to_string());
            wrong_batch("", index, &column.name, &expected, &found)
        })?);
    }
    let options =
        datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
        .map_err(|error| wrong_batch("", 0, "", &schema.to_string(), &error.to_string()))
}

fn wrong_batch(
    table: &str,
    index: usize,
    column: &str,
    expected: &str,
    found: &str,
) -> CatalogError {
    CatalogError::WrongBatch {
        table: table.to_owned(),
        index,
        column: column.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

impl CatalogError {
    /// The same error with the table's name.
    pub(super) fn of_table(self, name: &str) -> Self {
        match self {
            Self::WrongBatch {
                index,
                column,
                expected,
                found,
                ..
            } => wrong_batch(name, index, &column, &expected, &found),
            other => other,
        }
    }
}
