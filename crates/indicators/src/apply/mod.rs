//! Applying a plan.
//!
//! ```text
//! plan file -> stale? -> order: changes, creations, withdrawals -> journal -> call -> journal -> ... -> what became of each step
//! ```
//!
//! Each call is in the journal before it is made, and its answer before the next one. Where an answer is missing (a lost connection,
//! a killed process), the tenant is read and decides; so nothing is done twice and nothing is left out.

mod calls;
mod folder;
mod order;
mod reconcile;
mod run;
mod tenant;
mod work;

pub use calls::Calls;
pub use folder::{ApplyError, ApplyFolder, ApplyKind, Began};
pub use reconcile::settled;
pub use run::{Applied, Apply, ApplyEnding, Progress, Withdrawal};
pub use tenant::{DefenderTenant, IndicatorTenant, Taken, WriteError};
pub use work::StepEnd;
