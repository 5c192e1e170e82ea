//! IP addresses.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-ip-statistics and get-ip-related-alerts. There is no list of
//! the machines of an external address; [`Machines::by_ip`](super::Machines::by_ip) finds those of an internal one.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::Alert;
use super::list::{ItemStream, related};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, Service};

entity! {
    /// How often an address was seen.
    pub struct IpStats {
        /// The address.
        ip_address: Option<String> = "ipAddress",
        /// On how many machines of the organisation; 0 where it was never seen.
        organization_prevalence: Option<i64> = "organizationPrevalence",
        /// First seen.
        org_first_seen: Option<Timestamp> = "orgFirstSeen",
        /// Last seen.
        org_last_seen: Option<Timestamp> = "orgLastSeen",
    }
}

/// IP addresses as one tenant saw them, from [`DefenderReader::ips`](crate::DefenderReader::ips).
#[derive(Debug, Clone)]
pub struct Ips {
    pub(crate) core: Arc<Core>,
}

pub(crate) const READ_IP_STATS: Route = Route::read(
    "read statistics of an address",
    "GET /api/ips/{ip}/stats",
    &["Ip.Read.All"],
);

impl Ips {
    /// How often an address was seen; zeros where it was not.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn stats(&self, address: IpAddr) -> Result<IpStats, DefenderError> {
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["ips", &address.to_string(), "stats"],
        );
        self.core.get(&READ_IP_STATS, url).await
    }

    /// Alerts that name an address.
    #[must_use]
    pub fn alerts(&self, address: IpAddr) -> ItemStream<Alert> {
        let route = Route::read(
            "list alerts of an address",
            "GET /api/ips/{ip}/alerts",
            &["Alert.Read.All"],
        );
        related(&self.core, route, &["ips", &address.to_string(), "alerts"])
    }
}
