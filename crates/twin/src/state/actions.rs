//! Machine actions, which run by the twin's clock.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/machineaction and the pages of the single actions beside it.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{TenantState, entity, text};
use crate::data::{Entity, SharedEntity};
use crate::ids::derived_uuid;
use crate::refusal::Refusal;
use crate::wire_time;

/// What can be done to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActionKind {
    Isolate,
    Unisolate,
    RestrictCodeExecution,
    UnrestrictCodeExecution,
    RunAntiVirusScan,
    CollectInvestigationPackage,
    StopAndQuarantineFile,
    Offboard,
    LiveResponse,
}

impl ActionKind {
    /// All kinds.
    pub(crate) const ALL: [Self; 9] = [
        Self::Isolate,
        Self::Unisolate,
        Self::RestrictCodeExecution,
        Self::UnrestrictCodeExecution,
        Self::RunAntiVirusScan,
        Self::CollectInvestigationPackage,
        Self::StopAndQuarantineFile,
        Self::Offboard,
        Self::LiveResponse,
    ];

    /// The `type` of the action.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Isolate => "Isolate",
            Self::Unisolate => "Unisolate",
            Self::RestrictCodeExecution => "RestrictCodeExecution",
            Self::UnrestrictCodeExecution => "UnrestrictCodeExecution",
            Self::RunAntiVirusScan => "RunAntiVirusScan",
            Self::CollectInvestigationPackage => "CollectInvestigationPackage",
            Self::StopAndQuarantineFile => "StopAndQuarantineFile",
            Self::Offboard => "Offboard",
            Self::LiveResponse => "LiveResponse",
        }
    }

    /// The permission that asks for it, and cancels it.
    pub(crate) fn permission(self) -> &'static str {
        match self {
            Self::Isolate | Self::Unisolate => "Machine.Isolate",
            Self::RestrictCodeExecution | Self::UnrestrictCodeExecution => {
                "Machine.RestrictExecution"
            }
            Self::RunAntiVirusScan => "Machine.Scan",
            Self::CollectInvestigationPackage => "Machine.CollectForensics",
            Self::StopAndQuarantineFile => "Machine.StopAndQuarantine",
            Self::Offboard => "Machine.Offboard",
            Self::LiveResponse => "Machine.LiveResponse",
        }
    }

    /// Whether a device of this platform can do it. Code restriction and offboarding are documented for Windows only.
    pub(crate) fn runs_on(self, platform: &str) -> bool {
        match self {
            Self::RestrictCodeExecution | Self::UnrestrictCodeExecution | Self::Offboard => {
                platform.starts_with("Windows")
            }
            _ => true,
        }
    }
}

/// How long actions take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActionTimes {
    pub(crate) pending: Duration,
    pub(crate) running: Duration,
    /// How long an action waits for a device that does not report.
    pub(crate) patience: Duration,
}

/// An action that a call asks for.
#[derive(Debug, Clone)]
pub(crate) struct NewAction<'a> {
    pub(crate) kind: ActionKind,
    pub(crate) machine: String,
    pub(crate) requestor: &'a str,
    pub(crate) comment: String,
    pub(crate) scope: Option<String>,
    /// SHA-1 of the file to stop.
    pub(crate) file: Option<String>,
    /// Of a live response: the commands as the call gave them.
    pub(crate) commands: Vec<Value>,
    pub(crate) now: Timestamp,
}

/// An action, and how it goes on.
#[derive(Debug, Clone)]
pub(super) struct MachineAction {
    entity: SharedEntity,
    /// `None` for those that are over, and for those of the data directory, which stay as they are.
    plan: Option<Plan>,
}

#[derive(Debug, Clone, Copy)]
struct Plan {
    starts: Timestamp,
    ends: Timestamp,
    ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Succeeded,
    Failed,
    TimeOut,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::TimeOut => "TimeOut",
        }
    }
}

