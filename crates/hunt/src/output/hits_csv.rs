//! `hits.csv`: one row per indicator and event.

use std::io::Write;
use std::path::Path;

use super::cell::{guarded, of_value};
use super::hit::{Hit, HitReader};
use super::time::local;
use super::{OutputError, OutputOptions, Subject, WriteError, write_file};

/// The columns in front of those of the event.
const LEADING: [&str; 7] = [
    "Timestamp",
    "UtcOffset",
    "TimestampUtc",
    "Indicator",
    "IndicatorKind",
    "Table",
    "Column",
];

/// The columns behind those of the event.
const TRAILING: [&str; 2] = ["MatchedText", "Tenant"];

/// The names of all columns.
pub(super) fn header() -> Vec<&'static str> {
    LEADING
        .into_iter()
        .chain(event_columns())
        .chain(TRAILING)
        .collect()
}

/// The event's columns, without the time, which leads.
pub(super) fn event_columns() -> impl Iterator<Item = &'static str> {
    Hit::columns().filter(|name| *name != "Timestamp")
}

pub(super) fn write(subject: &Subject<'_>, path: &Path) -> Result<u64, OutputError> {
    write_file(path, |file| {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(header())?;
        let count = write_rows(subject, &mut csv)?;
        csv.flush()?;
        Ok(count)
    })
}

/// Writes all hits, without header, and returns how many they are.
pub(super) fn write_rows<W: Write>(
    subject: &Subject<'_>,
    csv: &mut csv::Writer<W>,
) -> Result<u64, WriteError> {
    let mut reader = HitReader::of(subject);
    let mut count = 0;
    while let Some(hits) = reader.next_answer().map_err(OutputError::from)? {
        for hit in &hits {
            csv.write_record(row(hit, subject.options))?;
            count += 1;
        }
    }
    Ok(count)
}

fn row(hit: &Hit<'_>, options: &OutputOptions) -> Vec<String> {
    let local = hit
        .timestamp
        .map(|instant| local(instant, &options.time_zone));
    let (time, offset) = local
        .map(|local| (local.time, local.offset))
        .unwrap_or_default();
    let text = |text: &str| guarded(text).into_owned();
    let mut row = vec![
        time,
        offset,
        text(hit.timestamp_text()),
        text(&hit.indicator.observable.to_string()),
        hit.indicator.kind().as_str().to_owned(),
        text(&hit.table),
        text(&hit.column),
    ];
    row.extend(event_columns().map(|name| of_value(hit.cell(name))));
    row.push(text(&hit.matched));
    row.push(text(&options.tenant));
    row
}
