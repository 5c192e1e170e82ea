//! A tenant's hunting API as the backend of a hunt.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tesem_defender::{
    ClientEvent, DefenderClient, DefenderError, HuntingApi, HuntingProblem, HuntingResult,
};
use tesem_hunt::{
    BackendColumn, BackendError, BackendLimits, BackendRows, HuntingBackend, TableReach,
};
use tesem_state::Clock;

/// The tables that a hunting API serves.
pub(crate) fn reach(api: HuntingApi) -> TableReach {
    match api {
        HuntingApi::Defender => TableReach::EndpointOnly,
        HuntingApi::Graph | HuntingApi::Xdr => TableReach::All,
    }
}

/// The backend of a hunt without a single searchable indicator: no tenant is opened for it.
#[derive(Debug)]
pub(super) struct NothingToAsk;

#[async_trait]
impl HuntingBackend for NothingToAsk {
    fn limits(&self) -> BackendLimits {
        BackendLimits::service(TableReach::All)
    }

    async fn run(&self, _query: &str) -> Result<BackendRows, BackendError> {
        Err(BackendError::Fatal(
            "no indicator can be searched for, yet a query was planned".to_owned(),
        ))
    }
}

/// Runs a hunt's queries in a tenant.
#[derive(Debug)]
pub(crate) struct TenantBackend<'a> {
    client: &'a DefenderClient,
    stopwatch: &'a Stopwatch,
}

impl<'a> TenantBackend<'a> {
    /// A backend over `client`, whose events `stopwatch` hears.
    pub(crate) fn new(client: &'a DefenderClient, stopwatch: &'a Stopwatch) -> Self {
        Self { client, stopwatch }
    }
}

/// How long the service took for the last request, without any waiting before it.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    clock: Arc<dyn Clock>,
    state: Mutex<Lap>,
}

#[derive(Debug, Clone, Copy)]
enum Lap {
    Idle,
    Running(Timestamp),
    Done(Duration),
}

impl Stopwatch {
    /// One that has not run.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::new(Lap::Idle),
        }
    }

    /// Starts with a request and stops with its answer.
    pub(crate) fn hear(&self, event: &ClientEvent) {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = match (*state, event) {
            (_, ClientEvent::Sending { .. }) => Lap::Running(now),
            (Lap::Running(sent), ClientEvent::Answered { .. }) => {
                Lap::Done(now.duration_since(sent).try_into().unwrap_or_default())
            }
            (_, ClientEvent::Failed { .. }) => Lap::Idle,
            (state, _) => state,
        };
    }

    fn last(&self) -> Option<Duration> {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            Lap::Done(ran) => Some(ran),
            _ => None,
        }
    }
}

#[async_trait]
impl HuntingBackend for TenantBackend<'_> {
    fn limits(&self) -> BackendLimits {
        BackendLimits::service(reach(self.client.hunting().api()))
    }

    async fn run(&self, query: &str) -> Result<BackendRows, BackendError> {
        let result = self
            .client
            .hunting()
            .run(query, None)
            .await
            .map_err(|error| judge(&error))?;
        Ok(rows(result, self.stopwatch))
    }
}

fn rows(result: HuntingResult, stopwatch: &Stopwatch) -> BackendRows {
    let told = result.stats.and_then(|stats| stats.execution_time);
    let column = |column: tesem_defender::HuntingColumn| BackendColumn {
        kind: column.kind.as_kql().to_owned(),
        name: column.name,
    };
    BackendRows {
        columns: result.columns.into_iter().map(column).collect(),
        rows: result.rows,
        run_time: told.or_else(|| stopwatch.last()),
    }
}

/// What a hunt can do about `error`.
fn judge(error: &DefenderError) -> BackendError {
    let text = chain(error);
    match error.hunting_problem() {
        Some(HuntingProblem::ResultTooLarge) => BackendError::ResultTooLarge(text),
        Some(HuntingProblem::TooExpensive) => BackendError::TooExpensive(text),
        Some(HuntingProblem::QueryTooLong) => BackendError::QueryTooLong(text),
        Some(HuntingProblem::TimedOut) => BackendError::TimedOut(text),
        Some(HuntingProblem::UnknownTable(table)) => BackendError::UnknownTable(table),
        Some(HuntingProblem::UnknownColumn(column)) => BackendError::UnknownColumn(column),
        _ if concerns_every_query(error) => BackendError::Fatal(with_hint(text, error.hint())),
        _ => BackendError::Failed(text),
    }
}

/// Whether the next query would meet the same error.
fn concerns_every_query(error: &DefenderError) -> bool {
    match error {
        DefenderError::Settings(_)
        | DefenderError::NotSupported { .. }
        | DefenderError::SignIn { .. }
        | DefenderError::Ledger { .. } => true,
        DefenderError::Refused { refusal, .. } => matches!(refusal.status, 401 | 403 | 404 | 405),
        _ => false,
    }
}

fn with_hint(text: String, hint: Option<String>) -> String {
    match hint {
        Some(hint) => format!("{text}\nhint: {hint}"),
        None => text,
    }
}

/// The error and its causes in one line, each said once.
fn chain(error: &DefenderError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let message = next.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = next.source();
    }
    text
}
