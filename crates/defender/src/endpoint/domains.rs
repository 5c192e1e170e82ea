//! Domains.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-domain-statistics and its neighbours.

use std::sync::Arc;

use jiff::Timestamp;

use super::list::{ItemStream, related};
use super::{Alert, Machine};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, Service};

entity! {
    /// How often a domain was seen.
    pub struct DomainStats {
        /// The domain.
        host: Option<String> = "host",
        /// On how many machines of the organisation; 0 where it was never seen.
        organization_prevalence: Option<i64> = "organizationPrevalence",
        /// First seen.
        org_first_seen: Option<Timestamp> = "orgFirstSeen",
        /// Last seen.
        org_last_seen: Option<Timestamp> = "orgLastSeen",
    }
}

/// Domains as one tenant saw them, from [`DefenderReader::domains`](crate::DefenderReader::domains).
#[derive(Debug, Clone)]
pub struct Domains {
    pub(crate) core: Arc<Core>,
}

pub(crate) const READ_DOMAIN_STATS: Route = Route::read(
    "read statistics of a domain",
    "GET /api/domains/{id}/stats",
    &["URL.Read.All"],
);

impl Domains {
    /// How often a domain was seen; zeros where it was not.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn stats(&self, domain: &str) -> Result<DomainStats, DefenderError> {
        self.core
            .get(
                &READ_DOMAIN_STATS,
                self.core
                    .url(Service::Defender, "/api", &["domains", domain, "stats"]),
            )
            .await
    }

    /// Alerts that name a domain.
    #[must_use]
    pub fn alerts(&self, domain: &str) -> ItemStream<Alert> {
        let route = Route::read(
            "list alerts of a domain",
            "GET /api/domains/{id}/alerts",
            &["Alert.Read.All"],
        );
        related(&self.core, route, &["domains", domain, "alerts"])
    }

    /// Machines that spoke with a domain, at most 500.
    #[must_use]
    pub fn machines(&self, domain: &str) -> ItemStream<Machine> {
        let route = Route::read(
            "list machines of a domain",
            "GET /api/domains/{id}/machines",
            &["Machine.Read.All"],
        );
        related(&self.core, route, &["domains", domain, "machines"])
    }
}
