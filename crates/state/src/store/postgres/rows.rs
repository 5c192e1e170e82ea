//! Budgets as rows of a server.

use jiff::Timestamp;
use tokio_postgres::{Error, Transaction};

use crate::QuotaKey;
use crate::quota::{BudgetRows, RowChanges};
use crate::store::numbers::{
    call_of, call_row, head_of, head_row, id_number, instant, turn_of, turn_row,
};

/// A budget whose row this transaction has locked.
pub(super) struct Locked {
    pub(super) id: i64,
    pub(super) rows: BudgetRows,
    /// The server's clock once the lock was had.
    pub(super) server_now: Timestamp,
}

/// Locks the budget of `key`, which is made if need be, until the transaction ends, and reads it.
///
/// What is read after the lock is what the last holder committed, because each statement of a `READ COMMITTED`
/// transaction sees the newest state.
pub(super) async fn lock(transaction: &Transaction<'_>, key: &QuotaKey) -> Result<Locked, Error> {
    let parts: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&key.tenant, &key.app, &key.endpoint];
    let make = "INSERT INTO tesem.quota_budget (tenant, app, endpoint) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let lock = "SELECT id FROM tesem.quota_budget WHERE tenant = $1 AND app = $2 AND endpoint = $3 FOR UPDATE";
    let id = match transaction.query_opt(lock, &parts).await? {
        Some(row) => row.get(0),
        None => {
            transaction.execute(make, &parts).await?;
            transaction.query_one(lock, &parts).await?.get(0)
        }
    };
    let (rows, server_now) = read(transaction, id).await?;
    Ok(Locked {
        id,
        rows,
        server_now,
    })
}

/// Reads a budget without locking it; nothing where there is none.
pub(super) async fn peek(
    transaction: &Transaction<'_>,
    key: &QuotaKey,
) -> Result<Option<(BudgetRows, Timestamp)>, Error> {
    let find = "SELECT id FROM tesem.quota_budget WHERE tenant = $1 AND app = $2 AND endpoint = $3";
    let found = transaction
        .query_opt(find, &[&key.tenant, &key.app, &key.endpoint])
        .await?;
    match found {
        Some(row) => read(transaction, row.get(0)).await.map(Some),
        None => Ok(None),
    }
}

async fn read(transaction: &Transaction<'_>, id: i64) -> Result<(BudgetRows, Timestamp), Error> {
    let head = "SELECT next_call, blocked_until, longest_window, \
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM tesem.quota_budget WHERE id = $1";
    let calls = "SELECT id, granted, lease_ends, completed FROM tesem.quota_call WHERE budget = $1";
    let turns = "SELECT holder, ticket, due FROM tesem.quota_turn WHERE budget = $1";
    let head = transaction.query_one(head, &[&id]).await?;
    let calls = transaction.query(calls, &[&id]).await?;
    let turns = transaction.query(turns, &[&id]).await?;
    let rows = BudgetRows {
        head: head_of((head.get(0), head.get(1), head.get(2))),
        calls: calls
            .iter()
            .map(|row| call_of((row.get(0), row.get(1), row.get(2), row.get(3))))
            .collect(),
        turns: turns
            .iter()
            .map(|row| turn_of((row.get(0), row.get(1), row.get(2))))
            .collect(),
    };
    let microseconds: i64 = head.get(3);
    Ok((rows, instant(microseconds.saturating_mul(1_000))))
}

pub(super) async fn write(
    transaction: &Transaction<'_>,
    budget: i64,
    changes: &RowChanges,
) -> Result<(), Error> {
    if let Some(head) = &changes.head {
        let (next_call, blocked_until, longest_window) = head_row(head);
        let update = "UPDATE tesem.quota_budget SET next_call = $2, blocked_until = $3, longest_window = $4 WHERE id = $1";
        transaction
            .execute(
                update,
                &[&budget, &next_call, &blocked_until, &longest_window],
            )
            .await?;
    }
    write_calls(transaction, budget, changes).await?;
    write_turns(transaction, budget, changes).await
}

async fn write_calls(
    transaction: &Transaction<'_>,
    budget: i64,
    changes: &RowChanges,
) -> Result<(), Error> {
    if !changes.calls_removed.is_empty() {
        let removed: Vec<i64> = changes
            .calls_removed
            .iter()
            .copied()
            .map(id_number)
            .collect();
        let delete = "DELETE FROM tesem.quota_call WHERE budget = $1 AND id = ANY ($2)";
        transaction.execute(delete, &[&budget, &removed]).await?;
    }
    let upsert = "INSERT INTO tesem.quota_call (budget, id, granted, lease_ends, completed) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (budget, id) \
        DO UPDATE SET granted = $3, lease_ends = $4, completed = $5";
    for (id, call) in &changes.calls_written {
        let (id, granted, lease_ends, completed) = call_row(*id, call);
        transaction
            .execute(upsert, &[&budget, &id, &granted, &lease_ends, &completed])
            .await?;
    }
    Ok(())
}

async fn write_turns(
    transaction: &Transaction<'_>,
    budget: i64,
    changes: &RowChanges,
) -> Result<(), Error> {
    if !changes.turns_removed.is_empty() {
        let removed: Vec<i64> = changes
            .turns_removed
            .iter()
            .copied()
            .map(id_number)
            .collect();
        let delete = "DELETE FROM tesem.quota_turn WHERE budget = $1 AND holder = ANY ($2)";
        transaction.execute(delete, &[&budget, &removed]).await?;
    }
    let upsert = "INSERT INTO tesem.quota_turn (budget, holder, ticket, due) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (budget, holder) DO UPDATE SET ticket = $3, due = $4";
    for (holder, turn) in &changes.turns_written {
        let (holder, ticket, due) = turn_row(*holder, turn);
        transaction
            .execute(upsert, &[&budget, &holder, &ticket, &due])
            .await?;
    }
    Ok(())
}
