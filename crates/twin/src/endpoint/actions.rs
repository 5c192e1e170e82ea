//! Machine actions.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/machineaction and the pages beside it.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{collection, listing, one, one_with};
use crate::data::{Entity, SharedEntity};
use crate::odata::{self, EntitySet, Kind, Property};
use crate::options::RepeatedAction;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::Call;
use crate::server::Twin;
use crate::state::{ActionKind, ActionTimes, NewAction, entity, text};
use crate::storage;

macro_rules! action_set {
    ($name:ident, $context:literal) => {
        pub(crate) static $name: EntitySet = EntitySet {
            context: $context,
            type_name: "microsoft.windowsDefenderATP.api.MachineAction",
            properties: &[
                Property::filtered("id", Kind::Text),
                Property::filtered("status", Kind::Text),
                Property::filtered("machineId", Kind::Text),
                Property::filtered("type", Kind::Text),
                Property::filtered("requestor", Kind::Text),
                Property::filtered("creationDateTimeUtc", Kind::Instant),
                Property::shown("title", Kind::Text),
                Property::shown("requestorComment", Kind::Text),
                Property::shown("computerDnsName", Kind::Text),
                Property::shown("lastUpdateDateTimeUtc", Kind::Instant),
                Property::shown("cancellationRequestor", Kind::Text),
                Property::shown("cancellationComment", Kind::Text),
                Property::shown("cancellationDateTimeUtc", Kind::Instant),
                Property::shown("errorHResult", Kind::Number),
                Property::shown("scope", Kind::Text),
                Property::shown("externalId", Kind::Text),
                Property::shown("requestSource", Kind::Text),
                Property::shown("relatedFileInfo", Kind::Nested),
                Property::shown("commands", Kind::Nested),
                Property::shown("troubleshootInfo", Kind::Text),
            ],
            page_rows: 10_000,
            expandable: &[],
            always_counts: false,
            top_is_page: false,
        };
    };
}

action_set!(ACTIONS, "MachineActions");
action_set!(
    ACTIONS_OF_MACHINE,
    "Collection(microsoft.windowsDefenderATP.api.MachineAction)"
);

const ENTITY: &str = "MachineActions/$entity";

/// How a machine can be isolated.
pub(crate) const ISOLATION_TYPES: &[&str] = &["Full", "Selective", "UnManagedDevice"];
/// How a machine can be scanned.
pub(crate) const SCAN_TYPES: &[&str] = &["Quick", "Full"];
/// Commands of a live response, and the parameter that each cannot do without.
pub(crate) const LIVE_COMMANDS: &[(&str, &str)] = &[
    ("PutFile", "FileName"),
    ("RunScript", "ScriptName"),
    ("GetFile", "Path"),
];

/// What `availableMachineActions` calls the actions, in its order; not all of them can be asked for through the API.
const AVAILABLE: [(&str, Option<ActionKind>); 9] = [
    ("FullIsolation", Some(ActionKind::Isolate)),
    ("SelectiveIsolation", Some(ActionKind::Isolate)),
    ("RunAntiVirusScan", Some(ActionKind::RunAntiVirusScan)),
    (
        "CollectInvestigationPackage",
        Some(ActionKind::CollectInvestigationPackage),
    ),
    (
        "StopAndQuarantineFile",
        Some(ActionKind::StopAndQuarantineFile),
    ),
    (
        "RestrictCodeExecution",
        Some(ActionKind::RestrictCodeExecution),
    ),
    ("InitiateInvestigation", None),
    ("OffBoard", Some(ActionKind::Offboard)),
    ("RunCustomPlaybook", Some(ActionKind::LiveResponse)),
];

/// `GET /api/machineactions`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let actions = twin.tenant_state().all_actions();
    collection(twin, call, &ACTIONS, &actions)
}

/// `GET /api/machineactions/$count`.
pub(crate) fn count(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let actions = twin.tenant_state().all_actions();
    odata::count(twin, call, listing(&ACTIONS, &actions))
}

/// `GET /api/machines/{id}/machineActions`.
pub(crate) fn list_of_machine(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let actions = of_machine(twin, call)?;
    collection(twin, call, &ACTIONS_OF_MACHINE, &actions)
}

