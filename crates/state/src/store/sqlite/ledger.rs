//! The quota ledger in a SQLite file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::rows;
use super::schema::{self, Prepared, STEPS};
use super::write_ahead::keep_write_ahead_log;
use crate::quota::Budget;
use crate::store::StoreError;
use crate::store::error::ledger_failed;
use crate::store::numbers::id_of;
use crate::{
    CallRequest, LedgerError, Permit, QuotaKey, QuotaLedger, Reservation, Window, WindowUsage,
};

/// How long a transaction waits for those of other processes. One takes milliseconds; this long means a process
/// that was stopped in the middle.
const BUSY_MAX: Duration = Duration::from_secs(30);

/// Budgets in a file, shared by the processes of one machine, whose clock they all use.
///
/// Waiting for the file's lock happens on tokio's threads for blocking work, never on those that run tasks.
#[derive(Debug)]
pub(crate) struct SqliteLedger {
    connection: Arc<Mutex<Connection>>,
    /// This process's number in the order of turns.
    holder: u64,
}

impl SqliteLedger {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        let (path, shown) = (path.to_owned(), path.display().to_string());
        let opened = tokio::task::spawn_blocking(move || open(&path)).await;
        opened.unwrap_or_else(|error| Err(StoreError::failed("open", &shown, error)))
    }

    /// Runs `work` in a transaction that nobody else writes beside.
    async fn transact<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let connection = Arc::clone(&self.connection);
        let run = move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        let done: Result<rusqlite::Result<T>, _> = tokio::task::spawn_blocking(run).await;
        done.map_err(|error| ledger_failed(action, error))?
            .map_err(|error| ledger_failed(action, error))
    }

    /// Lets `act` change the budget of `key`.
    async fn change<T: Send + 'static>(
        &self,
        action: &'static str,
        key: &QuotaKey,
        act: impl FnOnce(&mut Budget) -> T + Send + 'static,
    ) -> Result<T, LedgerError> {
        let key = key.clone();
        self.transact(action, move |transaction| {
            let id = rows::budget_id(transaction, &key)?;
            let before = rows::read(transaction, id)?;
            let mut budget = Budget::restore(&before);
            let done = act(&mut budget);
            rows::write(transaction, id, &before.changes_to(&budget.rows()))?;
            Ok(done)
        })
        .await
    }
}

fn open(path: &PathBuf) -> Result<SqliteLedger, StoreError> {
    let shown = path.display().to_string();
    let failed = |error| StoreError::failed("open", &shown, error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_MAX).map_err(failed)?;
    let prepared = schema::prepare(&mut connection, STEPS);
    match prepared.map_err(|error| StoreError::failed("prepare the tables in", &shown, error))? {
        Prepared::Ready => {}
        Prepared::Foreign => return Err(StoreError::Foreign { store: shown }),
        Prepared::Newer(found) => {
            let known = schema::steps_of(STEPS);
            return Err(StoreError::Newer {
                store: shown,
                found,
                known,
            });
        }
    }
    let holder = settle(&connection).map_err(failed)?;
    Ok(SqliteLedger {
        connection: Arc::new(Mutex::new(connection)),
        holder,
    })
}

/// Readers beside the one writer, and a number for this process.
///
/// `normal` survives the end of any process; a power failure can lose the last calls before it, which at worst
/// costs an answer 429, and saves two waits for the disk per call.
fn settle(connection: &Connection) -> rusqlite::Result<u64> {
    keep_write_ahead_log(connection)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    let next = "UPDATE quota_holder SET last = last + 1 RETURNING last";
    connection.query_row(next, [], |row| row.get(0)).map(id_of)
}

#[async_trait]
impl QuotaLedger for SqliteLedger {
    async fn reserve(
        &self,
        request: &CallRequest,
        now: Timestamp,
    ) -> Result<Reservation, LedgerError> {
        request.refuse_closed_windows()?;
        let (request, holder) = (request.clone(), self.holder);
        let key = request.key.clone();
        self.change("reserve a call", &key, move |budget| {
            budget.reserve(&request, holder, now)
        })
        .await
    }

    async fn completed(&self, permit: Permit, at: Timestamp) -> Result<(), LedgerError> {
        let id = permit.id();
        self.change("complete a call", permit.key(), move |budget| {
            budget.log.complete(id, at);
        })
        .await
    }

    async fn returned(&self, permit: Permit) -> Result<(), LedgerError> {
        let id = permit.id();
        self.change("give back a call", permit.key(), move |budget| {
            budget.log.give_back(id);
        })
        .await
    }

    async fn throttled(&self, key: &QuotaKey, until: Timestamp) -> Result<(), LedgerError> {
        self.change("note a throttle", key, move |budget| {
            budget.log.block(until);
        })
        .await
    }

    async fn usage(
        &self,
        key: &QuotaKey,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<WindowUsage>, LedgerError> {
        let (key, windows) = (key.clone(), windows.to_vec());
        self.transact("count calls", move |transaction| {
            let budget = match rows::find_budget(transaction, &key)? {
                Some(id) => Budget::restore(&rows::read(transaction, id)?),
                None => Budget::default(),
            };
            Ok(budget.log.usage(&windows, now))
        })
        .await
    }
}
