//! Building rows column by column.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryViewBuilder, BooleanBuilder, Decimal256Builder, FixedSizeBinaryBuilder,
    Float64Builder, Int32Builder, Int64Builder, RecordBatch, RecordBatchOptions, StringViewBuilder,
};
use datafusion::arrow::datatypes::Schema;
use tesem_kql::types::ScalarType;

use super::Column;
use crate::decimal::{self, Decimal};
use crate::dynamic::{self, DynamicValue};
use crate::types;
use crate::value::Value;

/// Rows in one batch.
const BATCH_ROWS: usize = 8_192;

/// Why a row cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// There is no such column.
    #[error("there is no column {index}: the table has {columns}")]
    NoColumn {
        /// What was asked for.
        index: usize,
        /// How many there are.
        columns: usize,
    },
    /// The column holds another type.
    #[error("column {index} (`{column}`) holds {expected} and was given {found}")]
    WrongType {
        /// The column's position.
        index: usize,
        /// The column's name.
        column: String,
        /// Its type.
        expected: ScalarType,
        /// The type of the value.
        found: ScalarType,
    },
    /// The column already has a value in this row.
    #[error("column {index} (`{column}`) was given two values in one row")]
    GivenTwice {
        /// The column's position.
        index: usize,
        /// The column's name.
        column: String,
    },
    /// The values do not fit into Arrow arrays.
    #[error("the rows cannot be stored: {0}")]
    Arrow(String),
}

/// Builds the rows of a table from typed values, by the index of the column.
///
/// Give each row its values in any order, then call [`TableBuilder::finish_row`]: columns without a value become null (strings become
/// empty). Batches hold up to 8,192 rows.
#[derive(Debug)]
pub struct TableBuilder {
    columns: Vec<Column>,
    cells: Vec<Cells>,
    schema: Arc<Schema>,
    rows: usize,
    batches: Vec<RecordBatch>,
}

#[derive(Debug)]
enum Cells {
    Bool(BooleanBuilder),
    Int(Int32Builder),
    /// `long`, `datetime` and `timespan`.
    Long(Int64Builder),
    Real(Float64Builder),
    Decimal(Decimal256Builder),
    String(StringViewBuilder),
    Guid(FixedSizeBinaryBuilder),
    Dynamic(BinaryViewBuilder),
}

