//! From records of the service to nodes and edges: one file per kind of record.
//!
//! Which record gives which nodes and edges follows IBM's connector for Defender for Endpoint, whose source is public
//! (<https://github.com/IBM/cp4s-car-connectors>, `connectors/atp`), where that is right, and says where it is not.

mod account;
mod alert;
mod facts;
mod logon;
mod machine;
mod normal;
mod software;
mod unmapped;
mod vulnerability;

use jiff::{SignedDuration, Timestamp};

pub use account::AccountIds;
pub(crate) use alert::{AlertFacts, AlertState};
pub(crate) use facts::Facts;
pub(crate) use machine::MachineFacts;
pub(crate) use machine::{is_gone, silent_machine};
pub(crate) use normal::{address as ip_address, cve, host_name, mac as mac_address, product_key};
pub use unmapped::{Reason, RecordKind, Tally, Unmapped};
pub(crate) use {alert::alert, logon::logon, machine::machine};
pub(crate) use {
    software::software, vulnerability::machine_vulnerability, vulnerability::vulnerability,
};

/// How records are mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingOptions {
    /// What makes an account one account.
    pub accounts: AccountIds,
    /// How long a machine may be silent before it counts as gone, where the service calls it inactive; never where there is none.
    pub inactive_after: Option<SignedDuration>,
    /// What time it is.
    pub now: Timestamp,
}

/// Fifteen days, as IBM's connector has it.
const INACTIVE_AFTER: SignedDuration = SignedDuration::from_hours(15 * 24);

impl MappingOptions {
    /// The defaults at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            accounts: AccountIds::default(),
            inactive_after: Some(INACTIVE_AFTER),
            now,
        }
    }
}
