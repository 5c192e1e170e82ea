//! What a run reports.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_state::journal::RunId;

use crate::cost::CostModel;
use crate::indicator::IndicatorId;
use crate::plan::Plan;
use crate::query::{Missing, TimeWindow};
use crate::run::{Finding, PackReport, QueryLog, QueryOutcome};
use crate::verdict::{Status, Verdict, verdict};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// All queries were asked.
    Complete,
    /// It was cancelled and can be resumed.
    Cancelled,
    /// Its budget of calls or of time was used up; it can be resumed.
    Budget {
        /// Which, e.g. `10 calls`.
        spent: String,
    },
    /// The backend answers no more queries; it can be resumed once that is mended.
    Stopped {
        /// Why.
        reason: String,
    },
}

/// The report of a run.
#[derive(Debug, Clone)]
pub struct HuntReport {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, the last time if it was resumed.
    pub finished: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// The time that was searched.
    pub window: TimeWindow,
    /// One verdict per indicator, in the order of the indicators.
    pub verdicts: Vec<Verdict>,
    /// Every query of the run, also of the processes before a resume, in the order in which they finished.
    pub queries: Vec<QueryLog>,
    /// Queries that this process sent.
    pub asked: usize,
    /// What the tenant does not have.
    pub missing: Missing,
    /// What its queries cost, as far as is known now.
    pub costs: CostModel,
    /// What became of each query of packs, in order.
    pub packs: Vec<PackReport>,
    /// The answers that hold the events.
    pub(crate) details: Vec<DetailsAnswer>,
}

/// The answer of a details query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DetailsAnswer {
    pub(crate) key: String,
    /// What it was asked for, sorted.
    pub(crate) indicators: Vec<IndicatorId>,
}

/// Everything about a run but the findings.
pub(crate) struct RunFacts {
    pub(crate) run: RunId,
    pub(crate) started: Timestamp,
    pub(crate) finished: Timestamp,
    pub(crate) ending: Ending,
    pub(crate) queries: Vec<QueryLog>,
    pub(crate) asked: usize,
    pub(crate) missing: Missing,
    pub(crate) costs: CostModel,
    pub(crate) details: Vec<DetailsAnswer>,
    pub(crate) packs: Vec<PackReport>,
}

impl HuntReport {
    pub(crate) fn new(plan: &Plan, findings: Vec<Finding>, facts: RunFacts) -> Self {
        let ids = (0..).map(IndicatorId).zip(plan.windows());
        let verdicts = ids
            .zip(findings)
            .map(|((id, window), finding)| verdict(plan, id, window, finding, &facts.missing))
            .collect();
        Self {
            run: facts.run,
            started: facts.started,
            finished: facts.finished,
            ending: facts.ending,
            window: plan.options.window,
            verdicts,
            queries: facts.queries,
            asked: facts.asked,
            missing: facts.missing,
            costs: facts.costs,
            packs: facts.packs,
            details: facts.details,
        }
    }

    /// How many indicators got each verdict; refused input items are not among them.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Status, usize> {
        let mut counts = BTreeMap::new();
        for verdict in &self.verdicts {
            *counts.entry(verdict.status).or_default() += 1;
        }
        counts
    }

    /// The verdicts on indicators that were seen.
    pub fn hits(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts
            .iter()
            .filter(|verdict| verdict.status == Status::Hit)
    }

    /// Whether something of the search is missing: an indicator failed, the events of one were not fetched, or the run ended early.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        let is_failure = |query: &QueryLog| matches!(query.outcome, QueryOutcome::Failed { .. });
        self.ending != Ending::Complete
            || self
                .verdicts
                .iter()
                .any(|verdict| verdict.status == Status::Failed)
            || self.queries.iter().any(is_failure)
            || self.packs.iter().any(|pack| pack.failed.is_some())
    }
}