impl TableBuilder {
    /// A builder for these columns.
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Self {
        let fields: Vec<_> = columns
            .iter()
            .map(|column| types::field(&column.name, column.scalar_type))
            .collect();
        Self {
            cells: columns
                .iter()
                .map(|column| Cells::new(column.scalar_type))
                .collect(),
            schema: Arc::new(Schema::new(fields)),
            columns,
            rows: 0,
            batches: Vec::new(),
        }
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The index of the column of that name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Gives the current row a `string`.
    ///
    /// # Errors
    /// When the column does not exist, holds another type, or already has a value.
    pub fn string(&mut self, index: usize, value: &str) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::String)? {
            Cells::String(cells) => cells.append_value(value),
            _ => return Err(self.wrong_type(index, ScalarType::String)),
        }
        Ok(())
    }

    /// Gives the current row a `bool`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn bool(&mut self, index: usize, value: bool) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::Bool)? {
            Cells::Bool(cells) => cells.append_value(value),
            _ => return Err(self.wrong_type(index, ScalarType::Bool)),
        }
        Ok(())
    }

    /// Gives the current row an `int`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn int(&mut self, index: usize, value: i32) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::Int)? {
            Cells::Int(cells) => cells.append_value(value),
            _ => return Err(self.wrong_type(index, ScalarType::Int)),
        }
        Ok(())
    }

    /// Gives the current row a `long`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn long(&mut self, index: usize, value: i64) -> Result<(), BuildError> {
        self.word(index, value, ScalarType::Long)
    }

    /// Gives the current row a `datetime` in ticks, see [`crate::ticks`].
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn datetime(&mut self, index: usize, ticks: i64) -> Result<(), BuildError> {
        self.word(index, ticks, ScalarType::DateTime)
    }

    /// Gives the current row a `timespan` in ticks.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn timespan(&mut self, index: usize, ticks: i64) -> Result<(), BuildError> {
        self.word(index, ticks, ScalarType::TimeSpan)
    }

    fn word(
        &mut self,
        index: usize,
        value: i64,
        scalar_type: ScalarType,
    ) -> Result<(), BuildError> {
        match self.cell(index, scalar_type)? {
            Cells::Long(cells) => cells.append_value(value),
            _ => return Err(self.wrong_type(index, scalar_type)),
        }
        Ok(())
    }

    /// Gives the current row a `real`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn real(&mut self, index: usize, value: f64) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::Real)? {
            Cells::Real(cells) => cells.append_value(value),
            _ => return Err(self.wrong_type(index, ScalarType::Real)),
        }
        Ok(())
    }

    /// Gives the current row a `decimal`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn decimal(&mut self, index: usize, value: Decimal) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::Decimal)? {
            Cells::Decimal(cells) => cells.append_value(value.units()),
            _ => return Err(self.wrong_type(index, ScalarType::Decimal)),
        }
        Ok(())
    }

    /// Gives the current row a `guid`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn guid(&mut self, index: usize, value: u128) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::Guid)? {
            Cells::Guid(cells) => cells
                .append_value(value.to_be_bytes())
                .map_err(|error| BuildError::Arrow(error.to_string())),
            _ => Err(self.wrong_type(index, ScalarType::Guid)),
        }
    }

    /// Gives the current row a `dynamic`.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn dynamic(&mut self, index: usize, value: &DynamicValue) -> Result<(), BuildError> {
        match value {
            DynamicValue::Null => self.null(index),
            value => self.dynamic_encoded(index, &dynamic::encode(value)),
        }
    }

    /// Gives the current row a `dynamic` in the encoding of [`crate::dynamic`].
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn dynamic_encoded(&mut self, index: usize, bytes: &[u8]) -> Result<(), BuildError> {
        match self.cell(index, ScalarType::Dynamic)? {
            Cells::Dynamic(cells) => cells.append_value(bytes),
            _ => return Err(self.wrong_type(index, ScalarType::Dynamic)),
        }
        Ok(())
    }

    /// Gives the current row a null; a string becomes empty.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn null(&mut self, index: usize) -> Result<(), BuildError> {
        let Some(column) = self.columns.get(index) else {
            return Err(self.no_column(index));
        };
        self.cell(index, column.scalar_type)?.append_null();
        Ok(())
    }

    /// Gives the current row a value of any type.
    ///
    /// # Errors
    /// As for [`TableBuilder::string`].
    pub fn value(&mut self, index: usize, value: &Value) -> Result<(), BuildError> {
        match value {
            Value::Null(_) => self.null(index),
            Value::Bool(value) => self.bool(index, *value),
            Value::Int(value) => self.int(index, *value),
            Value::Long(value) => self.long(index, *value),
            Value::Real(value) => self.real(index, *value),
            Value::Decimal(value) => self.decimal(index, *value),
            Value::String(value) => self.string(index, value),
            Value::DateTime(value) => self.datetime(index, *value),
            Value::TimeSpan(value) => self.timespan(index, *value),
            Value::Guid(value) => self.guid(index, *value),
            Value::Dynamic(value) => self.dynamic(index, value),
        }
    }

    /// Ends the row: columns without a value become null.
    ///
    /// # Errors
    /// When the rows do not fit into Arrow arrays.
    pub fn finish_row(&mut self) -> Result<(), BuildError> {
        self.rows += 1;
        for cells in &mut self.cells {
            if cells.len() < self.rows {
                cells.append_null();
            }
        }
        if self.rows == BATCH_ROWS {
            self.finish_batch()?;
        }
        Ok(())
    }

    /// All rows so far; values of an unfinished row are dropped with an error.
    ///
    /// # Errors
    /// When a row is not finished, or the rows do not fit into Arrow arrays.
    pub fn finish(mut self) -> Result<Vec<RecordBatch>, BuildError> {
        self.finish_batch()?;
        Ok(self.batches)
    }

    fn finish_batch(&mut self) -> Result<(), BuildError> {
        if self.rows == 0 && self.cells.iter().all(|cells| cells.len() == 0) {
            return Ok(());
        }
        let arrays: Vec<ArrayRef> = self.cells.iter_mut().map(Cells::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| BuildError::Arrow(error.to_string()))?;
        self.batches.push(batch);
        self.rows = 0;
        Ok(())
    }

    /// The cells of a column that has no value in this row yet.
    fn cell(&mut self, index: usize, given: ScalarType) -> Result<&mut Cells, BuildError> {
        let (rows, columns) = (self.rows, self.columns.len());
        let (Some(column), Some(cells)) = (self.columns.get(index), self.cells.get_mut(index))
        else {
            return Err(BuildError::NoColumn { index, columns });
        };
        if column.scalar_type != given {
            return Err(BuildError::WrongType {
                index,
                column: column.name.clone(),
                expected: column.scalar_type,
                found: given,
            });
        }
        if cells.len() > rows {
            return Err(BuildError::GivenTwice {
                index,
                column: column.name.clone(),
            });
        }
        Ok(cells)
    }

    fn no_column(&self, index: usize) -> BuildError {
        BuildError::NoColumn {
            index,
            columns: self.columns.len(),
        }
    }

    fn wrong_type(&self, index: usize, found: ScalarType) -> BuildError {
        match self.columns.get(index) {
            Some(column) => BuildError::WrongType {
                index,
                column: column.name.clone(),
                expected: column.scalar_type,
                found,
            },
            None => self.no_column(index),
        }
    }
}