/// The actions of the data directory.
pub(super) fn loaded(entities: &[SharedEntity]) -> IndexMap<String, MachineAction> {
    let action = |loaded: &SharedEntity| {
        let entity = SharedEntity::clone(loaded);
        (
            text(loaded, "id").to_owned(),
            MachineAction { entity, plan: None },
        )
    };
    entities.iter().map(action).collect()
}

impl TenantState {
    /// All actions, newest first.
    pub(crate) fn all_actions(&self) -> Vec<SharedEntity> {
        let entities = self.actions.values().map(|action| &action.entity);
        entities.rev().cloned().collect()
    }

    /// The action of an id.
    pub(crate) fn action(&self, id: &str) -> Result<&SharedEntity, Refusal> {
        self.actions
            .get(&id.to_ascii_lowercase())
            .map(|action| &action.entity)
            .ok_or_else(|| Refusal::not_found("MachineAction", id))
    }

    /// The action of a kind that a machine has not ended yet.
    pub(crate) fn active_action(&self, kind: ActionKind, machine: &str) -> Option<&SharedEntity> {
        let entities = self.actions.values().map(|action| &action.entity);
        entities.rev().find(|action| {
            is_active(action)
                && text(action, "type") == kind.name()
                && text(action, "machineId") == machine
        })
    }

    /// Live response sessions that have not ended.
    pub(crate) fn live_sessions(&self) -> usize {
        let is_session = |action: &&MachineAction| {
            is_active(&action.entity) && text(&action.entity, "type") == "LiveResponse"
        };
        self.actions.values().filter(is_session).count()
    }

    /// Begins an action.
    pub(crate) fn begin_action(&mut self, new: &NewAction<'_>, times: ActionTimes) -> SharedEntity {
        let number = self.next_number();
        let parts: [&[u8]; 3] = [
            b"machine action",
            new.machine.as_bytes(),
            &number.to_le_bytes(),
        ];
        let id = derived_uuid(&parts).to_string();
        let name = self
            .machines
            .get(&new.machine)
            .and_then(|machine| machine.get("computerDnsName"));
        let entity = SharedEntity::new(begun(&id, new, name));
        let plan = Some(self.plan(new, times));
        self.actions.insert(
            id,
            MachineAction {
                entity: SharedEntity::clone(&entity),
                plan,
            },
        );
        entity
    }

    /// A device that does not report leaves its actions waiting; a file that the tenant has never seen cannot be stopped.
    fn plan(&self, new: &NewAction<'_>, times: ActionTimes) -> Plan {
        let machine = self.machines.get(&new.machine);
        let health = machine.map_or("", |machine| text(machine, "healthStatus"));
        let reports = matches!(health, "" | "Active" | "ImpairedCommunication" | "Unknown");
        if !reports {
            let over = later(new.now, times.patience);
            return Plan {
                starts: over,
                ends: over,
                ending: Ending::TimeOut,
            };
        }
        let starts = later(new.now, times.pending);
        let knows_file = new.file.as_deref().is_none_or(|file| self.knows_file(file));
        Plan {
            starts,
            ends: later(starts, times.running),
            ending: if knows_file {
                Ending::Succeeded
            } else {
                Ending::Failed
            },
        }
    }

    fn knows_file(&self, sha1: &str) -> bool {
        let has_hash = |entity: &Entity| text(entity, "sha1").eq_ignore_ascii_case(sha1);
        self.files.iter().any(|file| has_hash(file))
            || self.alerts_with_evidence(has_hash).next().is_some()
    }

