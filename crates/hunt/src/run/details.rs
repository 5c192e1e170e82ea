//! Planning the details queries from what the summary found.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::findings::{Finding, Findings};
use super::record::Stage;
use super::task::{Task, TaskPart};
use crate::backend::BackendLimits;
use crate::cost::CostModel;
use crate::indicator::IndicatorId;
use crate::map::{Place, place};
use crate::plan::Plan;
use crate::query::{self, Lists, Missing, Part, Shape, TimeWindow};
use crate::term::{List, Term};

/// Most indicators of one query that have more sightings than rows are fetched; each of them is a search of its own.
const LIMITED_PARTS_MAX: usize = 16;

/// The resolution of timestamps in Kusto: 100 nanoseconds.
const TICK: SignedDuration = SignedDuration::from_nanos(100);

/// The details queries for everything found, in the order of the indicators.
pub(super) fn tasks(plan: &Plan, findings: &Findings, rows_max: u64) -> Vec<Task> {
    let mut packer = Packer {
        plan,
        rows_max,
        tasks: Vec::new(),
        open: Open::default(),
    };
    for (id, finding) in findings.iter() {
        if let Some(wanted) = wanted(plan, id, finding) {
            packer.add(wanted);
        }
    }
    packer.close();
    packer.tasks
}

/// Most rows that a query is planned for, of a backend with `limits` in which queries cost `costs`. Half an answer leaves room for events
/// that arrived since the summary, and for rows that are larger than others.
pub(super) fn rows_budget(limits: &BackendLimits, costs: &CostModel) -> u64 {
    let rows = limits.rows_max as u64 / 2;
    let by_bytes = limits.bytes_max.zip(costs.event_bytes);
    let by_bytes = by_bytes.and_then(|(bytes, each)| (bytes / 2).checked_div(each));
    by_bytes.map_or(rows, |most| rows.min(most)).max(1)
}

/// How many rows a details query for `indicators` is expected to have.
pub(super) fn rows_expected(plan: &Plan, findings: &Findings, indicators: &[IndicatorId]) -> u64 {
    let limit = u64::from(plan.options.rows_per_indicator);
    let found = indicators.iter().filter_map(|id| findings.get(*id));
    found.fold(0, |sum: u64, finding| {
        sum.saturating_add(finding.events().min(limit))
    })
}

/// An indicator whose events are to be fetched.
struct Wanted {
    id: IndicatorId,
    terms: Vec<Term>,
    places: BTreeSet<Place>,
    window: TimeWindow,
    rows: u64,
    /// How many rows at most, where it has more events than are fetched.
    newest: Option<u32>,
}

fn wanted(plan: &Plan, id: IndicatorId, finding: &Finding) -> Option<Wanted> {
    let start = finding
        .sightings()
        .map(|sighting| sighting.first_seen)
        .min()?;
    let last = finding
        .sightings()
        .map(|sighting| sighting.last_seen)
        .max()?;
    let events = finding.events();
    let limit = plan.options.rows_per_indicator;
    Some(Wanted {
        id,
        terms: plan.terms(id),
        places: finding
            .sightings()
            .filter_map(|sighting| place(&sighting.table, &sighting.column))
            .collect(),
        window: TimeWindow {
            start,
            end: last.checked_add(TICK).unwrap_or(last),
        },
        rows: events.min(u64::from(limit)),
        newest: (events > u64::from(limit)).then_some(limit),
    })
}

/// The query being filled: one part for the indicators whose events are all fetched, and one for each that has too many.
#[derive(Default)]
struct Open {
    whole: Whole,
    limited: Vec<TaskPart>,
    limited_bytes: usize,
    window: Option<TimeWindow>,
    rows: u64,
}

/// The part for the indicators whose events are all fetched.
#[derive(Default)]
struct Whole {
    indicators: Vec<IndicatorId>,
    lists: Lists,
    kinds: BTreeSet<List>,
    places: BTreeSet<Place>,
    /// Bytes of its text before its first value.
    fixed: usize,
}

struct Packer<'a> {
    plan: &'a Plan,
    rows_max: u64,
    tasks: Vec<Task>,
    open: Open,
}

