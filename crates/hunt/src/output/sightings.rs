//! `sightings.csv`: one row per indicator, table, column and device, complete where `hits.csv` has only the newest events.

use std::path::Path;

use super::cell::guarded;
use super::time::local;
use super::{OutputError, Subject, write_file};

pub(super) const HEADER: [&str; 11] = [
    "Indicator",
    "IndicatorKind",
    "Table",
    "Column",
    "DeviceName",
    "DeviceId",
    "Events",
    "FirstSeen",
    "LastSeen",
    "UtcOffset",
    "Tenant",
];

pub(super) fn write(subject: &Subject<'_>, path: &Path) -> Result<(), OutputError> {
    write_file(path, |file| {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(HEADER)?;
        for verdict in &subject.report.verdicts {
            let Some(indicator) = subject.plan.intake.get(verdict.indicator) else {
                continue;
            };
            let value = indicator.observable.to_string();
            for sighting in &verdict.sightings {
                let first = local(sighting.first_seen, &subject.options.time_zone);
                let last = local(sighting.last_seen, &subject.options.time_zone);
                csv.write_record([
                    guarded(&value).as_ref(),
                    indicator.kind().as_str(),
                    &guarded(&sighting.table),
                    &guarded(&sighting.column),
                    &guarded(&sighting.device_name),
                    &guarded(&sighting.device_id),
                    &sighting.events.to_string(),
                    &first.time,
                    &last.time,
                    &last.offset,
                    &guarded(&subject.options.tenant),
                ])?;
            }
        }
        csv.flush()?;
        Ok(())
    })
}