    /// Cancels an action that has not ended.
    pub(crate) fn cancel_action(
        &mut self,
        id: &str,
        requestor: &str,
        comment: &str,
        now: Timestamp,
    ) -> Result<SharedEntity, Refusal> {
        let action = self
            .actions
            .get_mut(&id.to_ascii_lowercase())
            .ok_or_else(|| Refusal::not_found("MachineAction", id))?;
        if !is_active(&action.entity) {
            return Err(Refusal::bad(
                "BadRequest",
                format!("MachineAction {id} has ended and cannot be cancelled"),
            ));
        }
        let changed = Arc::make_mut(&mut action.entity);
        for (name, value) in [
            ("status", "Cancelled"),
            ("cancellationRequestor", requestor),
            ("cancellationComment", comment),
            ("cancellationDateTimeUtc", &wire_time::text(now)),
            ("lastUpdateDateTimeUtc", &wire_time::text(now)),
        ] {
            changed.insert(name.to_owned(), json!(value));
        }
        action.plan = None;
        Ok(SharedEntity::clone(&action.entity))
    }

    pub(super) fn settle_actions(&mut self, now: Timestamp) {
        let mut offboarded = Vec::new();
        for action in self.actions.values_mut() {
            let Some(plan) = action.plan else { continue };
            if now >= plan.ends {
                end(Arc::make_mut(&mut action.entity), plan);
                action.plan = None;
                let is_gone = text(&action.entity, "type") == "Offboard";
                if is_gone && plan.ending == Ending::Succeeded {
                    offboarded.push((text(&action.entity, "machineId").to_owned(), plan.ends));
                }
            } else if now >= plan.starts && text(&action.entity, "status") == "Pending" {
                set_status(Arc::make_mut(&mut action.entity), "InProgress", plan.starts);
            }
        }
        for (machine, at) in offboarded {
            self.set_machine(&machine, "healthStatus", json!("Inactive"));
            self.set_machine(&machine, "onboardingStatus", json!("CanBeOnboarded"));
            self.set_machine(&machine, "lastSeen", json!(wire_time::text(at)));
        }
    }
}

fn is_active(action: &Entity) -> bool {
    matches!(text(action, "status"), "Pending" | "InProgress")
}

fn set_status(action: &mut Entity, status: &str, at: Timestamp) {
    action.insert("status".to_owned(), json!(status));
    action.insert(
        "lastUpdateDateTimeUtc".to_owned(),
        json!(wire_time::text(at)),
    );
}

fn end(action: &mut Entity, plan: Plan) {
    set_status(action, plan.ending.name(), plan.ends);
    let is_done = plan.ending == Ending::Succeeded;
    let commands = action.get_mut("commands").and_then(Value::as_array_mut);
    for command in commands
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        let status = if is_done { "Completed" } else { "Failed" };
        command.insert("commandStatus".to_owned(), json!(status));
        if is_done {
            command.insert("startTime".to_owned(), json!(wire_time::text(plan.starts)));
            command.insert("endTime".to_owned(), json!(wire_time::text(plan.ends)));
        }
    }
}

fn later(from: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| from.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// A new action with every field that the service shows.
fn begun(id: &str, new: &NewAction<'_>, name: Option<&Value>) -> Entity {
    let stamp = wire_time::text(new.now);
    let file = new
        .file
        .as_ref()
        .map(|sha1| json!({"fileIdentifier": sha1, "fileIdentifierType": "Sha1"}));
    let commands: Vec<Value> = new
        .commands
        .iter()
        .enumerate()
        .map(|(index, command)| {
            json!({"index": index, "startTime": null, "endTime": null, "commandStatus": "Created", "errors": [],
                   "command": command})
        })
        .collect();
    entity(json!({
        "id": id, "type": new.kind.name(), "title": null, "requestor": new.requestor,
        "requestorComment": new.comment, "status": "Pending", "machineId": new.machine, "computerDnsName": name,
        "creationDateTimeUtc": stamp, "lastUpdateDateTimeUtc": stamp, "cancellationRequestor": null,
        "cancellationComment": null, "cancellationDateTimeUtc": null, "errorHResult": 0, "scope": new.scope,
        "externalId": null, "requestSource": "PublicApi", "relatedFileInfo": file, "commands": commands,
        "troubleshootInfo": null,
    }))
}
