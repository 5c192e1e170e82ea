//! `hits.jsonl`: one object per indicator and event.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::hit::{Hit, HitReader};
use super::time::local;
use super::{OutputError, OutputOptions, Subject, write_file};
use crate::indicator::Provenance;

/// A line.
#[derive(Serialize)]
struct Line<'a> {
    indicator: String,
    kind: &'static str,
    table: &'a str,
    column: &'a str,
    matched: &'a str,
    timestamp: &'a str,
    local_time: String,
    utc_offset: String,
    tenant: &'a str,
    event: Map<String, Value>,
    /// What feeds say about the indicator.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    feeds: &'a [Provenance],
}

pub(super) fn write(subjects: &[Subject<'_>], path: &Path) -> Result<(), OutputError> {
    write_file(path, |file| {
        for subject in subjects {
            let mut reader = HitReader::of(subject);
            while let Some(hits) = reader.next_answer().map_err(OutputError::from)? {
                for hit in &hits {
                    serde_json::to_writer(&mut *file, &line(hit, subject.options))?;
                    file.write_all(b"\n")?;
                }
            }
        }
        Ok(())
    })
}

fn line<'a>(hit: &'a Hit<'_>, options: &'a OutputOptions) -> Line<'a> {
    let local = hit
        .timestamp
        .map(|instant| local(instant, &options.time_zone));
    let (local_time, utc_offset) = local
        .map(|local| (local.time, local.offset))
        .unwrap_or_default();
    let event = hit
        .cells
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Line {
        indicator: hit.indicator.observable.to_string(),
        kind: hit.indicator.kind().as_str(),
        table: &hit.table,
        column: &hit.column,
        matched: &hit.matched,
        timestamp: hit.timestamp_text(),
        local_time,
        utc_offset,
        tenant: &options.tenant,
        event: event.collect(),
        feeds: &hit.indicator.provenance,
    }
}
