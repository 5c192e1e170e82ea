//! `sightings.parquet`: the columns of `sightings.csv` with their types; its times are instants.

use std::path::Path;

use super::columnar::{Cell, ColumnType, ColumnarWriter};
use super::time::local;
use super::{OutputError, OutputOptions, Subject, sightings, write_file};
use crate::indicator::Indicator;
use crate::run::Sighting;

fn column_type(name: &str) -> ColumnType {
    match name {
        "Events" => ColumnType::Number,
        "FirstSeen" | "LastSeen" => ColumnType::Instant,
        _ => ColumnType::Text,
    }
}

pub(super) fn write(subject: &Subject<'_>, path: &Path) -> Result<(), OutputError> {
    let columns = sightings::HEADER.map(|name| (name, column_type(name)));
    write_file(path, |file| {
        let mut writer = ColumnarWriter::new(file, &columns)?;
        for verdict in &subject.report.verdicts {
            let Some(indicator) = subject.plan.intake.get(verdict.indicator) else {
                continue;
            };
            for sighting in &verdict.sightings {
                writer.push(row(indicator, sighting, subject.options))?;
            }
        }
        writer.finish()
    })
}

fn row(indicator: &Indicator, sighting: &Sighting, options: &OutputOptions) -> Vec<Cell> {
    let offset = local(sighting.last_seen, &options.time_zone).offset;
    vec![
        Cell::text(&indicator.observable.to_string()),
        Cell::text(indicator.kind().as_str()),
        Cell::text(&sighting.table),
        Cell::text(&sighting.column),
        Cell::text(&sighting.device_name),
        Cell::text(&sighting.device_id),
        Cell::count(sighting.events),
        Cell::instant(sighting.first_seen),
        Cell::instant(sighting.last_seen),
        Cell::text(&offset),
        Cell::text(&options.tenant),
    ]
}
