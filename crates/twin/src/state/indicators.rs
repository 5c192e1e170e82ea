//! Custom indicators: who owns them, how many there are, and when they go.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::indicator_rule::Submission;
use super::kept::KeptIndicators;
use super::{entity, instant, text};
use crate::data::{Entity, SharedEntity};
use crate::options::IndicatorKey;
use crate::refusal::Refusal;
use crate::wire_time;

/// Which indicators an app sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// With `Ti.ReadWrite`: those it made.
    Own,
    /// With `Ti.ReadWrite.All`.
    All,
}

/// Who submits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) app: &'a str,
    pub(crate) app_name: &'a str,
    pub(crate) visibility: Visibility,
    pub(crate) now: Timestamp,
}

#[derive(Debug, Clone)]
struct Indicator {
    entity: SharedEntity,
    expires: Option<Timestamp>,
}

/// The active indicators.
#[derive(Debug, Default)]
pub(crate) struct Indicators {
    by_id: IndexMap<u64, Indicator>,
    /// Type and value in lower case to ids.
    by_value: HashMap<(String, String), Vec<u64>>,
    last_id: u64,
}

impl Indicators {
    /// Those of the data directory. One whose id is no number gets the next free one.
    pub(super) fn new(entities: &[SharedEntity]) -> Self {
        let mut indicators = Self::default();
        for loaded in entities {
            let id = text(loaded, "id").parse::<u64>().ok();
            let free = id.filter(|id| !indicators.by_id.contains_key(id));
            let id = free.unwrap_or(indicators.last_id + 1);
            let mut loaded = SharedEntity::clone(loaded);
            if text(&loaded, "id") != id.to_string() {
                Arc::make_mut(&mut loaded).insert("id".to_owned(), json!(id.to_string()));
            }
            indicators.insert(id, loaded);
        }
        indicators
    }

    /// Those that an earlier twin had.
    pub(super) fn of(kept: &KeptIndicators) -> Self {
        let mut indicators = Self::new(&kept.shared());
        indicators.last_id = indicators.last_id.max(kept.last_id);
        indicators
    }

    /// All, to be given to a later twin.
    pub(crate) fn kept(&self) -> KeptIndicators {
        let entities = self.by_id.values().map(|indicator| &*indicator.entity);
        KeptIndicators {
            last_id: self.last_id,
            indicators: entities.cloned().collect(),
        }
    }

    fn insert(&mut self, id: u64, entity: SharedEntity) {
        let ids = self.by_value.entry(key_of(&entity)).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
        let expires = instant(&entity, "expirationTime");
        self.by_id.insert(id, Indicator { entity, expires });
        self.last_id = self.last_id.max(id);
    }

