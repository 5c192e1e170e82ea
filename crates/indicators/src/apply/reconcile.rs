//! What became of steps whose answer is missing: the tenant decides.

use super::work::{StepEnd, Work};
use crate::actual::{Actual, Item};
use crate::content::Content;
use crate::index::Index;
use crate::key::Key;
use crate::plan::{Change, Plan, Step};

/// Ends the pending steps that `actual` shows as done or as no longer possible.
pub(crate) fn reconcile(work: &mut Work<'_>, actual: &Actual) {
    let found = Found::of(actual);
    let ends: Vec<(usize, StepEnd)> = work
        .pending()
        .filter_map(|(index, step, _)| Some((index, found.end(step)?)))
        .collect();
    for (index, end) in ends {
        work.end(index, end);
    }
}

/// What became of the steps of `plan`, of which `ends` says what is known: what is pending by that may be done, which `actual` shows.
#[must_use]
pub fn settled(plan: &Plan, ends: &[StepEnd], actual: &Actual) -> Vec<StepEnd> {
    let found = Found::of(actual);
    let end = |(step, end): (&Step, &StepEnd)| {
        let seen = found.end(step).filter(|_| end.is_pending());
        seen.unwrap_or_else(|| end.clone())
    };
    plan.steps.iter().zip(ends).map(end).collect()
}

/// Looks steps up in what the tenant has.
struct Found<'a>(Index<'a>);

impl<'a> Found<'a> {
    fn of(actual: &'a Actual) -> Self {
        Self(Index::of(actual))
    }

    /// The end of a step, unless it is still to be done.
    fn end(&self, step: &Step) -> Option<StepEnd> {
        match &step.change {
            Change::Create { to } => self.end_of_creation(&step.key, to),
            Change::Change { from, to, .. } | Change::Renew { from, to } => {
                self.end_of_change(&step.key, from, to)
            }
            Change::Withdraw { from, .. } => self.end_of_withdrawal(from),
        }
    }

    fn end_of_creation(&self, key: &Key, to: &Content) -> Option<StepEnd> {
        let same = self.0.same(key);
        if let Some(done) = done(same, key, to) {
            return Some(done);
        }
        same.first().map(|other| made_since(other))
    }

    fn end_of_change(&self, key: &Key, from: &Item, to: &Content) -> Option<StepEnd> {
        let same = self.0.same(key);
        let own = self.0.by_id(from.id.as_str());
        // The old one may stand beside one that is as wanted: then it is still to be changed.
        let found = match own {
            Some(own) => done(&[own], key, to),
            None => done(same, key, to),
        };
        if found.is_some() {
            return found;
        }
        if let Some(other) = self.0.foreign(key) {
            return Some(made_since(other));
        }
        match own {
            Some(item) if item == from => None,
            Some(_) => Some(StepEnd::failed("it was changed since the plan was made")),
            None => Some(StepEnd::failed("it was removed since the plan was made")),
        }
    }

    fn end_of_withdrawal(&self, from: &Item) -> Option<StepEnd> {
        match self.0.by_id(from.id.as_str()) {
            None => Some(StepEnd::Done { id: None }),
            Some(item) if item == from => None,
            Some(item) if ends_sooner(item, from) => Some(StepEnd::Done { id: None }),
            Some(_) => Some(StepEnd::failed("it was changed since the plan was made")),
        }
    }
}

fn made_since(other: &Item) -> StepEnd {
    StepEnd::failed(format!(
        "{} made one for the same value since the plan was made",
        other.made_by
    ))
}

fn done(same: &[&Item], key: &Key, to: &Content) -> Option<StepEnd> {
    let is_it = |item: &&&Item| item.is_ours && item.key.is_same(key) && to.is_of(item);
    same.iter().find(is_it).map(|item| StepEnd::Done {
        id: Some(item.id.clone()),
    })
}

/// Whether `item` is `from` with an earlier end, which is how an indicator is withdrawn without deleting it.
fn ends_sooner(item: &Item, from: &Item) -> bool {
    let is_sooner = match (item.expires, from.expires) {
        (Some(is), Some(was)) => is < was,
        (is, None) => is.is_some(),
        (None, Some(_)) => false,
    };
    let same = Item {
        expires: from.expires,
        ..item.clone()
    };
    is_sooner && same == *from
}
