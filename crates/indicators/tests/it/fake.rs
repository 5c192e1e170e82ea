//! A tenant in memory that takes, refuses, loses and breaks off.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use tesem_defender::endpoint::{IndicatorType, NewIndicator};
use tesem_defender::{DefenderError, IndicatorId};
use tesem_indicators::apply::{IndicatorTenant, Taken, WriteError};
use tesem_indicators::{Actual, Item, Key};

use crate::model::now;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is lost before it is done.
    LostBefore,
    /// It is done, and its answer is lost.
    LostAfter,
    /// The process ends before it is done: nothing answers any more.
    KilledBefore,
    /// It is done, and the process ends.
    KilledAfter,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    List,
    Import(Vec<String>),
    Delete(usize),
}

#[derive(Debug, Default)]
struct State {
    items: Vec<Item>,
    last_id: usize,
    capacity: usize,
    calls: Vec<Call>,
    /// By the number of the call that writes.
    troubles: Vec<(usize, Trouble)>,
    writes: usize,
    is_dead: bool,
    refused: BTreeSet<String>,
    not_to_be_deleted: BTreeSet<String>,
    breaks: BTreeSet<String>,
    ended: BTreeSet<String>,
    tells_actions_apart: bool,
    /// What of ours was there after each write.
    history: Vec<BTreeSet<(IndicatorType, String)>>,
}

#[derive(Debug)]
pub(crate) struct Fake(Mutex<State>);

