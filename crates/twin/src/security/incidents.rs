//! `security/incidents`.

use serde_json::json;

use super::alerts::shown as shown_alert;
use super::{PORTAL, comments, one, pascal};
use crate::data::{Entity, SharedEntity};
use crate::odata::{self, EntitySet, Kind, Listing, Property, QueryOptions};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request_body::RequestBody;
use crate::route::Call;
use crate::server::Twin;
use crate::state::{Incident, IncidentUpdate, TenantState, entity, highest_severity, span, text};
use crate::wire_time;

pub(crate) static INCIDENTS: EntitySet = EntitySet {
    context: "security/incidents",
    type_name: "microsoft.graph.security.incident",
    properties: &[
        Property::filtered("assignedTo", Kind::Text),
        Property::filtered("classification", Kind::Text),
        Property::filtered("createdDateTime", Kind::Instant),
        Property::filtered("determination", Kind::Text),
        Property::filtered("lastUpdateDateTime", Kind::Instant),
        Property::filtered("severity", Kind::Text),
        Property::filtered("status", Kind::Text),
        Property::shown("id", Kind::Text),
        Property::shown("displayName", Kind::Text),
        Property::shown("tenantId", Kind::Text),
        Property::shown("incidentWebUrl", Kind::Text),
        Property::shown("customTags", Kind::Texts),
        Property::shown("systemTags", Kind::Texts),
        Property::shown("comments", Kind::Nested),
    ],
    page_rows: 50,
    expandable: &["alerts"],
    always_counts: false,
    top_is_page: true,
};

const ENTITY: &str = "security/incidents/$entity";

pub(crate) const STATUSES: &[&str] = &[
    "active",
    "resolved",
    "inProgress",
    "redirected",
    "awaitingAction",
];
pub(crate) const SEVERITIES: &[&str] = &["informational", "low", "medium", "high"];
pub(crate) const CLASSIFICATIONS: &[&str] = &[
    "unknown",
    "falsePositive",
    "truePositive",
    "informationalExpectedActivity",
];

/// An incident with the alerts it is made of.
struct Gathered {
    id: u64,
    incident: Incident,
    alerts: Vec<SharedEntity>,
}

fn gathered(state: &TenantState) -> Vec<Gathered> {
    let mut alerts = state.alerts_by_incident();
    let incidents = state.incidents.iter();
    incidents
        .map(|(id, incident)| Gathered {
            id: *id,
            incident: incident.clone(),
            alerts: alerts.remove(id).unwrap_or_default(),
        })
        .collect()
}

impl Gathered {
    /// What triage said wins over what the alerts say.
    fn shown(&self, twin: &Twin) -> Entity {
        let update = &self.incident.update;
        let (created, updated) = span(&self.alerts, "alertCreationTime", "lastUpdateTime");
        let updated = updated.max(self.incident.updated);
        let title = self.alerts.first().map_or("", |alert| text(alert, "title"));
        let is_resolved = self
            .alerts
            .iter()
            .all(|alert| text(alert, "status") == "Resolved");
        let status = if is_resolved { "resolved" } else { "active" };
        let severity = highest_severity(&self.alerts).to_ascii_lowercase();
        let assigned = self.alerts.iter().map(|alert| text(alert, "assignedTo"));
        let assigned = assigned.rev().find(|to| !to.is_empty());
        entity(json!({
            "id": self.id.to_string(), "tenantId": twin.tenant.tenant_id,
            "status": update.status.as_deref().unwrap_or(status),
            "incidentWebUrl": format!("{PORTAL}/incidents/{}?tid={}", self.id, twin.tenant.tenant_id),
            "redirectIncidentId": null, "displayName": update.display_name.as_deref().unwrap_or(title),
            "createdDateTime": created.map(wire_time::text), "lastUpdateDateTime": updated.map(wire_time::text),
            "assignedTo": update.assigned_to.as_deref().or(assigned),
            "classification": update.classification.as_deref().unwrap_or("unknown"),
            "determination": update.determination.as_deref().unwrap_or("unknown"),
            "severity": update.severity.as_deref().unwrap_or(&severity),
            "customTags": update.custom_tags.as_deref().unwrap_or_default(), "systemTags": [],
            "description": null, "lastModifiedBy": null, "resolvingComment": update.resolving_comment,
            "summary": null, "comments": self.incident.comments,
        }))
    }

    fn with_alerts(&self, twin: &Twin, state: &TenantState, mut incident: Entity) -> Entity {
        let alerts = self.alerts.iter();
        let alerts: Vec<Entity> = alerts
            .map(|alert| shown_alert(twin, state, alert))
            .collect();
        incident.insert("alerts".to_owned(), json!(alerts));
        incident
    }
}

