//! The verdict on each indicator.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::indicator::IndicatorId;
use crate::plan::Plan;
use crate::query::{Missing, TimeWindow};
use crate::run::{Finding, Sighting};
use crate::term::List;

/// What a hunt says about an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was seen.
    Hit,
    /// It was searched for everywhere it can be, and not seen.
    Clear,
    /// It cannot be searched for.
    NotSearchable,
    /// Part of the search failed or was not done, and the rest saw nothing.
    Failed,
}

impl Status {
    /// The word used in files: `hit`, `clear`, `not-searchable`, `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Clear => "clear",
            Self::NotSearchable => "not-searchable",
            Self::Failed => "failed",
        }
    }
}

/// The verdict on one indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The indicator.
    pub indicator: IndicatorId,
    /// What is said about it.
    pub status: Status,
    /// Why, and what is incomplete; empty for a plain hit and a plain clear.
    pub reason: String,
    /// Tables that were searched for it.
    pub tables: Vec<&'static str>,
    /// Where it was seen, by table, column and device.
    pub sightings: Vec<Sighting>,
    /// People whose accounts saw it, in lower case; only counted with [`PlanOptions::prevalence`](crate::PlanOptions::prevalence).
    pub users: BTreeSet<String>,
    /// Queries it was in.
    pub calls: u32,
    /// The time that was searched for it.
    pub window: TimeWindow,
    /// Whether there may be more sightings: part of the search failed or was not done, or an answer was cut.
    pub is_partial: bool,
    /// Whether events of it were not fetched, because that failed or was not done.
    pub(crate) events_missing: bool,
}

impl Verdict {
    /// Events, counting one that shows the indicator in two columns twice.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.sightings
            .iter()
            .fold(0, |sum, sighting| sum.saturating_add(sighting.events))
    }

    /// Different devices it was seen on; tables without device do not count.
    #[must_use]
    pub fn devices(&self) -> usize {
        let names = self
            .sightings
            .iter()
            .map(|sighting| match sighting.device_id.as_str() {
                "" => &sighting.device_name,
                _ => &sighting.device_id,
            });
        names
            .filter(|name| !name.is_empty())
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// When it was first seen.
    #[must_use]
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.sightings
            .iter()
            .map(|sighting| sighting.first_seen)
            .min()
    }

    /// When it was last seen.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.sightings
            .iter()
            .map(|sighting| sighting.last_seen)
            .max()
    }
}

/// The verdict on an indicator of `plan`, from what was found and what the tenant lacks.
pub(crate) fn verdict(
    plan: &Plan,
    id: IndicatorId,
    window: TimeWindow,
    finding: Finding,
    missing: &Missing,
) -> Verdict {
    let not_searchable = plan.not_searchable.get(id.index()).and_then(Option::as_ref);
    if let Some(reason) = not_searchable {
        return Verdict {
            indicator: id,
            status: Status::NotSearchable,
            reason: reason.to_string(),
            tables: Vec::new(),
            sightings: Vec::new(),
            users: BTreeSet::new(),
            calls: 0,
            window,
            is_partial: false,
            events_missing: false,
        };
    }
    let reach = Reach::of(plan, id, missing);
    let status = status(&finding, &reach);
    let reason = reasons(&finding, &reach).join("; ");
    Verdict {
        indicator: id,
        status,
        reason,
        tables: reach.tables.into_iter().collect(),
        calls: finding.calls,
        window,
        is_partial: finding.unasked || finding.cut || !finding.failures.is_empty(),
        events_missing: finding.details_failed,
        users: finding.users.clone(),
        sightings: finding.into_sightings(),
    }
}

/// Where an indicator can be, split by whether the tenant has it.
struct Reach {
    tables: BTreeSet<&'static str>,
    missing: BTreeSet<String>,
}

impl Reach {
    fn of(plan: &Plan, id: IndicatorId, missing: &Missing) -> Self {
        let lists: Vec<List> = plan.terms(id).iter().map(|term| term.list).collect();
        let mut reach = Self {
            tables: BTreeSet::new(),
            missing: BTreeSet::new(),
        };
        for place in plan.options.places() {
            if !lists
                .iter()
                .any(|list| list.is_looked_for_in(place.column.holds))
            {
                continue;
            }
            if missing.tables.contains(place.table.name) {
                reach.missing.insert(place.table.name.to_owned());
            } else if missing.columns.contains(place.column.name) {
                reach
                    .missing
                    .insert(format!("{}.{}", place.table.name, place.column.name));
            } else {
                reach.tables.insert(place.table.name);
            }
        }
        reach
    }
}

fn status(finding: &Finding, reach: &Reach) -> Status {
    if finding.sightings().next().is_some() {
        Status::Hit
    } else if !finding.failures.is_empty() || finding.unasked {
        Status::Failed
    } else if reach.tables.is_empty() {
        Status::NotSearchable
    } else {
        Status::Clear
    }
}

fn reasons(finding: &Finding, reach: &Reach) -> Vec<String> {
    let mut reasons = Vec::new();
    let failures: BTreeSet<&String> = finding.failures.iter().collect();
    reasons.extend(
        failures
            .into_iter()
            .map(|failure| format!("search incomplete: {failure}")),
    );
    if finding.unasked {
        reasons.push("search incomplete: the run ended early; resume it".to_owned());
    }
    if finding.cut {
        reasons.push("an answer was cut at the row limit; there may be more sightings".to_owned());
    }
    if finding.details_failed {
        reasons.push("its events were not fetched".to_owned());
    }
    if !reach.missing.is_empty() {
        let missing: Vec<&str> = reach.missing.iter().map(String::as_str).collect();
        reasons.push(format!("the tenant does not have {}", missing.join(", ")));
    }
    reasons
}
