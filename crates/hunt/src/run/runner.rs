//! The run itself.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tesem_state::Clock;

use super::answer::{Answer, AnswerError, SummaryRow, summary_answer};
use super::attribution::Attribution;
use super::budget::Budget;
use super::details;
use super::events::{HuntEvent, HuntObserver, Progress};
use super::findings::Findings;
use super::folder::{FolderError, RunFolder};
use super::judge;
use super::packs::PackReport;
use super::question::Question;
use super::record::{QueryLog, QueryOutcome, Stage, digest};
use super::task::{SplitFirst, Task, TaskPart, Written};
use crate::backend::{BackendError, BackendLimits, BackendRows, HuntingBackend};
use crate::cancel::CancelToken;
use crate::cost::{CostModel, QUERY_RUN_BUDGET, SERVICE_RUN_MAX, Work, may_halve_untried};
use crate::earlier::keep_new;
use crate::indicator::IndicatorId;
use crate::map::SearchTable;
use crate::plan::{Plan, summary_key};
use crate::query::{self, Missing};
use crate::report::{DetailsAnswer, Ending, HuntReport, RunFacts};

/// How often one planned query is split without an answer to any part in between. A service that refuses everything is not asked
/// forever.
const SPLITS_MAX: u32 = 64;

/// What a run needs.
pub struct Hunt<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// Who answers.
    pub backend: &'a dyn HuntingBackend,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Who is told.
    pub observer: &'a dyn HuntObserver,
    /// What stops it.
    pub cancel: CancelToken,
    /// What it may spend.
    pub budget: Budget,
}

/// Why a run ended without a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HuntError {
    /// The run's folder failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The journal is that of other queries.
    #[error(
        "query {key} of the journal is not the one that the plan asks; \
         resume with the version of tesem that began the run, or start a new one"
    )]
    OtherQuery {
        /// The query.
        key: String,
    },
}

impl Hunt<'_> {
    /// Runs the plan, or what is left of it, in `folder`.
    ///
    /// Queries are asked one after the other. Each answer and what became of each query is on disk before the next one is asked, so that
    /// a run that was killed goes on in the same folder without asking anything twice. A query that is too much is split, by
    /// indicators and by time, and so is the next one that answers so far say would be; a query that fails fails only its
    /// indicators. Cancelling, a budget that is used up and a fatal error of the backend end the run early; the report says so and is
    /// as good as what was asked.
    ///
    /// Cancel safe: dropping the future gives the query in flight up and leaves the folder as after a cancellation.
    ///
    /// # Errors
    /// [`HuntError`]: only where the run's own folder fails or is that of another plan.
    pub async fn run(&self, folder: &mut RunFolder) -> Result<HuntReport, HuntError> {
        let mut runner = Runner::new(self, &mut *folder);
        runner.queue = summary_tasks(self.plan);
        runner.stage(Stage::Summary).await?;
        if runner.ending == Ending::Complete && !self.plan.options.prevalence {
            let rows = details::rows_budget(&runner.limits, &runner.costs);
            let tasks = details::tasks(self.plan, &runner.findings, rows);
            runner.queue = tasks.into();
            runner.stage(Stage::Details).await?;
        }
        runner.pack_stage().await?;
        let mut report = runner.report();
        keep_new(&mut report, folder, self.plan)?;
        Ok(report)
    }
}

fn summary_tasks(plan: &Plan) -> VecDeque<Task> {
    let places = plan.options.places();
    (1..)
        .zip(&plan.batches)
        .map(|(number, batch)| {
            let mut indicators = batch.indicators.clone();
            indicators.sort_unstable();
            let part = TaskPart {
                indicators,
                places: places.clone(),
                newest: None,
            };
            Task::new(
                summary_key(number),
                Stage::Summary,
                vec![part],
                batch.window,
            )
        })
        .collect()
}

/// The state of a run.
pub(super) struct Runner<'a, 'f> {
    pub(super) hunt: &'a Hunt<'a>,
    folder: &'f mut RunFolder,
    limits: BackendLimits,
    attribution: Attribution,
    /// What earlier processes did, by query.
    replay: HashMap<String, QueryLog>,
    queue: VecDeque<Task>,
    findings: Findings,
    missing: Missing,
    costs: CostModel,
    pub(super) splits: HashMap<String, u32>,
    pub(super) packs: Vec<PackReport>,
    /// Queries of packs that are still to be asked.
    pub(super) packs_waiting: usize,
    details: Vec<DetailsAnswer>,
    pub(super) finished: usize,
    /// Queries sent by this process.
    asked: usize,
    pub(super) ending: Ending,
}