/// `GET /v1.0/security/incidents`.
pub(crate) fn list(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let all = gathered(&twin.tenant_state());
    let incidents: Vec<Entity> = all.iter().map(|one| one.shown(twin)).collect();
    let listing = Listing {
        set: &INCIDENTS,
        entities: incidents.iter().collect(),
    };
    odata::list(twin, call, listing, |incident, expand| {
        let own = all
            .iter()
            .find(|one| one.id.to_string() == text(incident, "id"));
        match own.filter(|_| expand.contains(&"alerts")) {
            Some(own) => own.with_alerts(twin, &twin.tenant_state(), incident.clone()),
            None => incident.clone(),
        }
    })
}

/// `GET /v1.0/security/incidents/{id}`.
pub(crate) fn get(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let options = QueryOptions::read(&call.query, &INCIDENTS, &twin.unverified)?;
    let state = twin.tenant_state();
    let found = find(&state, &call.required("id")?)?;
    let mut shown = found.shown(twin);
    if options.expand.contains(&"alerts") {
        shown = found.with_alerts(twin, &state, shown);
    }
    Ok(one(call, ENTITY, shown))
}

fn find(state: &TenantState, id: &str) -> Result<Gathered, Refusal> {
    let all = gathered(state).into_iter();
    let mut fitting = all.filter(|one| one.id.to_string() == id);
    fitting
        .next()
        .ok_or_else(|| Refusal::not_found("Incident", id))
}

fn read(body: &RequestBody) -> Result<IncidentUpdate, Refusal> {
    let text = |name| Ok::<_, Refusal>(body.optional(name)?.map(str::to_owned));
    let choice = |name, allowed| Ok::<_, Refusal>(body.choice(name, allowed)?.map(str::to_owned));
    let update = IncidentUpdate {
        status: choice("status", STATUSES)?,
        assigned_to: text("assignedTo")?,
        classification: choice("classification", CLASSIFICATIONS)?,
        determination: determination(body)?,
        display_name: text("displayName")?,
        severity: choice("severity", SEVERITIES)?,
        custom_tags: body.texts("customTags")?,
        resolving_comment: text("resolvingComment")?,
    };
    if update == IncidentUpdate::default() {
        return Err(Refusal::bad(
            "InvalidRequestBody",
            "Request body is incorrect: it updates nothing.",
        ));
    }
    Ok(update)
}

fn determination(body: &RequestBody) -> Result<Option<String>, Refusal> {
    match body.optional("determination")? {
        Some(given) if given != "unknown" && !crate::state::is_determination(&pascal(given)) => {
            Err(Refusal::invalid("determination", given))
        }
        given => Ok(given.map(str::to_owned)),
    }
}

/// `PATCH /v1.0/security/incidents/{id}`.
pub(crate) fn update(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let update = read(&RequestBody::read(twin, call)?)?;
    change(twin, call, |incident| {
        incident.update.merge(update);
        incident.updated = Some(twin.time.now());
    })
    .map(|found| one(call, ENTITY, found.shown(twin)))
}

/// `POST /v1.0/security/incidents/{id}/comments`.
pub(crate) fn comment(twin: &Twin, call: &Call) -> Result<Reply, Refusal> {
    let body = RequestBody::read(twin, call)?;
    let comment = body.required("comment")?;
    let found = change(twin, call, |incident| {
        incident.comment(comment, &call.app_name, twin.time.now());
    })?;
    let of = format!("security/incidents('{}')", found.id);
    Ok(comments(call, &of, &found.incident.comments))
}

/// Changes an incident and shows it.
fn change(
    twin: &Twin,
    call: &Call,
    change: impl FnOnce(&mut Incident),
) -> Result<Gathered, Refusal> {
    let mut state = twin.tenant_state();
    let id = find(&state, &call.required("id")?)?.id;
    if let Some(incident) = state.incidents.get_mut(&id) {
        change(incident);
    }
    find(&state, &id.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_update_is_read_in_graphs_words() {
        let read_one = |value: Value| match value {
            Value::Object(body) => read(&RequestBody(body)).map_err(|refusal| refusal.code),
            _ => Err("no object"),
        };
        let update =
            read_one(json!({"status": "inProgress", "determination": "multiStagedAttack"}))
                .unwrap();
        assert_eq!(update.status.as_deref(), Some("inProgress"));
        assert_eq!(
            read_one(json!({"status": "InProgress"})),
            Err("InvalidInput")
        );
        assert_eq!(
            read_one(json!({"determination": "luck"})),
            Err("InvalidInput")
        );
        assert_eq!(read_one(json!({})), Err("InvalidRequestBody"));
    }
}
