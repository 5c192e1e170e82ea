//! The tenant as calls have changed it, in memory.
//!
//! It begins as the data directory or the generator made it. Entities are the maps that go over the wire; what decisions are made on
//! has types of its own beside them. Whatever runs on its own (actions, investigations, expiry) is brought up to the twin's clock each
//! time the state is looked at.

mod actions;
mod alerts;
mod incidents;
mod indicator_rule;
mod indicators;
mod investigations;
mod kept;
mod machines;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) use actions::{ActionKind, ActionTimes, NewAction};
pub(crate) use alerts::{
    AlertUpdate, CLASSIFICATIONS, DETERMINATIONS, STATUSES, concerns_user, evidence,
    is_determination,
};
pub(crate) use incidents::{Incident, IncidentUpdate, highest_severity, span};
pub(crate) use indicator_rule::{
    ACTIONS as INDICATOR_ACTIONS, IndicatorRules, SEVERITIES as INDICATOR_SEVERITIES, Submission,
    is_domain,
};
pub(crate) use indicators::{Caller, Visibility};
pub use kept::KeptIndicators;
pub(crate) use machines::DEVICE_VALUES;

use crate::data::{Entities, Entity, SharedEntity};
use crate::prepared::PreparedTenant;
use actions::MachineAction;
use indicators::Indicators;
use investigations::Investigation;

/// The state behind a lock.
#[derive(Debug)]
pub(crate) struct TenantCell {
    state: Mutex<TenantState>,
    /// What it is started with in place of the source's.
    kept: Option<KeptIndicators>,
}

impl TenantCell {
    pub(crate) fn new(prepared: &PreparedTenant, kept: Option<KeptIndicators>) -> Self {
        Self {
            state: Mutex::new(TenantState::new(&prepared.entities, kept.as_ref())),
            kept,
        }
    }

    /// The state as of `now`.
    pub(crate) fn at(&self, now: Timestamp) -> MutexGuard<'_, TenantState> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle(now);
        state
    }

    /// The tenant as it was started.
    pub(crate) fn reset(&self, prepared: &PreparedTenant) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) =
            TenantState::new(&prepared.entities, self.kept.as_ref());
    }
}

/// Everything of the tenant that calls can change.
#[derive(Debug, Default)]
pub(crate) struct TenantState {
    /// By id.
    pub(crate) machines: IndexMap<String, SharedEntity>,
    /// By id, in the order in which they were raised.
    pub(crate) alerts: IndexMap<String, SharedEntity>,
    pub(crate) indicators: Indicators,
    /// By id, in the order in which they were asked for.
    actions: IndexMap<String, MachineAction>,
    /// By id.
    investigations: IndexMap<String, Investigation>,
    /// By id.
    pub(crate) remediation_tasks: IndexMap<String, SharedEntity>,
    pub(crate) files: Vec<SharedEntity>,
    /// By machine id.
    pub(crate) logon_users: BTreeMap<String, Vec<SharedEntity>>,
    /// By machine id, where the data directory says it.
    pub(crate) available_actions: BTreeMap<String, Vec<SharedEntity>>,
    /// By id; made of the alerts.
    pub(crate) incidents: BTreeMap<u64, Incident>,
    /// How many things were made so far, for their ids.
    made: u64,
}

impl TenantState {
    fn new(entities: &Entities, kept: Option<&KeptIndicators>) -> Self {
        let mut state = Self {
            machines: by_id(&entities.machines),
            alerts: by_id(&entities.alerts),
            indicators: match kept {
                Some(kept) => Indicators::of(kept),
                None => Indicators::new(&entities.indicators),
            },
            actions: actions::loaded(&entities.machine_actions),
            investigations: investigations::loaded(&entities.investigations),
            remediation_tasks: by_id(&entities.remediation_tasks),
            files: entities.files.clone(),
            logon_users: entities.logon_users.clone(),
            available_actions: entities.available_actions.clone(),
            incidents: BTreeMap::new(),
            made: 0,
        };
        state.gather_incidents();
        state
    }

    /// Brings what runs on its own up to `now`.
    fn settle(&mut self, now: Timestamp) {
        self.indicators.expire(now);
        self.settle_actions(now);
        self.settle_investigations(now);
    }

    /// A number that nothing else of this state has.
    fn next_number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}

fn by_id(entities: &[SharedEntity]) -> IndexMap<String, SharedEntity> {
    let named =
        |entity: &SharedEntity| (text(entity, "id").to_owned(), SharedEntity::clone(entity));
    entities.iter().map(named).collect()
}

/// A text of an entity; empty for null and for none.
pub(crate) fn text<'a>(entity: &'a Entity, name: &str) -> &'a str {
    entity.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// An instant of an entity.
pub(crate) fn instant(entity: &Entity, name: &str) -> Option<Timestamp> {
    crate::iso::instant(text(entity, name))
}

/// The object that a `json!` made.
pub(crate) fn entity(value: Value) -> Entity {
    match value {
        Value::Object(entity) => entity,
        _ => Entity::new(),
    }
}
