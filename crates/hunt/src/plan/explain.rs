//! What a plan will cost, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tesem_state::Window;

use super::{Plan, PlannedQuery};
use crate::backend::BackendLimits;
use crate::cost::{PARTS_UNTRIED_MAX, QUERY_RUN_BUDGET, Work};
use crate::query::{self, Missing, TimeWindow};
use crate::run::{PackAsking, pack_tasks};
use crate::run_time::RunTimeLimit;
use crate::term::List;

/// What a plan will do and cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Indicators that are searched for.
    pub indicators: usize,
    /// By kind, as far as they are searched for.
    pub kinds: BTreeMap<String, usize>,
    /// Indicators that cannot be searched for, and refused input items.
    pub not_searchable: usize,
    /// The summary queries.
    pub queries: Vec<QueryEstimate>,
    /// The queries of packs.
    pub packs: Vec<PackEstimate>,
    /// Calls if nothing is found: the summary queries and those of packs.
    pub calls_min: usize,
    /// Calls if something is found: as many details queries again are seldom needed; at least one.
    pub calls_with_hits: usize,
    /// How each call limit is used by that.
    pub quota: Vec<QuotaUse>,
    /// How much of each limit of run time is used by that, where the service has any.
    pub run_time: Vec<RunTimeUse>,
    /// The shortest time in which the quota lets these calls through, in seconds.
    pub seconds_min: u64,
    /// How long the summary queries are expected to run, in seconds; nothing for a tenant that has answered none yet.
    pub seconds_expected: Option<u64>,
    /// Answers that the expectation rests on.
    pub learned_from: u64,
    /// What is not asked for, because the tenant did not have it.
    pub missing: Missing,
    /// Columns that are searched, by table.
    pub tables: BTreeMap<String, BTreeSet<String>>,
}

/// A summary query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueryEstimate {
    /// Its name.
    pub key: String,
    /// Bytes of its text.
    pub bytes: usize,
    /// Indicators in it.
    pub indicators: usize,
    /// The time that it searches.
    pub window: TimeWindow,
    /// In how many parts it is asked, because one would run too long.
    pub parts: usize,
    /// How long all parts are expected to run, in seconds.
    pub seconds_expected: Option<u64>,
}

/// A query of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackEstimate {
    /// Its pack.
    pub pack: String,
    /// Its name.
    pub name: String,
    /// In how many parts it is asked; none where it is not.
    pub calls: usize,
    /// Values in its lists, counting a list once a part.
    pub values: usize,
    /// Why it is not asked, if so.
    pub reason: Option<String>,
}

/// How much of a call limit a plan uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaUse {
    /// Calls that the limit allows.
    pub limit: u32,
    /// In so many seconds.
    pub seconds: u64,
    /// Calls of the plan that fall into one such span, at most.
    pub calls: usize,
}

/// How much of a limit of run time a plan uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunTimeUse {
    /// Seconds that queries may run.
    pub limit: u64,
    /// In so many seconds.
    pub seconds: u64,
    /// Seconds that hunts have spent of it by the end of the searched time.
    pub spent: u64,
    /// Seconds that the plan's searches are expected to spend; nothing for a tenant that has answered none yet.
    pub expected: Option<u64>,
}

impl Plan {
    /// Says what the plan will do and cost on a backend with `limits`.
    #[must_use]
    pub fn explain(&self, limits: &BackendLimits) -> Explanation {
        let queries: Vec<QueryEstimate> =
            self.queries().map(|query| self.estimate(&query)).collect();
        let packs = self.pack_estimates();
        let searching: usize = queries.iter().map(|query| query.parts).sum();
        let asking: usize = packs.iter().map(|pack| pack.calls).sum();
        let calls_min = searching + asking;
        let calls_with_hits = calls_min + usize::from(searching > 0);
        let wait = |window: &Window| shortest_time(calls_with_hits, *window);
        let seconds_expected = queries.iter().map(|query| query.seconds_expected).sum();
        let run_time: Vec<RunTimeUse> = limits
            .run_time
            .iter()
            .map(|limit| self.run_time_use(*limit, seconds_expected))
            .collect();
        let windows = limits.windows.iter().map(wait);
        let waits = windows.chain(run_time.iter().map(RunTimeUse::shortest_time));
        Explanation {
            indicators: queries.iter().map(|query| query.indicators).sum(),
            kinds: self.kinds(),
            not_searchable: self.not_searchable.iter().flatten().count()
                + self.intake.refused.len(),
            packs,
            calls_min,
            calls_with_hits,
            quota: limits
                .windows
                .iter()
                .map(|window| used(calls_with_hits, *window))
                .collect(),
            seconds_min: waits.max().unwrap_or_default().as_secs(),
            run_time,
            seconds_expected,
            learned_from: self.options.costs.learned_from,
            missing: self.options.missing.clone(),
            tables: self.tables(),
            queries,
        }
    }

