//! Call budgets: how many calls may go to an endpoint within a window of time.
//!
//! # Why the limits hold
//!
//! A service counts a call at some instant between the moment we send it and the moment its answer has
//! arrived, and we do not know which; nor do we know whether its windows slide or are aligned to its own
//! clock. So a call *occupies* a window of length `L` from the moment it is granted until `L` after its
//! answer came, and a call without an answer occupies it all the time. A call is granted only while fewer
//! than `limit` calls occupy the window.
//!
//! Suppose some half-open interval of length `L` held more than `limit` counted calls. Let `x` be the one
//! granted last, granted at `g`, counted at `t ≥ g`. Each other call `y` of that interval was granted
//! before, counted at `u` with `|t - u| < L`, and completed at `c ≥ u` or not at all. Then
//! `c + L ≥ u + L > t ≥ g`: each of them, `limit` or more, still occupied the window at `g`, and `x` would
//! not have been granted. Hence no interval of length `L`, wherever it begins, holds more than `limit`.

mod budget;
mod gate;
mod ledger;
mod log;
mod memory;
mod turns;

pub(crate) use budget::{Budget, BudgetHead, BudgetRows, RowChanges};
pub use gate::{GateError, QuotaGate};
pub use ledger::{
    CallRequest, LedgerError, Permit, QuotaKey, QuotaLedger, Reservation, Window, WindowUsage,
};
pub use log::CallLog;
pub(crate) use log::CallRecord;
pub use memory::MemoryLedger;
pub(crate) use turns::Turn;
