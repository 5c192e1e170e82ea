//! Doing the steps of a plan.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::{INDICATORS_PER_BATCH_MAX, NewIndicator};
use tesem_defender::{DefenderError, IndicatorId};
use tesem_state::Clock;

use super::folder::{ApplyError, ApplyFolder, Began, Record};
use super::order::{Batch, next};
use super::reconcile::reconcile;
use super::tenant::{IndicatorTenant, Taken, WriteError};
use super::work::{StepEnd, Work};
use crate::actual::{Actual, Item};
use crate::capacity::CAPACITY;
use crate::content::Content;
use crate::key::Key;
use crate::plan::{Change, Step};

/// How indicators are withdrawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Withdrawal {
    /// They are deleted.
    #[default]
    Delete,
    /// They are given an end in five minutes, where the app may not delete. Until then they keep their place.
    Expire,
}

/// How soon an indicator ends that is withdrawn by its end. The service refuses ends that have passed when they arrive.
const NEAR_END: SignedDuration = SignedDuration::from_mins(5);

/// As much as the service's clock may be ahead of ours.
const CLOCK_AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How often in a row a call may be lost.
const LOSSES_MAX: u32 = 4;

/// How often in a row the service may refuse whole calls before the indicator is found that it refuses: as often as it takes among 500, and
/// a few times more.
const REFUSALS_MAX: u32 = 12;

/// How many indicators in a row the service may refuse by a whole call each. More are no accident of theirs.
const REFUSED_ALONE_MAX: u32 = 50;

/// Applying a plan.
pub struct Apply<'a> {
    /// The tenant.
    pub tenant: &'a dyn IndicatorTenant,
    /// Time.
    pub clock: &'a dyn Clock,
    /// How indicators are withdrawn.
    pub withdrawal: Withdrawal,
    /// Whether to stop; asked before each call.
    pub is_cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Told after each call.
    pub on_progress: &'a (dyn Fn(Progress) + Sync),
}

impl fmt::Debug for Apply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apply")
            .field("tenant", &self.tenant)
            .field("withdrawal", &self.withdrawal)
            .finish_non_exhaustive()
    }
}

/// How far an apply has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps that are done or have failed.
    pub ended: usize,
    /// All steps.
    pub steps: usize,
}

/// What an apply came to.
#[derive(Debug)]
pub struct Applied {
    /// What became of each step of the plan, in its order.
    pub ends: Vec<StepEnd>,
    /// How it ended.
    pub ending: ApplyEnding,
    /// Indicators that a change left behind under their old id, and that could not be deleted.
    pub left_behind: Vec<Key>,
}

