//! One pass over all events: the newest of each indicator that is shown, and how many fall into each span of the timeline.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::Timestamp;
use serde_json::Value;
use tesem_hunt::IndicatorId;
use tesem_hunt::output::{Hit, HitReader};

use super::indicators::Seen;
use super::searched::Searches;
use super::text::cut;
use super::timeline::Timeline;
use super::{Limits, ReportError};

/// Columns that have a place of their own in the table of events.
const SHOWN_ELSEWHERE: [&str; 3] = ["Timestamp", "DeviceName", "DeviceId"];

/// What the events give.
pub(super) struct Events {
    pub(super) newest: Newest,
    pub(super) timeline: Timeline,
}

/// An event of an indicator.
pub(super) struct Event {
    pub(super) time: Option<Timestamp>,
    pub(super) table: String,
    pub(super) column: String,
    pub(super) matched: String,
    pub(super) device: String,
    /// The other columns that say something.
    pub(super) cells: Vec<(&'static str, String)>,
}

/// An indicator of a tenant.
pub(super) type Key = (usize, IndicatorId);

/// The newest events of the indicators that are shown.
pub(super) struct Newest(HashMap<Key, Kept>);

/// The events of one indicator.
#[derive(Default)]
struct Kept {
    /// How many may be kept.
    room: usize,
    /// All that were fetched, also those not kept.
    fetched: usize,
    /// The oldest first.
    newest: VecDeque<Event>,
}

impl Newest {
    fn new(seen: &Seen, limits: Limits) -> Self {
        let mut left = limits.events;
        let mut kept = HashMap::new();
        for key in seen.shown() {
            let room = left.min(limits.events_per_indicator);
            left -= room;
            kept.insert(
                key,
                Kept {
                    room,
                    ..Kept::default()
                },
            );
        }
        Self(kept)
    }

    fn add(&mut self, key: Key, hit: &Hit<'_>) {
        let Some(kept) = self.0.get_mut(&key) else {
            return;
        };
        kept.fetched += 1;
        let at = kept
            .newest
            .partition_point(|event| event.time <= hit.timestamp);
        if kept.newest.len() >= kept.room && at == 0 {
            return;
        }
        kept.newest.insert(at, Event::of(hit));
        if kept.newest.len() > kept.room {
            kept.newest.pop_front();
        }
    }

    /// The events of an indicator that are shown, the newest first, and how many were fetched.
    pub(super) fn of(&self, key: Key) -> (impl Iterator<Item = &Event>, usize) {
        let kept = self.0.get(&key);
        let fetched = kept.map_or(0, |kept| kept.fetched);
        let events = kept.into_iter().flat_map(|kept| kept.newest.iter().rev());
        (events, fetched)
    }
}

impl Event {
    fn of(hit: &Hit<'_>) -> Self {
        let other = |(name, _): &&(&'static str, Value)| !SHOWN_ELSEWHERE.contains(name);
        let cells = hit.cells.iter().filter(other);
        let device = hit.cell("DeviceName").or_else(|| hit.cell("DeviceId"));
        Self {
            time: hit.timestamp,
            table: hit.table.clone(),
            column: hit.column.clone(),
            matched: cut(&hit.matched).into_owned(),
            device: device.map(text).unwrap_or_default(),
            cells: cells.map(|(name, value)| (*name, text(value))).collect(),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text).into_owned(),
        other => cut(&other.to_string()).into_owned(),
    }
}

/// Reads all events of all tenants, one answer at a time.
pub(super) fn read(all: &Searches<'_>, seen: &Seen) -> Result<Events, ReportError> {
    let mut newest = Newest::new(seen, all.limits);
    let mut timeline = Timeline::new(all);
    for (number, one) in (0..).zip(all.each) {
        let mut reader = HitReader::new(one.folder, one.plan, one.report);
        while let Some(hits) = reader.next_answer()? {
            for hit in &hits {
                newest.add((number, hit.id), hit);
                timeline.add(hit.indicator.kind(), hit.timestamp);
            }
        }
    }
    Ok(Events { newest, timeline })
}

/// How often each key occurs.
pub(super) fn tally<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}
