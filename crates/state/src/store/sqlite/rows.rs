//! Budgets as rows of a SQLite file.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::QuotaKey;
use crate::quota::{BudgetRows, RowChanges};
use crate::store::numbers::{call_of, call_row, head_of, head_row, id_number, turn_of, turn_row};

/// The number of the budget of `key`; it is made if need be.
pub(super) fn budget_id(transaction: &Transaction<'_>, key: &QuotaKey) -> rusqlite::Result<i64> {
    let found = find_budget(transaction, key)?;
    if let Some(id) = found {
        return Ok(id);
    }
    let insert = "INSERT INTO quota_budget (tenant, app, endpoint) VALUES (?1, ?2, ?3)";
    transaction
        .prepare_cached(insert)?
        .execute(params![key.tenant, key.app, key.endpoint])?;
    Ok(transaction.last_insert_rowid())
}

pub(super) fn find_budget(
    transaction: &Transaction<'_>,
    key: &QuotaKey,
) -> rusqlite::Result<Option<i64>> {
    let select = "SELECT id FROM quota_budget WHERE tenant = ?1 AND app = ?2 AND endpoint = ?3";
    let mut statement = transaction.prepare_cached(select)?;
    statement
        .query_row(params![key.tenant, key.app, key.endpoint], |row| row.get(0))
        .optional()
}

pub(super) fn read(transaction: &Transaction<'_>, budget: i64) -> rusqlite::Result<BudgetRows> {
    let head = "SELECT next_call, blocked_until, longest_window FROM quota_budget WHERE id = ?1";
    let head = transaction
        .prepare_cached(head)?
        .query_row([budget], |row| {
            Ok(head_of((row.get(0)?, row.get(1)?, row.get(2)?)))
        })?;
    let calls = "SELECT id, granted, lease_ends, completed FROM quota_call WHERE budget = ?1";
    let calls = transaction
        .prepare_cached(calls)?
        .query_map([budget], |row| {
            Ok(call_of((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
            )))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let turns = "SELECT holder, ticket, due FROM quota_turn WHERE budget = ?1";
    let turns = transaction
        .prepare_cached(turns)?
        .query_map([budget], |row| {
            Ok(turn_of((row.get(0)?, row.get(1)?, row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(BudgetRows { head, calls, turns })
}

pub(super) fn write(
    transaction: &Transaction<'_>,
    budget: i64,
    changes: &RowChanges,
) -> rusqlite::Result<()> {
    if let Some(head) = &changes.head {
        let (next_call, blocked_until, longest_window) = head_row(head);
        let update = "UPDATE quota_budget SET next_call = ?2, blocked_until = ?3, longest_window = ?4 WHERE id = ?1";
        transaction.prepare_cached(update)?.execute(params![
            budget,
            next_call,
            blocked_until,
            longest_window
        ])?;
    }
    write_calls(transaction, budget, changes)?;
    write_turns(transaction, budget, changes)
}

fn write_calls(
    transaction: &Transaction<'_>,
    budget: i64,
    changes: &RowChanges,
) -> rusqlite::Result<()> {
    let mut delete =
        transaction.prepare_cached("DELETE FROM quota_call WHERE budget = ?1 AND id = ?2")?;
    for id in &changes.calls_removed {
        delete.execute(params![budget, id_number(*id)])?;
    }
    let upsert = "INSERT INTO quota_call (budget, id, granted, lease_ends, completed) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (budget, id) DO UPDATE SET granted = ?3, lease_ends = ?4, completed = ?5";
    let mut upsert = transaction.prepare_cached(upsert)?;
    for (id, call) in &changes.calls_written {
        let (id, granted, lease_ends, completed) = call_row(*id, call);
        upsert.execute(params![budget, id, granted, lease_ends, completed])?;
    }
    Ok(())
}

fn write_turns(
    transaction: &Transaction<'_>,
    budget: i64,
    changes: &RowChanges,
) -> rusqlite::Result<()> {
    let mut delete =
        transaction.prepare_cached("DELETE FROM quota_turn WHERE budget = ?1 AND holder = ?2")?;
    for holder in &changes.turns_removed {
        delete.execute(params![budget, id_number(*holder)])?;
    }
    let upsert = "INSERT INTO quota_turn (budget, holder, ticket, due) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (budget, holder) DO UPDATE SET ticket = ?3, due = ?4";
    let mut upsert = transaction.prepare_cached(upsert)?;
    for (holder, turn) in &changes.turns_written {
        let (holder, ticket, due) = turn_row(*holder, turn);
        upsert.execute(params![budget, holder, ticket, due])?;
    }
    Ok(())
}
