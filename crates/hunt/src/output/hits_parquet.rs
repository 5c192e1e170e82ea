//! `hits.parquet`: the columns of `hits.csv` with their types, and without guards against spreadsheets.

use std::path::Path;

use super::columnar::{Cell, ColumnType, ColumnarWriter};
use super::hit::{Hit, HitReader};
use super::time::local;
use super::{OutputError, OutputOptions, Subject, hits_csv, write_file};

/// Columns that are whole numbers in the service's schema.
///
/// Source: "DeviceFileEvents" and "DeviceNetworkEvents", learn.microsoft.com.
const NUMBERS: [&str; 3] = ["FileSize", "RemotePort", "LocalPort"];

fn columns() -> Vec<(&'static str, ColumnType)> {
    let with_type = |name| (name, column_type(name));
    hits_csv::header().into_iter().map(with_type).collect()
}

fn column_type(name: &str) -> ColumnType {
    match name {
        "Timestamp" => ColumnType::LocalTime,
        "TimestampUtc" => ColumnType::Instant,
        name if NUMBERS.contains(&name) => ColumnType::Number,
        _ => ColumnType::Text,
    }
}

pub(super) fn write(subject: &Subject<'_>, path: &Path) -> Result<(), OutputError> {
    write_file(path, |file| {
        let mut writer = ColumnarWriter::new(file, &columns())?;
        let mut reader = HitReader::of(subject);
        while let Some(hits) = reader.next_answer().map_err(OutputError::from)? {
            for hit in &hits {
                writer.push(row(hit, subject.options))?;
            }
        }
        writer.finish()
    })
}

fn row(hit: &Hit<'_>, options: &OutputOptions) -> Vec<Cell> {
    let zone = &options.time_zone;
    let at = |cell: &dyn Fn(jiff::Timestamp) -> Cell| hit.timestamp.map_or(Cell::Missing, cell);
    let mut row = vec![
        at(&|instant| Cell::local_time(instant, zone)),
        at(&|instant| Cell::text(&local(instant, zone).offset)),
        at(&Cell::instant),
        Cell::text(&hit.indicator.observable.to_string()),
        Cell::text(hit.indicator.kind().as_str()),
        Cell::text(&hit.table),
        Cell::text(&hit.column),
    ];
    let event = hits_csv::event_columns();
    row.extend(event.map(|name| Cell::of_value(hit.cell(name), column_type(name))));
    row.push(Cell::text(&hit.matched));
    row.push(Cell::text(&options.tenant));
    row
}
