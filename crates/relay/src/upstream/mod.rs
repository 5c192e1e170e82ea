//! The tenant that is asked.

mod cached;
mod client;
mod failure;

use std::net::IpAddr;

use async_trait::async_trait;
use tesem_defender::endpoint::{
    ActionAvailability, ActionRequest, ActionType, Alert, File, Indicator, Machine, MachineAction,
    NewIndicator,
};
use tesem_defender::{AlertId, DefenderError, HuntingResult, IndicatorId, MachineId};

pub use cached::{Cached, FILE_AGE_MAX, KEPT_MAX, MACHINE_AGE_MAX, UNKNOWN_FILE_AGE_MAX};
pub use client::Tenant;
pub use failure::{Asked, failure, refused, rejection};

/// What the relay needs of a tenant. Each method is one call, but for lists that come in pages.
///
/// # Errors
/// [`DefenderError`], where a method does not say more.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Alerts that name a file, by its SHA-1; none where the service does not know it.
    async fn alerts_of_file(&self, sha1: &str) -> Result<Vec<Alert>, DefenderError>;

    /// Alerts that name a domain.
    async fn alerts_of_domain(&self, domain: &str) -> Result<Vec<Alert>, DefenderError>;

    /// Alerts that name an address.
    async fn alerts_of_ip(&self, address: IpAddr) -> Result<Vec<Alert>, DefenderError>;

    /// Those of `ids` that the tenant has, with their evidence, which other lists leave out.
    ///
    /// Source: learn.microsoft.com/defender-endpoint/api/get-alerts, `$expand`.
    async fn alerts_with_evidence(&self, ids: &[AlertId]) -> Result<Vec<Alert>, DefenderError>;

    /// A file by one of its hashes; nothing where the service does not know it.
    async fn file(&self, hash: &str) -> Result<Option<File>, DefenderError>;

    /// The rows of a hunting query.
    async fn hunt(&self, query: &str) -> Result<HuntingResult, DefenderError>;

    /// Those of `ids` that the tenant has.
    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError>;

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

    /// An indicator for `value`.
    async fn indicator(&self, value: &str) -> Result<Option<Indicator>, DefenderError>;

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
