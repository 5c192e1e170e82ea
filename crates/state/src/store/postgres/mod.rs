//! Budgets and locks of the processes of many machines, on a PostgreSQL server.

mod connection;
mod ledger;
mod lock;
mod rows;
mod schema;
mod time;

pub(super) use ledger::PostgresLedger;
pub(super) use lock::PostgresLock;
pub use time::PostgresTime;