/// A query that is finished, and its answer if there is one.
pub(super) struct Finished {
    pub(super) log: QueryLog,
    rows: Option<BackendRows>,
    pub(super) replayed: bool,
}

/// What came of asking.
pub(super) enum Asked {
    Finished(Box<Finished>),
    Ended(Ending),
}

impl<'a, 'f> Runner<'a, 'f> {
    fn new(hunt: &'a Hunt<'a>, folder: &'f mut RunFolder) -> Self {
        let records = folder.records().iter();
        Self {
            hunt,
            limits: hunt.backend.limits(),
            attribution: Attribution::new(hunt.plan),
            replay: records
                .map(|record| (record.key.clone(), record.clone()))
                .collect(),
            queue: VecDeque::new(),
            findings: Findings::new(hunt.plan.intake.indicators.len()),
            missing: hunt.plan.options.missing.clone(),
            costs: hunt.plan.options.costs,
            splits: HashMap::new(),
            packs: Vec::new(),
            packs_waiting: 0,
            details: Vec::new(),
            finished: 0,
            asked: 0,
            ending: Ending::Complete,
            folder,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            finished: self.finished,
            known: self.finished + self.queue.len() + self.packs_waiting,
        }
    }

    /// Works the queue off.
    async fn stage(&mut self, stage: Stage) -> Result<(), HuntError> {
        let progress = self.progress();
        self.hunt
            .observer
            .observe(&HuntEvent::StageStarted { stage, progress });
        while let Some(task) = self.queue.pop_front() {
            let written = task.written(self.hunt.plan, &self.missing);
            if let Some(halves) = self.halves_of_too_much(&task, written.work) {
                self.put_halves(&task.root, halves);
                continue;
            }
            let Some(text) = &written.text else {
                continue;
            };
            let expected = self.costs.run_time(written.work);
            match self.finish(&task, text, expected).await? {
                Asked::Finished(finished) => self.apply(task, &written, *finished)?,
                Asked::Ended(ending) => {
                    self.queue.push_front(task);
                    self.ending = ending;
                    break;
                }
            }
        }
        self.give_up_queue(stage);
        Ok(())
    }

    /// The halves of a query that answers so far say would run too long or have too many rows or bytes: neither is tried first.
    fn halves_of_too_much(&self, task: &Task, work: Work) -> Option<[Task; 2]> {
        if !self.may_split(task) {
            return None;
        }
        match task.stage {
            Stage::Summary => self.halves_of_summary(task, work),
            Stage::Details => self.halves_of_details(task),
            Stage::Pack => None,
        }
    }

    /// As many events as the query was planned for may turn out to be too large.
    fn halves_of_details(&self, task: &Task) -> Option<[Task; 2]> {
        let rows = details::rows_expected(self.hunt.plan, &self.findings, &task.indicators());
        let bytes = self.costs.events_bytes(rows)?;
        let is_large = self.limits.bytes_max.is_some_and(|most| bytes > most);
        is_large.then(|| task.split_indicators()).flatten()
    }

    fn halves_of_summary(&self, task: &Task, work: Work) -> Option<[Task; 2]> {
        let indicators = task.indicators().len();
        let rows_budget = self.limits.rows_max as u64 / 2;
        let is_long = may_halve_untried(task.window, self.hunt.plan.options.window);
        if is_long && self.costs.run_time(work) > Some(QUERY_RUN_BUDGET) {
            task.split_window()
        } else if self.costs.rows(indicators) > Some(rows_budget) {
            task.split_indicators()
        } else {
            None
        }
    }

    /// What was not asked, because the run ends early, is noted as such.
    fn give_up_queue(&mut self, stage: Stage) {
        for task in std::mem::take(&mut self.queue) {
            self.findings
                .each(task.indicators(), |finding| match stage {
                    Stage::Summary => finding.unasked = true,
                    Stage::Details => finding.details_failed = true,
                    Stage::Pack => {}
                });
        }
    }

    /// Takes the outcome of a query from the journal, or asks and writes it there. It is `expected` to run so long, if that is known.
    pub(super) async fn finish<Q: Question>(
        &mut self,
        task: &Q,
        text: &str,
        expected: Option<Duration>,
    ) -> Result<Asked, HuntError> {
        let asked = self.outcome(task, text, expected).await?;
        if let Asked::Finished(finished) = &asked {
            self.note_run_time(&finished.log);
        }
        Ok(asked)
    }

