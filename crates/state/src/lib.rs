//! What a run must not lose and what several runs must share: the clock, the quota ledger and the run journal.
//!
//! - [`Clock`] is the one source of time. [`SystemClock`] is the only code of the workspace that reads the
//!   computer's clock; [`ManualClock`] makes an hour pass in microseconds.
//! - [`QuotaLedger`] keeps call budgets that hold however the service aligns its windows; [`QuotaGate`]
//!   adds fair waiting on top of any ledger.
//! - [`store`] shares budgets and run locks between processes: SQLite on one machine, PostgreSQL on many.
//! - [`journal`] is the append-only record of a run, with its [`journal::RunId`] and its lock.

mod clock;
pub mod journal;
mod quota;
pub mod store;

pub use clock::{Clock, ManualClock, SystemClock};
pub use quota::{
    CallLog, CallRequest, GateError, LedgerError, MemoryLedger, Permit, QuotaGate, QuotaKey,
    QuotaLedger, Reservation, Window, WindowUsage,
};