impl Cells {
    fn new(scalar_type: ScalarType) -> Self {
        match scalar_type {
            ScalarType::Bool => Self::Bool(BooleanBuilder::new()),
            ScalarType::Int => Self::Int(Int32Builder::new()),
            ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan => {
                Self::Long(Int64Builder::new())
            }
            ScalarType::Real => Self::Real(Float64Builder::new()),
            ScalarType::Decimal => Self::Decimal(Decimal256Builder::new().with_data_type(
                datafusion::arrow::datatypes::DataType::Decimal256(
                    decimal::PRECISION,
                    decimal::SCALE,
                ),
            )),
            ScalarType::String => Self::String(StringViewBuilder::new()),
            ScalarType::Guid => Self::Guid(FixedSizeBinaryBuilder::new(16)),
            ScalarType::Dynamic => Self::Dynamic(BinaryViewBuilder::new()),
        }
    }

    fn len(&self) -> usize {
        use datafusion::arrow::array::ArrayBuilder;
        match self {
            Self::Bool(cells) => cells.len(),
            Self::Int(cells) => cells.len(),
            Self::Long(cells) => cells.len(),
            Self::Real(cells) => cells.len(),
            Self::Decimal(cells) => cells.len(),
            Self::String(cells) => cells.len(),
            Self::Guid(cells) => cells.len(),
            Self::Dynamic(cells) => cells.len(),
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Bool(cells) => cells.append_null(),
            Self::Int(cells) => cells.append_null(),
            Self::Long(cells) => cells.append_null(),
            Self::Real(cells) => cells.append_null(),
            Self::Decimal(cells) => cells.append_null(),
            Self::String(cells) => cells.append_value(""),
            Self::Guid(cells) => cells.append_null(),
            Self::Dynamic(cells) => cells.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(cells) => Arc::new(cells.finish()),
            Self::Int(cells) => Arc::new(cells.finish()),
            Self::Long(cells) => Arc::new(cells.finish()),
            Self::Real(cells) => Arc::new(cells.finish()),
            Self::Decimal(cells) => Arc::new(cells.finish()),
            Self::String(cells) => Arc::new(cells.finish()),
            Self::Guid(cells) => Arc::new(cells.finish()),
            Self::Dynamic(cells) => Arc::new(cells.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::value_at;

    fn builder() -> TableBuilder {
        TableBuilder::new(vec![
            Column::new("Name", ScalarType::String),
            Column::new("Count", ScalarType::Long),
        ])
    }

    #[test]
    fn fills_what_a_row_leaves_out() {
        let mut rows = builder();
        rows.long(1, 5).unwrap();
        rows.finish_row().unwrap();
        rows.string(0, "x").unwrap();
        rows.finish_row().unwrap();
        let batches = rows.finish().unwrap();
        let cell =
            |column: usize, row, scalar_type| value_at(batches[0].column(column), row, scalar_type);
        assert_eq!(cell(0, 0, ScalarType::String), Value::String(String::new()));
        assert_eq!(cell(1, 1, ScalarType::Long), Value::Null(ScalarType::Long));
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let mut rows = builder();
        assert!(matches!(
            rows.long(0, 1),
            Err(BuildError::WrongType { index: 0, .. })
        ));
        assert!(matches!(rows.long(7, 1), Err(BuildError::NoColumn { .. })));
        rows.long(1, 1).unwrap();
        assert!(matches!(
            rows.long(1, 2),
            Err(BuildError::GivenTwice { .. })
        ));
    }

    #[test]
    fn an_unfinished_row_is_an_error() {
        let mut rows = builder();
        rows.long(1, 1).unwrap();
        assert!(rows.finish().is_err());
    }

    #[test]
    fn many_rows_make_several_batches() {
        let mut rows = builder();
        for row in 0..20_000 {
            rows.long(1, row).unwrap();
            rows.finish_row().unwrap();
        }
        let sizes: Vec<usize> = rows
            .finish()
            .unwrap()
            .iter()
            .map(RecordBatch::num_rows)
            .collect();
        assert_eq!(sizes, [8192, 8192, 3616]);
    }
}