impl Fake {
    pub(crate) fn new(items: Vec<Item>, capacity: usize) -> Self {
        let last_id = items
            .iter()
            .map(|item| item.id.as_str().parse().unwrap())
            .max()
            .unwrap_or(0);
        Self(Mutex::new(State {
            items,
            last_id,
            capacity,
            ..State::default()
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn items(&self) -> Vec<Item> {
        self.state().items.clone()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    pub(crate) fn history(&self) -> Vec<BTreeSet<(IndicatorType, String)>> {
        self.state().history.clone()
    }

    /// What happens at the writes of these numbers, from now on.
    pub(crate) fn troubles(&self, troubles: impl IntoIterator<Item = (usize, Trouble)>) {
        let mut state = self.state();
        state.writes = 0;
        state.troubles = troubles.into_iter().collect();
        state.is_dead = false;
    }

    /// Values that are refused within an answer.
    pub(crate) fn refuses(&self, value: &str) {
        self.state().refused.insert(value.to_owned());
    }

    /// Values that spoil the whole call.
    pub(crate) fn breaks(&self, value: &str) {
        self.state().breaks.insert(value.to_owned());
    }

    /// Values that have ended by the service's clock.
    pub(crate) fn has_ended(&self, value: &str) {
        self.state().ended.insert(value.to_owned());
    }

    /// Values whose deletion is forbidden.
    pub(crate) fn forbids(&self, value: &str) {
        self.state().not_to_be_deleted.insert(value.to_owned());
    }

    /// Makes a change of the action a second indicator.
    pub(crate) fn tells_actions_apart(&self) {
        self.state().tells_actions_apart = true;
    }

    pub(crate) fn remove(&self, value: &str) {
        self.state().items.retain(|item| item.key.value != value);
    }

    pub(crate) fn add(&self, mut item: Item) {
        let mut state = self.state();
        state.last_id += 1;
        item.id = IndicatorId::new(state.last_id.to_string());
        state.items.push(item);
    }

    /// Does `work` unless there is trouble, which it tells.
    fn write<T>(
        &self,
        call: Call,
        work: impl FnOnce(&mut State) -> Result<T, WriteError>,
    ) -> Result<T, WriteError> {
        let mut state = self.state();
        if state.is_dead {
            return Err(WriteError::Stopped(lost()));
        }
        let number = state.writes;
        state.writes += 1;
        state.calls.push(call);
        let found = state.troubles.iter().find(|(at, _)| *at == number);
        let trouble = found.map(|(_, trouble)| *trouble);
        state.is_dead = matches!(trouble, Some(Trouble::KilledBefore | Trouble::KilledAfter));
        match trouble {
            Some(Trouble::LostBefore) => return Err(WriteError::Unknown(lost())),
            Some(Trouble::KilledBefore) => return Err(WriteError::Stopped(lost())),
            _ => {}
        }
        let done = work(&mut state);
        let there = state.ours();
        state.history.push(there);
        match trouble {
            Some(Trouble::LostAfter) => Err(WriteError::Unknown(lost())),
            Some(Trouble::KilledAfter) => Err(WriteError::Stopped(lost())),
            _ => done,
        }
    }
}

fn lost() -> DefenderError {
    DefenderError::Unfit {
        operation: "a call",
        reason: "it was lost".to_owned(),
    }
}

fn refused(status: u16, message: &str) -> WriteError {
    WriteError::Refused {
        status,
        message: message.to_owned(),
    }
}

impl State {
    fn ours(&self) -> BTreeSet<(IndicatorType, String)> {
        let ours = self.items.iter().filter(|item| item.is_ours);
        ours.map(|item| (item.key.kind.clone(), item.key.value.clone()))
            .collect()
    }

    fn import(&mut self, indicators: &[NewIndicator]) -> Result<Vec<Taken>, WriteError> {
        assert!((1..=500).contains(&indicators.len()));
        for one in indicators {
            let has_ended = one.expires.is_some_and(|expires| expires <= now());
            if has_ended || self.ended.contains(&one.value) {
                let message = format!("Indicator {} is inactive. (…)", one.value);
                return Err(refused(400, &message));
            }
            if self.breaks.contains(&one.value) {
                return Err(refused(400, "something in it is wrong"));
            }
        }
        Ok(indicators.iter().map(|one| self.take(one)).collect())
    }

    fn take(&mut self, new: &NewIndicator) -> Taken {
        if self.refused.contains(&new.value) {
            return failed("InvalidInput");
        }
        let key = Key::new(new.kind.clone(), &new.value, new.rbac_group_names.clone());
        let is_same = |item: &&mut Item| {
            item.key.target() == key.target()
                && (!self.tells_actions_apart || item.action.as_ref() == Some(&new.action))
        };
        let content = |id: IndicatorId, is_ours: bool, made_by: String| Item {
            key: key.clone(),
            id,
            action: Some(new.action.clone()),
            severity: new.severity.clone(),
            title: new.title.clone(),
            description: new.description.clone(),
            recommended_actions: new.recommended_actions.clone(),
            educate_url: new.educate_url.clone(),
            generate_alert: new.generate_alert.unwrap(),
            expires: new.expires,
            is_ours,
            made_by,
        };
        let id = if let Some(item) = self.items.iter_mut().find(is_same) {
            assert!(item.is_ours, "{item:?} is somebody else's");
            *item = content(item.id.clone(), true, item.made_by.clone());
            item.id.clone()
        } else if self.items.len() >= self.capacity {
            return failed("Max capacity exceeded. Current Total: 1, Limit: 1");
        } else {
            self.last_id += 1;
            let id = IndicatorId::new(self.last_id.to_string());
            self.items.push(content(id.clone(), true, "us".to_owned()));
            id
        };
        Taken {
            id: Some(id),
            failure: None,
        }
    }

    fn delete(&mut self, ids: &[IndicatorId]) -> Result<(), WriteError> {
        assert!((1..=500).contains(&ids.len()));
        for id in ids {
            let Some(item) = self.items.iter().find(|item| item.id == *id) else {
                return Err(refused(404, "there is none"));
            };
            assert!(item.is_ours, "{item:?} is somebody else's");
            if self.not_to_be_deleted.contains(&item.key.value) {
                return Err(refused(403, "not yours to see"));
            }
        }
        self.items.retain(|item| !ids.contains(&item.id));
        Ok(())
    }
}

fn failed(reason: &str) -> Taken {
    Taken {
        id: None,
        failure: Some(reason.to_owned()),
    }
}

#[async_trait]
impl IndicatorTenant for Fake {
    async fn list(&self) -> Result<Actual, DefenderError> {
        let mut state = self.state();
        state.calls.push(Call::List);
        if state.is_dead {
            return Err(lost());
        }
        Ok(Actual::from_items(state.items.clone()))
    }

    async fn import(&self, indicators: &[NewIndicator]) -> Result<Vec<Taken>, WriteError> {
        let values = indicators.iter().map(|one| one.value.clone()).collect();
        self.write(Call::Import(values), |state| state.import(indicators))
    }

    async fn delete(&self, ids: &[IndicatorId]) -> Result<(), WriteError> {
        self.write(Call::Delete(ids.len()), |state| state.delete(ids))
    }

    async fn pause(&self, _tries: u32) {}
}

/// What matters of a tenant's items: not their ids.
pub(crate) fn without_ids(items: &[Item]) -> Vec<Item> {
    let mut items: Vec<Item> = items
        .iter()
        .map(|item| Item {
            id: IndicatorId::new(String::new()),
            expires: item
                .expires
                .map(|at| Timestamp::from_second(at.as_second()).unwrap()),
            ..item.clone()
        })
        .collect();
    items.sort();
    items
}
