//! The devices on which something was seen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use askama::Template;
use jiff::Timestamp;
use tesem_hunt::{IndicatorId, Sighting};

use super::indicators::device_label;
use super::searched::Searches;
use super::text::{Moment, cut, left_out, thousands};

/// Indicators named per device.
const INDICATORS_SHOWN_MAX: usize = 20;

/// A device of a tenant: its number, and its id, or its name where it has none.
type DeviceKey<'a> = (usize, &'a str);

/// What was seen on a device.
struct OnDevice<'a> {
    label: String,
    id: &'a str,
    indicators: BTreeSet<IndicatorId>,
    tables: BTreeSet<&'a str>,
    events: u64,
    first_seen: Timestamp,
    last_seen: Timestamp,
}

#[derive(Template)]
#[template(path = "hunt_report/devices.html")]
struct Section<'a> {
    count: usize,
    left_out: Option<String>,
    several: bool,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    tenant: &'a str,
    tenant_number: usize,
    name: String,
    id: String,
    page: Option<String>,
    indicators: usize,
    named: Vec<String>,
    more: usize,
    events: u64,
    events_text: String,
    first_seen: Moment,
    last_seen: Moment,
    tables: String,
}

pub(super) fn write(out: &mut dyn Write, all: &Searches<'_>) -> io::Result<()> {
    let devices = devices(all);
    let count = devices.len();
    let mut ordered: Vec<_> = devices.into_iter().collect();
    ordered.sort_by_key(|(_, device)| Reverse(device.last_seen));
    ordered.truncate(all.limits.devices);
    let rows = ordered
        .iter()
        .map(|((number, _), device)| row(all, *number, device));
    Section {
        count,
        left_out: left_out(
            ordered.len(),
            count,
            "devices, those with the last sightings",
            "sightings.csv",
        ),
        several: all.several(),
        rows: rows.collect(),
    }
    .write_into(out)
}

fn devices<'a>(all: &Searches<'a>) -> BTreeMap<DeviceKey<'a>, OnDevice<'a>> {
    let mut devices = BTreeMap::new();
    for (number, verdict) in all.verdicts() {
        for sighting in &verdict.sightings {
            let key = match sighting.device_id.as_str() {
                "" => sighting.device_name.as_str(),
                id => id,
            };
            if key.is_empty() {
                continue;
            }
            let device = devices
                .entry((number, key))
                .or_insert_with(|| OnDevice::new(sighting));
            device.add(verdict.indicator, sighting);
        }
    }
    devices
}

impl<'a> OnDevice<'a> {
    fn new(sighting: &'a Sighting) -> Self {
        Self {
            label: device_label(sighting),
            id: &sighting.device_id,
            indicators: BTreeSet::new(),
            tables: BTreeSet::new(),
            events: 0,
            first_seen: sighting.first_seen,
            last_seen: sighting.last_seen,
        }
    }

    fn add(&mut self, indicator: IndicatorId, sighting: &'a Sighting) {
        self.indicators.insert(indicator);
        self.tables.insert(&sighting.table);
        self.events = self.events.saturating_add(sighting.events);
        self.first_seen = self.first_seen.min(sighting.first_seen);
        self.last_seen = self.last_seen.max(sighting.last_seen);
    }
}

fn row<'a>(all: &Searches<'a>, number: usize, device: &OnDevice<'_>) -> Row<'a> {
    let shown = device.indicators.iter().take(INDICATORS_SHOWN_MAX);
    let named: Vec<String> = shown.map(|id| all.value(number, *id)).collect();
    let tables: Vec<&str> = device.tables.iter().copied().collect();
    Row {
        tenant: all.tenant(number),
        tenant_number: number + 1,
        name: device.label.clone(),
        id: cut(device.id).into_owned(),
        page: all.device_page(number, device.id),
        indicators: device.indicators.len(),
        more: device.indicators.len() - named.len(),
        named,
        events: device.events,
        events_text: thousands(device.events),
        first_seen: all.moment(device.first_seen),
        last_seen: all.moment(device.last_seen),
        tables: tables.join(", "),
    }
}
