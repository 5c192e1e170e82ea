//! A tenant that answers what a test says, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Value;
use tesem_defender::endpoint::{
    ActionAvailability, ActionRequest, ActionType, Alert, File, Indicator, Machine, MachineAction,
    NewIndicator,
};
use tesem_defender::{DefenderError, Entity, HuntingResult, IndicatorId, MachineId, Refusal};
use tesem_relay::request::Subject;
use tesem_relay::sighting::{Adapter, Hashes, Row};
use tesem_relay::upstream::{
    Adapters, EventsWanted, Named, ResponseActions, SharedResult, Triples, Upstream,
    adapters_query, hashes_query, triples,
};
use tokio::sync::watch;

use crate::service::{entity, rows};

/// What a call gives.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// Entities or rows.
    These(Vec<Value>),
    /// A refusal with this status and message.
    Status(u16, &'static str),
    /// These entities or rows, once the tenant was released.
    Held(Vec<Value>),
    /// What follows from the call.
    By(fn(&str) -> Say),
    /// Nothing, ever.
    Silence,
}

/// Answers by the beginning of the call; calls without an answer give nothing.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    answers: Mutex<BTreeMap<String, Say>>,
    calls: Mutex<Vec<String>>,
    released: watch::Sender<bool>,
}

pub(crate) fn refused(status: u16, message: &str) -> DefenderError {
    DefenderError::Refused {
        operation: "call",
        refusal: Box::new(Refusal {
            status,
            code: Some("Code".to_owned()),
            message: message.to_owned(),
            request_id: None,
            client_request_id: String::new(),
            permissions: &[],
            is_empty: message.is_empty(),
        }),
    }
}

impl Fake {
    pub(crate) fn says(self, call: &str, say: Say) -> Self {
        self.now_says(call, say);
        self
    }

    pub(crate) fn now_says(&self, call: &str, say: Say) {
        self.answers.lock().unwrap().insert(call.to_owned(), say);
    }

    pub(crate) fn gives(self, call: &str, entities: Vec<Value>) -> Self {
        self.says(call, Say::These(entities))
    }

    /// Every call so far, in order of their texts.
    pub(crate) fn calls(&self) -> Vec<String> {
        let mut calls = self.calls.lock().unwrap().clone();
        calls.sort();
        calls
    }

    /// The newest call.
    pub(crate) fn last(&self) -> String {
        self.calls.lock().unwrap().last().unwrap().clone()
    }

    /// Gives what was held.
    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }

    /// The newest call with this beginning.
    pub(crate) fn last_of(&self, start: &str) -> String {
        let calls = self.calls.lock().unwrap();
        let mut newest = calls.iter().rev();
        newest.find(|call| call.starts_with(start)).unwrap().clone()
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|call| call.starts_with(start)).count()
    }

    async fn answer(&self, call: String) -> Result<Vec<Value>, DefenderError> {
        self.calls.lock().unwrap().push(call.clone());
        let say = {
            let answers = self.answers.lock().unwrap();
            let mut known = answers.iter().filter(|(start, _)| call.starts_with(*start));
            known.next_back().map(|(_, say)| say.clone())
        };
        let say = match say {
            Some(Say::By(of)) => Some(of(&call)),
            say => say,
        };
        match say {
            None | Some(Say::By(_)) => Ok(Vec::new()),
            Some(Say::Held(entities)) => {
                let mut released = self.released.subscribe();
                released.wait_for(|released| *released).await.unwrap();
                Ok(entities)
            }
            Some(Say::These(entities)) => Ok(entities),
            Some(Say::Status(status, message)) => Err(refused(status, message)),
            Some(Say::Silence) => std::future::pending().await,
        }
    }

    async fn all<T: Entity>(&self, call: String) -> Result<Vec<T>, DefenderError> {
        Ok(self.answer(call).await?.into_iter().map(entity).collect())
    }
}

