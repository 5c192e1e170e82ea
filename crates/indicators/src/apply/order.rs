//! Which steps come next.
//!
//! Protection never drops: what exists is changed in place, new indicators are made before old ones go, and what stands for others
//! is there before they are withdrawn. Only where the tenant is full, others go first to make room.

use std::collections::BTreeSet;

use tesem_defender::endpoint::INDICATORS_PER_BATCH_MAX;

use super::work::Work;
use crate::key::Key;
use crate::plan::{Change, Step};

/// Steps for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Batch {
    /// Made or changed.
    Import(Vec<usize>),
    /// Withdrawn.
    Withdraw(Vec<usize>),
}

impl Batch {
    pub(crate) fn steps(&self) -> &[usize] {
        match self {
            Self::Import(steps) | Self::Withdraw(steps) => steps,
        }
    }

    fn of(steps: Vec<usize>, make: fn(Vec<usize>) -> Self) -> Option<Self> {
        (!steps.is_empty()).then(|| make(steps))
    }
}

/// The next call; nothing where all is done.
pub(crate) fn next(work: &mut Work<'_>) -> Option<Batch> {
    part(work)
        .or_else(|| Batch::of(imports(work, |refusals| refusals == 0), Batch::Import))
        .or_else(|| Batch::of(withdrawals(work), Batch::Withdraw))
        .or_else(|| Batch::of(imports(work, |_| true), Batch::Import))
        .or_else(|| Batch::of(forced(work), Batch::Withdraw))
        .or_else(|| Batch::of(crowded(work), Batch::Import))
}

/// A part of a batch that was refused as a whole.
fn part(work: &mut Work<'_>) -> Option<Batch> {
    while let Some(mut steps) = work.parts.pop() {
        steps.retain(|index| work.is_pending(*index));
        let Some(first) = steps.first().and_then(|index| work.step(*index)) else {
            continue;
        };
        return Some(match first.change {
            Change::Withdraw { .. } => Batch::Withdraw(steps),
            _ => Batch::Import(steps),
        });
    }
    None
}

/// Changes and renewals, which need no room, then as many creations as there is room for, those first that stand for others.
fn imports(work: &Work<'_>, is_turn: impl Fn(u8) -> bool) -> Vec<usize> {
    let stand_ins = stand_ins(work);
    let mut steps: Vec<(u8, usize)> = work
        .pending()
        .filter(|(_, _, refusals)| is_turn(*refusals))
        .filter_map(|(index, step, _)| Some((urgency(step, &stand_ins)?, index)))
        .collect();
    steps.sort_unstable();
    let mut room = work.free();
    steps.retain(|(urgency, _)| *urgency == 0 || take_one(&mut room));
    let first = steps.into_iter().take(INDICATORS_PER_BATCH_MAX);
    first.map(|(_, index)| index).collect()
}

fn take_one(room: &mut usize) -> bool {
    let is_left = *room > 0;
    *room = room.saturating_sub(1);
    is_left
}

/// 0 for what needs no room; nothing for withdrawals.
fn urgency(step: &Step, stand_ins: &BTreeSet<&Key>) -> Option<u8> {
    match step.change {
        Change::Change { .. } | Change::Renew { .. } => Some(0),
        Change::Create { .. } if stand_ins.contains(&step.key) => Some(1),
        Change::Create { .. } => Some(2),
        Change::Withdraw { .. } => None,
    }
}

/// What withdrawn indicators wait for.
fn stand_ins<'w>(work: &Work<'w>) -> BTreeSet<&'w Key> {
    work.pending()
        .filter_map(|(_, step, _)| stand_in(step))
        .collect()
}

fn stand_in(step: &Step) -> Option<&Key> {
    match &step.change {
        Change::Withdraw { covered_by, .. } => covered_by.as_ref(),
        _ => None,
    }
}

/// Withdrawals of what needs no stand-in or has it; those that were refused once come after all others.
fn withdrawals(work: &Work<'_>) -> Vec<usize> {
    let has_stand_in = |step: &Step| {
        let pending = stand_in(step).and_then(|by| work.end_of(by));
        !pending.is_some_and(super::StepEnd::is_pending)
    };
    let ready: Vec<(u8, usize)> = work
        .pending()
        .filter(|(_, step, _)| step.change.is_withdrawal() && has_stand_in(step))
        .map(|(index, _, refusals)| (refusals, index))
        .collect();
    let least = ready.iter().map(|(refusals, _)| *refusals).min();
    let first = ready
        .into_iter()
        .filter(|(refusals, _)| Some(*refusals) == least);
    let first = first.map(|(_, index)| index);
    first.take(INDICATORS_PER_BATCH_MAX).collect()
}

/// In a full tenant, as many withdrawals as there are stand-ins without a place: one has to go first.
fn forced(work: &Work<'_>) -> Vec<usize> {
    if !work.withdrawn_at_once() {
        return Vec::new();
    }
    let waiting: Vec<(usize, &Key)> = work
        .pending()
        .filter_map(|(index, step, _)| Some((index, stand_in(step)?)))
        .collect();
    let places = waiting
        .iter()
        .map(|(_, by)| *by)
        .collect::<BTreeSet<_>>()
        .len();
    let first = waiting
        .into_iter()
        .take(places.min(INDICATORS_PER_BATCH_MAX));
    first.map(|(index, _)| index).collect()
}

/// Creations for which there should be no room: the service decides, because others may have left in the meantime. Once it has said
/// that there is none, they are given up.
fn crowded(work: &mut Work<'_>) -> Vec<usize> {
    work.give_up_creations();
    let rest = work
        .pending()
        .filter(|(_, step, _)| !step.change.is_withdrawal());
    let rest = rest.map(|(index, ..)| index);
    rest.take(INDICATORS_PER_BATCH_MAX).collect()
}
