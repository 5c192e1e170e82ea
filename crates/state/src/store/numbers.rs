//! Values as both databases keep them: 64-bit integers. Instants are nanoseconds since 1970, which reach from 1677 to
//! 2262; what lies beyond becomes the first or the last of them.

use std::time::Duration;

use jiff::Timestamp;

use crate::quota::{BudgetHead, CallRecord, Turn};

/// `quota_call` rows: id, granted, lease_ends, completed.
pub(super) type CallRow = (i64, i64, i64, Option<i64>);

/// `quota_turn` rows: holder, ticket, due.
pub(super) type TurnRow = (i64, i64, i64);

/// `quota_budget` rows without their key: next_call, blocked_until, longest_window.
pub(super) type HeadRow = (i64, Option<i64>, i64);

pub(super) fn nanoseconds(instant: Timestamp) -> i64 {
    let exact = instant.as_nanosecond();
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

pub(super) fn instant(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or(Timestamp::MAX)
}

/// Ids count from 0 and never come near the sign.
pub(super) fn id_number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

pub(super) fn id_of(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(super) fn call_of(row: CallRow) -> (u64, CallRecord) {
    let (id, granted, lease_ends, completed) = row;
    let record = CallRecord {
        granted: instant(granted),
        lease_ends: instant(lease_ends),
        completed: completed.map(instant),
    };
    (id_of(id), record)
}

pub(super) fn call_row(id: u64, call: &CallRecord) -> CallRow {
    let completed = call.completed.map(nanoseconds);
    (
        id_number(id),
        nanoseconds(call.granted),
        nanoseconds(call.lease_ends),
        completed,
    )
}

pub(super) fn turn_of((holder, ticket, due): TurnRow) -> (u64, Turn) {
    (
        id_of(holder),
        Turn {
            ticket: id_of(ticket),
            due: instant(due),
        },
    )
}

pub(super) fn turn_row(holder: u64, turn: &Turn) -> TurnRow {
    (
        id_number(holder),
        id_number(turn.ticket),
        nanoseconds(turn.due),
    )
}

pub(super) fn head_of((next_call, blocked_until, longest_window): HeadRow) -> BudgetHead {
    BudgetHead {
        next_call: id_of(next_call),
        blocked_until: blocked_until.map(instant),
        longest_window: Duration::from_nanos(id_of(longest_window)),
    }
}

pub(super) fn head_row(head: &BudgetHead) -> HeadRow {
    let longest = i64::try_from(head.longest_window.as_nanos()).unwrap_or(i64::MAX);
    (
        id_number(head.next_call),
        head.blocked_until.map(nanoseconds),
        longest,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_and_those_out_of_range_become_the_last_one() {
        let exact: Timestamp = "2026-11-21T08:00:00.123456789Z".parse().unwrap();
        assert_eq!(instant(nanoseconds(exact)), exact);
        assert_eq!(nanoseconds(Timestamp::MAX), i64::MAX);
        assert_eq!(nanoseconds(Timestamp::MIN), i64::MIN);
        assert!(instant(i64::MAX) > exact);
    }
}
