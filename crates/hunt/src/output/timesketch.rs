//! `timesketch.csv`: the hits as a timeline for Timesketch.
//!
//! Timesketch needs `message`, `datetime` and `timestamp_desc`, takes `timestamp` in microseconds, and reads `tag` as a JSON list. It drops
//! rows whose time is written otherwise than in the first row, so that every time has six digits after the point.
//! Source: <https://timesketch.org/guides/user/import-from-json-csv/>.

use std::path::Path;

use super::cell::{guarded, of_value};
use super::hit::{Hit, HitReader};
use super::hits_csv::event_columns;
use super::time::utc_micros;
use super::{OutputError, OutputOptions, Subject, write_file};

/// The columns in front of those of the event.
const LEADING: [&str; 11] = [
    "message",
    "datetime",
    "timestamp",
    "timestamp_desc",
    "tag",
    "indicator",
    "indicator_kind",
    "table",
    "column",
    "matched_text",
    "tenant",
];

/// What Defender's `Timestamp` is. Source: "DeviceEvents", learn.microsoft.com.
const TIMESTAMP_IS: &str = "Event Recorded";

pub(super) fn write(subject: &Subject<'_>, path: &Path) -> Result<(), OutputError> {
    write_file(path, |file| {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(LEADING.into_iter().chain(event_columns()))?;
        let mut reader = HitReader::of(subject);
        while let Some(hits) = reader.next_answer().map_err(OutputError::from)? {
            for hit in &hits {
                csv.write_record(row(hit, subject.options))?;
            }
        }
        csv.flush()?;
        Ok(())
    })
}

fn row(hit: &Hit<'_>, options: &OutputOptions) -> Vec<String> {
    let text = |text: &str| guarded(text).into_owned();
    let micros = hit.timestamp.map(|instant| instant.as_microsecond());
    let mut row = vec![
        text(&message(hit)),
        hit.timestamp.map(utc_micros).unwrap_or_default(),
        micros.map(|micros| micros.to_string()).unwrap_or_default(),
        TIMESTAMP_IS.to_owned(),
        format!("[\"tesem\",\"{}\"]", hit.indicator.kind().as_str()),
        text(&hit.indicator.observable.to_string()),
        hit.indicator.kind().as_str().to_owned(),
        text(&hit.table),
        text(&hit.column),
        text(&hit.matched),
        text(&options.tenant),
    ];
    row.extend(event_columns().map(|name| of_value(hit.cell(name))));
    row
}

/// `evil.com (domain) on ws-1: ConnectionSuccess in DeviceNetworkEvents, RemoteUrl is https://evil.com/x`.
fn message(hit: &Hit<'_>) -> String {
    let cell = |name| {
        hit.cell(name)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let device = match cell("DeviceName") {
        "" => String::new(),
        name => format!(" on {name}"),
    };
    let action = match cell("ActionType") {
        "" => "seen",
        action => action,
    };
    format!(
        "{} ({}){device}: {action} in {}, {} is {}",
        hit.indicator.observable,
        hit.indicator.kind().as_str(),
        hit.table,
        hit.column,
        hit.matched,
    )
}