/// How an apply ended.
#[derive(Debug)]
pub enum ApplyEnding {
    /// Every step is done or has failed.
    Complete,
    /// It was stopped; it can go on.
    Cancelled,
    /// The service lets nothing more be done; it can go on later.
    Stopped {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl InARow {
    /// A whole call was refused, for an indicator that was found or not.
    fn refused(&mut self, is_found: bool) {
        self.refusals = if is_found { 0 } else { self.refusals + 1 };
        self.refused_alone += u32::from(is_found);
    }

    fn is_hopeless(&self) -> bool {
        self.refusals > REFUSALS_MAX || self.refused_alone > REFUSED_ALONE_MAX
    }
}

impl ApplyEnding {
    fn refused(reason: String) -> Self {
        Self::Stopped { reason, hint: None }
    }

    fn stopped(error: &DefenderError) -> Self {
        Self::Stopped {
            reason: full_text(error),
            hint: error.hint(),
        }
    }
}

fn full_text(error: &DefenderError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Failures in a row.
#[derive(Debug, Default)]
struct InARow {
    losses: u32,
    refusals: u32,
    /// Indicators that whole calls were refused for.
    refused_alone: u32,
}

impl Apply<'_> {
    /// Does what is left of the steps of the plan in `folder`, of which `began` says how far they had come.
    ///
    /// # Errors
    /// [`ApplyError::Stale`] where the tenant is not as the plan was made from; [`ApplyError`]. Nothing of what was done is lost: run
    /// it again.
    pub async fn run(&self, folder: &mut ApplyFolder, began: Began) -> Result<Applied, ApplyError> {
        let actual = self.tenant.list().await?;
        if !began.is_checked {
            check_fresh(folder, &actual)?;
            folder.append(&Record::Checked)?;
        }
        let steps = folder.plan.plan.steps.clone();
        let at_once = self.withdrawal == Withdrawal::Delete;
        let application = folder.plan.owner.application.clone();
        let mut work = Work::new(&steps, began.ends, free(&actual), at_once, &application);
        // Also of a plan that fits: what it names must be there, and ours.
        let before = work.ends.clone();
        reconcile(&mut work, &actual);
        note(folder, &before, &work)?;
        let ending = self.drive(folder, &mut work).await?;
        let left_behind = match ending {
            ApplyEnding::Complete => self.clear(folder, &work).await?,
            _ => Vec::new(),
        };
        if matches!(ending, ApplyEnding::Complete) {
            let at = self.clock.now();
            folder.append(&Record::Ended { at })?;
        }
        Ok(Applied {
            ends: work.ends,
            ending,
            left_behind,
        })
    }

    async fn drive(
        &self,
        folder: &mut ApplyFolder,
        work: &mut Work<'_>,
    ) -> Result<ApplyEnding, ApplyError> {
        let mut in_a_row = InARow::default();
        loop {
            self.tell(work);
            if (self.is_cancelled)() {
                return Ok(ApplyEnding::Cancelled);
            }
            let before = work.ends.clone();
            work.give_up(self.clock.now());
            let batch = next(work);
            note(folder, &before, work)?;
            let Some(batch) = batch else {
                return Ok(ApplyEnding::Complete);
            };
            let steps = batch.steps().to_vec();
            folder.append(&Record::Sending { steps })?;
            let before = work.ends.clone();
            let stopped = self.take_turn(work, &batch, &mut in_a_row).await;
            note(folder, &before, work)?;
            if let Some(ending) = stopped {
                return Ok(ending);
            }
        }
    }

    fn tell(&self, work: &Work<'_>) {
        let pending = work.pending().count();
        (self.on_progress)(Progress {
            ended: work.steps.len() - pending,
            steps: work.steps.len(),
        });
    }

    /// Makes one call and notes what came of it. Gives the ending where nothing more can be done.
    async fn take_turn(
        &self,
        work: &mut Work<'_>,
        batch: &Batch,
        in_a_row: &mut InARow,
    ) -> Option<ApplyEnding> {
        match self.send(work, batch).await {
            Ok(taken) => {
                *in_a_row = InARow::default();
                for (index, taken) in batch.steps().iter().zip(taken) {
                    match taken.failure {
                        None => work.done(*index, taken.id),
                        Some(reason) => work.refused(*index, reason),
                    }
                }
                None
            }
            Err(WriteError::Refused { status, message }) => {
                let before = work.pending().count();
                let ending = self.refused(work, batch, status, &message).await;
                in_a_row.refused(work.pending().count() < before);
                let is_hopeless = in_a_row.is_hopeless();
                ending.or_else(|| is_hopeless.then(|| ApplyEnding::refused(message)))
            }
            Err(WriteError::Unknown(error)) => {
                in_a_row.losses += 1;
                if in_a_row.losses > LOSSES_MAX {
                    return Some(ApplyEnding::stopped(&error));
                }
                self.tenant.pause(in_a_row.losses).await;
                self.look(work).await
            }
            Err(WriteError::Stopped(error)) => Some(ApplyEnding::stopped(&error)),
        }
    }

    /// Lets the tenant decide about all that is pending.
    async fn look(&self, work: &mut Work<'_>) -> Option<ApplyEnding> {
        match self.tenant.list().await {
            Ok(actual) => {
                reconcile(work, &actual);
                work.has_free(free(&actual));
                None
            }
            Err(error) => Some(ApplyEnding::stopped(&error)),
        }
    }

    async fn send(&self, work: &Work<'_>, batch: &Batch) -> Result<Vec<Taken>, WriteError> {
        let now = self.clock.now();
        let steps = batch.steps().iter().filter_map(|index| work.step(*index));
        match (batch, self.withdrawal) {
            (Batch::Withdraw(_), Withdrawal::Delete) => {
                let items = steps.filter_map(|step| step.change.from());
                let ids: Vec<IndicatorId> = items.map(|item| item.id.clone()).collect();
                self.tenant.delete(&ids).await?;
                let gone = || Taken {
                    id: None,
                    failure: None,
                };
                Ok(ids.iter().map(|_| gone()).collect())
            }
            _ => {
                let application = &work.application;
                let all: Vec<NewIndicator> = steps
                    .filter_map(|step| submission(step, application, now))
                    .collect();
                self.tenant.import(&all).await
            }
        }
    }

    /// Whether an end may have passed by a clock that is ahead of ours.
    fn is_soon(&self, end: Timestamp) -> bool {
        end.duration_since(self.clock.now()) < CLOCK_AHEAD_MAX
    }

    /// A whole call was refused: the indicator is found that it was refused for.
    async fn refused(
        &self,
        work: &mut Work<'_>,
        batch: &Batch,
        status: u16,
        message: &str,
    ) -> Option<ApplyEnding> {
        let before = work.pending().count();
        if matches!(batch, Batch::Withdraw(_))
            && status == 404
            && let Some(ending) = self.look(work).await
        {
            return Some(ending);
        }
        let named = named(work, batch, message);
        let ends = named.iter().filter_map(|index| work.end_at(*index));
        let passed = ends.max();
        for index in named {
            work.end(index, StepEnd::failed(message));
        }
        if let Some(passed) = passed.filter(|end| self.is_soon(*end)) {
            work.give_up_until(passed);
        }
        if work.pending().count() < before {
            return None;
        }
        match batch.steps() {
            [one] => work.end(*one, StepEnd::failed(message)),
            several => {
                let (first, second) = several.split_at(several.len() / 2);
                work.parts.push(second.to_vec());
                work.parts.push(first.to_vec());
            }
        }
        None
    }

    /// Deletes what a change left behind: where the service keeps indicators of different actions apart, a change made a second one. Only
    /// what is still as it was before the change goes, and only where the new one stands beside it.
    async fn clear(
        &self,
        folder: &mut ApplyFolder,
        work: &Work<'_>,
    ) -> Result<Vec<Key>, ApplyError> {
        let moved = moved(work);
        if moved.is_empty() {
            return Ok(Vec::new());
        }
        let actual = self.tenant.list().await?;
        let there: BTreeMap<&str, &Item> = actual
            .items()
            .iter()
            .map(|item| (item.id.as_str(), item))
            .collect();
        let is_left = |moved: &&Moved<'_>| {
            let has_new = there.contains_key(moved.new.as_str());
            has_new && there.get(moved.old.id.as_str()) == Some(&moved.old)
        };
        let left: Vec<&Moved<'_>> = moved.iter().filter(is_left).collect();
        if self.withdrawal == Withdrawal::Expire {
            return Ok(left.iter().map(|moved| moved.old.key.clone()).collect());
        }
        let mut still_there = Vec::new();
        for part in left.chunks(INDICATORS_PER_BATCH_MAX) {
            let ids: Vec<IndicatorId> = part.iter().map(|moved| moved.old.id.clone()).collect();
            folder.append(&Record::Clearing {
                ids: ids.iter().map(ToString::to_string).collect(),
            })?;
            if self.tenant.delete(&ids).await.is_err() {
                still_there.extend(part.iter().map(|moved| moved.old.key.clone()));
            }
        }
        Ok(still_there)
    }
}

/// A change that the service answered with another id.
struct Moved<'p> {
    old: &'p Item,
    new: &'p IndicatorId,
}

