//! The indicators that were seen, each with where, on which devices, and its newest events.

use std::collections::BTreeSet;
use std::io::{self, Write};

use askama::Template;
use jiff::Timestamp;
use tesem_hunt::{Sighting, Status, Verdict};

use super::events::{Event, Key, Newest};
use super::searched::Searches;
use super::text::{Moment, counted, cut, left_out, thousands};

/// The indicators that were seen: those that are shown come first, seen last first.
pub(super) struct Seen {
    keys: Vec<Key>,
    all: usize,
}

impl Seen {
    pub(super) fn of(all: &Searches<'_>) -> Self {
        let hits = all
            .verdicts()
            .filter(|(_, verdict)| verdict.status == Status::Hit);
        let mut ordered: Vec<_> = hits
            .map(|(number, verdict)| {
                let newest_first = std::cmp::Reverse(verdict.last_seen());
                (newest_first, number, verdict.indicator)
            })
            .collect();
        ordered.sort_unstable();
        let count = ordered.len();
        ordered.truncate(all.limits.indicators);
        Self {
            keys: ordered
                .into_iter()
                .map(|(_, number, id)| (number, id))
                .collect(),
            all: count,
        }
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = Key> {
        self.keys.iter().copied()
    }
}

#[derive(Template)]
#[template(path = "hunt_report/indicators.html")]
struct Section<'a> {
    count: usize,
    left_out: Option<String>,
    several: bool,
    rows: Rows<'a>,
}

/// Makes one row at a time.
struct Rows<'a> {
    all: &'a Searches<'a>,
    seen: &'a Seen,
    newest: &'a Newest,
}

/// An indicator that was seen.
struct Row<'a> {
    tenant: &'a str,
    tenant_number: usize,
    value: String,
    kind: &'static str,
    events: u64,
    events_text: String,
    devices: usize,
    devices_text: String,
    first_seen: Option<Moment>,
    last_seen: Option<Moment>,
    tables: String,
    reason: &'a str,
    provenance: String,
    summary: String,
    places: Vec<PlaceRow>,
    places_left_out: Option<String>,
    newest: Vec<EventRow<'a>>,
    newest_left_out: Option<String>,
}

/// A sighting.
struct PlaceRow {
    place: String,
    device: String,
    events: String,
    first_seen: Moment,
    last_seen: Moment,
}

/// An event.
struct EventRow<'a> {
    time: Option<Moment>,
    place: String,
    device: &'a str,
    matched: &'a str,
    cells: &'a [(&'static str, String)],
}

pub(super) fn write(
    out: &mut dyn Write,
    all: &Searches<'_>,
    seen: &Seen,
    newest: &Newest,
) -> io::Result<()> {
    Section {
        count: seen.all,
        left_out: left_out(
            seen.keys.len(),
            seen.all,
            "indicators that were seen, those seen last",
            "coverage.csv",
        ),
        several: all.several(),
        rows: Rows { all, seen, newest },
    }
    .write_into(out)
}

impl<'a> Rows<'a> {
    fn iter(&self) -> impl Iterator<Item = Row<'a>> {
        self.seen.shown().filter_map(|key| self.row(key))
    }

    fn row(&self, key: Key) -> Option<Row<'a>> {
        let (all, (number, id)) = (self.all, key);
        let indicator = all.indicator(number, id)?;
        let verdict = all.each.get(number)?.report.verdicts.get(id.index())?;
        let places = self.places(verdict);
        let (events, fetched) = self.newest.of(key);
        let newest: Vec<EventRow<'a>> = events.map(|event| self.event(event)).collect();
        Some(Row {
            tenant: all.tenant(number),
            tenant_number: number + 1,
            value: all.value(number, id),
            kind: indicator.kind().as_str(),
            events: verdict.events(),
            events_text: thousands(verdict.events()),
            devices: verdict.devices(),
            devices_text: thousands(verdict.devices()),
            first_seen: Moment::optional(verdict.first_seen(), all.zone),
            last_seen: Moment::optional(verdict.last_seen(), all.zone),
            tables: tables_seen(verdict),
            reason: &verdict.reason,
            provenance: all.provenance(number, indicator),
            summary: format!(
                "{}, {} shown",
                counted(verdict.sightings.len(), "sighting"),
                counted(newest.len(), "event")
            ),
            places_left_out: left_out(
                places.len(),
                verdict.sightings.len(),
                "sightings, those with the most events",
                "sightings.csv",
            ),
            places,
            newest_left_out: left_out(
                newest.len(),
                fetched,
                "fetched events, the newest",
                "hits.csv",
            ),
            newest,
        })
    }

    fn places(&self, verdict: &Verdict) -> Vec<PlaceRow> {
        let mut sightings: Vec<&Sighting> = verdict.sightings.iter().collect();
        // Stable: those with as many events stay in the order of table, column and device.
        sightings.sort_by_key(|sighting| std::cmp::Reverse(sighting.events));
        sightings.truncate(self.all.limits.sightings_per_indicator);
        sightings
            .into_iter()
            .map(|sighting| self.place(sighting))
            .collect()
    }

    fn place(&self, sighting: &Sighting) -> PlaceRow {
        PlaceRow {
            place: format!("{}.{}", sighting.table, sighting.column),
            device: device_label(sighting),
            events: thousands(sighting.events),
            first_seen: self.all.moment(sighting.first_seen),
            last_seen: self.all.moment(sighting.last_seen),
        }
    }

    fn event(&self, event: &'a Event) -> EventRow<'a> {
        EventRow {
            time: event.time.map(|time: Timestamp| self.all.moment(time)),
            place: format!("{}.{}", event.table, event.column),
            device: &event.device,
            matched: &event.matched,
            cells: &event.cells,
        }
    }
}

/// The tables in which an indicator was seen.
fn tables_seen(verdict: &Verdict) -> String {
    let tables: BTreeSet<&str> = verdict
        .sightings
        .iter()
        .map(|one| one.table.as_str())
        .collect();
    tables.into_iter().collect::<Vec<_>>().join(", ")
}

/// The name of a device, or its id where it has none.
pub(super) fn device_label(sighting: &Sighting) -> String {
    let label = match sighting.device_name.as_str() {
        "" => &sighting.device_id,
        _ => &sighting.device_name,
    };
    cut(label).into_owned()
}
