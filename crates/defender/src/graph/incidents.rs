//! Incidents on Graph.
//!
//! Source: learn.microsoft.com/graph/api/security-list-incidents and resources/security-incident.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{GraphAlert, GraphSeverity};
use crate::core::Core;
use crate::endpoint::ItemStream;
use crate::odata::{Listing, Pages, Stepping};
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, IncidentId, ListQuery, Service};

/// Largest page of incidents.
///
/// Source: learn.microsoft.com/graph/api/security-list-incidents, "Optional query parameters".
const INCIDENT_PAGE_MAX: u32 = 50;

const INCIDENT: &[&str] = &[
    "SecurityIncident.Read.All",
    "SecurityIncident.ReadWrite.All",
];

pub(crate) const LIST_INCIDENTS: Route = Route::graph(
    "list incidents on Graph",
    "GET /v1.0/security/incidents",
    INCIDENT,
);

entity! {
    /// Alerts that belong together.
    pub struct GraphIncident keyed by id {
        /// Its id.
        id: IncidentId = "id",
        /// The tenant.
        tenant_id: Option<String> = "tenantId",
        /// `active`, `resolved`, `redirected` and others.
        status: Option<String> = "status",
        /// Its page in the portal.
        incident_web_url: Option<String> = "incidentWebUrl",
        /// The incident that it became a part of.
        redirect_incident_id: Option<IncidentId> = "redirectIncidentId",
        /// Its name.
        display_name: Option<String> = "displayName",
        /// Description.
        description: Option<String> = "description",
        /// When it was made.
        created: Option<Timestamp> = "createdDateTime",
        /// When it was last changed.
        last_update: Option<Timestamp> = "lastUpdateDateTime",
        /// By whom.
        last_modified_by: Option<String> = "lastModifiedBy",
        /// Who looks after it.
        assigned_to: Option<String> = "assignedTo",
        /// What it turned out to be.
        classification: Option<String> = "classification",
        /// Why.
        determination: Option<String> = "determination",
        /// How bad it is.
        severity: Option<GraphSeverity> = "severity",
        /// Tags of people.
        custom_tags: Vec<String> = "customTags",
        /// Tags of the system.
        system_tags: Vec<String> = "systemTags",
        /// What was written at its end.
        resolving_comment: Option<String> = "resolvingComment",
        /// A summary.
        summary: Option<String> = "summary",
        /// What people wrote.
        comments: Vec<Value> = "comments",
        /// Its alerts; filled only where they were asked for.
        alerts: Vec<GraphAlert> = "alerts",
    }
}

/// Which incidents, and whether with their alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Which.
    pub list: ListQuery,
    /// Whether to ask for alerts, without which [`GraphIncident::alerts`] is empty.
    pub with_alerts: bool,
}

/// Incidents of one tenant, from [`DefenderReader::graph_incidents`](crate::DefenderReader::graph_incidents).
#[derive(Debug, Clone)]
pub struct GraphIncidents {
    pub(crate) core: Arc<Core>,
}

impl GraphIncidents {
    /// Incidents, at most 50 a page.
    #[must_use]
    pub fn list(&self, query: &IncidentQuery) -> ItemStream<GraphIncident> {
        let mut url = self
            .core
            .url(Service::Graph, "/v1.0/security", &["incidents"]);
        if query.with_alerts {
            url.query_pairs_mut().append_pair("$expand", "alerts");
        }
        let page_max = Some(INCIDENT_PAGE_MAX);
        let listing = Listing {
            route: LIST_INCIDENTS,
            url,
            stepping: Stepping::Links,
            page_max,
            limit: None,
        };
        Pages::stream(Arc::clone(&self.core), listing.asking(&query.list))
    }

    /// One incident, without its alerts; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id: &IncidentId) -> Result<Option<GraphIncident>, DefenderError> {
        let route = Route::graph(
            "read an incident on Graph",
            "GET /v1.0/security/incidents/{id}",
            INCIDENT,
        );
        self.core
            .find(
                &route,
                self.core.url(
                    Service::Graph,
                    "/v1.0/security",
                    &["incidents", id.as_str()],
                ),
            )
            .await
    }
}
