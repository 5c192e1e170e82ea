//! Machine actions, live response and investigations.

use serde_json::{Value, json};

use super::machines::MACHINE;
use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{
    Any, Between, Choice, Flag, Format, Integer, List, Named, Object, OrNull, Pattern, Text, Words,
    Written,
};
use super::shape::{Field, Shape, field, nullable, required};
use crate::endpoint::actions::{ACTIONS, ISOLATION_TYPES, LIVE_COMMANDS, SCAN_TYPES};
use crate::endpoint::investigations::INVESTIGATIONS;
use crate::state::ActionKind;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/api/machines/{id}/availableMachineActions",
        "listAvailableActions",
        "Which actions a machine can do",
        Answer::Value(List(&Named("ActionAvailability"))),
    )
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/machineActions",
        "listActionsOfMachine",
        "Actions on a machine, newest first",
        Answer::Page("MachineAction"),
    )
    .of(&ACTIONS)
    .segments(MACHINE),
    Operation::get(
        "/api/machines/{id}/latestMachineActions",
        "listLatestActionsOfMachine",
        "The latest action of each type on a machine",
        Answer::Page("MachineAction"),
    )
    .of(&ACTIONS)
    .segments(MACHINE),
    begin(
        "/api/machines/{id}/isolate",
        "isolateMachine",
        "Isolates a machine from the network",
        "IsolationRequest",
    ),
    begin(
        "/api/machines/{id}/unisolate",
        "unisolateMachine",
        "Ends the isolation of a machine",
        "ActionRequest",
    ),
    begin(
        "/api/machines/{id}/restrictCodeExecution",
        "restrictCodeExecution",
        "Lets a machine run signed programs only",
        "ActionRequest",
    ),
    begin(
        "/api/machines/{id}/unrestrictCodeExecution",
        "unrestrictCodeExecution",
        "Lets a machine run any program again",
        "ActionRequest",
    ),
    begin(
        "/api/machines/{id}/runAntiVirusScan",
        "scanMachine",
        "Scans a machine",
        "ScanRequest",
    ),
    begin(
        "/api/machines/{id}/collectInvestigationPackage",
        "collectInvestigationPackage",
        "Collects an investigation package",
        "ActionRequest",
    ),
    begin(
        "/api/machines/{id}/StopAndQuarantineFile",
        "stopAndQuarantineFile",
        "Stops a file on a machine and puts it into quarantine",
        "QuarantineRequest",
    ),
    begin(
        "/api/machines/{id}/offboard",
        "offboardMachine",
        "Offboards a machine",
        "ActionRequest",
    ),
    begin(
        "/api/machines/{id}/runliveresponse",
        "runLiveResponse",
        "Runs commands of a live response session",
        "LiveResponseRequest",
    ),
    Operation::post(
        "/api/machines/{id}/startInvestigation",
        "startInvestigation",
        "Starts an automated investigation",
        Body::Json(Named("ActionRequest")),
        Answer::Entity("Investigation"),
    )
    .status(201)
    .segments(MACHINE),
    Operation::get(
        "/api/machineactions/$count",
        "countActions",
        "The number of machine actions",
        Answer::Count,
    )
    .of(&ACTIONS),
    Operation::get(
        "/api/machineactions",
        "listActions",
        "Machine actions, newest first",
        Answer::Page("MachineAction"),
    )
    .of(&ACTIONS),
    Operation::get(
        "/api/machineactions/{id}",
        "getAction",
        "A machine action",
        Answer::Entity("MachineAction"),
    )
    .segments(ACTION),
    Operation::post(
        "/api/machineactions/{id}/cancel",
        "cancelAction",
        "Cancels an action that has not ended",
        Body::Json(Named("ActionRequest")),
        Answer::Entity("MachineAction"),
    )
    .noted("Of the permissions, the one that the action itself needs.")
    .segments(ACTION),
    Operation::get(
        "/api/machineactions/{id}/getPackageUri",
        "getPackageUri",
        "The address of an investigation package",
        Answer::Value(Format("uri")),
    )
    .noted("404 until the package is there.")
    .segments(ACTION),
    Operation::get(
        "/api/machineactions/{id}/GetLiveResponseResultDownloadLink({arguments})",
        "getLiveResponseLink",
        "The address of a live response command's result",
        Answer::Value(Format("uri")),
    )
    .spelled("/api/machineactions/{id}/GetLiveResponseResultDownloadLink(index={index})")
    .segments(&[ACTION_ID, required("index", Between(0, u32::MAX as u64))]),
    Operation::known(
        "GET",
        "/api/libraryfiles",
        "listLibraryFiles",
        "Files of the live response library",
    ),
    Operation::known(
        "POST",
        "/api/libraryfiles",
        "uploadLibraryFile",
        "Uploads a file to the live response library",
    ),
    Operation::known(
        "DELETE",
        "/api/libraryfiles/{name}",
        "deleteLibraryFile",
        "Deletes a file of the live response library",
    ),
    Operation::get(
        "/api/investigations/$count",
        "countInvestigations",
        "The number of automated investigations",
        Answer::Count,
    )
    .of(&INVESTIGATIONS),
    Operation::get(
        "/api/investigations",
        "listInvestigations",
        "Automated investigations",
        Answer::Page("Investigation"),
    )
    .of(&INVESTIGATIONS),
    Operation::get(
        "/api/investigations/{id}",
        "getInvestigation",
        "An automated investigation",
        Answer::Entity("Investigation"),
    ),
];

