//! Alerts of Defender for Endpoint.

use serde_json::{Value, json};

use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{
    Choice, Filled, Format, Integer, List, Named, Object, Text, Words, Written,
};
use super::shape::{Field, Shape, field, nullable, object, required};
use crate::endpoint::alerts::{ALERTS, CREATED_SEVERITIES, DOMAINS, IPS};
use crate::endpoint::files::FILES;
use crate::state::{CLASSIFICATIONS, DETERMINATIONS, STATUSES};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get("/api/alerts", "listAlerts", "Alerts", Answer::Page("Alert")).of(&ALERTS),
    Operation::get(
        "/api/alerts/$count",
        "countAlerts",
        "The number of alerts",
        Answer::Count,
    )
    .of(&ALERTS),
    Operation::get(
        "/api/alerts/{id}",
        "getAlert",
        "An alert",
        Answer::Entity("Alert"),
    )
    .noted("Of the OData options only `$expand` changes the answer; the others are checked.")
    .of(&ALERTS),
    Operation::patch(
        "/api/alerts/{id}",
        "updateAlert",
        "Triages an alert",
        Body::Json(Named("AlertUpdate")),
        Answer::Entity("Alert"),
    ),
    Operation::post(
        "/api/alerts/batchUpdate",
        "updateAlerts",
        "Triages many alerts, or none",
        Body::Json(Named("AlertBatchUpdate")),
        Answer::Empty,
    )
    .refuses(&[404]),
    Operation::post(
        "/api/alerts/CreateAlertByReference",
        "createAlert",
        "Raises an alert about an event",
        Body::Json(Named("AlertByReference")),
        Answer::Entity("Alert"),
    )
    .refuses(&[404]),
    Operation::get(
        "/api/alerts/{id}/domains",
        "listAlertDomains",
        "Domains of an alert",
        Answer::Page("Domain"),
    )
    .of(&DOMAINS),
    Operation::get(
        "/api/alerts/{id}/files",
        "listAlertFiles",
        "Files of an alert",
        Answer::Page("File"),
    )
    .of(&FILES),
    Operation::get(
        "/api/alerts/{id}/ips",
        "listAlertIps",
        "IP addresses of an alert",
        Answer::Page("Ip"),
    )
    .of(&IPS),
    Operation::get(
        "/api/alerts/{id}/machine",
        "getAlertMachine",
        "The machine of an alert",
        Answer::Entity("Machine"),
    ),
    Operation::get(
        "/api/alerts/{id}/user",
        "getAlertUser",
        "The user of an alert",
        Answer::Entity("User"),
    ),
];

const INSTANT: Shape = Format("date-time");

/// What a triage can say; at least one of them.
const UPDATE: &[Field] = &[
    nullable("status", &Choice(STATUSES)),
    nullable("assignedTo", &Text),
    nullable("classification", &Choice(CLASSIFICATIONS)),
    nullable("determination", &Choice(DETERMINATIONS)),
    nullable("comment", &Text),
];

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "Alert",
        Object(&[
            field("id", Text),
            nullable("incidentId", &Integer),
            nullable("investigationId", &Integer),
            nullable("assignedTo", &Text),
            field("severity", Text),
            field("status", Text),
            nullable("classification", &Text),
            nullable("determination", &Text),
            nullable("investigationState", &Text),
            nullable("detectionSource", &Text),
            nullable("detectorId", &Text),
            nullable("category", &Text),
            nullable("threatFamilyName", &Text),
            nullable("threatName", &Text),
            nullable("title", &Text),
            nullable("description", &Text),
            nullable("recommendedAction", &Text).noted("Of alerts that a call raised."),
            nullable("alertCreationTime", &INSTANT),
            nullable("firstEventTime", &INSTANT),
            nullable("lastEventTime", &INSTANT),
            nullable("lastUpdateTime", &INSTANT),
            nullable("resolvedTime", &INSTANT),
            nullable("machineId", &Text),
            nullable("computerDnsName", &Text),
            nullable("rbacGroupName", &Text),
            nullable("aadTenantId", &Text),
            field("mitreTechniques", List(&Text)),
            nullable(
                "relatedUser",
                &Object(&[nullable("userName", &Text), nullable("domainName", &Text)]),
            ),
            field(
                "loggedOnUsers",
                List(&Object(&[
                    nullable("accountName", &Text),
                    nullable("domainName", &Text),
                ])),
            ),
            field(
                "comments",
                List(&Object(&[
                    nullable("comment", &Text),
                    nullable("createdBy", &Text),
                    nullable("createdTime", &INSTANT),
                ])),
            ),
            field("evidence", List(&Named("AlertEvidence")))
                .noted("Empty without `$expand=evidence`."),
            field("domains", List(&Object(&[]))),
        ]),
    ),
    (
        "AlertEvidence",
        Object(&[
            field("entityType", Text),
            nullable("evidenceCreationTime", &INSTANT),
            nullable("sha1", &Text),
            nullable("sha256", &Text),
            nullable("fileName", &Text),
            nullable("filePath", &Text),
            nullable("processId", &Integer),
            nullable("processCommandLine", &Text),
            nullable("processCreationTime", &INSTANT),
            nullable("parentProcessId", &Integer),
            nullable("parentProcessCreationTime", &INSTANT),
            nullable("parentProcessFileName", &Text),
            nullable("parentProcessFilePath", &Text),
            nullable("ipAddress", &Text),
            nullable("url", &Text),
            nullable("registryKey", &Text),
            nullable("registryHive", &Text),
            nullable("registryValueType", &Text),
            nullable("registryValue", &Text),
            nullable("registryValueName", &Text),
            nullable("accountName", &Text),
            nullable("domainName", &Text),
            nullable("userSid", &Text),
            nullable("aadUserId", &Text),
            nullable("userPrincipalName", &Text),
            nullable("detectionStatus", &Text),
        ]),
    ),
    ("AlertUpdate", Written(update)),
    ("AlertBatchUpdate", Written(batch_update)),
    (
        "AlertByReference",
        Object(&[
            required("machineId", Words),
            required("severity", Choice(CREATED_SEVERITIES)),
            required("title", Words),
            required("description", Words),
            required("recommendedAction", Words),
            required("category", Words),
            required("eventTime", INSTANT).noted("The event's `Timestamp`."),
            required("reportId", Words).noted("The event's `ReportId`, as a text."),
        ]),
    ),
    ("Domain", Object(&[field("host", Text)])),
    ("Ip", Object(&[field("id", Text)])),
];

fn update() -> Value {
    at_least_one(UPDATE)
}

fn batch_update() -> Value {
    let ids = object(&[required("alertIds", Filled(&Text))]);
    json!({"allOf": [ids, at_least_one(UPDATE)]})
}

/// An object of nullable fields of which one at least is there and not null.
pub(super) fn at_least_one(fields: &[Field]) -> Value {
    let some: Vec<Value> = fields
        .iter()
        .map(|field| {
            json!({"required": [field.name], "properties": {field.name: {"not": {"type": "null"}}}})
        })
        .collect();
    let mut schema = object(fields);
    schema["anyOf"] = json!(some);
    schema
}
