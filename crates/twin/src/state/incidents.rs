//! Incidents: alerts that belong together.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{TenantState, instant, text};
use crate::data::SharedEntity;
use crate::wire_time;

/// Severities from low to high.
const SEVERITIES: [&str; 4] = ["Informational", "Low", "Medium", "High"];

/// What triage says about an incident; the rest is gathered from its alerts each time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incident {
    pub(crate) update: IncidentUpdate,
    /// As on the wire of Graph.
    pub(crate) comments: Vec<Value>,
    pub(crate) updated: Option<Timestamp>,
}

/// What a call changes; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IncidentUpdate {
    pub(crate) status: Option<String>,
    pub(crate) assigned_to: Option<String>,
    pub(crate) classification: Option<String>,
    pub(crate) determination: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) severity: Option<String>,
    pub(crate) custom_tags: Option<Vec<String>>,
    pub(crate) resolving_comment: Option<String>,
}

impl IncidentUpdate {
    /// Takes over what `later` says.
    pub(crate) fn merge(&mut self, later: Self) {
        let take = |old: &mut Option<String>, new: Option<String>| {
            if new.is_some() {
                *old = new;
            }
        };
        take(&mut self.status, later.status);
        take(&mut self.assigned_to, later.assigned_to);
        take(&mut self.classification, later.classification);
        take(&mut self.determination, later.determination);
        take(&mut self.display_name, later.display_name);
        take(&mut self.severity, later.severity);
        take(&mut self.resolving_comment, later.resolving_comment);
        if later.custom_tags.is_some() {
            self.custom_tags = later.custom_tags;
        }
    }
}

impl TenantState {
    /// Makes an incident for every incident id of the alerts that has none yet.
    pub(super) fn gather_incidents(&mut self) {
        let ids: Vec<u64> = self.alerts.values().filter_map(incident_id).collect();
        for id in ids {
            self.incidents.entry(id).or_default();
        }
    }

    /// The alerts of each incident.
    pub(crate) fn alerts_by_incident(&self) -> BTreeMap<u64, Vec<SharedEntity>> {
        let mut grouped: BTreeMap<u64, Vec<SharedEntity>> = BTreeMap::new();
        for alert in self.alerts.values() {
            if let Some(id) = incident_id(alert) {
                grouped
                    .entry(id)
                    .or_default()
                    .push(SharedEntity::clone(alert));
            }
        }
        grouped
    }
}

impl Incident {
    /// Appends a comment.
    pub(crate) fn comment(&mut self, comment: &str, by: &str, now: Timestamp) {
        self.comments.push(json!({
            "comment": comment, "createdByDisplayName": by, "createdDateTime": wire_time::text(now),
        }));
        self.updated = Some(now);
    }
}

fn incident_id(alert: &SharedEntity) -> Option<u64> {
    let id = alert.get("incidentId")?;
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}

/// The highest severity of some alerts.
pub(crate) fn highest_severity(alerts: &[SharedEntity]) -> &'static str {
    let rank = |alert: &SharedEntity| {
        SEVERITIES
            .iter()
            .position(|name| *name == text(alert, "severity"))
    };
    let highest = alerts.iter().filter_map(rank).max().unwrap_or(0);
    SEVERITIES.get(highest).copied().unwrap_or("Informational")
}

/// The first and the last of an instant of some alerts.
pub(crate) fn span(
    alerts: &[SharedEntity],
    first: &str,
    last: &str,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let all = |name| alerts.iter().filter_map(move |alert| instant(alert, name));
    (all(first).min(), all(last).max())
}