    /// Where the service limits run time, what a query spent of it is noted. One that was given up had all that a query may have.
    fn note_run_time(&mut self, log: &QueryLog) {
        if self.limits.run_time.is_empty() {
            return;
        }
        let is_given_up = matches!(
            log.outcome,
            QueryOutcome::Split {
                first: SplitFirst::Window,
                ..
            }
        );
        let ran = match log.run_ms {
            Some(ran) => Duration::from_millis(ran),
            None if is_given_up => SERVICE_RUN_MAX,
            None => return,
        };
        self.costs.run_time_spent.add(log.finished, ran);
    }

    async fn outcome<Q: Question>(
        &mut self,
        task: &Q,
        text: &str,
        expected: Option<Duration>,
    ) -> Result<Asked, HuntError> {
        let key = task.key();
        if let Some(log) = self.replay.remove(&key) {
            if log.digest != digest(text) {
                return Err(HuntError::OtherQuery { key });
            }
            return Ok(finished(Finished {
                log,
                rows: None,
                replayed: true,
            }));
        }
        if let Some(finished) = self.adopt(task, text)? {
            return Ok(finished);
        }
        if let Some(ending) = self.wait_for_run_time(expected).await {
            return Ok(Asked::Ended(ending));
        }
        self.ask(task, text).await
    }

    /// Waits until the run time that the service allows the tenant has room for the next query. A run that would have to wait beyond
    /// its own time ends.
    async fn wait_for_run_time(&self, expected: Option<Duration>) -> Option<Ending> {
        let now = self.hunt.clock.now();
        let expected = expected.unwrap_or_default();
        let spent = &self.costs.run_time_spent;
        let until = spent.free_at(&self.limits.run_time, expected, now)?;
        if self.hunt.cancel.is_cancelled() {
            return Some(Ending::Cancelled);
        }
        if self.hunt.budget.until.is_some_and(|end| end <= until) {
            let spent = format!("the run time that the service allows the tenant before {until}");
            return Some(Ending::Budget { spent });
        }
        self.hunt.observer.observe(&HuntEvent::Waiting { until });
        tokio::select! {
            biased;
            () = self.hunt.cancel.cancelled() => Some(Ending::Cancelled),
            () = self.hunt.clock.sleep_until(until) => None,
        }
    }

    /// An answer that reached the disk before its record did is not asked for again.
    fn adopt<Q: Question>(&mut self, task: &Q, text: &str) -> Result<Option<Asked>, HuntError> {
        let Some(answer) = self.folder.answer(&task.key())? else {
            return Ok(None);
        };
        if answer.digest != digest(text) {
            return Err(HuntError::OtherQuery { key: task.key() });
        }
        let now = self.hunt.clock.now();
        let outcome = judge::answered(&answer.rows, self.limits.rows_max);
        let mut log = log(task, text, now, now, outcome);
        log.answer_bytes = bytes_of_events(task, Some(&answer.rows));
        self.folder.append(log.clone())?;
        Ok(Some(finished(Finished {
            log,
            rows: Some(answer.rows),
            replayed: true,
        })))
    }

    async fn ask<Q: Question>(&mut self, task: &Q, text: &str) -> Result<Asked, HuntError> {
        if self.hunt.cancel.is_cancelled() {
            return Ok(Asked::Ended(Ending::Cancelled));
        }
        let key = task.key();
        let started = self.hunt.clock.now();
        if let Some(spent) = self.hunt.budget.spent(self.asked, started) {
            return Ok(Asked::Ended(Ending::Budget { spent }));
        }
        self.hunt.observer.observe(&HuntEvent::QueryStarted {
            key: &key,
            stage: task.stage(),
            bytes: text.len(),
            indicators: task.values(),
        });
        self.asked += 1;
        let answer = tokio::select! {
            biased;
            () = self.hunt.cancel.cancelled() => return Ok(Asked::Ended(Ending::Cancelled)),
            answer = self.hunt.backend.run(text) => answer,
            spent = self.hunt.budget.over(self.hunt.clock) => {
                return Ok(Asked::Ended(Ending::Budget { spent }));
            }
        };
        let run_time = answer.as_ref().ok().and_then(|rows| rows.run_time);
        let too_large = matches!(answer, Err(BackendError::ResultTooLarge(_)));
        let (outcome, rows) = match answer {
            Err(BackendError::Fatal(reason)) => {
                return Ok(Asked::Ended(Ending::Stopped { reason }));
            }
            Ok(rows) => task.judge_rows(rows, self.limits.rows_max, self.may_split(task)),
            Err(error) => (
                task.judge_error(&error, &self.missing, self.may_split(task)),
                None,
            ),
        };
        let mut log = log(task, text, started, self.hunt.clock.now(), outcome);
        log.run_ms = run_time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        log.answer_bytes = bytes_of_events(task, rows.as_ref());
        log.too_large = too_large;
        tracing::debug!(
            key = log.key,
            bytes = log.bytes,
            indicators = log.indicators,
            "query finished"
        );
        let rows = self.store(&log, rows)?;
        Ok(finished(Finished {
            log,
            rows,
            replayed: false,
        }))
    }