    fn run_time_use(&self, limit: RunTimeLimit, expected: Option<u64>) -> RunTimeUse {
        let spent = &self.options.costs.run_time_spent;
        RunTimeUse {
            limit: limit.run_time.as_secs(),
            seconds: limit.length.as_secs(),
            spent: spent
                .within(limit.length, self.options.window.end)
                .as_secs(),
            expected,
        }
    }

    fn pack_estimates(&self) -> Vec<PackEstimate> {
        let estimate = |asking: PackAsking| PackEstimate {
            pack: asking.report.pack,
            name: asking.report.name,
            calls: asking.parts.len(),
            values: asking.parts.iter().map(|(_, part)| part.values()).sum(),
            reason: asking.report.skipped.or(asking.report.failed),
        };
        pack_tasks(self).into_iter().map(estimate).collect()
    }

    fn estimate(&self, query: &PlannedQuery) -> QueryEstimate {
        let part = self.part(&query.indicators, self.options.places(), None);
        let tables = query::tables(&[part], &self.options.missing);
        let work = Work::of(&tables, query.window);
        let expected = self.options.costs.run_time(work);
        QueryEstimate {
            key: query.key.clone(),
            bytes: query.text.len(),
            indicators: query.indicators.len(),
            window: query.window,
            parts: expected.map_or(1, parts),
            seconds_expected: expected.map(|time| time.as_secs()),
        }
    }

    fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for id in self.searched() {
            if let Some(indicator) = self.intake.get(id) {
                *kinds
                    .entry(indicator.kind().as_str().to_owned())
                    .or_default() += 1;
            }
        }
        kinds
    }

    fn tables(&self) -> BTreeMap<String, BTreeSet<String>> {
        let lists: BTreeSet<List> = self
            .searched()
            .flat_map(|id| self.terms(id))
            .map(|term| term.list)
            .collect();
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for place in self.options.places() {
            if self.options.missing.has(place)
                && lists
                    .iter()
                    .any(|list| list.is_looked_for_in(place.column.holds))
            {
                let columns = tables.entry(place.table.name.to_owned()).or_default();
                columns.insert(place.column.name.to_owned());
            }
        }
        tables
    }
}

/// A query that would run too long is halved, and its halves, until none does.
fn parts(expected: Duration) -> usize {
    let mut parts = 1;
    while expected / parts > QUERY_RUN_BUDGET && u64::from(parts) < PARTS_UNTRIED_MAX {
        parts *= 2;
    }
    parts as usize
}

impl RunTimeUse {
    /// Before all of it is spent, so many spans must have passed.
    fn shortest_time(&self) -> Duration {
        let all = self.expected.unwrap_or_default().saturating_add(self.spent);
        let spans = match self.expected {
            Some(1..) => all.saturating_sub(1) / self.limit.max(1),
            _ => 0,
        };
        Duration::from_secs(spans.saturating_mul(self.seconds))
    }
}

/// Before the last of `calls` calls, all windows before it must have passed.
fn shortest_time(calls: usize, window: Window) -> Duration {
    let windows = calls.saturating_sub(1) / window.limit.max(1) as usize;
    window
        .length
        .saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX))
}

fn used(calls: usize, window: Window) -> QuotaUse {
    QuotaUse {
        limit: window.limit,
        seconds: window.length.as_secs(),
        calls: calls.min(window.limit as usize),
    }
}

impl fmt::Display for Explanation {
    /// Several lines for a person to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Indicators   {} to search for, {} not searchable",
            self.indicators, self.not_searchable
        )?;
        for (kind, count) in &self.kinds {
            writeln!(f, "             {count:>7} {kind}")?;
        }
        writeln!(
            f,
            "Calls        {} to search, {} or more with hits",
            self.calls_min, self.calls_with_hits
        )?;
        for quota in &self.quota {
            writeln!(
                f,
                "Quota        {} of {} calls in {} seconds",
                quota.calls, quota.limit, quota.seconds
            )?;
        }
        for limit in &self.run_time {
            let expected = limit
                .expected
                .map_or_else(|| "an unknown number".to_owned(), |all| all.to_string());
            writeln!(
                f,
                "Run time     {expected} of {} seconds in {} seconds, {} of them spent before",
                limit.limit, limit.seconds, limit.spent
            )?;
        }
        writeln!(
            f,
            "Time         at least {} seconds of waiting for quota",
            self.seconds_min
        )?;
        for query in &self.queries {
            writeln!(
                f,
                "Query        {}: {} indicators, {} bytes",
                query.key, query.indicators, query.bytes
            )?;
        }
        for pack in &self.packs {
            match &pack.reason {
                None => writeln!(
                    f,
                    "Pack         {}: {} calls, {} values",
                    pack.name, pack.calls, pack.values
                )?,
                Some(reason) => writeln!(f, "Pack         {}: not asked, {reason}", pack.name)?,
            }
        }
        for (table, columns) in &self.tables {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            writeln!(f, "Table        {table}: {}", columns.join(", "))?;
        }
        Ok(())
    }
}
