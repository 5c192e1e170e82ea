//! Parquet files: typed columns, in row groups of bounded size.
//!
//! Source: <https://parquet.apache.org/docs/file-format/types/logicaltypes/>.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{
    SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter,
};
use parquet::schema::types::{Type, TypePtr};
use serde_json::Value;

use super::WriteError;

/// Most rows of a row group.
const GROUP_ROWS_MAX: usize = 16_384;

/// Bytes of text after which a row group ends.
const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a column holds. Every column may be empty in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnType {
    /// `STRING`.
    Text,
    /// `INT64`.
    Number,
    /// `TIMESTAMP(MICROS, isAdjustedToUTC=true)`: an instant.
    ///
    /// Microseconds are what all readers take; the service's tenths of them are cut.
    Instant,
    /// `TIMESTAMP(MICROS, isAdjustedToUTC=false)`: what a clock on the wall showed.
    LocalTime,
}

impl ColumnType {
    fn physical(self) -> PhysicalType {
        match self {
            Self::Text => PhysicalType::BYTE_ARRAY,
            Self::Number | Self::Instant | Self::LocalTime => PhysicalType::INT64,
        }
    }

    fn logical(self) -> Option<LogicalType> {
        let time = |is_utc| LogicalType::timestamp(is_utc, parquet::basic::TimeUnit::MICROS);
        match self {
            Self::Text => Some(LogicalType::String),
            Self::Number => None,
            Self::Instant => Some(time(true)),
            Self::LocalTime => Some(time(false)),
        }
    }
}

/// The value of a column in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Missing,
    Text(String),
    /// A number, or microseconds since 1970.
    Number(i64),
}

impl Cell {
    /// A text; nothing for the empty one.
    pub(super) fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Missing
        } else {
            Self::Text(text.to_owned())
        }
    }

    /// A count, at most that of `INT64`.
    pub(super) fn count(count: u64) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// An instant.
    pub(super) fn instant(instant: Timestamp) -> Self {
        Self::Number(instant.as_microsecond())
    }

    /// What the clock of `zone` showed at an instant.
    pub(super) fn local_time(instant: Timestamp, zone: &TimeZone) -> Self {
        let offset = i64::from(zone.to_offset(instant).seconds());
        Self::Number(
            instant
                .as_microsecond()
                .saturating_add(offset.saturating_mul(1_000_000)),
        )
    }

    /// A value of an answer in a column of that type; lists and objects become JSON text.
    pub(super) fn of_value(value: Option<&Value>, column: ColumnType) -> Self {
        match (value, column) {
            (None | Some(Value::Null), _) => Self::Missing,
            (Some(value), ColumnType::Text) => match value {
                Value::String(text) => Self::text(text),
                other => Self::Text(other.to_string()),
            },
            (Some(value), _) => integer(value).map_or(Self::Missing, Self::Number),
        }
    }
}

/// A whole number, also one that is written as text.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

/// The cells of one column of the row group that is being filled.
#[derive(Default)]
struct Cells {
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
    texts: Vec<ByteArray>,
    numbers: Vec<i64>,
}

impl Cells {
    fn push(&mut self, cell: Cell) {
        self.levels.push(i16::from(cell != Cell::Missing));
        match cell {
            Cell::Missing => {}
            Cell::Text(text) => self.texts.push(text.into_bytes().into()),
            Cell::Number(number) => self.numbers.push(number),
        }
    }

    fn write(
        &self,
        column: ColumnType,
        writer: &mut SerializedColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match column {
            ColumnType::Text => {
                writer
                    .typed::<ByteArrayType>()
                    .write_batch(&self.texts, levels, None)?
            }
            _ => writer
                .typed::<Int64Type>()
                .write_batch(&self.numbers, levels, None)?,
        };
        Ok(())
    }
}

/// A Parquet file that is being written, row by row.
pub(super) struct ColumnarWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    types: Vec<ColumnType>,
    cells: Vec<Cells>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> ColumnarWriter<W> {
    /// Begins a file with these columns.
    pub(super) fn new(file: W, columns: &[(&'static str, ColumnType)]) -> Result<Self, WriteError> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("tesem version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            .build();
        let types: Vec<ColumnType> = columns.iter().map(|(_, kind)| *kind).collect();
        Ok(Self {
            file: SerializedFileWriter::new(file, schema(columns)?, Arc::new(properties))?,
            cells: types.iter().map(|_| Cells::default()).collect(),
            types,
            rows: 0,
            bytes: 0,
        })
    }

    /// Adds a row; a column that it lacks is empty.
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = Cell>) -> Result<(), WriteError> {
        let row = row.into_iter().chain(std::iter::repeat(Cell::Missing));
        for (cells, cell) in self.cells.iter_mut().zip(row) {
            if let Cell::Text(text) = &cell {
                self.bytes += text.len();
            }
            cells.push(cell);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS_MAX || self.bytes >= GROUP_BYTES_MAX {
            self.end_group()?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        if self.rows > 0 {
            self.end_group()?;
        }
        self.file.close()?;
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), WriteError> {
        let mut group = self.file.next_row_group()?;
        for (cells, column) in self.cells.iter_mut().zip(&self.types) {
            write_column(&mut group, &std::mem::take(cells), *column)?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    cells: &Cells,
    column: ColumnType,
) -> Result<(), WriteError> {
    let writer = group.next_column()?;
    let mut writer =
        writer.ok_or_else(|| io::Error::other("the file has fewer columns than its rows"))?;
    cells.write(column, &mut writer)?;
    writer.close()?;
    Ok(())
}

fn schema(columns: &[(&'static str, ColumnType)]) -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> = columns
        .iter()
        .map(|(name, kind)| {
            Type::primitive_type_builder(name, kind.physical())
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(kind.logical())
                .build()
                .map(Arc::new)
        })
        .collect();
    let root = Type::group_type_builder("schema").with_fields(fields?);
    root.build().map(Arc::new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_take_the_type_of_their_column() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let cases = [
            (json!("=1+1"), ColumnType::Text, text("=1+1")),
            (json!(["a", 1]), ColumnType::Text, text("[\"a\",1]")),
            (json!(true), ColumnType::Text, text("true")),
            (json!(""), ColumnType::Text, Cell::Missing),
            (json!(null), ColumnType::Number, Cell::Missing),
            (json!(443), ColumnType::Number, Cell::Number(443)),
            (json!("443"), ColumnType::Number, Cell::Number(443)),
            (json!("many"), ColumnType::Number, Cell::Missing),
        ];
        for (value, column, expected) in cases {
            assert_eq!(Cell::of_value(Some(&value), column), expected, "{value}");
        }
        let winter = "2026-01-15T10:00:00.1234567Z".parse().unwrap();
        let cairo = TimeZone::get("Africa/Cairo").unwrap();
        assert_eq!(Cell::instant(winter), Cell::Number(1_768_471_200_123_456));
        assert_eq!(
            Cell::local_time(winter, &cairo),
            Cell::Number(1_768_478_400_123_456)
        );
    }
}
