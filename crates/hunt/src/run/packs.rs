//! The stage in which the queries of packs are asked.

use std::collections::VecDeque;

use serde::Serialize;

use super::events::HuntEvent;
use super::judge;
use super::question::Question;
use super::record::{QueryLog, QueryOutcome, Stage};
use super::runner::{Asked, HuntError, Runner};
use super::task::SplitFirst;
use crate::backend::{BackendError, BackendRows};
use crate::pack::{Filler, PackPart, part_key};
use crate::plan::Plan;
use crate::query::Missing;
use crate::report::Ending;

/// What to do where a query without lists is too much.
const ADVICE: &str = "it has no list of indicators that could be divided; narrow its time or its columns, or summarize";

/// What became of a query of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackReport {
    /// Its pack.
    pub pack: String,
    /// Its name.
    pub name: String,
    /// The name of its files in `queries/`, without extension.
    pub file_stem: String,
    /// Calls it took.
    pub calls: usize,
    /// Why it was not asked, if so: a list that it needs is empty.
    pub skipped: Option<String>,
    /// Why it failed, or part of it.
    pub failed: Option<String>,
    /// Whether an answer was cut at the service's limit of rows.
    pub cut: bool,
    /// Whether it was asked in parts and has an operator whose rows are those of each part, such as `summarize` or `top`.
    pub per_part: bool,
    /// Whether part of it has not been asked, because the run ended early.
    pub unasked: bool,
    /// Its answers, in order.
    #[serde(skip)]
    pub(crate) answers: Vec<String>,
}

/// A part of a query of a pack.
#[derive(Debug, Clone)]
pub(super) struct PackTask {
    /// The query's number in the plan.
    query: usize,
    root: String,
    name: String,
    part: PackPart,
    may_be_parted: bool,
    looks_at_all_rows: bool,
}

impl PackTask {
    fn halves(&self) -> Option<[Self; 2]> {
        if !self.may_be_parted {
            return None;
        }
        let [first, second] = self.part.halves()?;
        let child = |number: u8, part| Self {
            name: format!("{}.{number}", self.name),
            part,
            ..self.clone()
        };
        Some([child(1, first), child(2, second)])
    }

    /// It is split where that helps and is possible, else `otherwise`.
    fn split_or(&self, reason: String, may_split: bool, otherwise: QueryOutcome) -> QueryOutcome {
        let first = SplitFirst::Indicators;
        if may_split && self.halves().is_some() {
            QueryOutcome::Split { reason, first }
        } else {
            otherwise
        }
    }
}

impl Question for PackTask {
    fn key(&self) -> String {
        self.name.clone()
    }

    fn root(&self) -> &str {
        &self.root
    }

    fn stage(&self) -> Stage {
        Stage::Pack
    }

    fn values(&self) -> usize {
        self.part.values()
    }

    fn judge_rows(
        &self,
        rows: BackendRows,
        rows_max: usize,
        may_split: bool,
    ) -> (QueryOutcome, Option<BackendRows>) {
        let answered = judge::answered(&rows, rows_max);
        if rows.rows.len() < rows_max {
            return (answered, Some(rows));
        }
        let reason = format!(
            "the answer has {} rows, the most there can be",
            rows.rows.len()
        );
        match self.split_or(reason, may_split, answered) {
            split @ QueryOutcome::Split { .. } => (split, None),
            answered => (answered, Some(rows)),
        }
    }

    fn judge_error(
        &self,
        error: &BackendError,
        _missing: &Missing,
        may_split: bool,
    ) -> QueryOutcome {
        let reason = error.to_string();
        let is_too_much = matches!(
            error,
            BackendError::QueryTooLong(_)
                | BackendError::ResultTooLarge(_)
                | BackendError::TooExpensive(_)
                | BackendError::TimedOut(_)
        );
        if !is_too_much {
            return QueryOutcome::Failed { reason };
        }
        let advised = match self.part.values() {
            0 => format!("{reason}; {ADVICE}"),
            _ => reason.clone(),
        };
        self.split_or(reason, may_split, QueryOutcome::Failed { reason: advised })
    }
}

/// How a query of a plan is asked.
pub(crate) struct PackAsking {
    /// What its answers fill; a query that is not asked has its reason there.
    pub(crate) report: PackReport,
    /// Its parts by the names of their queries.
    pub(crate) parts: Vec<(String, PackPart)>,
    may_be_parted: bool,
}