/// An action on a machine, which is answered with 201.
const fn begin(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    body: &'static str,
) -> Operation {
    Operation::post(
        path,
        id,
        summary,
        Body::Json(Named(body)),
        Answer::Entity("MachineAction"),
    )
    .noted("400 `ActiveRequestAlreadyExists` while one like it is under way, `OsPlatformNotSupported` where the device cannot do it.")
    .status(201)
    .segments(MACHINE)
}

const ACTION_ID: Field = required("id", Format("uuid"));
const ACTION: &[Field] = &[ACTION_ID];
const COMMENT: Field = required("Comment", Words);
const INSTANT: Shape = Format("date-time");

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    ("ActionRequest", Object(&[COMMENT])),
    (
        "IsolationRequest",
        Object(&[COMMENT, required("IsolationType", Choice(ISOLATION_TYPES))]),
    ),
    (
        "ScanRequest",
        Object(&[COMMENT, required("ScanType", Choice(SCAN_TYPES))]),
    ),
    (
        "QuarantineRequest",
        Object(&[COMMENT, required("Sha1", Pattern("^[0-9A-Fa-f]{40}$"))]),
    ),
    ("LiveResponseRequest", Written(live_response)),
    (
        "MachineAction",
        Object(&[
            field("id", Format("uuid")),
            field("type", Written(action_type)),
            nullable("title", &Text),
            field("requestor", Text),
            nullable("requestorComment", &Text),
            field("status", Text),
            field("machineId", Text),
            nullable("computerDnsName", &Text),
            field("creationDateTimeUtc", INSTANT),
            field("lastUpdateDateTimeUtc", INSTANT),
            nullable("cancellationRequestor", &Text),
            nullable("cancellationComment", &Text),
            nullable("cancellationDateTimeUtc", &INSTANT),
            field("errorHResult", Integer),
            nullable("scope", &Text),
            nullable("externalId", &Text),
            nullable("requestSource", &Text),
            nullable(
                "relatedFileInfo",
                &Object(&[
                    field("fileIdentifier", Text),
                    field("fileIdentifierType", Text),
                ]),
            ),
            field("commands", List(&Named("LiveResponseCommand"))),
            nullable("troubleshootInfo", &Text),
        ]),
    ),
    (
        "LiveResponseCommand",
        Object(&[
            field("index", Integer),
            nullable("startTime", &INSTANT),
            nullable("endTime", &INSTANT),
            field("commandStatus", Choice(&["Created", "Completed", "Failed"])),
            field("errors", List(&Any)),
            field(
                "command",
                Object(&[field("type", Text), field("params", List(&Any))]),
            ),
        ]),
    ),
    (
        "ActionAvailability",
        Object(&[
            field("action", Text),
            field("isAvailable", Flag),
            nullable("notSupportedReason", &Text),
        ]),
    ),
    (
        "Investigation",
        Object(&[
            field("id", Text),
            field("startTime", INSTANT),
            nullable("endTime", &INSTANT),
            field("state", Text),
            nullable("cancelledBy", &Text),
            nullable("statusDetails", &Text),
            nullable("machineId", &Text),
            nullable("computerDnsName", &Text),
            field("triggeringAlertId", OrNull(&Text)),
        ]),
    ),
];

fn action_type() -> Value {
    json!({"type": "string", "enum": ActionKind::ALL.map(ActionKind::name)})
}

/// Commands, each with the parameter that its type cannot do without.
fn live_response() -> Value {
    let command = |(kind, needed): &(&str, &str)| {
        json!({
            "type": "object", "required": ["type", "params"],
            "properties": {
                "type": {"const": kind},
                "params": {
                    "type": "array",
                    "items": {"type": "object", "required": ["key", "value"],
                              "properties": {"key": {"type": "string"}, "value": {"type": "string"}}},
                    "contains": {"type": "object", "required": ["key", "value"],
                                 "properties": {"key": {"const": needed}, "value": {"type": "string", "minLength": 1}}},
                },
            },
        })
    };
    let commands: Vec<Value> = LIVE_COMMANDS.iter().map(command).collect();
    json!({
        "type": "object", "required": ["Commands", "Comment"],
        "properties": {
            "Commands": {"type": "array", "minItems": 1, "items": {"oneOf": commands}},
            "Comment": COMMENT.schema(),
        },
    })
}
