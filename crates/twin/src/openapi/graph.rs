//! Alerts and incidents of Graph, and routes that the twin only knows.

use serde_json::Value;

use super::alerts::at_least_one;
use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{Any, Camel, Choice, Format, List, Named, Object, Text, Words, Written};
use super::shape::{Field, Shape, field, nullable, required};
use crate::security::{alerts, incidents};
use crate::state::{CLASSIFICATIONS, DETERMINATIONS, STATUSES};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/v1.0/security/alerts_v2",
        "listSecurityAlerts",
        "Alerts",
        Answer::Page("SecurityAlert"),
    )
    .of(&alerts::ALERTS),
    Operation::get(
        "/v1.0/security/alerts_v2/{id}",
        "getSecurityAlert",
        "An alert",
        Answer::Entity("SecurityAlert"),
    ),
    Operation::patch(
        "/v1.0/security/alerts_v2/{id}",
        "updateSecurityAlert",
        "Triages an alert",
        Body::Json(Named("SecurityAlertUpdate")),
        Answer::Entity("SecurityAlert"),
    ),
    Operation::post(
        "/v1.0/security/alerts_v2/{id}/comments",
        "commentSecurityAlert",
        "Adds a comment to an alert",
        Body::Json(Named("NewComment")),
        Answer::Value(List(&Named("SecurityComment"))),
    ),
    Operation::get(
        "/v1.0/security/incidents",
        "listIncidents",
        "Incidents",
        Answer::Page("Incident"),
    )
    .of(&incidents::INCIDENTS),
    Operation::get(
        "/v1.0/security/incidents/{id}",
        "getIncident",
        "An incident",
        Answer::Entity("Incident"),
    )
    .noted("Of the OData options only `$expand` changes the answer; the others are checked.")
    .of(&incidents::INCIDENTS),
    Operation::patch(
        "/v1.0/security/incidents/{id}",
        "updateIncident",
        "Triages an incident",
        Body::Json(Named("IncidentUpdate")),
        Answer::Entity("Incident"),
    ),
    Operation::post(
        "/v1.0/security/incidents/{id}/comments",
        "commentIncident",
        "Adds a comment to an incident",
        Body::Json(Named("NewComment")),
        Answer::Value(List(&Named("SecurityComment"))),
    ),
    Operation::known(
        "POST",
        "/beta/security/runHuntingQuery",
        "runHuntingQueryBeta",
        "Advanced hunting, beta",
    ),
    Operation::known(
        "GET",
        "/beta/security/getRunHuntingQuery({arguments})",
        "getRunHuntingQueryBeta",
        "Advanced hunting with the query in the address, beta",
    )
    .spelled("/beta/security/getRunHuntingQuery(query='{query}',timespan='{timespan}',workspaceId='{workspaceId}')"),
    Operation::known(
        "GET",
        "/api/incidents",
        "listXdrIncidents",
        "Incidents of Defender XDR",
    ),
    Operation::known(
        "GET",
        "/api/incidents/{id}",
        "getXdrIncident",
        "An incident of Defender XDR",
    ),
    Operation::known(
        "PATCH",
        "/api/incidents/{id}",
        "updateXdrIncident",
        "Triages an incident of Defender XDR",
    ),
];

const INSTANT: Shape = Format("date-time");

/// What a triage of an alert can say; at least one of them.
const ALERT_UPDATE: &[Field] = &[
    nullable("status", &Camel(STATUSES)),
    nullable("assignedTo", &Text),
    nullable("classification", &Camel(CLASSIFICATIONS)),
    nullable("determination", &Camel(DETERMINATIONS)),
    nullable("comment", &Text),
];

/// What a triage of an incident can say; at least one of them.
const INCIDENT_UPDATE: &[Field] = &[
    nullable("status", &Choice(incidents::STATUSES)),
    nullable("assignedTo", &Text),
    nullable("classification", &Choice(incidents::CLASSIFICATIONS)),
    nullable("determination", &Camel(DETERMINATIONS)),
    nullable("displayName", &Text),
    nullable("severity", &Choice(incidents::SEVERITIES)),
    nullable("customTags", &List(&Text)),
    nullable("resolvingComment", &Text),
];

fn alert_update() -> Value {
    at_least_one(ALERT_UPDATE)
}

fn incident_update() -> Value {
    at_least_one(INCIDENT_UPDATE)
}

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    ("SecurityAlertUpdate", Written(alert_update)),
    ("IncidentUpdate", Written(incident_update)),
    ("NewComment", Object(&[required("comment", Words)])),
    (
        "SecurityComment",
        Object(&[
            nullable("@odata.type", &Text),
            nullable("comment", &Text),
            nullable("createdByDisplayName", &Text),
            nullable("createdDateTime", &INSTANT),
        ]),
    ),
    (
        "SecurityAlert",
        Object(&[
            field("id", Text),
            field("providerAlertId", Text),
            nullable("incidentId", &Text),
            nullable("status", &Text),
            nullable("severity", &Text),
            nullable("classification", &Text),
            nullable("determination", &Text),
            field("serviceSource", Text),
            field("detectionSource", Text),
            field("productName", Text),
            nullable("detectorId", &Text),
            field("tenantId", Format("uuid")),
            nullable("title", &Text),
            nullable("description", &Text),
            nullable("recommendedActions", &Text),
            nullable("category", &Text),
            nullable("assignedTo", &Text),
            field("alertWebUrl", Text),
            nullable("incidentWebUrl", &Text),
            nullable("actorDisplayName", &Text),
            nullable("threatDisplayName", &Text),
            nullable("threatFamilyName", &Text),
            nullable("mitreTechniques", &List(&Text)),
            nullable("createdDateTime", &INSTANT),
            nullable("lastUpdateDateTime", &INSTANT),
            nullable("resolvedDateTime", &INSTANT),
            nullable("firstActivityDateTime", &INSTANT),
            nullable("lastActivityDateTime", &INSTANT),
            field("systemTags", List(&Text)),
            nullable("alertPolicyId", &Text),
            field("comments", List(&Named("SecurityComment"))),
            field("evidence", List(&Named("SecurityEvidence"))),
        ]),
    ),
    (
        "SecurityEvidence",
        Object(&[
            required("@odata.type", Text).noted("The other fields depend on it."),
            nullable("createdDateTime", &INSTANT),
            field("verdict", Text),
            field("remediationStatus", Text),
            nullable("remediationStatusDetails", &Text),
            field("roles", List(&Text)),
            field("detailedRoles", List(&Text)),
            field("tags", List(&Text)),
        ]),
    ),
    (
        "Incident",
        Object(&[
            field("id", Text),
            field("tenantId", Format("uuid")),
            field("status", Text),
            field("incidentWebUrl", Text),
            nullable("redirectIncidentId", &Text),
            field("displayName", Text),
            nullable("createdDateTime", &INSTANT),
            nullable("lastUpdateDateTime", &INSTANT),
            nullable("assignedTo", &Text),
            field("classification", Text),
            field("determination", Text),
            field("severity", Text),
            field("customTags", List(&Text)),
            field("systemTags", List(&Text)),
            nullable("description", &Text),
            nullable("lastModifiedBy", &Text),
            nullable("resolvingComment", &Text),
            nullable("summary", &Text),
            field("comments", List(&Any)),
            field("alerts", List(&Named("SecurityAlert"))).noted("Only with `$expand=alerts`."),
        ]),
    ),
];