/// `GET /api/machines/{id}/latestMachineActions`: the latest of each type.
pub(crate) fn latest_of_machine(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let mut actions = of_machine(twin, call)?;
    let mut seen: Vec<String> = Vec::new();
    actions.retain(|action| {
        let kind = text(action, "type").to_owned();
        let is_new = !seen.contains(&kind);
        seen.push(kind);
        is_new
    });
    collection(twin, call, &ACTIONS_OF_MACHINE, &actions)
}

fn of_machine(twin: &Twin, call: &Call) -> Result<Vec<SharedEntity>, Refusal> {
    let state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    let mut actions = state.all_actions();
    actions.retain(|action| text(action, "machineId") == id);
    Ok(actions)
}

/// `GET /api/machines/{id}/availableMachineActions`.
pub(crate) fn available(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    let listed: Vec<Value> = match state.available_actions.get(&id) {
        Some(given) => given
            .iter()
            .map(|action| Value::Object(Map::clone(action)))
            .collect(),
        None => {
            let platform = text(state.machine(&id)?, "osPlatform").to_owned();
            AVAILABLE
                .iter()
                .map(|(name, kind)| {
                    availability(name, kind.is_none_or(|kind| kind.runs_on(&platform)))
                })
                .collect()
        }
    };
    let context = "Collection(microsoft.windowsDefenderATP.api.ActionAvailabilityStatus)";
    Ok(super::value(call, context, listed))
}

fn availability(name: &str, is_available: bool) -> Value {
    let reason = (!is_available).then_some("OsPlatformNotSupported");
    json!({"action": name, "isAvailable": is_available, "notSupportedReason": reason})
}

/// `GET /api/machineactions/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let id = guid(&call.required("id")?)?;
    let state = twin.tenant_state();
    Ok(one(call, ENTITY, state.action(&id)?))
}

fn guid(id: &str) -> Result<String, Refusal> {
    match Uuid::try_parse(id) {
        Ok(guid) => Ok(guid.to_string()),
        Err(_) => Err(Refusal::bad(
            "BadRequest",
            format!(
                "The key value ({id}) from request is not valid. The key value should be format of type 'Edm.Guid'."
            ),
        )),
    }
}

/// `POST …/isolate`.
pub(crate) fn isolate(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let scope = body.choice("IsolationType", ISOLATION_TYPES)?;
    let scope = scope.ok_or_else(|| Refusal::missing("IsolationType"))?;
    begin(twin, call, &body, ActionKind::Isolate, |action| {
        action.scope = Some(scope.to_owned());
    })
}

/// `POST …/unisolate`.
pub(crate) fn unisolate(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    plain(twin, call, ActionKind::Unisolate)
}

/// `POST …/restrictCodeExecution`.
pub(crate) fn restrict(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    plain(twin, call, ActionKind::RestrictCodeExecution)
}

/// `POST …/unrestrictCodeExecution`.
pub(crate) fn unrestrict(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    plain(twin, call, ActionKind::UnrestrictCodeExecution)
}

/// `POST …/collectInvestigationPackage`.
pub(crate) fn collect(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    plain(twin, call, ActionKind::CollectInvestigationPackage)
}

/// `POST …/offboard`.
pub(crate) fn offboard(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    plain(twin, call, ActionKind::Offboard)
}

/// `POST …/runAntiVirusScan`.
pub(crate) fn scan(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let scope = body.choice("ScanType", SCAN_TYPES)?;
    let scope = scope.ok_or_else(|| Refusal::missing("ScanType"))?;
    begin(twin, call, &body, ActionKind::RunAntiVirusScan, |action| {
        action.scope = Some(scope.to_owned());
    })
}

/// `POST …/StopAndQuarantineFile`.
pub(crate) fn quarantine(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let sha1 = body.required("Sha1")?;
    let is_hash = sha1.len() == 40 && sha1.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash {
        return Err(Refusal::bad(
            "InvalidHashValue",
            format!("'{sha1}' is not a valid SHA-1 hash"),
        ));
    }
    begin(
        twin,
        call,
        &body,
        ActionKind::StopAndQuarantineFile,
        |action| {
            action.file = Some(sha1.to_owned());
        },
    )
}

fn plain(twin: &Twin, call: &Call, kind: ActionKind) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    begin(twin, call, &body, kind, |_| {})
}

