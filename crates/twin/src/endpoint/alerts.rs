//! Alerts: list, triage, creation by reference, related entities.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/alerts and the pages beside it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{collection, listing, machines, one};
use crate::data::{Entity, SharedEntity};
use crate::iso;
use crate::odata::{self, EntitySet, Kind, Property, QueryOptions};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::state::{AlertUpdate, entity, evidence, text};
use crate::telemetry;
use crate::wire_time;

pub(crate) static ALERTS: EntitySet = EntitySet {
    context: "Alerts",
    type_name: "microsoft.windowsDefenderATP.api.Alert",
    properties: &[
        Property::filtered("id", Kind::Text),
        Property::filtered("incidentId", Kind::Number),
        Property::filtered("investigationId", Kind::Number),
        Property::filtered("assignedTo", Kind::Text),
        Property::filtered("severity", Kind::Text),
        Property::filtered("status", Kind::Text),
        Property::filtered("detectionSource", Kind::Text),
        Property::filtered("category", Kind::Text),
        Property::filtered("alertCreationTime", Kind::Instant),
        Property::filtered("lastEventTime", Kind::Instant),
        Property::filtered("lastUpdateTime", Kind::Instant),
        Property::shown("classification", Kind::Text),
        Property::shown("determination", Kind::Text),
        Property::shown("investigationState", Kind::Text),
        Property::shown("detectorId", Kind::Text),
        Property::shown("threatFamilyName", Kind::Text),
        Property::shown("threatName", Kind::Text),
        Property::shown("title", Kind::Text),
        Property::shown("description", Kind::Text),
        Property::shown("firstEventTime", Kind::Instant),
        Property::shown("resolvedTime", Kind::Instant),
        Property::shown("machineId", Kind::Text),
        Property::shown("computerDnsName", Kind::Text),
        Property::shown("rbacGroupName", Kind::Text),
        Property::shown("aadTenantId", Kind::Text),
        Property::shown("mitreTechniques", Kind::Texts),
        Property::shown("relatedUser", Kind::Nested),
        Property::shown("loggedOnUsers", Kind::Nested),
        Property::shown("comments", Kind::Nested),
        Property::shown("evidence", Kind::Nested),
        Property::shown("domains", Kind::Nested),
    ],
    page_rows: 10_000,
    expandable: &["evidence"],
    always_counts: false,
    top_is_page: false,
};

pub(crate) static DOMAINS: EntitySet = EntitySet {
    context: "Domains",
    type_name: "microsoft.windowsDefenderATP.api.Domain",
    properties: &[Property::shown("host", Kind::Text)],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

pub(crate) static IPS: EntitySet = EntitySet {
    context: "Ips",
    type_name: "microsoft.windowsDefenderATP.api.Ip",
    properties: &[Property::shown("id", Kind::Text)],
    page_rows: 10_000,
    expandable: &[],
    always_counts: false,
    top_is_page: false,
};

/// Severities that an alert made by a call can have.
pub(crate) const CREATED_SEVERITIES: &[&str] = &["Low", "Medium", "High"];

/// `GET /api/alerts`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let alerts = all(twin);
    page(twin, call, &alerts)
}

/// `GET /api/alerts/$count`.
pub(crate) fn count(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let alerts = all(twin);
    odata::count(twin, call, listing(&ALERTS, &alerts))
}

fn all(twin: &Twin) -> Vec<SharedEntity> {
    twin.tenant_state().alerts.values().cloned().collect()
}

/// A page of alerts; the evidence only with `$expand=evidence`.
pub(super) fn page(twin: &Twin, call: &Call, alerts: &[SharedEntity]) -> Result<Reply, Refusal> {
    odata::list(twin, call, listing(&ALERTS, alerts), |alert, expand| {
        shown(alert, expand.contains(&"evidence"))
    })
}

fn shown(alert: &Entity, with_evidence: bool) -> Entity {
    let without = |(name, value): (&String, &Value)| {
        let is_hidden = name == "evidence" && !with_evidence;
        let value = if is_hidden { json!([]) } else { value.clone() };
        (name.clone(), value)
    };
    alert.iter().map(without).collect()
}

fn alert_reply(call: &Call, alert: &Entity, with_evidence: bool) -> Reply {
    one(call, "Alerts/$entity", &shown(alert, with_evidence))
}

/// `GET /api/alerts/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let options = QueryOptions::read(&call.query, &ALERTS, &twin.unverified)?;
    let state = twin.tenant_state();
    let alert = state.alert(&call.required("id")?)?;
    Ok(alert_reply(
        call,
        alert,
        options.expand.contains(&"evidence"),
    ))
}

/// `PATCH /api/alerts/{id}`.
pub(crate) fn update(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let update = AlertUpdate::read(&RequestBody::read(twin, call)?)?;
    let now = twin.time.now();
    let id = call.required("id")?;
    let alert = twin
        .tenant_state()
        .update_alert(&id, &update, &call.app_name, now)?;
    Ok(alert_reply(call, &alert, false))
}

