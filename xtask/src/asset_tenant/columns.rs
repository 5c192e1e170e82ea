//! Rows as Parquet, without Arrow.
//!
//! Source: <https://parquet.apache.org/docs/file-format/types/logicaltypes/>.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

/// Rows of a row group: what is held in memory.
const GROUP_ROWS: usize = 100_000;

/// A cell; texts that many rows share are cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Text(ByteArray),
    /// Seconds since 1970.
    Time(i64),
    Number(i64),
    Flag(bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec().into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text.into_bytes().into())
    }
}

/// The cells of a column since the last row group.
#[derive(Debug)]
enum Waiting {
    Texts(Vec<ByteArray>),
    /// Milliseconds since 1970.
    Times(Vec<i64>),
    Numbers(Vec<i64>),
    Flags(Vec<bool>),
}

impl Waiting {
    fn like(cell: &Cell) -> Self {
        match cell {
            Cell::Text(_) => Self::Texts(Vec::new()),
            Cell::Time(_) => Self::Times(Vec::new()),
            Cell::Number(_) => Self::Numbers(Vec::new()),
            Cell::Flag(_) => Self::Flags(Vec::new()),
        }
    }

    fn push(&mut self, cell: Cell) -> anyhow::Result<()> {
        match (self, cell) {
            (Self::Texts(cells), Cell::Text(cell)) => cells.push(cell),
            (Self::Times(cells), Cell::Time(cell)) => cells.push(cell * 1_000),
            (Self::Numbers(cells), Cell::Number(cell)) => cells.push(cell),
            (Self::Flags(cells), Cell::Flag(cell)) => cells.push(cell),
            (waiting, cell) => bail!("{cell:?} is no cell of {:?}", waiting.types()),
        }
        Ok(())
    }

    fn types(&self) -> (PhysicalType, Option<LogicalType>) {
        match self {
            Self::Texts(_) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Times(_) => {
                let kind = LogicalType::timestamp(true, TimeUnit::MILLIS);
                (PhysicalType::INT64, Some(kind))
            }
            Self::Numbers(_) => (PhysicalType::INT64, None),
            Self::Flags(_) => (PhysicalType::BOOLEAN, None),
        }
    }

    /// Writes the cells and forgets them.
    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self {
            Self::Texts(cells) => {
                column
                    .typed::<ByteArrayType>()
                    .write_batch(cells, None, None)?;
                cells.clear();
            }
            Self::Times(cells) | Self::Numbers(cells) => {
                column.typed::<Int64Type>().write_batch(cells, None, None)?;
                cells.clear();
            }
            Self::Flags(cells) => {
                column.typed::<BoolType>().write_batch(cells, None, None)?;
                cells.clear();
            }
        }
        Ok(())
    }
}

/// Writes rows into a file; the first row says the columns' types. No rows, no file.
pub(super) fn write<const N: usize>(
    path: &Path,
    names: [&str; N],
    rows: impl Iterator<Item = [Cell; N]>,
) -> anyhow::Result<()> {
    let mut rows = rows.peekable();
    let Some(first) = rows.peek() else {
        return Ok(());
    };
    let mut waiting: [Waiting; N] = std::array::from_fn(|place| match first.get(place) {
        Some(cell) => Waiting::like(cell),
        None => Waiting::Texts(Vec::new()),
    });
    let file = BufWriter::new(File::create(path)?);
    let settings = WriterProperties::builder()
        .set_created_by("tesem xtask".to_owned())
        .set_compression(Compression::SNAPPY);
    let schema = schema(&names, &waiting)?;
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(settings.build()))?;
    while rows.peek().is_some() {
        for row in rows.by_ref().take(GROUP_ROWS) {
            for (waiting, cell) in waiting.iter_mut().zip(row) {
                waiting.push(cell)?;
            }
        }
        let mut group = writer.next_row_group()?;
        for waiting in &mut waiting {
            let mut column = group.next_column()?.context("a column is missing")?;
            waiting.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn schema(names: &[&str], columns: &[Waiting]) -> Result<TypePtr, ParquetError> {
    let field = |(name, column): (&&str, &Waiting)| {
        let (physical, logical) = column.types();
        let field = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical);
        field.build().map(Arc::new)
    };
    let fields = names.iter().zip(columns).map(field);
    let root = Type::group_type_builder("schema").with_fields(fields.collect::<Result<_, _>>()?);
    root.build().map(Arc::new)
}
