//! Users.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/user and get-machine-log-on-users.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, related};
use super::{Alert, Machine};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{MachineId, UserId};

entity! {
    /// A user as machines saw them.
    pub struct User keyed by id {
        /// `domain\user`.
        id: UserId = "id",
        /// The account's name.
        account_name: Option<String> = "accountName",
        /// Its domain.
        account_domain: Option<String> = "accountDomain",
        /// Its security id.
        account_sid: Option<String> = "accountSid",
        /// First sign-in.
        first_seen: Option<Timestamp> = "firstSeen",
        /// Last sign-in.
        last_seen: Option<Timestamp> = "lastSeen",
        /// The machine with most sign-ins.
        most_prevalent_machine_id: Option<MachineId> = "mostPrevalentMachineId",
        /// The machine with least.
        least_prevalent_machine_id: Option<MachineId> = "leastPrevalentMachineId",
        /// Kinds of sign-in with commas between them, e.g. `Network, RemoteInteractive`.
        logon_types: Option<String> = "logonTypes",
        /// How many machines.
        logon_machines_count: Option<i64> = "logOnMachinesCount",
        /// Whether it administers the domain.
        is_domain_admin: Option<bool> = "isDomainAdmin",
        /// Whether it signs in over the network only.
        is_only_network_user: Option<bool> = "isOnlyNetworkUser",
    }
}

/// Users of one tenant, from [`DefenderReader::users`](crate::DefenderReader::users). They are named by account name,
/// not by `user@domain`.
#[derive(Debug, Clone)]
pub struct Users {
    pub(crate) core: Arc<Core>,
}

impl Users {
    /// Alerts that name the account.
    #[must_use]
    pub fn alerts(&self, account: &str) -> ItemStream<Alert> {
        let route = Route::read(
            "list alerts of a user",
            "GET /api/users/{id}/alerts",
            &["Alert.Read.All"],
        );
        related(&self.core, route, &["users", account, "alerts"])
    }

    /// Machines that the account signed in on.
    #[must_use]
    pub fn machines(&self, account: &str) -> ItemStream<Machine> {
        let route = Route::read(
            "list machines of a user",
            "GET /api/users/{id}/machines",
            &["Machine.Read.All"],
        );
        related(&self.core, route, &["users", account, "machines"])
    }
}
