//! Undoing an apply.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::actual::{Actual, Item};
use crate::apply::StepEnd;
use crate::compare::changed;
use crate::content::Content;
use crate::index::Index;
use crate::key::Key;
use crate::plan::{Change, Plan, Step};

/// What undoes an apply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollback {
    /// The steps, to be applied as any plan is.
    pub plan: Plan,
    /// What cannot be undone, by key.
    pub skipped: Vec<Skipped>,
}

/// A step of an apply that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The indicator.
    pub key: Key,
    /// Why.
    pub reason: String,
}

/// An indicator whose end is nearer than this is not made again.
const LIFE_MIN: SignedDuration = SignedDuration::from_mins(5);

/// What undoes the steps of `plan` that are done according to `ends`, in a tenant that is now `actual`.
///
/// What was made is withdrawn, what was changed gets its former content, what was withdrawn is made again: under a new id, and with
/// the time and author of today, which the service sets. What was changed by somebody since stays as it is, and is told.
#[must_use]
pub fn rollback(plan: &Plan, ends: &[StepEnd], actual: &Actual, now: Timestamp) -> Rollback {
    let now_there = There::of(actual, now);
    let mut undone = Rollback::default();
    undone.plan.foreign = actual.foreign();
    for (step, end) in plan.steps.iter().zip(ends) {
        let StepEnd::Done { id } = end else {
            continue;
        };
        let id = id.as_ref().map(tesem_defender::IndicatorId::as_str);
        match now_there.undo(step, id) {
            Ok(step) => undone.plan.steps.push(step),
            Err(reason) => undone.skipped.push(Skipped {
                key: step.key.clone(),
                reason: reason.to_owned(),
            }),
        }
    }
    undone
        .plan
        .steps
        .sort_by(|one, other| one.key.cmp(&other.key));
    undone.skipped.sort();
    undone
}

/// What the tenant has now.
struct There<'a> {
    index: Index<'a>,
    now: Timestamp,
}

const CHANGED_SINCE: &str = "it was changed since";
const GONE: &str = "it is no longer there";

impl<'a> There<'a> {
    fn of(actual: &'a Actual, now: Timestamp) -> Self {
        let index = Index::of(actual);
        Self { index, now }
    }

    fn undo(&self, step: &Step, id: Option<&str>) -> Result<Step, &'static str> {
        match &step.change {
            Change::Create { to } => {
                let from = self.as_applied(&step.key, to, id)?;
                Ok(withdraw(from))
            }
            Change::Change { from, to, .. } | Change::Renew { from, to } => {
                let is = self.as_applied(&step.key, to, id.or(Some(from.id.as_str())))?;
                self.change_back(is, from)
            }
            Change::Withdraw { from, .. } => self.bring_back(from),
        }
    }

    /// The indicator that a step left, where nobody has changed it since.
    fn as_applied(
        &self,
        key: &Key,
        to: &Content,
        id: Option<&str>,
    ) -> Result<&'a Item, &'static str> {
        let by_id = id.and_then(|id| self.index.by_id(id));
        let item = match by_id {
            Some(item) => item,
            None => self.ours(key).ok_or(GONE)?,
        };
        let is_as_applied = item.is_ours && item.key.is_same(key) && to.is_of(item);
        is_as_applied.then_some(item).ok_or(CHANGED_SINCE)
    }

    fn ours(&self, key: &Key) -> Option<&'a Item> {
        let mut same = self.index.same(key).iter();
        same.find(|item| item.is_ours).copied()
    }

    fn change_back(&self, is: &Item, was: &Item) -> Result<Step, &'static str> {
        if self.index.foreign(&was.key).is_some() {
            return Err("somebody else has one for the same value now");
        }
        let to = self.content_again(was)?;
        let fields = changed(&was.key, &to, is);
        Ok(step(
            &was.key,
            Change::Change {
                from: Box::new(is.clone()),
                to,
                fields,
            },
        ))
    }

    fn bring_back(&self, was: &Item) -> Result<Step, &'static str> {
        match self.index.same(&was.key) {
            [] => {
                let to = self.content_again(was)?;
                Ok(step(&was.key, Change::Create { to }))
            }
            // It was given a near end, and is still there.
            [is] if is.id == was.id && is.is_ours => self.change_back(is, was),
            _ => Err("there is another one for the same value now"),
        }
    }

    /// What an indicator did, to be submitted again.
    fn content_again(&self, was: &Item) -> Result<Content, &'static str> {
        let has_ended = |at: Timestamp| at.duration_since(self.now) < LIFE_MIN;
        if was.expires.is_some_and(has_ended) {
            return Err("its former end has passed");
        }
        Content::of(was).ok_or("it had no action or severity that can be submitted again")
    }
}

fn withdraw(item: &Item) -> Step {
    step(
        &item.key,
        Change::Withdraw {
            from: Box::new(item.clone()),
            because: "the apply that is undone made it".to_owned(),
            covered_by: None,
        },
    )
}

fn step(key: &Key, change: Change) -> Step {
    Step {
        key: key.clone(),
        change,
        sources: Vec::new(),
        drift: false,
    }
}