    /// Puts the answer, and then the record, on disk.
    fn store(
        &mut self,
        log: &QueryLog,
        rows: Option<BackendRows>,
    ) -> Result<Option<BackendRows>, HuntError> {
        let mut kept = None;
        if let Some(rows) = rows {
            let answer = Answer {
                digest: log.digest,
                rows,
            };
            self.folder.save_answer(&log.key, &answer)?;
            kept = Some(answer.rows);
        }
        self.folder.append(log.clone())?;
        Ok(kept)
    }

    /// Whether the query that the task came from has not been split too often without an answer.
    fn may_split<Q: Question>(&self, task: &Q) -> bool {
        self.splits.get(task.root()).copied().unwrap_or_default() < SPLITS_MAX
    }

    /// Draws the consequences of a finished query.
    fn apply(
        &mut self,
        task: Task,
        written: &Written,
        finished: Finished,
    ) -> Result<(), HuntError> {
        let Finished {
            log,
            rows,
            replayed,
        } = finished;
        self.finished += 1;
        let indicators = task.indicators();
        self.learn(&task, written.work, &log, indicators.len());
        self.findings
            .each(indicators.iter().copied(), |finding| finding.calls += 1);
        match &log.outcome {
            QueryOutcome::Answered { cut, .. } => {
                self.splits.remove(&task.root);
                if let Some(rows) = self.absorb(&task, &log, rows, &indicators)? {
                    self.take_in(&rows, &written.tables, *cut, &indicators);
                }
            }
            QueryOutcome::Split { reason, first } => self.requeue_halves(&task, reason, *first),
            QueryOutcome::MissingTable { table } => {
                self.missing.tables.insert(table.clone());
                self.queue.push_front(task.again());
            }
            QueryOutcome::MissingColumn { column } => {
                self.missing.columns.insert(column.clone());
                self.queue.push_front(task.again());
            }
            QueryOutcome::Failed { reason } => self.fail(task.stage, &indicators, reason),
        }
        self.hunt.observer.observe(&HuntEvent::QueryFinished {
            key: &log.key,
            outcome: &log.outcome,
            replayed,
            progress: self.progress(),
        });
        Ok(())
    }

    /// Takes in what a query cost. Only from what the journal holds, so that a resumed run splits as the first one did.
    fn learn(&mut self, task: &Task, work: Work, log: &QueryLog, indicators: usize) {
        match task.stage {
            Stage::Summary => self.learn_summary(work, log, indicators),
            Stage::Details => self.learn_details(task, log),
            Stage::Pack => {}
        }
    }

    fn learn_details(&mut self, task: &Task, log: &QueryLog) {
        match &log.outcome {
            QueryOutcome::Answered { rows, .. } => {
                if let Some(bytes) = log.answer_bytes {
                    self.costs.learn_event_bytes(*rows, bytes);
                }
            }
            QueryOutcome::Split { .. } if log.too_large => {
                let indicators = task.indicators();
                let rows = details::rows_expected(self.hunt.plan, &self.findings, &indicators);
                if let Some(most) = self.limits.bytes_max {
                    self.costs.learn_events_too_large(rows, most);
                }
            }
            _ => {}
        }
    }

    fn learn_summary(&mut self, work: Work, log: &QueryLog, indicators: usize) {
        match &log.outcome {
            QueryOutcome::Answered { .. } => {
                if let Some(ran) = log.run_ms {
                    self.costs.learn_run(work, Duration::from_millis(ran));
                }
            }
            QueryOutcome::Split { first, .. } => match first {
                SplitFirst::Window => self.costs.learn_too_long(work),
                SplitFirst::Indicators => {
                    let rows = self.limits.rows_max as u64;
                    self.costs.learn_too_many(indicators, rows);
                }
            },
            _ => {}
        }
    }

