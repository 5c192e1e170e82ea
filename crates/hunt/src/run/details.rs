//! Planning the details queries from what the summary found.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::findings::{Finding, Findings};
use super::record::Stage;
use super::task::{Task, TaskPart};
use crate::indicator::IndicatorId;
use crate::map::{Place, place};
use crate::plan::Plan;
use crate::query::{Missing, TimeWindow};

/// Most indicators of one query that have more sightings than rows are fetched; each of them is a search of its own.
const LIMITED_PARTS_MAX: usize = 16;

/// The resolution of timestamps in Kusto: 100 nanoseconds.
const TICK: SignedDuration = SignedDuration::from_nanos(100);

/// An indicator whose events are to be fetched.
struct Wanted {
    id: IndicatorId,
    places: BTreeSet<Place>,
    window: TimeWindow,
    events: u64,
}

/// The details queries for everything found, in the order of the indicators.
pub(super) fn tasks(plan: &Plan, findings: &Findings, rows_max: usize) -> Vec<Task> {
    let mut packer = Packer {
        plan,
        // Half an answer leaves room for events that arrived since the summary.
        rows_max: rows_max as u64 / 2,
        tasks: Vec::new(),
        open: Open::default(),
    };
    for (id, finding) in findings.iter() {
        if let Some(wanted) = wanted(id, finding) {
            packer.add(wanted);
        }
    }
    packer.close();
    packer.tasks
}

fn wanted(id: IndicatorId, finding: &Finding) -> Option<Wanted> {
    let start = finding
        .sightings()
        .map(|sighting| sighting.first_seen)
        .min()?;
    let last = finding
        .sightings()
        .map(|sighting| sighting.last_seen)
        .max()?;
    Some(Wanted {
        id,
        places: finding
            .sightings()
            .filter_map(|sighting| place(&sighting.table, &sighting.column))
            .collect(),
        window: TimeWindow {
            start,
            end: last.checked_add(TICK).unwrap_or(last),
        },
        events: finding
            .sightings()
            .fold(0, |sum, sighting| sum.saturating_add(sighting.events)),
    })
}

/// The query being filled: one part for the indicators whose events are all fetched, and one for each that has too many.
#[derive(Default)]
struct Open {
    whole: Vec<IndicatorId>,
    whole_places: BTreeSet<Place>,
    limited: Vec<TaskPart>,
    window: Option<TimeWindow>,
    rows: u64,
}

struct Packer<'a> {
    plan: &'a Plan,
    rows_max: u64,
    tasks: Vec<Task>,
    open: Open,
}

impl Packer<'_> {
    fn add(&mut self, wanted: Wanted) {
        let limit = self.plan.options.rows_per_indicator;
        let rows = wanted.events.min(u64::from(limit));
        let is_limited = wanted.events > u64::from(limit);
        let mut next = self.open.with(&wanted, is_limited.then_some(limit), rows);
        if !self.open.is_empty() && !self.fits(&next) {
            self.close();
            next = Open::default().with(&wanted, is_limited.then_some(limit), rows);
        }
        self.open = next;
    }

    fn fits(&self, open: &Open) -> bool {
        open.rows <= self.rows_max
            && open.limited.len() <= LIMITED_PARTS_MAX
            && self.bytes(open) <= self.plan.options.query_bytes_max
    }

    fn bytes(&self, open: &Open) -> usize {
        let task = open.task(self.plan, String::new());
        task.text(self.plan, &Missing::default())
            .map_or(0, |text| text.len())
    }

    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if open.is_empty() {
            return;
        }
        let name = format!("details-{:04}", self.tasks.len() + 1);
        self.tasks.push(open.task(self.plan, name));
    }
}

impl Open {
    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.limited.is_empty()
    }

    fn with(&self, wanted: &Wanted, limit: Option<u32>, rows: u64) -> Self {
        let mut next = Self {
            whole: self.whole.clone(),
            whole_places: self.whole_places.clone(),
            limited: self.limited.clone(),
            window: Some(
                self.window
                    .map_or(wanted.window, |window| spanning(window, wanted.window)),
            ),
            rows: self.rows.saturating_add(rows),
        };
        match limit {
            Some(_) => next.limited.push(TaskPart {
                indicators: vec![wanted.id],
                places: wanted.places.iter().copied().collect(),
                newest: limit,
            }),
            None => {
                next.whole.push(wanted.id);
                next.whole_places.extend(&wanted.places);
            }
        }
        next
    }

    fn task(&self, plan: &Plan, name: String) -> Task {
        let whole = TaskPart {
            indicators: self.whole.clone(),
            places: self.whole_places.iter().copied().collect(),
            newest: None,
        };
        let parts = Some(whole)
            .filter(|part| !part.indicators.is_empty())
            .into_iter();
        let parts = parts.chain(self.limited.iter().cloned()).collect();
        Task::new(
            name,
            Stage::Details,
            parts,
            self.window.unwrap_or(plan.options.window),
        )
    }
}

fn spanning(one: TimeWindow, other: TimeWindow) -> TimeWindow {
    TimeWindow {
        start: one.start.min(other.start),
        end: one.end.max(other.end),
    }
}