#[async_trait]
impl Upstream for Fake {
    async fn alerts(&self, named: &Named) -> SharedResult<Vec<Arc<Alert>>> {
        let value = match named {
            Named::File(sha1) => sha1.clone(),
            Named::Domain(name) => name.clone(),
            Named::Ip(address) => address.to_string(),
        };
        let alerts = self.all(format!("alerts {value}")).await?;
        Ok(alerts.into_iter().map(Arc::new).collect())
    }

    async fn alerts_with_evidence(&self, bare: &[Arc<Alert>]) -> SharedResult<Vec<Arc<Alert>>> {
        let ids: Vec<&str> = bare.iter().map(|alert| alert.id.as_str()).collect();
        let alerts = self.all(format!("evidence {}", ids.join(","))).await?;
        Ok(alerts.into_iter().map(Arc::new).collect())
    }

    async fn file(&self, hash: &str) -> SharedResult<Option<Hashes>> {
        let file: Option<File> = self.all(format!("file {hash}")).await?.pop();
        Ok(file.as_ref().map(Hashes::from))
    }

    async fn hashes(&self, files: &[Subject], window: SignedDuration) -> SharedResult<Triples> {
        let query = hashes_query(files, window);
        Ok(triples(&rows(&self.answer(format!("hunt {query}")).await?)))
    }

    async fn events(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
    ) -> SharedResult<Arc<HuntingResult>> {
        let query = wanted.query(subjects);
        Ok(Arc::new(rows(&self.answer(format!("hunt {query}")).await?)))
    }

    async fn adapters(
        &self,
        machines: &[MachineId],
        window: SignedDuration,
    ) -> SharedResult<Adapters> {
        let query = adapters_query(machines, window);
        let result = rows(&self.answer(format!("hunt {query}")).await?);
        let mut adapters = Adapters::new();
        for row in Row::all(&result) {
            let machine = MachineId::new(row.text("DeviceId").unwrap());
            adapters.entry(machine).or_default().push(Adapter::of(&row));
        }
        Ok(adapters)
    }

    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError> {
        let ids: Vec<&str> = ids.iter().map(MachineId::as_str).collect();
        self.all(format!("machines {}", ids.join(","))).await
    }

    fn actions(&self) -> &dyn ResponseActions {
        self
    }
}

#[async_trait]
impl ResponseActions for Fake {
    async fn probe(&self) -> Result<(), DefenderError> {
        self.answer("probe".to_owned()).await.map(drop)
    }

    async fn available_actions(
        &self,
        machine: &MachineId,
    ) -> Result<Vec<ActionAvailability>, DefenderError> {
        self.all(format!("available {}", machine.as_str())).await
    }

    async fn last_action(
        &self,
        machine: &MachineId,
        [one, other]: [ActionType; 2],
    ) -> Result<Option<MachineAction>, DefenderError> {
        let call = format!("last {one}|{other} {}", machine.as_str());
        Ok(self.all(call).await?.pop())
    }

    async fn indicator(&self, values: [&str; 2]) -> Result<Option<Indicator>, DefenderError> {
        Ok(self.all(format!("indicator {}", values[1])).await?.pop())
    }

    async fn order(
        &self,
        machine: &MachineId,
        action: &ActionRequest,
        comment: &str,
    ) -> Result<(), DefenderError> {
        let call = format!("order {} {action:?} {comment}", machine.as_str());
        self.answer(call).await.map(drop)
    }

    async fn start_investigation(
        &self,
        machine: &MachineId,
        comment: &str,
    ) -> Result<(), DefenderError> {
        let call = format!("investigate {} {comment}", machine.as_str());
        self.answer(call).await.map(drop)
    }

    async fn add_indicator(&self, indicator: &NewIndicator) -> Result<(), DefenderError> {
        let body = serde_json::to_string(indicator).unwrap();
        self.answer(format!("add {body}")).await.map(drop)
    }

    async fn remove_indicator(&self, id: &IndicatorId) -> Result<(), DefenderError> {
        self.answer(format!("remove {}", id.as_str()))
            .await
            .map(drop)
    }
}
