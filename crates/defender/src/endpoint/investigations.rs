//! Automated investigations.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/investigation.

use std::sync::Arc;

use jiff::Timestamp;

use super::InvestigationState;
use super::list::{ItemStream, PAGE_MAX, list};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{AlertId, DefenderError, InvestigationId, ListQuery, MachineId, Service};

const INVESTIGATION: &[&str] = &["Alert.Read.All", "Alert.ReadWrite.All"];

pub(crate) const LIST_INVESTIGATIONS: Route = Route::read(
    "list investigations",
    "GET /api/investigations",
    INVESTIGATION,
);

entity! {
    /// An automated investigation.
    pub struct Investigation keyed by id {
        /// Its id.
        id: InvestigationId = "id",
        /// When it began.
        started: Option<Timestamp> = "startTime",
        /// When it ended.
        ended: Option<Timestamp> = "endTime",
        /// How it goes.
        state: Option<InvestigationState> = "state",
        /// Who ended it.
        cancelled_by: Option<String> = "cancelledBy",
        /// More about its state.
        status_details: Option<String> = "statusDetails",
        /// The machine.
        machine_id: Option<MachineId> = "machineId",
        /// Its name.
        computer_dns_name: Option<String> = "computerDnsName",
        /// The alert that began it.
        triggering_alert_id: Option<AlertId> = "triggeringAlertId",
    }
}

/// Investigations of one tenant, from [`DefenderReader::investigations`](crate::DefenderReader::investigations).
#[derive(Debug, Clone)]
pub struct Investigations {
    pub(crate) core: Arc<Core>,
}

impl Investigations {
    /// Investigations, at most 10,000 a page.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<Investigation> {
        list(
            &self.core,
            LIST_INVESTIGATIONS,
            &["investigations"],
            query,
            PAGE_MAX,
        )
    }

    /// One investigation; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id: &InvestigationId) -> Result<Option<Investigation>, DefenderError> {
        let route = Route::read(
            "read an investigation",
            "GET /api/investigations/{id}",
            INVESTIGATION,
        );
        self.core
            .find(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["investigations", id.as_str()]),
            )
            .await
    }
}