/// How much an indicator adds to the query being filled.
struct Addition {
    bytes: usize,
    limited: usize,
}

impl Packer<'_> {
    fn add(&mut self, wanted: Wanted) {
        let addition = self.addition(&wanted);
        if !self.open.is_empty() && !self.fits(&wanted, &addition) {
            self.close();
        }
        self.take(wanted);
    }

    fn addition(&self, wanted: &Wanted) -> Addition {
        if wanted.newest.is_some() {
            let bytes = self.limited_bytes(wanted);
            return Addition { bytes, limited: 1 };
        }
        let whole = &self.open.whole;
        let growth = self.fixed_with(wanted).saturating_sub(whole.fixed);
        Addition {
            bytes: growth + whole.lists.added_bytes(&wanted.terms),
            limited: 0,
        }
    }

    fn fits(&self, wanted: &Wanted, addition: &Addition) -> bool {
        let open = &self.open;
        open.rows.saturating_add(wanted.rows) <= self.rows_max
            && open.limited.len() + addition.limited <= LIMITED_PARTS_MAX
            && open.bytes() + addition.bytes <= self.plan.options.query_bytes_max
    }

    fn take(&mut self, wanted: Wanted) {
        let span = |window| spanning(window, wanted.window);
        self.open.window = Some(self.open.window.map_or(wanted.window, span));
        self.open.rows = self.open.rows.saturating_add(wanted.rows);
        if wanted.newest.is_some() {
            self.open.limited_bytes += self.limited_bytes(&wanted);
            self.open.limited.push(TaskPart {
                indicators: vec![wanted.id],
                places: wanted.places.into_iter().collect(),
                newest: wanted.newest,
            });
            return;
        }
        self.open.whole.fixed = self.fixed_with(&wanted);
        let whole = &mut self.open.whole;
        whole
            .kinds
            .extend(wanted.terms.iter().map(|term| term.list));
        whole.places.extend(wanted.places);
        whole.indicators.push(wanted.id);
        whole.lists.add(wanted.terms);
    }

    /// Bytes of the whole part before its first value, with another indicator in it. Written anew only where that brings another
    /// list or place.
    fn fixed_with(&self, wanted: &Wanted) -> usize {
        let whole = &self.open.whole;
        let has_kinds = wanted
            .terms
            .iter()
            .all(|term| whole.kinds.contains(&term.list));
        if has_kinds && wanted.places.is_subset(&whole.places) {
            return whole.fixed;
        }
        let kinds = whole
            .kinds
            .iter()
            .copied()
            .chain(wanted.terms.iter().map(|term| term.list));
        self.bytes(Part {
            lists: Lists::empty(kinds),
            places: whole.places.union(&wanted.places).copied().collect(),
            newest: None,
        })
    }

    fn limited_bytes(&self, wanted: &Wanted) -> usize {
        let mut lists = Lists::default();
        lists.add(wanted.terms.clone());
        self.bytes(Part {
            lists,
            places: wanted.places.iter().copied().collect(),
            newest: wanted.newest,
        }) + PART_NUMBERS_BYTES
    }

    /// Bytes of a query over one part.
    fn bytes(&self, part: Part) -> usize {
        let window = self.plan.options.window;
        query::write(&[part], window, Shape::Details, &Missing::default())
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

/// Room for the number that names of lists and rows carry in all parts but the first.
const PART_NUMBERS_BYTES: usize = 1_500;

impl Open {
    fn is_empty(&self) -> bool {
        self.whole.indicators.is_empty() && self.limited.is_empty()
    }

    fn bytes(&self) -> usize {
        self.whole.fixed + self.whole.lists.bytes() + self.limited_bytes
    }

    fn task(self, plan: &Plan, name: String) -> Task {
        let whole = TaskPart {
            indicators: self.whole.indicators,
            places: self.whole.places.into_iter().collect(),
            newest: None,
        };
        let parts = Some(whole)
            .filter(|part| !part.indicators.is_empty())
            .into_iter();
        let parts = parts.chain(self.limited).collect();
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
