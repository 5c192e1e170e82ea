//! State that several processes share: SQLite for those of one machine, PostgreSQL for those of many.
//!
//! Both keep the same rows and let the same pure rule decide, so that a budget behaves alike in memory, in a
//! file and on a server. Every decision is one transaction that first takes the budget's lock: SQLite's write
//! lock (`BEGIN IMMEDIATE`), PostgreSQL's lock of the budget's row.
//!
//! Processes that wait for one budget take turns: whoever was told to wait first goes first.

mod error;
mod numbers;
mod postgres;
mod sqlite;
mod url;

use std::sync::Arc;

pub use error::StoreError;
pub use postgres::PostgresTime;
pub use sqlite::keep_write_ahead_log;
pub use url::{PostgresAddress, StateUrl};

use crate::QuotaLedger;
use crate::journal::RunLock;
use postgres::{PostgresLedger, PostgresLock};
use sqlite::SqliteLedger;

/// The state behind a `[state] url`: shared budgets and locks of runs.
#[derive(Debug)]
pub struct StateStore {
    url: StateUrl,
    ledger: Arc<dyn QuotaLedger>,
}

/// The exclusive right to go on with a run, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct SharedRunLock(Held);

#[derive(Debug)]
enum Held {
    /// The operating system keeps it until the file is closed.
    File { _lock: RunLock },
    /// The server keeps it for as long as the connection lives.
    Session(PostgresLock),
}

impl StateStore {
    /// Opens the state at `url`; makes the file or the tables, or brings them up to date, if need be.
    ///
    /// PostgreSQL decides by its own clock, see [`PostgresTime::Server`].
    ///
    /// # Errors
    /// [`StoreError`]: not reachable, another program's file, or tables of a newer version.
    pub async fn open(url: &StateUrl) -> Result<Self, StoreError> {
        Self::open_with(url, PostgresTime::Server).await
    }

    /// [`StateStore::open`] with a choice of whose clock decides on PostgreSQL.
    ///
    /// # Errors
    /// As [`StateStore::open`].
    pub async fn open_with(url: &StateUrl, time: PostgresTime) -> Result<Self, StoreError> {
        let ledger: Arc<dyn QuotaLedger> = match url {
            StateUrl::Sqlite(path) => Arc::new(SqliteLedger::open(path).await?),
            StateUrl::Postgres(address) => Arc::new(PostgresLedger::open(address, time).await?),
        };
        Ok(Self {
            url: url.clone(),
            ledger,
        })
    }

    /// The budgets that all processes of this state share.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn QuotaLedger> {
        Arc::clone(&self.ledger)
    }

    /// Takes the lock of `run` without waiting. `holder` says to others who has it, e.g. `process 4711 on
    /// host a`.
    ///
    /// # Errors
    /// [`StoreError::RunHeld`] when somebody has it; [`StoreError`].
    pub async fn lock_run(&self, run: &str, holder: &str) -> Result<SharedRunLock, StoreError> {
        let held = match &self.url {
            StateUrl::Sqlite(path) => Held::File {
                _lock: sqlite::lock_run(path, run, holder).await?,
            },
            StateUrl::Postgres(address) => {
                Held::Session(PostgresLock::acquire(address, run, holder).await?)
            }
        };
        Ok(SharedRunLock(held))
    }
}

impl SharedRunLock {
    /// Makes sure that the lock is still held: a server may have been restarted. Ask before each step that
    /// must not be done by two.
    ///
    /// # Errors
    /// [`StoreError::LockLost`].
    pub async fn verify(&self) -> Result<(), StoreError> {
        match &self.0 {
            Held::File { .. } => Ok(()),
            Held::Session(lock) => lock.verify().await,
        }
    }
}
