//! The tenant that is asked.
//!
//! [`Cached`] over [`Combined`] over [`Tenant`], as [`tenant`] makes it: what is kept is answered at once, and only what is missing
//! waits for its turn.

mod cached;
mod client;
mod combined;
mod failure;
mod flights;
mod kept;
mod pace;
mod query;
mod recent;
mod together;
mod triples;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use tesem_defender::endpoint::{
    ActionAvailability, ActionRequest, ActionType, Alert, Indicator, Machine, MachineAction,
    NewIndicator,
};
use tesem_defender::{DefenderClient, DefenderError, HuntingResult, IndicatorId, MachineId};

pub use cached::{Cached, EVIDENCE_AGE_MAX, FILE_AGE_MAX, MACHINE_AGE_MAX, UNKNOWN_FILE_AGE_MAX};
pub(crate) use client::IDS_PER_CALL;
pub use client::Tenant;
pub use combined::Combined;
pub use failure::{Asked, failure, refused, rejection};
pub use kept::KEPT_MAX;
pub use pace::{Pace, Paces};
pub use query::{
    EventsWanted, ROWS_PER_QUERY_MAX, VALUES_PER_QUERY_MAX, adapters_query, hashes_query,
};
pub use recent::ANSWER_AGE_MAX;
pub use triples::{Triples, triples};

use crate::request::Subject;
use crate::sighting::{Adapter, Hashes};
use crate::time::Time;

/// What came of a call whose answer many may wait for.
pub type SharedResult<T> = Result<T, Arc<DefenderError>>;

/// Adapters by the machines that have some.
pub type Adapters = HashMap<MachineId, Vec<Adapter>>;

/// The hashes of files, by the one that was asked by; nothing for one that the service does not know.
pub type KeptFiles = HashMap<String, Option<Hashes>>;

/// What alerts name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Named {
    /// A file, by its SHA-1 in lower case.
    File(String),
    /// A domain.
    Domain(String),
    /// An address.
    Ip(IpAddr),
}

/// The tenant of `client`, asked as little as possible, and no more often than `paces` say. A tenant is to
/// have one of these for all requests: another would have a pace of its own, and keep things for itself.
#[must_use]
pub fn tenant(client: Arc<DefenderClient>, paces: Paces, time: Arc<dyn Time>) -> Arc<dyn Upstream> {
    let tenant = Arc::new(Tenant::new(client));
    let combined = Arc::new(Combined::new(tenant, paces, Arc::clone(&time)));
    Arc::new(Cached::new(combined, time))
}

/// What the relay needs of a tenant. Each method is one call, but for lists that come in pages.
///
/// # Errors
/// [`DefenderError`], where a method does not say more.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Alerts that name something; none where the service does not know it.
    async fn alerts(&self, named: &Named) -> SharedResult<Vec<Arc<Alert>>>;

    /// Those of `bare` that the tenant has, with their evidence, which other lists leave out.
    ///
    /// Source: learn.microsoft.com/defender-endpoint/api/get-alerts, `$expand`.
    async fn alerts_with_evidence(&self, bare: &[Arc<Alert>]) -> SharedResult<Vec<Arc<Alert>>>;

    /// The hashes of a file, by one of them; nothing where the service does not know it.
    async fn file(&self, hash: &str) -> SharedResult<Option<Hashes>>;

    /// What is known without a call of the files that have `hashes`: those for which [`Self::file`] would need one are left out.
    async fn kept_files(&self, _hashes: &[String]) -> KeptFiles {
        KeptFiles::new()
    }

    /// All hashes of `files`, which are named by hashes and at most [`VALUES_PER_QUERY_MAX`], as far as events in this time until now
    /// tell them.
    async fn hashes(&self, files: &[Subject], window: SignedDuration) -> SharedResult<Triples>;

    /// The newest events of each of `subjects`, which belong to one table and are at most [`EventsWanted::subjects_max`]. There may be
    /// events of other subjects too: each row says in `Asked` which value it is for, in canonical form.
    async fn events(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
    ) -> SharedResult<Arc<HuntingResult>>;

    /// The adapters of `machines`, which are at most [`VALUES_PER_QUERY_MAX`], as they were in this time until now.
    async fn adapters(
        &self,
        machines: &[MachineId],
        window: SignedDuration,
    ) -> SharedResult<Adapters>;

    /// Those of `ids` that the tenant has.
    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError>;

    /// What is asked and ordered without anything kept or shared: the present state counts, and each order once.
    fn actions(&self) -> &dyn ResponseActions;
}

/// What the relay needs of a tenant to offer response actions, to carry them out, and to say that it is well. Each method is one call, but for lists that come in
/// pages.
///
/// # Errors
/// [`DefenderError`], where a method does not say more.
#[async_trait]
pub trait ResponseActions: Send + Sync {
    /// Asks for something small that takes a permission.
    async fn probe(&self) -> Result<(), DefenderError>;

    /// What can be done to a machine.
    async fn available_actions(
        &self,
        machine: &MachineId,
    ) -> Result<Vec<ActionAvailability>, DefenderError>;

    /// The newest of a machine's actions of either kind that succeeded.
    async fn last_action(
        &self,
        machine: &MachineId,
        kinds: [ActionType; 2],
    ) -> Result<Option<MachineAction>, DefenderError>;

    /// An indicator for either of two spellings of a value.
    async fn indicator(&self, values: [&str; 2]) -> Result<Option<Indicator>, DefenderError>;

    /// Orders something for a machine. Is never repeated where it may have been done.
    async fn order(
        &self,
        machine: &MachineId,
        action: &ActionRequest,
        comment: &str,
    ) -> Result<(), DefenderError>;

    /// Starts an automated investigation. Is never repeated where it may have been done.
    async fn start_investigation(
        &self,
        machine: &MachineId,
        comment: &str,
    ) -> Result<(), DefenderError>;

    /// Adds an indicator.
    async fn add_indicator(&self, indicator: &NewIndicator) -> Result<(), DefenderError>;

    /// Removes an indicator.
    async fn remove_indicator(&self, id: &IndicatorId) -> Result<(), DefenderError>;
}
