//! Planning: which indicators go into which query.

mod explain;
mod pack;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cost::CostModel;
use crate::earlier::Earlier;
use crate::indicator::IndicatorId;
use crate::intake::Intake;
use crate::map::{Place, TableReach, places};
use crate::pack::PreparedQuery;
use crate::query::{self, Missing, Part, Shape, TimeWindow};
use crate::run::pack_tasks;
use crate::term::{NotSearchable, Term, TermOptions, terms};
pub use explain::{Explanation, PackEstimate, QueryEstimate, QuotaUse, RunTimeUse};

/// How a hunt is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// The time that is searched.
    pub window: TimeWindow,
    /// The tables that can be asked for.
    pub tables: TableReach,
    /// Most bytes of a query's text; at least [`QUERY_BYTES_MIN`].
    pub query_bytes_max: usize,
    /// Every address is searched on both sides of a connection. Otherwise public ones are searched on the remote side, private ones on
    /// the local side.
    pub any_side: bool,
    /// Most rows that are fetched per indicator, the newest; its sightings are counted in full. Where the query had to be split by
    /// time, it is so many rows per part.
    pub rows_per_indicator: u32,
    /// Only devices and users are counted, for what a block would have touched; no events are fetched.
    #[serde(default)]
    pub prevalence: bool,
    /// What earlier runs have learned about the tenant.
    #[serde(default)]
    pub costs: CostModel,
    /// What earlier runs found that the tenant does not have; it is not asked for.
    #[serde(default)]
    pub missing: Missing,
}

/// Default of [`PlanOptions::query_bytes_max`]. The service documents no limit of its own; public tools keep under 700 KB.
pub const QUERY_BYTES_DEFAULT: usize = 400_000;

/// Smallest byte budget: what a query over every table takes before its first value, and room for values.
pub const QUERY_BYTES_MIN: usize = 100_000;

/// Default of [`PlanOptions::rows_per_indicator`], as in MDE Lazy Hunter.
pub const ROWS_PER_INDICATOR_DEFAULT: u32 = 1_000;

/// How far back the hunting APIs reach: 30 days.
///
/// Source: <https://learn.microsoft.com/defender-xdr/advanced-hunting-overview>.
pub const SERVICE_LOOKBACK: SignedDuration = SignedDuration::from_hours(30 * 24);

impl PlanOptions {
    /// The defaults for a hunt through the last `lookback` before `now` in the tables that `tables` allows.
    #[must_use]
    pub fn new(now: Timestamp, lookback: SignedDuration, tables: TableReach) -> Self {
        Self {
            window: TimeWindow {
                start: now.checked_sub(lookback).unwrap_or(Timestamp::MIN),
                end: now,
            },
            tables,
            query_bytes_max: QUERY_BYTES_DEFAULT,
            any_side: false,
            rows_per_indicator: ROWS_PER_INDICATOR_DEFAULT,
            prevalence: false,
            costs: CostModel::default(),
            missing: Missing::default(),
        }
    }

    /// What the first queries return.
    pub(crate) fn counting(&self) -> Shape {
        if self.prevalence {
            Shape::Prevalence
        } else {
            Shape::Summary
        }
    }

    pub(crate) fn places(&self) -> Vec<Place> {
        places()
            .filter(|place| self.tables.reaches(place.table))
            .collect()
    }

    pub(crate) fn terms(&self) -> TermOptions {
        TermOptions {
            any_side: self.any_side,
            reach: self.tables,
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A budget in which no query fits.
    #[error("a budget of {given} bytes per query is too small; give at least {QUERY_BYTES_MIN}")]
    SmallBudget {
        /// The budget.
        given: usize,
    },
    /// A window that ends before it starts.
    #[error("the search window ends at {end}, which is not after its start at {start}")]
    EmptyWindow {
        /// Its start.
        start: Timestamp,
        /// Its end.
        end: Timestamp,
    },
    /// A limit of no rows.
    #[error("0 rows per indicator would fetch nothing; give at least 1")]
    NoRows,
}

/// What a hunt will do. A value: the same intake and options give the same plan and the same query texts.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is hunted for.
    pub intake: Intake,
    /// How.
    pub options: PlanOptions,
    /// Per indicator: why it cannot be searched for, if so. As long as the intake's list of indicators.
    pub not_searchable: Vec<Option<NotSearchable>>,
    /// The summary queries. Every searchable indicator is in exactly one of them.
    pub batches: Vec<Batch>,
    /// What was searched and reported before, where only what is new is to be reported.
    pub earlier: Option<Earlier>,
    /// Queries of packs, which are asked after the search.
    pub packs: Vec<PreparedQuery>,
}

/// What one summary query is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The indicators that are searched for.
    pub indicators: Vec<IndicatorId>,
    /// The time that is searched.
    pub window: TimeWindow,
}

/// A query of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedQuery {
    /// Its name in the journal and in reports, such as `summary-0001`.
    pub key: String,
    /// Its text.
    pub text: String,
    /// What it searches for.
    pub indicators: Vec<IndicatorId>,
    /// The time that it searches.
    pub window: TimeWindow,
}

