//! `security/alerts_v2`.

use serde_json::{Value, json};

use super::{PORTAL, camel, comments, evidence, one, pascal};
use crate::data::{Entity, SharedEntity};
use crate::odata::{self, EntitySet, Kind, Listing, Property};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::Call;
use crate::server::Twin;
use crate::state::{AlertUpdate, TenantState, entity, text};

pub(crate) static ALERTS: EntitySet = EntitySet {
    context: "security/alerts_v2",
    type_name: "microsoft.graph.security.alert",
    properties: &[
        Property::filtered("assignedTo", Kind::Text),
        Property::filtered("classification", Kind::Text),
        Property::filtered("determination", Kind::Text),
        Property::filtered("createdDateTime", Kind::Instant),
        Property::filtered("lastUpdateDateTime", Kind::Instant),
        Property::filtered("severity", Kind::Text),
        Property::filtered("serviceSource", Kind::Text),
        Property::filtered("status", Kind::Text),
        Property::shown("id", Kind::Text),
        Property::shown("incidentId", Kind::Text),
        Property::shown("title", Kind::Text),
        Property::shown("description", Kind::Text),
        Property::shown("category", Kind::Text),
        Property::shown("detectionSource", Kind::Text),
        Property::shown("evidence", Kind::Nested),
        Property::shown("comments", Kind::Nested),
        Property::shown("mitreTechniques", Kind::Texts),
        Property::shown("firstActivityDateTime", Kind::Instant),
        Property::shown("lastActivityDateTime", Kind::Instant),
        Property::shown("resolvedDateTime", Kind::Instant),
        Property::shown("tenantId", Kind::Text),
        Property::shown("alertWebUrl", Kind::Text),
        Property::shown("incidentWebUrl", Kind::Text),
    ],
    page_rows: 2_000,
    expandable: &[],
    always_counts: false,
    top_is_page: true,
};

const ENTITY: &str = "security/alerts_v2/$entity";

/// An alert in Graph's words.
pub(super) fn shown(twin: &Twin, state: &TenantState, alert: &Entity) -> Entity {
    let id = text(alert, "id");
    let incident = alert
        .get("incidentId")
        .map(|id| id.to_string().trim_matches('"').to_owned());
    let machine = state
        .machines
        .get(text(alert, "machineId"))
        .map(AsRef::as_ref);
    let source = match text(alert, "detectionSource") {
        "WindowsDefenderAv" => "antivirus",
        "AutomatedInvestigation" => "automatedInvestigation",
        "CustomerTI" => "customTi",
        _ => "microsoftDefenderForEndpoint",
    };
    entity(json!({
        "id": id, "providerAlertId": id, "incidentId": incident, "status": camel(alert, "status"),
        "severity": camel(alert, "severity"), "classification": camel(alert, "classification"),
        "determination": camel(alert, "determination"), "serviceSource": "microsoftDefenderForEndpoint",
        "detectionSource": source, "productName": "Microsoft Defender for Endpoint",
        "detectorId": alert.get("detectorId"), "tenantId": twin.tenant.tenant_id, "title": alert.get("title"),
        "description": alert.get("description"), "recommendedActions": alert.get("recommendedAction"),
        "category": alert.get("category"), "assignedTo": alert.get("assignedTo"),
        "alertWebUrl": format!("{PORTAL}/alerts/{id}?tid={}", twin.tenant.tenant_id),
        "incidentWebUrl": incident.as_ref().map(|id| format!("{PORTAL}/incidents/{id}?tid={}", twin.tenant.tenant_id)),
        "actorDisplayName": null, "threatDisplayName": alert.get("threatName"),
        "threatFamilyName": alert.get("threatFamilyName"), "mitreTechniques": alert.get("mitreTechniques"),
        "createdDateTime": alert.get("alertCreationTime"), "lastUpdateDateTime": alert.get("lastUpdateTime"),
        "resolvedDateTime": alert.get("resolvedTime"), "firstActivityDateTime": alert.get("firstEventTime"),
        "lastActivityDateTime": alert.get("lastEventTime"), "systemTags": [], "alertPolicyId": null,
        "comments": alert_comments(alert), "evidence": evidence::of_alert(alert, machine),
    }))
}

fn alert_comments(alert: &Entity) -> Vec<Value> {
    let all = alert
        .get("comments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    all.filter_map(Value::as_object)
        .map(|comment| {
            json!({
                "comment": comment.get("comment"), "createdByDisplayName": comment.get("createdBy"),
                "createdDateTime": comment.get("createdTime"),
            })
        })
        .collect()
}

/// `GET /v1.0/security/alerts_v2`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let alerts: Vec<Entity> = {
        let state = twin.tenant_state();
        state
            .alerts
            .values()
            .map(|alert| shown(twin, &state, alert))
            .collect()
    };
    let listing = Listing {
        set: &ALERTS,
        entities: alerts.iter().collect(),
    };
    odata::list(twin, call, listing, |alert, _| alert.clone())
}

/// `GET /v1.0/security/alerts_v2/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    let alert = SharedEntity::clone(state.alert(&call.required("id")?)?);
    Ok(one(call, ENTITY, shown(twin, &state, &alert)))
}

/// `PATCH /v1.0/security/alerts_v2/{id}`.
pub(crate) fn update(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let mut body = RequestBody::read(twin, call)?;
    for name in ["status", "classification", "determination"] {
        if let Some(Value::String(value)) = body.0.get_mut(name) {
            *value = pascal(value);
        }
    }
    let update = AlertUpdate::read(&body)?;
    let now = twin.time.now();
    let mut state = twin.tenant_state();
    let alert = state.update_alert(&call.required("id")?, &update, &call.app_name, now)?;
    Ok(one(call, ENTITY, shown(twin, &state, &alert)))
}

/// `POST /v1.0/security/alerts_v2/{id}/comments`.
pub(crate) fn comment(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let comment = body.required("comment")?;
    let id = call.required("id")?;
    let now = twin.time.now();
    let mut state = twin.tenant_state();
    let alert = state
        .comment_alert(&id, comment, &call.app_name, now)
        .ok_or_else(|| Refusal::not_found("Alert", &id))?;
    Ok(comments(
        call,
        &format!("security/alerts_v2('{id}')"),
        &alert_comments(&alert),
    ))
}
