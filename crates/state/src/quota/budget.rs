//! One budget that several processes share: its calls and its turns, as values that a store can keep.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::log::CallRecord;
use super::turns::{Turn, Turns};
use super::{CallLog, CallRequest, Permit, Reservation};

/// A shared budget. A store reads it, one of the decisions below is taken, and the store writes what changed,
/// all in one transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget {
    pub(crate) log: CallLog,
    turns: Turns,
}

/// A budget as rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BudgetRows {
    pub(crate) head: BudgetHead,
    pub(crate) calls: BTreeMap<u64, CallRecord>,
    pub(crate) turns: BTreeMap<u64, Turn>,
}

/// What a budget has once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BudgetHead {
    pub(crate) next_call: u64,
    pub(crate) blocked_until: Option<Timestamp>,
    pub(crate) longest_window: Duration,
}

/// What a store has to write so that `before` becomes `after`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RowChanges {
    pub(crate) head: Option<BudgetHead>,
    pub(crate) calls_written: Vec<(u64, CallRecord)>,
    pub(crate) calls_removed: Vec<u64>,
    pub(crate) turns_written: Vec<(u64, Turn)>,
    pub(crate) turns_removed: Vec<u64>,
}

impl Budget {
    pub(crate) fn restore(rows: &BudgetRows) -> Self {
        Self {
            log: CallLog::restore(&rows.head, &rows.calls),
            turns: Turns::restore(rows.turns.clone()),
        }
    }

    pub(crate) fn rows(&self) -> BudgetRows {
        let (head, calls) = self.log.record();
        BudgetRows {
            head,
            calls,
            turns: self.turns.waiting().clone(),
        }
    }

    /// Decides about one call of the process `holder`.
    ///
    /// Room is left for processes that asked earlier and are due: they are asleep until an instant that has
    /// just come, and whoever happens to wake first must not take their place again and again.
    pub(crate) fn reserve(
        &mut self,
        request: &CallRequest,
        holder: u64,
        now: Timestamp,
    ) -> Reservation {
        self.turns.forget_absent(now);
        self.log.tidy(&request.windows, now);
        match self.wait_of(request, holder, now) {
            Some(until) => {
                self.turns.wait(holder, until);
                Reservation::Wait(until)
            }
            None => {
                self.turns.leave(holder);
                let id = self.log.admit(request.lease, now);
                Reservation::Granted(Permit::new(request.key.clone(), id))
            }
        }
    }

    fn wait_of(&self, request: &CallRequest, holder: u64, now: Timestamp) -> Option<Timestamp> {
        let own = self.log.earliest(&request.windows, 0, now);
        let at = own.unwrap_or(now);
        let Some(ahead) = self.turns.ahead_of(holder, at) else {
            return own;
        };
        let behind_them = self.log.earliest(&request.windows, ahead.count, now)?;
        Some(at.max(behind_them.min(ahead.first_lapse)))
    }
}

impl BudgetRows {
    pub(crate) fn changes_to(&self, after: &Self) -> RowChanges {
        let (calls_written, calls_removed) = difference(&self.calls, &after.calls);
        let (turns_written, turns_removed) = difference(&self.turns, &after.turns);
        RowChanges {
            head: (self.head != after.head).then_some(after.head),
            calls_written,
            calls_removed,
            turns_written,
            turns_removed,
        }
    }
}

/// The rows of `after` that are new or other, and the keys that it has no more.
fn difference<T: Copy + PartialEq>(
    before: &BTreeMap<u64, T>,
    after: &BTreeMap<u64, T>,
) -> (Vec<(u64, T)>, Vec<u64>) {
    let is_new = |(key, row): &(&u64, &T)| before.get(key) != Some(row);
    let written = after
        .iter()
        .filter(is_new)
        .map(|(key, row)| (*key, *row))
        .collect();
    let removed = before
        .keys()
        .filter(|key| !after.contains_key(key))
        .copied()
        .collect();
    (written, removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{QuotaKey, Window};

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn request(limit: u32) -> CallRequest {
        CallRequest {
            key: QuotaKey {
                tenant: "t".into(),
                app: "a".into(),
                endpoint: "e".into(),
            },
            windows: vec![Window {
                limit,
                length: MINUTE,
            }],
            lease: Duration::from_secs(30),
        }
    }

    /// Asks for `holder` and, when granted, completes at once.
    fn ask(budget: &mut Budget, holder: u64, second: i64) -> Option<Timestamp> {
        match budget.reserve(&request(1), holder, at(second)) {
            Reservation::Granted(permit) => {
                budget.log.complete(permit.id(), at(second));
                None
            }
            Reservation::Wait(until) => Some(until),
        }
    }

    #[test]
    fn processes_take_turns() {
        let mut budget = Budget::default();
        assert_eq!(ask(&mut budget, 1, 0), None);
        assert_eq!(ask(&mut budget, 1, 1), Some(at(60)));
        assert_eq!(
            ask(&mut budget, 2, 2),
            Some(at(62)),
            "after the first one's turn"
        );
        assert_eq!(
            ask(&mut budget, 3, 60),
            Some(at(62)),
            "a newcomer does not overtake"
        );
        assert_eq!(ask(&mut budget, 1, 60), None);
        assert_eq!(ask(&mut budget, 1, 61), Some(at(120)));
        assert_eq!(
            ask(&mut budget, 2, 62),
            Some(at(120)),
            "before the one that had its turn"
        );
        assert_eq!(ask(&mut budget, 3, 62), Some(at(122)));
        assert_eq!(ask(&mut budget, 1, 120), Some(at(122)));
        assert_eq!(ask(&mut budget, 2, 120), None);
    }

    #[test]
    fn a_process_that_died_in_its_turn_holds_up_nobody_for_long() {
        let mut budget = Budget::default();
        assert_eq!(ask(&mut budget, 1, 0), None);
        assert_eq!(ask(&mut budget, 2, 1), Some(at(60)));
        assert_eq!(ask(&mut budget, 3, 1), Some(at(61)));
        assert_eq!(ask(&mut budget, 3, 61), Some(at(62)));
        assert_eq!(ask(&mut budget, 3, 62), None);
    }

    #[test]
    fn room_that_came_early_is_used() {
        let mut budget = Budget::default();
        let Reservation::Granted(permit) = budget.reserve(&request(1), 1, at(0)) else {
            panic!("the first call is granted")
        };
        assert_eq!(ask(&mut budget, 2, 1), Some(at(61)));
        budget.log.give_back(permit.id());
        assert_eq!(
            ask(&mut budget, 3, 2),
            None,
            "the other one sleeps until 61"
        );
    }

    #[test]
    fn rows_bring_a_budget_back() {
        let mut budget = Budget::default();
        for second in 0..5 {
            let _ = budget.reserve(&request(3), 1, at(second));
        }
        budget.log.complete(1, at(6));
        budget.log.block(at(40));
        let rows = budget.rows();
        assert_eq!(Budget::restore(&rows).rows(), rows);
        let changes = BudgetRows::default().changes_to(&rows);
        assert_eq!(
            (changes.calls_written.len(), changes.turns_written.len()),
            (3, 1)
        );
        assert_eq!(rows.changes_to(&rows), RowChanges::default());
    }
}
