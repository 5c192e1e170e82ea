//! Microsoft Graph's security API: alerts and incidents of all Defender products.
//!
//! Source: learn.microsoft.com/graph/api/resources/security-alert and security-incident.

mod alerts;
mod incidents;

pub(crate) use alerts::LIST_GRAPH_ALERTS;
pub(crate) use incidents::LIST_INCIDENTS;

pub use alerts::{GraphAlert, GraphAlerts, GraphSeverity};
pub use incidents::{GraphIncident, GraphIncidents, IncidentQuery};
