//! The tables of a generated tenant as Parquet files, day by day, so that memory does not grow with their number.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::calendar::{self, Day};
use super::entities::entities;
use super::harvest::Harvest;
use super::table::{Cells, Table, tables};
use super::tenant::Tenant;
use super::{GenerateError, GenerateOptions, Piece, check, of_pieces, pieces, rows_of, tenant_of};
use crate::data::Entities;

/// Rows of a row group: what a writer holds in memory before it writes.
const GROUP_ROWS: usize = 100_000;

/// What `write_tables` wrote, and the entities that belong to it.
#[derive(Debug)]
pub(crate) struct WrittenTables {
    /// Rows by table.
    pub(crate) rows: BTreeMap<&'static str, usize>,
    pub(crate) entities: Entities,
}

/// Writes `<Table>.parquet` into `directory` for every table that has rows.
pub(crate) fn write_tables(
    options: &GenerateOptions,
    directory: &Path,
) -> Result<WrittenTables, GenerateError> {
    check(options)?;
    let tenant = Tenant::new(options);
    let mut writers = Writers {
        directory: directory.to_owned(),
        open: BTreeMap::new(),
    };
    let mut harvest = Harvest::default();
    for day in tenant.window.days() {
        for made in of_pieces(&of_day(&tenant, day), |piece| of_piece(&tenant, piece))? {
            harvest.merge(made.1);
            writers.write(made.0)?;
        }
    }
    Ok(WrittenTables {
        rows: writers.finish()?,
        entities: entities(&tenant, &harvest, &tenant_of(options).tenant_id),
    })
}

fn of_day(tenant: &Tenant, day: Day) -> Vec<Piece> {
    let all = pieces(tenant).into_iter();
    all.filter(|piece| piece.day == day).collect()
}

/// Batches with the tables they belong to.
type Batches = Vec<(&'static str, RecordBatch)>;

/// The batches of a piece by table, and what the entities need of it.
fn of_piece(tenant: &Tenant, piece: Piece) -> Result<(Batches, Harvest), GenerateError> {
    let rows = rows_of(tenant, piece);
    let tables = tables(&rows);
    let filled = tables.iter().filter(|table| table.rows > 0);
    let batches = filled.map(|table| Ok((table.name, batch(table)?)));
    Ok((
        batches.collect::<Result<_, GenerateError>>()?,
        Harvest::of(&rows),
    ))
}

/// The columns that the table names, in types that other programs read, too.
fn batch(table: &Table<'_>) -> Result<RecordBatch, GenerateError> {
    let columns: Vec<(Field, ArrayRef)> = table
        .columns
        .iter()
        .map(|(name, cells)| {
            let array = array(cells);
            (Field::new(*name, array.data_type().clone(), true), array)
        })
        .collect();
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|error| failed(table.name, &error))
}

fn array(cells: &Cells<'_>) -> ArrayRef {
    match cells {
        Cells::Text(cells) | Cells::Dynamic(cells) => {
            Arc::new(StringArray::from_iter_values(cells.iter().copied()))
        }
        Cells::Long(cells) => Arc::new(Int64Array::from(cells.clone())),
        Cells::Int(cells) => Arc::new(Int32Array::from(cells.clone())),
        Cells::Real(cells) => Arc::new(Float64Array::from(cells.clone())),
        Cells::Bool(cells) => Arc::new(BooleanArray::from(cells.clone())),
        Cells::Moment(cells) => {
            let times = cells.iter().map(|ticks| {
                let nanoseconds = calendar::timestamp((*ticks)?).as_nanosecond();
                i64::try_from(nanoseconds).ok()
            });
            let array: TimestampNanosecondArray = times.collect();
            Arc::new(array.with_timezone("UTC"))
        }
    }
}

/// One open file for each table.
struct Writers {
    directory: PathBuf,
    open: BTreeMap<&'static str, (ArrowWriter<File>, usize)>,
}

impl Writers {
    fn write(&mut self, batches: Batches) -> Result<(), GenerateError> {
        for (table, batch) in batches {
            if !self.open.contains_key(table) {
                let writer = create(&self.directory, table, &batch)?;
                self.open.insert(table, (writer, 0));
            }
            if let Some((writer, rows)) = self.open.get_mut(table) {
                writer
                    .write(&batch)
                    .map_err(|error| failed(table, &error))?;
                *rows += batch.num_rows();
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<BTreeMap<&'static str, usize>, GenerateError> {
        let close = |(table, (writer, rows)): (&'static str, (ArrowWriter<File>, usize))| {
            writer.close().map_err(|error| failed(table, &error))?;
            Ok((table, rows))
        };
        self.open.into_iter().map(close).collect()
    }
}

fn create(
    directory: &Path,
    table: &'static str,
    batch: &RecordBatch,
) -> Result<ArrowWriter<File>, GenerateError> {
    let path = directory.join(format!("{table}.parquet"));
    let file = File::create(path).map_err(|error| failed(table, &error))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .build();
    ArrowWriter::try_new(file, batch.schema(), Some(properties))
        .map_err(|error| failed(table, &error))
}

fn failed(table: &'static str, error: &dyn std::error::Error) -> GenerateError {
    GenerateError::Store {
        table,
        message: error.to_string(),
    }
}