/// `POST /api/alerts/batchUpdate`: all or nothing.
pub(crate) fn update_many(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let ids = body
        .texts("alertIds")?
        .filter(|ids| !ids.is_empty())
        .ok_or_else(|| Refusal::missing("alertIds"))?;
    let update = AlertUpdate::read(&body)?;
    let now = twin.time.now();
    let mut state = twin.tenant_state();
    for id in &ids {
        state.alert(id)?;
    }
    for id in &ids {
        state.update_alert(id, &update, &call.app_name, now)?;
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// `POST /api/alerts/CreateAlertByReference`.
pub(crate) fn create<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { call.finish(twin, created(twin, call).await) })
}

async fn created(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let machine = {
        let state = twin.tenant_state();
        SharedEntity::clone(state.machine(body.required("machineId")?)?)
    };
    let severity = body
        .choice("severity", CREATED_SEVERITIES)?
        .ok_or_else(|| Refusal::missing("severity"))?;
    let texts = ["title", "description", "recommendedAction", "category"];
    let [title, description, action, category] = texts.map(|name| body.required(name));
    let (title, description, action, category) = (title?, description?, action?, category?);
    let event_time = body.required("eventTime")?;
    let at = iso::instant(event_time).ok_or_else(|| Refusal::invalid("eventTime", event_time))?;
    let report = body.required("reportId")?;
    let id = text(&machine, "id");
    if !telemetry::has_event(twin, id, report, at).await? {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!("Event with report id {report} of machine {id} at {event_time} was not found"),
        ));
    }
    let now = twin.time.now();
    let stamp = wire_time::text(now);
    let alert = entity(json!({
        "id": null, "incidentId": null, "investigationId": null, "assignedTo": null, "severity": severity,
        "status": "New", "classification": null, "determination": null, "investigationState": "UnsupportedAlertType",
        "detectionSource": "CustomerTI", "detectorId": null, "category": category, "threatFamilyName": null,
        "title": title, "description": description, "recommendedAction": action, "alertCreationTime": stamp,
        "firstEventTime": event_time, "lastEventTime": event_time, "lastUpdateTime": stamp, "resolvedTime": null,
        "machineId": id, "computerDnsName": machine.get("computerDnsName"),
        "rbacGroupName": machine.get("rbacGroupName"), "aadTenantId": twin.tenant.tenant_id, "threatName": null,
        "mitreTechniques": [], "relatedUser": null, "loggedOnUsers": [], "comments": [], "evidence": [], "domains": [],
    }));
    let alert = twin.tenant_state().add_alert(alert, now);
    Ok(alert_reply(call, &alert, false))
}

/// `GET /api/alerts/{id}/domains`.
pub(crate) fn domains(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let hosts = distinct(twin, call, |evidence| {
        telemetry::host_of(text(evidence, "url")).map(|host| json!({"host": host}))
    })?;
    collection(twin, call, &DOMAINS, &hosts)
}

/// `GET /api/alerts/{id}/ips`.
pub(crate) fn ips(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let addresses = distinct(twin, call, |evidence| {
        let ip = text(evidence, "ipAddress");
        (!ip.is_empty()).then(|| json!({"id": ip}))
    })?;
    collection(twin, call, &IPS, &addresses)
}

/// What `make` makes of an alert's evidence, each once.
fn distinct(
    twin: &Twin,
    call: &Call,
    make: impl Fn(&Entity) -> Option<Value>,
) -> Result<Vec<SharedEntity>, Refusal> {
    let state = twin.tenant_state();
    let alert = state.alert(&call.required("id")?)?;
    let mut made: Vec<SharedEntity> = Vec::new();
    for found in evidence(alert).filter_map(make) {
        let found = SharedEntity::new(entity(found));
        if !made.contains(&found) {
            made.push(found);
        }
    }
    Ok(made)
}

/// `GET /api/alerts/{id}/machine`.
pub(crate) fn machine(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    let alert = state.alert(&call.required("id")?)?;
    let machine = state.machine(text(alert, "machineId"))?;
    Ok(machines::machine_reply(call, machine))
}

/// `GET /api/alerts/{id}/user`.
pub(crate) fn user(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let state = twin.tenant_state();
    let id = call.required("id")?;
    let alert = state.alert(&id)?;
    let nobody = || {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!("There is no User related to alert {id}"),
        )
    };
    let related = alert
        .get("relatedUser")
        .and_then(Value::as_object)
        .ok_or_else(nobody)?;
    let (name, domain) = (text(related, "userName"), text(related, "domainName"));
    let is_it = |user: &&SharedEntity| text(user, "accountName").eq_ignore_ascii_case(name);
    let known = state.logon_users.values().flatten().find(is_it).cloned();
    let user = known.unwrap_or_else(|| {
        SharedEntity::new(entity(json!({
            "id": format!("{domain}\\{name}"), "accountName": name, "accountDomain": domain, "accountSid": null,
            "firstSeen": alert.get("firstEventTime"), "lastSeen": alert.get("lastEventTime"),
            "mostPrevalentMachineId": alert.get("machineId"), "leastPrevalentMachineId": null, "logonTypes": null,
            "logOnMachinesCount": 1, "isDomainAdmin": null, "isOnlyNetworkUser": null,
        })))
    });
    Ok(one(call, "Users/$entity", &user))
}
