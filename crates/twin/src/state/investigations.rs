//! Automated investigations.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/investigation.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{TenantState, entity, text};
use crate::data::SharedEntity;
use crate::refusal::Refusal;
use crate::wire_time;

/// An investigation, and when it ends; `None` for those that are over and those of the data directory.
#[derive(Debug, Clone)]
pub(super) struct Investigation {
    entity: SharedEntity,
    ends: Option<Timestamp>,
}

pub(super) fn loaded(entities: &[SharedEntity]) -> IndexMap<String, Investigation> {
    let investigation = |loaded: &SharedEntity| {
        let entity = SharedEntity::clone(loaded);
        (
            text(loaded, "id").to_owned(),
            Investigation { entity, ends: None },
        )
    };
    entities.iter().map(investigation).collect()
}

impl TenantState {
    /// All investigations.
    pub(crate) fn all_investigations(&self) -> Vec<SharedEntity> {
        let entities = self.investigations.values();
        entities
            .map(|investigation| SharedEntity::clone(&investigation.entity))
            .collect()
    }

    /// The investigation of an id.
    pub(crate) fn investigation(&self, id: &str) -> Result<&SharedEntity, Refusal> {
        self.investigations
            .get(id)
            .map(|investigation| &investigation.entity)
            .ok_or_else(|| Refusal::not_found("Investigation", id))
    }

    /// Begins an investigation of a machine, which ends after `length`.
    pub(crate) fn begin_investigation(
        &mut self,
        machine: &str,
        length: Duration,
        now: Timestamp,
    ) -> SharedEntity {
        let highest = self
            .investigations
            .keys()
            .filter_map(|id| id.parse::<u64>().ok())
            .max();
        let id = (highest.unwrap_or(0) + 1).to_string();
        let name = self
            .machines
            .get(machine)
            .and_then(|machine| machine.get("computerDnsName").cloned())
            .unwrap_or(Value::Null);
        let entity = SharedEntity::new(entity(json!({
            "id": id, "startTime": wire_time::text(now), "endTime": null, "state": "Running", "cancelledBy": null,
            "statusDetails": null, "machineId": machine, "computerDnsName": name, "triggeringAlertId": null,
        })));
        let ends = SignedDuration::try_from(length)
            .ok()
            .and_then(|length| now.checked_add(length).ok());
        self.investigations.insert(
            id,
            Investigation {
                entity: SharedEntity::clone(&entity),
                ends,
            },
        );
        entity
    }

    /// Ends those whose time is over: with something remediated where the machine has an alert that nobody resolved.
    pub(super) fn settle_investigations(&mut self, now: Timestamp) {
        let over: Vec<(String, Timestamp)> = self
            .investigations
            .iter()
            .filter_map(|(id, investigation)| Some((id.clone(), investigation.ends?)))
            .filter(|(_, ends)| *ends <= now)
            .collect();
        for (id, ends) in over {
            let machine = self
                .investigation(&id)
                .map(|found| text(found, "machineId").to_owned());
            let has_alert = machine.is_ok_and(|machine| {
                self.alerts_of_machine(&machine)
                    .any(|alert| text(alert, "status") != "Resolved")
            });
            let state = if has_alert {
                "SuccessfullyRemediated"
            } else {
                "Benign"
            };
            if let Some(investigation) = self.investigations.get_mut(&id) {
                let changed = Arc::make_mut(&mut investigation.entity);
                changed.insert("state".to_owned(), json!(state));
                changed.insert("endTime".to_owned(), json!(wire_time::text(ends)));
                investigation.ends = None;
            }
        }
    }
}
