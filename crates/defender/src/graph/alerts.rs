//! Alerts on Graph.
//!
//! Source: learn.microsoft.com/graph/api/security-list-alerts_v2 and resources/security-alert.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::core::Core;
use crate::endpoint::ItemStream;
use crate::odata::{Listing, Pages, Stepping};
use crate::route::Route;
use crate::wire::{entity, open_enum};
use crate::{AlertId, DefenderError, IncidentId, ListQuery, Service};

const ALERT: &[&str] = &["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"];

pub(crate) const LIST_GRAPH_ALERTS: Route = Route::graph(
    "list alerts on Graph",
    "GET /v1.0/security/alerts_v2",
    ALERT,
);

open_enum! {
    /// How bad an alert or incident is.
    pub enum GraphSeverity {
        /// Not said.
        Unknown = "unknown",
        /// For information.
        Informational = "informational",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }
}

entity! {
    /// An alert of any Defender product.
    pub struct GraphAlert keyed by id {
        /// Its id.
        id: AlertId = "id",
        /// Its id at the product that raised it.
        provider_alert_id: Option<String> = "providerAlertId",
        /// The incident that it belongs to.
        incident_id: Option<IncidentId> = "incidentId",
        /// `new`, `inProgress`, `resolved` and others.
        status: Option<String> = "status",
        /// How bad it is.
        severity: Option<GraphSeverity> = "severity",
        /// What it turned out to be.
        classification: Option<String> = "classification",
        /// Why.
        determination: Option<String> = "determination",
        /// The service that raised it.
        service_source: Option<String> = "serviceSource",
        /// What detected it.
        detection_source: Option<String> = "detectionSource",
        /// The product.
        product_name: Option<String> = "productName",
        /// The rule.
        detector_id: Option<String> = "detectorId",
        /// The tenant.
        tenant_id: Option<String> = "tenantId",
        /// Title.
        title: Option<String> = "title",
        /// Description.
        description: Option<String> = "description",
        /// What to do.
        recommended_actions: Option<String> = "recommendedActions",
        /// Category.
        category: Option<String> = "category",
        /// Who looks after it.
        assigned_to: Option<String> = "assignedTo",
        /// Its page in the portal.
        alert_web_url: Option<String> = "alertWebUrl",
        /// The incident's page.
        incident_web_url: Option<String> = "incidentWebUrl",
        /// Who is behind it.
        actor_display_name: Option<String> = "actorDisplayName",
        /// The threat.
        threat_display_name: Option<String> = "threatDisplayName",
        /// Its family.
        threat_family_name: Option<String> = "threatFamilyName",
        /// Techniques of MITRE ATT&CK.
        mitre_techniques: Vec<String> = "mitreTechniques",
        /// When it was raised.
        created: Option<Timestamp> = "createdDateTime",
        /// When it was last changed.
        last_update: Option<Timestamp> = "lastUpdateDateTime",
        /// When it was resolved.
        resolved: Option<Timestamp> = "resolvedDateTime",
        /// The first event.
        first_activity: Option<Timestamp> = "firstActivityDateTime",
        /// The last event.
        last_activity: Option<Timestamp> = "lastActivityDateTime",
        /// What people wrote.
        comments: Vec<Value> = "comments",
        /// What it is about; each piece says in `@odata.type` what it is.
        evidence: Vec<Value> = "evidence",
        /// Tags of the system.
        system_tags: Vec<String> = "systemTags",
    }
}

/// Alerts of one tenant, from [`DefenderReader::graph_alerts`](crate::DefenderReader::graph_alerts).
#[derive(Debug, Clone)]
pub struct GraphAlerts {
    pub(crate) core: Arc<Core>,
}

impl GraphAlerts {
    /// Alerts, in pages of the service's choice unless [`ListQuery::page_size`] says otherwise.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<GraphAlert> {
        let url = self
            .core
            .url(Service::Graph, "/v1.0/security", &["alerts_v2"]);
        let listing = Listing {
            route: LIST_GRAPH_ALERTS,
            url,
            stepping: Stepping::Links,
            page_max: query.page_size,
            limit: None,
        };
        Pages::stream(Arc::clone(&self.core), listing.asking(query))
    }

    /// One alert; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id: &AlertId) -> Result<Option<GraphAlert>, DefenderError> {
        let route = Route::graph(
            "read an alert on Graph",
            "GET /v1.0/security/alerts_v2/{id}",
            ALERT,
        );
        self.core
            .find(
                &route,
                self.core.url(
                    Service::Graph,
                    "/v1.0/security",
                    &["alerts_v2", id.as_str()],
                ),
            )
            .await
    }
}
