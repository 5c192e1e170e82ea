//! Reading and writing as separate types: whoever is handed a [`DefenderReader`] can change nothing.

use std::sync::Arc;

use crate::core::Core;
use crate::endpoint::{
    AlertWriter, Alerts, Domains, Exports, Files, IndicatorWriter, Indicators, Investigations, Ips,
    MachineActions, MachineWriter, Machines, Recommendations, RemediationTasks, Scores,
    SoftwareInventory, Users, Vulnerabilities,
};
use crate::graph::{GraphAlerts, GraphIncidents};

/// Everything of one tenant that can be read. Cheap to clone; shares tokens and quota with its client.
///
/// Nothing that is reachable from here sends a request that changes anything.
#[derive(Debug, Clone)]
pub struct DefenderReader(Arc<Core>);

/// Everything of one tenant that can be changed. Cheap to clone; shares tokens and quota with its client.
#[derive(Debug, Clone)]
pub struct DefenderWriter(Arc<Core>);

/// Declares the ways from an access to its services.
macro_rules! services {
    ($access:ident { $( $(#[$meta:meta])* $name:ident: $service:ident, )* }) => {
        impl $access {
            pub(crate) fn new(core: Arc<Core>) -> Self {
                Self(core)
            }

            /// The tenant's name in settings.
            #[must_use]
            pub fn tenant(&self) -> &str {
                &self.0.settings.name
            }

            $(
                $(#[$meta])*
                #[must_use]
                pub fn $name(&self) -> $service {
                    $service { core: Arc::clone(&self.0) }
                }
            )*
        }
    };
}

services!(DefenderReader {
    /// Machines, their users, and what was found on them.
    machines: Machines,
    /// What was and can be done to machines.
    machine_actions: MachineActions,
    /// Alerts of Defender for Endpoint.
    alerts: Alerts,
    /// Custom indicators.
    indicators: Indicators,
    /// Files by hash.
    files: Files,
    /// IP addresses.
    ips: Ips,
    /// Domains.
    domains: Domains,
    /// Users.
    users: Users,
    /// Automated investigations.
    investigations: Investigations,
    /// Vulnerabilities.
    vulnerabilities: Vulnerabilities,
    /// Software products.
    software: SoftwareInventory,
    /// Security recommendations.
    recommendations: Recommendations,
    /// What others were asked to mend.
    remediation_tasks: RemediationTasks,
    /// Exposure and configuration scores.
    scores: Scores,
    /// Assessments of all machines, in bulk.
    exports: Exports,
    /// Alerts of all Defender products, on Graph.
    graph_alerts: GraphAlerts,
    /// Incidents, on Graph.
    graph_incidents: GraphIncidents,
});

services!(DefenderWriter {
    /// Custom indicators.
    indicators: IndicatorWriter,
    /// Machines: tags, value, actions.
    machines: MachineWriter,
    /// Alerts.
    alerts: AlertWriter,
});
