//! Response actions: what can be done about observables, and doing it.

mod audit;
mod machine;
mod offers;
mod trigger;

pub use audit::{Audit, AuditRecord, AuditResult};
pub use machine::MachineAction;
pub use offers::offers;
pub use trigger::{Planned, Rejected, Texts, carry_out, plan};

/// What the ids of all actions begin with.
const ID_PREFIX: &str = "microsoft-defender-";
const ADD_ALERT: &str = "add-indicator-alert";
const ADD_BLOCK: &str = "add-indicator-alert-and-block";
const ADD_ALLOWED: &str = "add-indicator-allowed";
const REMOVE: &str = "remove-indicator";