    fn requeue_halves(&mut self, task: &Task, reason: &str, along: SplitFirst) {
        match task.split(along) {
            Some(halves) => self.put_halves(&task.root, halves),
            None => self.fail(task.stage, &task.indicators(), reason),
        }
    }

    fn put_halves(&mut self, root: &str, [first, second]: [Task; 2]) {
        *self.splits.entry(root.to_owned()).or_default() += 1;
        self.queue.push_front(second);
        self.queue.push_front(first);
    }

    fn fail(&mut self, stage: Stage, indicators: &[IndicatorId], reason: &str) {
        self.findings
            .each(indicators.iter().copied(), |finding| match stage {
                Stage::Summary => finding.failures.push(reason.to_owned()),
                Stage::Details => finding.details_failed = true,
                Stage::Pack => {}
            });
    }

    /// The rows of a summary's answer; those that an earlier process got are read from disk. The events of a details query stay there
    /// until they are written.
    fn absorb(
        &mut self,
        task: &Task,
        log: &QueryLog,
        rows: Option<BackendRows>,
        indicators: &[IndicatorId],
    ) -> Result<Option<BackendRows>, HuntError> {
        if task.stage == Stage::Details {
            self.details.push(DetailsAnswer {
                key: log.key.clone(),
                indicators: indicators.to_vec(),
            });
            return Ok(None);
        }
        let rows = match rows {
            Some(rows) => Some(rows),
            None => self.folder.answer(&log.key)?.map(|answer| answer.rows),
        };
        if rows.is_none() {
            self.fail(task.stage, indicators, "its answer is no longer on disk");
        }
        Ok(rows)
    }

    /// Takes a summary's answer in, which was asked of `tables`.
    fn take_in(
        &mut self,
        rows: &BackendRows,
        tables: &[&'static SearchTable],
        cut: bool,
        indicators: &[IndicatorId],
    ) {
        let answer = match summary_answer(rows) {
            Ok(answer) => answer,
            Err(error) => return self.fail_unreadable(indicators, &error),
        };
        if !answer.tables.is_empty() {
            let absent = query::absent(tables, &answer.tables);
            self.missing.tables.extend(absent);
        }
        self.costs
            .learn_rows(indicators.len(), answer.rows.len() as u64);
        self.count(&answer.rows, indicators, cut);
    }

    fn fail_unreadable(&mut self, indicators: &[IndicatorId], error: &AnswerError) {
        self.fail(Stage::Summary, indicators, &error.to_string());
    }

    fn count(&mut self, rows: &[SummaryRow], indicators: &[IndicatorId], cut: bool) {
        for row in rows {
            let found = self.attribution.find(&row.form, &row.value, indicators);
            self.findings.each(found, |finding| finding.add(row));
        }
        if cut {
            self.findings
                .each(indicators.iter().copied(), |finding| finding.cut = true);
        }
    }

    fn report(self) -> HuntReport {
        let facts = RunFacts {
            run: self.folder.run().clone(),
            started: self.folder.started(),
            finished: self.hunt.clock.now(),
            ending: self.ending,
            queries: self.folder.records().to_vec(),
            asked: self.asked,
            missing: self.missing,
            costs: self.costs,
            details: self.details,
            packs: self.packs,
        };
        HuntReport::new(self.hunt.plan, self.findings.into_vec(), facts)
    }
}

fn finished(finished: Finished) -> Asked {
    Asked::Finished(Box::new(finished))
}

/// Bytes of the events that an answer holds.
fn bytes_of_events<Q: Question>(task: &Q, rows: Option<&BackendRows>) -> Option<u64> {
    rows.filter(|rows| task.stage() == Stage::Details && !rows.rows.is_empty())
        .map(BackendRows::bytes)
}

fn log<Q: Question>(
    task: &Q,
    text: &str,
    started: Timestamp,
    ended: Timestamp,
    outcome: QueryOutcome,
) -> QueryLog {
    QueryLog {
        key: task.key(),
        stage: task.stage(),
        digest: digest(text),
        bytes: text.len(),
        indicators: task.values(),
        started,
        finished: ended,
        run_ms: None,
        answer_bytes: None,
        too_large: false,
        outcome,
    }
}
