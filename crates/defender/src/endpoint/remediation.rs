//! Remediation tasks: what security people asked others to mend.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/get-remediation-all-activities, get-remediation-one-activity and
//! get-remediation-exposed-devices-activities.

use std::sync::Arc;

use jiff::Timestamp;

use super::MachineReference;
use super::list::{ItemStream, PAGE_MAX, list, related};
use crate::core::Core;
use crate::route::Route;
use crate::wire::entity;
use crate::{DefenderError, ListQuery, RemediationTaskId, Service};

const TASK: &[&str] = &["RemediationTasks.Read.All"];

entity! {
    /// A task.
    pub struct RemediationTask keyed by id {
        /// Its id.
        id: RemediationTaskId = "id",
        /// Its title.
        title: Option<String> = "title",
        /// When it was made.
        created: Option<Timestamp> = "createdOn",
        /// The id of who made it.
        requester_id: Option<String> = "requesterId",
        /// Their address.
        requester_email: Option<String> = "requesterEmail",
        /// Where it is, e.g. `Active`, `Completed`; Microsoft adds to these.
        status: Option<String> = "status",
    }
}

/// Remediation tasks of one tenant, from [`DefenderReader::remediation_tasks`](crate::DefenderReader::remediation_tasks).
#[derive(Debug, Clone)]
pub struct RemediationTasks {
    pub(crate) core: Arc<Core>,
}

impl RemediationTasks {
    /// Tasks, at most 10,000 a page.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<RemediationTask> {
        let route = Route::read("list remediation tasks", "GET /api/remediationtasks", TASK);
        list(&self.core, route, &["remediationtasks"], query, PAGE_MAX)
    }

    /// One task; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(
        &self,
        id: &RemediationTaskId,
    ) -> Result<Option<RemediationTask>, DefenderError> {
        let endpoint = "GET /api/remediationtasks/{id}";
        let route = Route::read("read a remediation task", endpoint, TASK);
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["remediationtasks", id.as_str()],
        );
        self.core.find(&route, url).await
    }

    /// Machines that a task is still to be done on.
    #[must_use]
    pub fn machines(&self, id: &RemediationTaskId) -> ItemStream<MachineReference> {
        let endpoint = "GET /api/remediationtasks/{id}/machineReferences";
        let route = Route::read("list machines of a remediation task", endpoint, TASK);
        related(
            &self.core,
            route,
            &["remediationtasks", id.as_str(), "machineReferences"],
        )
    }
}