/// `POST …/runliveresponse`.
pub(crate) fn live_response(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let commands = match body.0.get("Commands") {
        Some(Value::Array(commands)) if !commands.is_empty() => commands,
        _ => return Err(Refusal::missing("Commands")),
    };
    let commands = commands
        .iter()
        .map(command)
        .collect::<Result<Vec<_>, _>>()?;
    let sessions = twin.tenant_state().live_sessions();
    if sessions >= twin.limits.live_response_sessions {
        return Err(Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "429",
            format!(
                "There are {sessions} live response sessions, at most {} are allowed.",
                twin.limits.live_response_sessions
            ),
        ));
    }
    begin(twin, call, &body, ActionKind::LiveResponse, |action| {
        action.commands = commands;
    })
}

/// A command, if it has the parameter that its type cannot do without.
fn command(given: &Value) -> Result<Value, Refusal> {
    let given = given
        .as_object()
        .ok_or_else(|| Refusal::bad("InvalidRequestBody", "Request body is incorrect."))?;
    let kind = text(given, "type");
    let known = LIVE_COMMANDS.iter().find(|(name, _)| *name == kind);
    let needed = match known {
        Some((_, needed)) => *needed,
        None if kind.is_empty() => return Err(Refusal::missing("type")),
        None => return Err(Refusal::invalid("type", kind)),
    };
    let parameters = parameters(given)?;
    let has_needed = parameters
        .iter()
        .any(|(key, value)| *key == needed && !value.is_empty());
    if !has_needed {
        return Err(Refusal::missing(needed));
    }
    Ok(json!({"type": given.get("type"), "params": given.get("params")}))
}

/// Names and values of a command's parameters.
fn parameters(command: &Entity) -> Result<Vec<(&str, &str)>, Refusal> {
    let wrong = || Refusal::bad("InvalidRequestBody", "Request body is incorrect: params.");
    let list = match command.get("params") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list.as_array().ok_or_else(wrong)?,
    };
    list.iter()
        .map(|parameter| pair(parameter).ok_or_else(wrong))
        .collect()
}

fn pair(parameter: &Value) -> Option<(&str, &str)> {
    let text = |name| parameter.get(name)?.as_str();
    Some((text("key")?, text("value")?))
}

