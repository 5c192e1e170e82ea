//! The tables of a generated tenant as Parquet files, day by day, so that memory does not grow with their number.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::calendar;
use super::entities::entities;
use super::harvest::Harvest;
use super::table::{Cells, Table, tables};
use super::tenant::Tenant;
use super::{
    GenerateError, GenerateOptions, Piece, check, of_pieces, pieces_of_day, rows_of, tenant_of,
    threads,
};
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

/// How far the writing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteProgress {
    /// Device days that are written.
    pub device_days: u64,
    /// Device days there are.
    pub device_days_all: u64,
    /// Rows of all tables so far.
    pub rows: u64,
}

/// Hears how far the writing is, after each step of some thousand rows; [`ControlFlow::Break`] stops it.
pub type WriteObserver<'a> = dyn FnMut(WriteProgress) -> ControlFlow<()> + 'a;

/// Writes `<Table>.parquet` into `directory` for every table that has rows.
///
/// A step makes the rows of as many pieces as there are threads, then writes them; nothing else grows with the number of days.
pub(crate) fn write_tables(
    options: &GenerateOptions,
    directory: &Path,
    observe: &mut WriteObserver<'_>,
) -> Result<WrittenTables, GenerateError> {
    check(options)?;
    let tenant = Tenant::new(options);
    let mut writers = Writers {
        directory: directory.to_owned(),
        open: BTreeMap::new(),
    };
    let mut harvest = Harvest::default();
    let mut progress = WriteProgress {
        device_days: 0,
        device_days_all: tenant.window.days().count() as u64 * tenant.devices.len() as u64,
        rows: 0,
    };
    for day in tenant.window.days() {
        let pieces: Vec<Piece> = pieces_of_day(&tenant, day).collect();
        for step in pieces.chunks(threads()) {
            if observe(progress).is_break() {
                return Err(GenerateError::Stopped);
            }
            let (batches, harvests) = of_pieces(step, |piece| of_piece(&tenant, piece))?
                .into_iter()
                .unzip::<_, _, Vec<_>, Vec<_>>();
            harvests.into_iter().for_each(|later| harvest.merge(later));
            progress.rows += writers.write(batches.into_iter().flatten())?;
            let done = step.iter().map(|piece| piece.devices_of(&tenant));
            progress.device_days += done.sum::<usize>() as u64;
        }
    }
    // The last answer cannot stop anything any more.
    let _ = observe(progress);
    Ok(WrittenTables {
        rows: writers.finish()?,
        entities: entities(&tenant, &harvest, &tenant_of(options).tenant_id),
    })
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

/// An open file and the rows in it.
struct Open {
    writer: ArrowWriter<File>,
    rows: usize,
}

/// One open file for each table.
struct Writers {
    directory: PathBuf,
    open: BTreeMap<&'static str, Open>,
}

impl Writers {
    /// Writes batches, the tables side by side and those of one table one after the other; the number of rows.
    fn write(
        &mut self,
        batches: impl Iterator<Item = (&'static str, RecordBatch)>,
    ) -> Result<u64, GenerateError> {
        let mut by_table: BTreeMap<&'static str, Vec<RecordBatch>> = BTreeMap::new();
        for (table, batch) in batches {
            if !self.open.contains_key(table) {
                let writer = create(&self.directory, table, &batch)?;
                self.open.insert(table, Open { writer, rows: 0 });
            }
            by_table.entry(table).or_default().push(batch);
        }
        let rows = by_table
            .values()
            .flatten()
            .map(RecordBatch::num_rows)
            .sum::<usize>();
        let open = self.open.iter_mut();
        let mut work: Vec<_> = open
            .filter_map(|(table, open)| Some((*table, open, by_table.remove(table)?)))
            .collect();
        // The largest first, so that no thread is left with it at the end.
        work.sort_by_key(|(_, _, batches)| {
            Reverse(batches.iter().map(RecordBatch::num_rows).sum::<usize>())
        });
        let work = Mutex::new(work.into_iter());
        let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
        let write = || {
            while let Some((table, open, batches)) = next() {
                open.write(table, &batches)?;
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads()).map(|_| scope.spawn(write)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| match worker.join() {
                    Ok(written) => written,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })?;
        Ok(rows as u64)
    }

    fn finish(self) -> Result<BTreeMap<&'static str, usize>, GenerateError> {
        let close = |(table, open): (&'static str, Open)| {
            open.writer.close().map_err(|error| failed(table, &error))?;
            Ok((table, open.rows))
        };
        self.open.into_iter().map(close).collect()
    }
}

impl Open {
    fn write(&mut self, table: &'static str, batches: &[RecordBatch]) -> Result<(), GenerateError> {
        for batch in batches {
            self.writer
                .write(batch)
                .map_err(|error| failed(table, &error))?;
            self.rows += batch.num_rows();
        }
        Ok(())
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
