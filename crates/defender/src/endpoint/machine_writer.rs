//! Changing machines.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/add-or-remove-machine-tags, add-or-remove-multiple-machine-tags,
//! set-device-value, and the pages of the machine actions.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use super::{ActionRequest, DeviceValue, Investigation, Machine, MachineAction};
use crate::core::Core;
use crate::route::{INVESTIGATIONS, Route};
use crate::{DefenderError, MachineActionId, MachineId, Service};

const MACHINE: &[&str] = &["Machine.ReadWrite.All"];

pub(crate) const START_INVESTIGATION: Route = Route::write(
    "start an investigation",
    "POST /api/machines/{id}/startInvestigation",
    &["Alert.ReadWrite.All"],
)
.within(INVESTIGATIONS);

/// Most machines that can be tagged at once.
///
/// Source: learn.microsoft.com/defender-endpoint/api/add-or-remove-multiple-machine-tags, "Limitations".
pub const MACHINES_PER_TAGGING_MAX: usize = 500;

/// What to do with a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagChange {
    /// Give it.
    Add,
    /// Take it.
    Remove,
}

impl TagChange {
    fn as_str(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Remove => "Remove",
        }
    }
}

/// Changes machines, from [`DefenderWriter::machines`](crate::DefenderWriter::machines).
///
/// A request that may have been carried out is never repeated, see [`DefenderError::may_have_been_done`].
#[derive(Debug, Clone)]
pub struct MachineWriter {
    pub(crate) core: Arc<Core>,
}

impl MachineWriter {
    /// Gives or takes a tag.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn tag(
        &self,
        id: &MachineId,
        tag: &str,
        change: TagChange,
    ) -> Result<Machine, DefenderError> {
        let route = Route::write("tag a machine", "POST /api/machines/{id}/tags", MACHINE);
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["machines", id.as_str(), "tags"],
        );
        self.core
            .send(
                &route,
                url,
                &json!({"Value": tag, "Action": change.as_str()}),
            )
            .await
    }

    /// Gives up to 500 machines a tag, or takes it from them.
    ///
    /// # Errors
    /// [`DefenderError::Unfit`] for none or too many; [`DefenderError`].
    pub async fn tag_all(
        &self,
        ids: &[MachineId],
        tag: &str,
        change: TagChange,
    ) -> Result<(), DefenderError> {
        let endpoint = "POST /api/machines/AddOrRemoveTagForMultipleMachines";
        let route = Route::write("tag machines", endpoint, MACHINE);
        if !(1..=MACHINES_PER_TAGGING_MAX).contains(&ids.len()) {
            return Err(DefenderError::Unfit {
                operation: route.operation,
                reason: format!(
                    "1 to {MACHINES_PER_TAGGING_MAX} machines can be tagged at once, not {}",
                    ids.len()
                ),
            });
        }
        let segments = &["machines", "AddOrRemoveTagForMultipleMachines"];
        let url = self.core.url(Service::Defender, "/api", segments);
        let body = json!({"Value": tag, "Action": change.as_str(), "MachineIds": ids});
        let sent = self
            .core
            .send_object(&route, Method::POST, url, &body)
            .await;
        sent.map(drop)
    }

    /// Says what a machine is worth.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn set_value(
        &self,
        id: &MachineId,
        value: &DeviceValue,
    ) -> Result<(), DefenderError> {
        let route = Route::write(
            "set a machine's value",
            "POST /api/machines/{id}/setDeviceValue",
            MACHINE,
        );
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["machines", id.as_str(), "setDeviceValue"],
        );
        let body = json!({"DeviceValue": value});
        self.core
            .send_object(&route, Method::POST, url, &body)
            .await
            .map(drop)
    }

    /// Orders an action. `comment`, which the service demands, says why.
    ///
    /// # Errors
    /// [`DefenderError`]; the code `ActiveRequestAlreadyExists` where the same is under way.
    pub async fn order(
        &self,
        id: &MachineId,
        action: &ActionRequest,
        comment: &str,
    ) -> Result<MachineAction, DefenderError> {
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["machines", id.as_str(), action.path()],
        );
        self.core
            .send(&action.route(), url, &action.body(comment))
            .await
    }

    /// Starts an automated investigation.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn start_investigation(
        &self,
        id: &MachineId,
        comment: &str,
    ) -> Result<Investigation, DefenderError> {
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["machines", id.as_str(), "startInvestigation"],
        );
        self.core
            .send(&START_INVESTIGATION, url, &json!({"Comment": comment}))
            .await
    }

    /// Takes an action back that is not done yet.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn cancel(
        &self,
        id: &MachineActionId,
        comment: &str,
    ) -> Result<MachineAction, DefenderError> {
        let route = Route::write(
            "cancel a machine action",
            "POST /api/machineactions/{id}/cancel",
            MACHINE,
        );
        let url = self.core.url(
            Service::Defender,
            "/api",
            &["machineactions", id.as_str(), "cancel"],
        );
        self.core
            .send(&route, url, &json!({"Comment": comment}))
            .await
    }
}