    /// Removes those whose time is over.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let is_over =
            |indicator: &Indicator| indicator.expires.is_some_and(|expires| expires <= now);
        let over: Vec<u64> = self
            .by_id
            .iter()
            .filter(|(_, indicator)| is_over(indicator))
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(removed) = self.by_id.shift_remove(&id) else {
            return;
        };
        let key = key_of(&removed.entity);
        if let Some(ids) = self.by_value.get_mut(&key) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_value.remove(&key);
            }
        }
    }

    /// Those that an app sees, oldest first.
    pub(crate) fn seen_by(&self, app: &str, visibility: Visibility) -> Vec<SharedEntity> {
        self.by_id
            .values()
            .map(|indicator| &indicator.entity)
            .filter(|entity| is_seen(entity, app, visibility))
            .cloned()
            .collect()
    }

    /// Creates an indicator, or updates the one that the caller sees under the same key.
    pub(crate) fn submit(
        &mut self,
        submission: Submission,
        caller: Caller<'_>,
        key: IndicatorKey,
        most: usize,
    ) -> Result<SharedEntity, Refusal> {
        if let Some(id) = self.same(&submission, caller, key) {
            return self.update(id, submission, caller);
        }
        if self.by_id.len() >= most {
            return Err(full(self.by_id.len(), most));
        }
        let id = self.last_id + 1;
        let created = SharedEntity::new(created(id, submission.fields, caller));
        self.insert(id, SharedEntity::clone(&created));
        Ok(created)
    }

    /// The indicator that a submission updates.
    fn same(&self, submission: &Submission, caller: Caller<'_>, key: IndicatorKey) -> Option<u64> {
        let value = (
            submission.kind.clone(),
            submission.value.to_ascii_lowercase(),
        );
        let is_same = |id: &&u64| {
            self.by_id.get(*id).is_some_and(|indicator| {
                let has_key = key == IndicatorKey::ValueAndType
                    || text(&indicator.entity, "action") == submission.action;
                has_key && is_seen(&indicator.entity, caller.app, caller.visibility)
            })
        };
        self.by_value.get(&value)?.iter().find(is_same).copied()
    }

    fn update(
        &mut self,
        id: u64,
        submission: Submission,
        caller: Caller<'_>,
    ) -> Result<SharedEntity, Refusal> {
        let indicator = self.by_id.get_mut(&id).ok_or_else(Refusal::internal)?;
        let changed = Arc::make_mut(&mut indicator.entity);
        for (name, value) in submission.fields {
            // The documentation: "This field can't be updated after creation".
            if name != "application" {
                changed.insert(name, value);
            }
        }
        changed.insert(
            "lastUpdateTime".to_owned(),
            json!(wire_time::text(caller.now)),
        );
        changed.insert("lastUpdatedBy".to_owned(), json!(caller.app));
        indicator.expires = submission.expires;
        Ok(SharedEntity::clone(&indicator.entity))
    }

    /// Deletes all of `ids`, or none: every one must be there for the caller.
    pub(crate) fn delete(&mut self, ids: &[u64], caller: Caller<'_>) -> Result<(), Refusal> {
        for id in ids {
            let is_there = self
                .by_id
                .get(id)
                .is_some_and(|found| is_seen(&found.entity, caller.app, caller.visibility));
            if !is_there {
                return Err(Refusal::not_found("Indicator", &id.to_string()));
            }
        }
        for id in ids {
            self.remove(*id);
        }
        Ok(())
    }
}

/// The sentence of the service for a tenant that can hold no more.
fn full(total: usize, most: usize) -> Refusal {
    let message = format!(
        "Max capacity exceeded. Current Total: {total}, Limit: {most} (Parameter 'Capacity: {total}/{most}')"
    );
    Refusal::bad("BadRequest", message)
}

fn key_of(entity: &Entity) -> (String, String) {
    (
        text(entity, "indicatorType").to_owned(),
        text(entity, "indicatorValue").to_ascii_lowercase(),
    )
}

fn is_seen(entity: &Entity, app: &str, visibility: Visibility) -> bool {
    visibility == Visibility::All || text(entity, "createdBy") == app
}

/// A new indicator with every field that the service shows.
fn created(id: u64, fields: Entity, caller: Caller<'_>) -> Entity {
    let stamp = wire_time::text(caller.now);
    let mut created = entity(json!({
        "id": id.to_string(), "indicatorValue": null, "indicatorType": null, "action": null, "createdBy": caller.app,
        "severity": null, "category": 1, "application": null, "educateUrl": null, "bypassDurationHours": null,
        "title": null, "description": null, "recommendedActions": null, "creationTimeDateTimeUtc": stamp,
        "expirationTime": null, "lastUpdateTime": stamp, "lastUpdatedBy": null, "rbacGroupNames": [], "rbacGroupIds": [],
        "notificationId": null, "notificationBody": null, "version": null, "mitreTechniques": [],
        "historicalDetection": false, "lookBackPeriod": null, "generateAlert": false, "additionalInfo": null,
        "createdByDisplayName": caller.app_name, "externalId": null, "createdBySource": "PublicApi",
        "certificateInfo": null,
    }));
    for (name, value) in fields {
        if value != Value::Null {
            created.insert(name, value);
        }
    }
    created
}