/// Begins an action, unless the device cannot do it or one like it is under way.
fn begin(
    twin: &Twin,
    call: &Call,
    body: &RequestBody,
    kind: ActionKind,
    detail: impl FnOnce(&mut NewAction<'_>),
) -> Result<Reply, Refusal> {
    let comment = body.required("Comment")?;
    let mut state = twin.tenant_state();
    let id = state.machine_id(&call.required("id")?)?;
    let given = state.available_actions.get(&id).map(Vec::as_slice);
    check_available(kind, text(state.machine(&id)?, "osPlatform"), given)?;
    if let Some(active) = state.active_action(kind, &id) {
        return match twin.unverified.repeated_action {
            RepeatedAction::Conflict => Err(Refusal::bad(
                "ActiveRequestAlreadyExists",
                "Action is already in progress",
            )),
            RepeatedAction::PendingOne => Ok(one_with(StatusCode::CREATED, call, ENTITY, active)),
        };
    }
    let mut new = NewAction {
        kind,
        machine: id,
        requestor: &call.app,
        comment: comment.to_owned(),
        scope: None,
        file: None,
        commands: Vec::new(),
        now: twin.time.now(),
    };
    detail(&mut new);
    let action = state.begin_action(&new, times(twin));
    Ok(one_with(StatusCode::CREATED, call, ENTITY, &action))
}

fn times(twin: &Twin) -> ActionTimes {
    ActionTimes {
        pending: twin.limits.action_pending,
        running: twin.limits.action_running,
        patience: twin.limits.action_patience,
    }
}

/// What the data directory says about the device counts; without it, its platform.
fn check_available(
    kind: ActionKind,
    platform: &str,
    given: Option<&[SharedEntity]>,
) -> Result<(), Refusal> {
    let names: Vec<&str> = AVAILABLE
        .iter()
        .filter(|(_, own)| *own == Some(kind))
        .map(|(name, _)| *name)
        .collect();
    let of_kind = |action: &&SharedEntity| names.contains(&text(action, "action"));
    let denies = |action: &SharedEntity| action.get("isAvailable") == Some(&Value::Bool(false));
    let denied = given.and_then(|given| {
        let mut own = given.iter().filter(of_kind).peekable();
        own.peek()?;
        own.all(denies).then_some(())
    });
    let is_listed = given.is_some();
    if denied.is_none() && (is_listed || kind.runs_on(platform)) {
        return Ok(());
    }
    Err(Refusal::bad(
        "OsPlatformNotSupported",
        format!(
            "{} is not supported on this device ({platform})",
            kind.name()
        ),
    ))
}

/// `POST /api/machineactions/{id}/cancel`: needs the permission that the action needed.
pub(crate) fn cancel(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let id = guid(&call.required("id")?)?;
    let body = RequestBody::read(twin, call)?;
    let comment = body.required("Comment")?;
    let mut state = twin.tenant_state();
    let kind = text(state.action(&id)?, "type").to_owned();
    let permission = ActionKind::ALL
        .iter()
        .find(|known| known.name() == kind)
        .map(|known| known.permission());
    if let Some(permission) = permission
        && !call.has_role(permission)
    {
        return Err(Refusal::forbidden(format!(
            "The application does not have any of the required application permissions ({permission}) to access the resource."
        )));
    }
    let action = state.cancel_action(&id, &call.app, comment, twin.time.now())?;
    Ok(one(call, ENTITY, &action))
}

/// `GET /api/machineactions/{id}/getPackageUri`.
pub(crate) fn package_uri(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let id = guid(&call.required("id")?)?;
    let action = twin.tenant_state().action(&id).ok().cloned();
    let action = action
        .filter(|action| text(action, "type") == ActionKind::CollectInvestigationPackage.name())
        .ok_or_else(|| {
            Refusal::bad(
                "InvalidInput",
                "Provided Guid is not a valid id for a CollectInvestigationPackage action",
            )
        })?;
    if text(&action, "status") != "Succeeded" {
        return Err(Refusal::not_found("Package of MachineAction", &id));
    }
    let path = format!("{}/{id}.zip", storage::PACKAGES);
    let uri = storage::signed_url(twin, call, &path, twin.limits.link_life);
    Ok(super::value(call, "Edm.String", uri))
}

/// `GET /api/machineactions/{id}/GetLiveResponseResultDownloadLink(index=…)`.
pub(crate) fn live_response_link(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let id = guid(&call.required("id")?)?;
    let index = call.required("arguments")?;
    let index = index
        .strip_prefix("index=")
        .and_then(|index| index.parse::<usize>().ok())
        .ok_or_else(|| Refusal::invalid("index", &index))?;
    let action = SharedEntity::clone(twin.tenant_state().action(&id)?);
    let command = live_command(&action, index)
        .filter(|command| text(command, "commandStatus") == "Completed")
        .ok_or_else(|| Refusal::not_found("Result of command", &index.to_string()))?;
    let kind = command
        .get("command")
        .and_then(Value::as_object)
        .map(|command| text(command, "type").to_owned());
    if kind.as_deref() == Some("PutFile") {
        return Err(Refusal::not_found("Result of command", &index.to_string()));
    }
    let path = format!("{}/{id}/{index}.json", storage::LIVE_RESPONSE);
    let uri = storage::signed_url(twin, call, &path, twin.limits.link_life);
    Ok(super::value(call, "Edm.String", uri))
}

/// A command of a live response.
pub(crate) fn live_command(action: &Entity, index: usize) -> Option<&Entity> {
    action.get("commands")?.as_array()?.get(index)?.as_object()
}

/// What a live response command left: the file behind its link.
pub(crate) fn live_result(command: &Entity) -> Entity {
    let parameters = command
        .get("command")
        .and_then(|command| command.get("params"));
    let parameter = |name: &str| {
        parameters
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .find(|parameter| text(parameter, "key") == name)
            .map(|parameter| text(parameter, "value").to_owned())
    };
    let script = parameter("ScriptName").or_else(|| parameter("Path"));
    entity(json!({
        "script_name": script, "exit_code": 0, "script_output": parameter("Args").unwrap_or_default(),
        "script_errors": "",
    }))
}