/// How the queries of a plan are asked.
pub(crate) fn tasks(plan: &Plan) -> Vec<PackAsking> {
    plan.packs
        .iter()
        .map(|query| {
            let filler = Filler::new(query, &plan.intake, plan.options.window);
            let mut report = PackReport {
                pack: query.pack.clone(),
                name: query.name.clone(),
                file_stem: query.file_stem.clone(),
                calls: 0,
                skipped: None,
                failed: None,
                cut: false,
                per_part: false,
                unasked: false,
                answers: Vec::new(),
            };
            let mut parts = Vec::new();
            if let Some(list) = filler.empty_list() {
                let reason = format!(
                    "no indicator for `{{{{indicators.{}}}}}`{}",
                    list.as_str(),
                    query.limits()
                );
                report.skipped = Some(reason);
            } else {
                match filler.parts(plan.options.query_bytes_max) {
                    Ok(all) => {
                        let key = |number| part_key(&query.file_stem, number);
                        parts = (1..).map(key).zip(all).collect();
                    }
                    Err(reason) => report.failed = Some(reason),
                }
            }
            PackAsking {
                report,
                parts,
                may_be_parted: filler.may_be_parted(),
            }
        })
        .collect()
}

impl Runner<'_, '_> {
    /// Asks the queries of packs, one after the other.
    pub(super) async fn pack_stage(&mut self) -> Result<(), HuntError> {
        let plan = self.hunt.plan;
        let mut queue = VecDeque::new();
        for (query, (prepared, asking)) in plan.packs.iter().zip(tasks(plan)).enumerate() {
            let looks_at_all_rows = prepared.looks_at_all_rows();
            self.packs.push(asking.report);
            queue.extend(asking.parts.into_iter().map(|(name, part)| PackTask {
                query,
                root: name.clone(),
                name,
                part,
                may_be_parted: asking.may_be_parted,
                looks_at_all_rows,
            }));
        }
        if queue.is_empty() {
            return Ok(());
        }
        self.packs_waiting = queue.len();
        let progress = self.progress();
        self.hunt.observer.observe(&HuntEvent::StageStarted {
            stage: Stage::Pack,
            progress,
        });
        self.ask_packs(plan, queue).await
    }

    async fn ask_packs(
        &mut self,
        plan: &Plan,
        mut queue: VecDeque<PackTask>,
    ) -> Result<(), HuntError> {
        let mut filled: Option<(usize, Filler<'_>)> = None;
        while let Some(task) = queue.pop_front() {
            self.packs_waiting = queue.len();
            if filled
                .as_ref()
                .is_none_or(|(query, _)| *query != task.query)
            {
                let query = plan.packs.get(task.query);
                filled = query.map(|query| {
                    (
                        task.query,
                        Filler::new(query, &plan.intake, plan.options.window),
                    )
                });
            }
            let Some((_, filler)) = &filled else {
                continue;
            };
            let text = filler.text(&task.part);
            let asked = if self.ending == Ending::Complete {
                self.finish(&task, &text, None).await?
            } else {
                Asked::Ended(self.ending.clone())
            };
            match asked {
                Asked::Ended(ending) => {
                    self.ending = ending;
                    self.pack_report(&task, |report| report.unasked = true);
                }
                Asked::Finished(finished) => {
                    self.finished += 1;
                    let halves = self.apply_pack(&task, &finished.log);
                    for half in halves.into_iter().flatten().rev() {
                        queue.push_front(half);
                    }
                    self.packs_waiting = queue.len();
                    self.hunt.observer.observe(&HuntEvent::QueryFinished {
                        key: &finished.log.key,
                        outcome: &finished.log.outcome,
                        replayed: finished.replayed,
                        progress: self.progress(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Notes a finished part; the halves of one that was split.
    fn apply_pack(&mut self, task: &PackTask, log: &QueryLog) -> Option<[PackTask; 2]> {
        let mut halves = None;
        self.pack_report(task, |report| {
            report.calls += 1;
            match &log.outcome {
                QueryOutcome::Answered { cut, .. } => {
                    report.answers.push(log.key.clone());
                    report.per_part = task.looks_at_all_rows && report.answers.len() > 1;
                    report.cut |= cut;
                }
                QueryOutcome::Split { .. } => halves = task.halves(),
                QueryOutcome::Failed { reason } => report.failed = Some(reason.clone()),
                QueryOutcome::MissingTable { table: name }
                | QueryOutcome::MissingColumn { column: name } => {
                    report.failed = Some(format!("the tenant does not have `{name}`"));
                }
            }
        });
        match &log.outcome {
            QueryOutcome::Split { .. } => *self.splits.entry(task.root.clone()).or_default() += 1,
            _ => {
                self.splits.remove(&task.root);
            }
        }
        halves
    }

    fn pack_report(&mut self, task: &PackTask, change: impl FnOnce(&mut PackReport)) {
        if let Some(report) = self.packs.get_mut(task.query) {
            change(report);
        }
    }
}
