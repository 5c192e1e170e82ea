//! What was and can be done to machines.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/machineaction and get-machineactions-collection. The list of
//! available actions is not documented; its form is that of captures from 2020.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::list::{ItemStream, PAGE_MAX, list, related};
use crate::core::Core;
use crate::route::{PACKAGES, Route};
use crate::wire::{entity, open_enum};
use crate::{AnswerProblem, DefenderError, ListQuery, MachineActionId, MachineId, Service};

const MACHINE: &[&str] = &["Machine.Read.All", "Machine.ReadWrite.All"];

pub(crate) const LIST_MACHINE_ACTIONS: Route =
    Route::read("list machine actions", "GET /api/machineactions", MACHINE);

open_enum! {
    /// What is done to a machine.
    pub enum ActionType {
        /// A scan.
        RunAntiVirusScan = "RunAntiVirusScan",
        /// The sensor is taken off.
        Offboard = "Offboard",
        /// Commands are run.
        LiveResponse = "LiveResponse",
        /// A package for forensics is collected.
        CollectInvestigationPackage = "CollectInvestigationPackage",
        /// It is cut off the network.
        Isolate = "Isolate",
        /// It is let back.
        Unisolate = "Unisolate",
        /// A file is stopped and put away.
        StopAndQuarantineFile = "StopAndQuarantineFile",
        /// Only Microsoft's programs run.
        RestrictCodeExecution = "RestrictCodeExecution",
        /// All programs run again.
        UnrestrictCodeExecution = "UnrestrictCodeExecution",
    }
}

open_enum! {
    /// Where an action is.
    pub enum ActionStatus {
        /// It waits for the machine.
        Pending = "Pending",
        /// It runs.
        InProgress = "InProgress",
        /// Done.
        Succeeded = "Succeeded",
        /// It failed.
        Failed = "Failed",
        /// The machine did not answer in time.
        TimeOut = "TimeOut",
        /// Somebody took it back.
        Cancelled = "Cancelled",
    }
}

entity! {
    /// Something that was ordered for a machine.
    pub struct MachineAction keyed by id {
        /// Its id.
        id: MachineActionId = "id",
        /// What is done.
        kind: Option<ActionType> = "type",
        /// A title.
        title: Option<String> = "title",
        /// Who ordered it: a user's name or the app's id.
        requestor: Option<String> = "requestor",
        /// Why.
        requestor_comment: Option<String> = "requestorComment",
        /// Where it is.
        status: Option<ActionStatus> = "status",
        /// The machine.
        machine_id: Option<MachineId> = "machineId",
        /// Its name.
        computer_dns_name: Option<String> = "computerDnsName",
        /// When it was ordered.
        created: Option<Timestamp> = "creationDateTimeUtc",
        /// When it last changed.
        last_update: Option<Timestamp> = "lastUpdateDateTimeUtc",
        /// Who took it back.
        cancellation_requestor: Option<String> = "cancellationRequestor",
        /// Why.
        cancellation_comment: Option<String> = "cancellationComment",
        /// When.
        cancelled: Option<Timestamp> = "cancellationDateTimeUtc",
        /// The machine's error number; 0 for none.
        error_h_result: Option<i64> = "errorHResult",
        /// `Full` or `Selective` isolation, `Quick` or `Full` scan.
        scope: Option<String> = "scope",
        /// `PublicApi` and others.
        request_source: Option<String> = "requestSource",
        /// The file that it is about.
        related_file: Option<RelatedFile> = "relatedFileInfo",
        /// Commands of live response, with their results.
        commands: Vec<Value> = "commands",
        /// What may be wrong.
        troubleshoot_info: Option<String> = "troubleshootInfo",
    }
}

entity! {
    /// The file that an action is about.
    pub struct RelatedFile {
        /// Its hash.
        file_identifier: Option<String> = "fileIdentifier",
        /// `Sha1`, `Sha256` or `Md5`.
        file_identifier_type: Option<String> = "fileIdentifierType",
    }
}

entity! {
    /// Whether something can be done to a machine.
    pub struct ActionAvailability keyed by action {
        /// The action. Its names differ from those of [`ActionType`], e.g. `FullIsolation`.
        action: String = "action",
        /// Whether it can.
        is_available: Option<bool> = "isAvailable",
        /// Why not.
        not_supported_reason: Option<String> = "notSupportedReason",
    }
}

/// Machine actions of one tenant, from [`DefenderReader::machine_actions`](crate::DefenderReader::machine_actions).
#[derive(Debug, Clone)]
pub struct MachineActions {
    pub(crate) core: Arc<Core>,
}

impl MachineActions {
    /// Actions, at most 10,000 a page.
    #[must_use]
    pub fn list(&self, query: &ListQuery) -> ItemStream<MachineAction> {
        list(
            &self.core,
            LIST_MACHINE_ACTIONS,
            &["machineactions"],
            query,
            PAGE_MAX,
        )
    }

    /// One action; nothing where there is none.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn get(&self, id: &MachineActionId) -> Result<Option<MachineAction>, DefenderError> {
        let route = Route::read(
            "read a machine action",
            "GET /api/machineactions/{id}",
            MACHINE,
        );
        self.core
            .find(
                &route,
                self.core
                    .url(Service::Defender, "/api", &["machineactions", id.as_str()]),
            )
            .await
    }

    /// What can be done to a machine now.
    #[must_use]
    pub fn available(&self, machine: &MachineId) -> ItemStream<ActionAvailability> {
        let endpoint = "GET /api/machines/{id}/availableMachineActions";
        let route = Route::read("list available actions of a machine", endpoint, MACHINE);
        related(
            &self.core,
            route,
            &["machines", machine.as_str(), "availableMachineActions"],
        )
    }

    /// Where the package that an action collected can be fetched, without a token, for some minutes.
    ///
    /// # Errors
    /// [`DefenderError`]; [`DefenderError::is_not_found`] until the action is done.
    pub async fn package_address(&self, id: &MachineActionId) -> Result<Url, DefenderError> {
        let route = Route::read(
            "read the address of a package",
            "GET /api/machineactions/{id}/getPackageUri",
            &["Machine.CollectForensics"],
        );
        self.address(
            &route.within(PACKAGES),
            &["machineactions", id.as_str(), "getPackageUri"],
        )
        .await
    }

    /// Where the result of a live response command can be fetched, without a token, for 30 minutes. Commands count
    /// from 0.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn live_response_result(
        &self,
        id: &MachineActionId,
        command: u32,
    ) -> Result<Url, DefenderError> {
        let route = Route::read(
            "read the address of a live response result",
            "GET /api/machineactions/{id}/GetLiveResponseResultDownloadLink",
            &["Machine.LiveResponse"],
        );
        let link = format!("GetLiveResponseResultDownloadLink(index={command})");
        self.address(&route, &["machineactions", id.as_str(), &link])
            .await
    }

    async fn address(&self, route: &Route, segments: &[&str]) -> Result<Url, DefenderError> {
        let url = self.core.url(Service::Defender, "/api", segments);
        let (object, request_id) = self.core.get_object(route, url).await?;
        let address = object
            .get("value")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok());
        address
            .ok_or_else(|| route.unreadable(request_id, AnswerProblem::Missing { part: "value" }))
    }
}