fn check_fresh(folder: &ApplyFolder, actual: &Actual) -> Result<(), ApplyError> {
    if actual.digest() == folder.plan.digest {
        return Ok(());
    }
    Err(ApplyError::Stale {
        then: folder.plan.read,
        now: actual.items().len(),
    })
}

fn free(actual: &Actual) -> usize {
    CAPACITY.saturating_sub(actual.items().len())
}

/// Writes down what has changed since `before`.
fn note(folder: &mut ApplyFolder, before: &[StepEnd], work: &Work<'_>) -> Result<(), ApplyError> {
    let changed = before.iter().zip(&work.ends).enumerate();
    let ends: Vec<(usize, StepEnd)> = changed
        .filter(|(_, (before, after))| before != after)
        .map(|(index, (_, after))| (index, after.clone()))
        .collect();
    match ends.is_empty() {
        true => Ok(()),
        false => folder.append(&Record::Ends { ends }),
    }
}

/// What is submitted for a step.
fn submission(step: &Step, application: &str, now: Timestamp) -> Option<NewIndicator> {
    match &step.change {
        Change::Create { to } | Change::Change { to, .. } | Change::Renew { to, .. } => {
            Some(new_indicator(&step.key, to.clone(), application))
        }
        Change::Withdraw { from, .. } => {
            let mut content = Content::of(from)?;
            let near = now.checked_add(NEAR_END).ok();
            content.expires = content.expires.into_iter().chain(near).min();
            Some(new_indicator(&step.key, content, application))
        }
    }
}

fn new_indicator(key: &Key, content: Content, application: &str) -> NewIndicator {
    NewIndicator {
        value: key.value.clone(),
        kind: key.kind.clone(),
        action: content.action,
        title: content.title,
        description: content.description,
        application: Some(application.to_owned()),
        expires: content.expires,
        severity: Some(content.severity),
        recommended_actions: content.recommended_actions,
        rbac_group_names: key.groups.iter().cloned().collect(),
        educate_url: content.educate_url,
        generate_alert: Some(content.generate_alert),
    }
}

/// The steps that a refusal names: `Indicator evil.com is inactive. (Expiration time should be set to a future date time)`.
fn named(work: &Work<'_>, batch: &Batch, message: &str) -> Vec<usize> {
    let Some((_, rest)) = message.split_once("Indicator ") else {
        return Vec::new();
    };
    let Some((value, _)) = rest.split_once(" is inactive") else {
        return Vec::new();
    };
    let is_named = |index: &&usize| {
        work.step(**index)
            .is_some_and(|step| step.key.value == value)
    };
    batch.steps().iter().filter(is_named).copied().collect()
}

fn moved<'w>(work: &'w Work<'_>) -> Vec<Moved<'w>> {
    let all = work.steps.iter().zip(&work.ends);
    all.filter_map(|(step, end)| match (&step.change, end) {
        (
            Change::Change { from, .. } | Change::Renew { from, .. },
            StepEnd::Done { id: Some(new) },
        ) if *new != from.id => Some(Moved { old: from, new }),
        _ => None,
    })
    .collect()
}
