//! Alerts and their triage.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{TenantState, text};
use crate::data::{Entity, SharedEntity};
use crate::refusal::Refusal;
use crate::request_body::RequestBody;
use crate::wire_time;

pub(crate) const STATUSES: &[&str] = &["New", "InProgress", "Resolved"];
pub(crate) const CLASSIFICATIONS: &[&str] = &[
    "TruePositive",
    "InformationalExpectedActivity",
    "FalsePositive",
];
pub(crate) const DETERMINATIONS: &[&str] = &[
    "MultiStagedAttack",
    "MaliciousUserActivity",
    "CompromisedUser",
    "Malware",
    "Phishing",
    "UnwantedSoftware",
    "Other",
    "SecurityTesting",
    "LineOfBusinessApplication",
    "ConfirmedUserActivity",
    "ConfirmedActivity",
    "NotMalicious",
    "Clean",
    "InsufficientData",
];

/// Whether a determination is one that the service knows.
pub(crate) fn is_determination(name: &str) -> bool {
    DETERMINATIONS.contains(&name)
}

/// What a triage changes; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AlertUpdate {
    pub(crate) status: Option<String>,
    pub(crate) assigned_to: Option<String>,
    pub(crate) classification: Option<String>,
    pub(crate) determination: Option<String>,
    pub(crate) comment: Option<String>,
}

impl AlertUpdate {
    /// Reads the fields of an update.
    pub(crate) fn read(body: &RequestBody) -> Result<Self, Refusal> {
        let choice = |name, allowed| {
            let chosen: Result<Option<&str>, Refusal> = body.choice(name, allowed);
            chosen.map(|chosen| chosen.map(str::to_owned))
        };
        let update = Self {
            status: choice("status", STATUSES)?,
            assigned_to: body.optional("assignedTo")?.map(str::to_owned),
            classification: choice("classification", CLASSIFICATIONS)?,
            determination: choice("determination", DETERMINATIONS)?,
            comment: body.optional("comment")?.map(str::to_owned),
        };
        if update == Self::default() {
            return Err(Refusal::bad(
                "InvalidRequestBody",
                "Request body is incorrect: it updates nothing.",
            ));
        }
        Ok(update)
    }

    fn apply(&self, alert: &mut Entity, by: &str, now: Timestamp) {
        let fields = [
            ("status", &self.status),
            ("assignedTo", &self.assigned_to),
            ("classification", &self.classification),
            ("determination", &self.determination),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                alert.insert(name.to_owned(), json!(value));
            }
        }
        let stamp = wire_time::text(now);
        match self.status.as_deref() {
            Some("Resolved") => alert.insert("resolvedTime".to_owned(), json!(stamp)),
            Some(_) => alert.insert("resolvedTime".to_owned(), Value::Null),
            None => None,
        };
        if let Some(comment) = &self.comment {
            add_comment(alert, comment, by, now);
        }
        alert.insert("lastUpdateTime".to_owned(), json!(stamp));
    }
}

/// Appends a comment to an alert.
pub(super) fn add_comment(alert: &mut Entity, comment: &str, by: &str, now: Timestamp) {
    let comment = json!({"comment": comment, "createdBy": by, "createdTime": wire_time::text(now)});
    let comments = alert.entry("comments").or_insert_with(|| json!([]));
    match comments.as_array_mut() {
        Some(comments) => comments.push(comment),
        None => *comments = json!([comment]),
    }
}

impl TenantState {
    /// The alert of an id.
    pub(crate) fn alert(&self, id: &str) -> Result<&SharedEntity, Refusal> {
        self.alerts
            .get(id)
            .ok_or_else(|| Refusal::not_found("Alert", id))
    }

    /// Updates an alert.
    pub(crate) fn update_alert(
        &mut self,
        id: &str,
        update: &AlertUpdate,
        by: &str,
        now: Timestamp,
    ) -> Result<SharedEntity, Refusal> {
        let alert = self
            .alerts
            .get_mut(id)
            .ok_or_else(|| Refusal::not_found("Alert", id))?;
        update.apply(Arc::make_mut(alert), by, now);
        Ok(SharedEntity::clone(alert))
    }

    /// Appends a comment to an alert, for Graph.
    pub(crate) fn comment_alert(
        &mut self,
        id: &str,
        comment: &str,
        by: &str,
        now: Timestamp,
    ) -> Option<SharedEntity> {
        let alert = self.alerts.get_mut(id)?;
        let changed = Arc::make_mut(alert);
        add_comment(changed, comment, by, now);
        changed.insert("lastUpdateTime".to_owned(), json!(wire_time::text(now)));
        Some(SharedEntity::clone(alert))
    }

    /// Adds an alert that a call asked for, with an id and an incident of its own.
    pub(crate) fn add_alert(&mut self, mut alert: Entity, now: Timestamp) -> SharedEntity {
        let number = self.next_number();
        let id = format!("da{}_{number}", now.as_millisecond());
        let incident = self.incidents.keys().next_back().copied().unwrap_or(0) + 1;
        alert.insert("id".to_owned(), json!(id));
        alert.insert("incidentId".to_owned(), json!(incident));
        let alert = SharedEntity::new(alert);
        self.alerts.insert(id, SharedEntity::clone(&alert));
        self.gather_incidents();
        alert
    }

    /// Alerts of which a test on a piece of evidence holds.
    pub(crate) fn alerts_with_evidence<'a>(
        &'a self,
        fits: impl Fn(&Entity) -> bool + 'a,
    ) -> impl Iterator<Item = &'a SharedEntity> {
        self.alerts
            .values()
            .filter(move |alert| evidence(alert).any(&fits))
    }
}

/// The evidence of an alert.
pub(crate) fn evidence(alert: &Entity) -> impl Iterator<Item = &Entity> {
    alert
        .get("evidence")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

/// Whether a user is meant by an alert.
pub(crate) fn concerns_user(alert: &Entity, name: &str) -> bool {
    let is_name = |entity: &Entity, key| text(entity, key).eq_ignore_ascii_case(name);
    let related = alert.get("relatedUser").and_then(Value::as_object);
    let logged_on = alert.get("loggedOnUsers").and_then(Value::as_array);
    related.is_some_and(|user| is_name(user, "userName"))
        || logged_on
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .any(|user| is_name(user, "accountName"))
        || evidence(alert).any(|evidence| is_name(evidence, "accountName"))
}