/// Plans the hunt for `intake`.
///
/// # Errors
/// [`PlanError`] for options that make no sense. Indicators that cannot be searched for are no error; the plan says why.
pub fn plan(intake: Intake, options: PlanOptions) -> Result<Plan, PlanError> {
    planned(intake, options, None)
}

/// Plans a hunt that reports what `earlier` runs have not: indicators that they searched for are searched for in the time since, others
/// in the whole window.
///
/// # Errors
/// As [`plan`].
pub fn plan_new(intake: Intake, options: PlanOptions, earlier: Earlier) -> Result<Plan, PlanError> {
    planned(intake, options, Some(earlier))
}

pub(crate) fn planned(
    intake: Intake,
    options: PlanOptions,
    earlier: Option<Earlier>,
) -> Result<Plan, PlanError> {
    check(&options)?;
    let is_known = |id: &IndicatorId| earlier.as_ref().is_some_and(|earlier| earlier.knows(*id));
    let (known, new): (Vec<_>, Vec<_>) = pack::order(&intake).into_iter().partition(is_known);
    let since = earlier
        .as_ref()
        .map_or(options.window, |earlier| earlier.window(options.window));
    let mut not_searchable = vec![None; intake.indicators.len()];
    let mut batches = Vec::new();
    for (ids, window) in [(new, options.window), (known, since)] {
        let mut packer = pack::Packer::new(&options, window);
        for id in ids {
            let Some(indicator) = intake.get(id) else {
                continue;
            };
            let packed = terms(&indicator.observable, options.terms())
                .and_then(|terms| packer.add(id, terms));
            if let (Err(reason), Some(slot)) = (packed, not_searchable.get_mut(id.index())) {
                *slot = Some(reason);
            }
        }
        batches.extend(packer.finish());
    }
    Ok(Plan {
        intake,
        options,
        not_searchable,
        batches,
        earlier,
        packs: Vec::new(),
    })
}

fn check(options: &PlanOptions) -> Result<(), PlanError> {
    let TimeWindow { start, end } = options.window;
    if options.query_bytes_max < QUERY_BYTES_MIN {
        return Err(PlanError::SmallBudget {
            given: options.query_bytes_max,
        });
    }
    if options.rows_per_indicator == 0 {
        return Err(PlanError::NoRows);
    }
    if start < end {
        Ok(())
    } else {
        Err(PlanError::EmptyWindow { start, end })
    }
}

impl Plan {
    /// The same, with the queries of packs.
    #[must_use]
    pub fn with_packs(mut self, packs: Vec<PreparedQuery>) -> Self {
        self.packs = packs;
        self
    }

    /// The same without searching for the indicators: they are only filled into the queries of packs.
    #[must_use]
    pub fn without_search(mut self) -> Self {
        self.batches.clear();
        self
    }

    /// Whether there is anything to ask.
    #[must_use]
    pub fn asks_something(&self) -> bool {
        !self.batches.is_empty()
            || pack_tasks(self)
                .iter()
                .any(|asking| !asking.parts.is_empty())
    }

    /// The summary queries, as they will be sent unless one has to be split. Details queries depend on what these find.
    pub fn queries(&self) -> impl Iterator<Item = PlannedQuery> {
        (1..).zip(&self.batches).filter_map(|(number, batch)| {
            let part = self.part(&batch.indicators, self.options.places(), None);
            let text = query::write(
                &[part],
                batch.window,
                self.options.counting(),
                &self.options.missing,
            )?;
            Some(PlannedQuery {
                key: summary_key(number),
                text,
                indicators: batch.indicators.clone(),
                window: batch.window,
            })
        })
    }

    /// Every indicator that is searched for.
    pub(crate) fn searched(&self) -> impl Iterator<Item = IndicatorId> {
        self.batches
            .iter()
            .flat_map(|batch| batch.indicators.iter().copied())
    }

    /// The window of each indicator, by id; that of the hunt for those that are not searched for.
    pub(crate) fn windows(&self) -> Vec<TimeWindow> {
        let mut windows = vec![self.options.window; self.intake.indicators.len()];
        for batch in &self.batches {
            for id in &batch.indicators {
                if let Some(window) = windows.get_mut(id.index()) {
                    *window = batch.window;
                }
            }
        }
        windows
    }

    /// The terms of an indicator of this plan; none if it is not searchable.
    pub(crate) fn terms(&self, id: IndicatorId) -> Vec<Term> {
        let indicator = self.intake.get(id);
        indicator
            .and_then(|indicator| terms(&indicator.observable, self.options.terms()).ok())
            .unwrap_or_default()
    }

    /// A query part that searches `places` for `indicators`.
    pub(crate) fn part(
        &self,
        indicators: &[IndicatorId],
        places: Vec<Place>,
        newest: Option<u32>,
    ) -> Part {
        let mut lists = query::Lists::default();
        for id in indicators {
            lists.add(self.terms(*id));
        }
        Part {
            lists,
            places,
            newest,
        }
    }
}

/// The name of the summary query with that number, from 1.
pub(crate) fn summary_key(number: usize) -> String {
    format!("summary-{number:04}")
}
