//! A tenant's hunting API as the backend of a hunt.

use std::error::Error;

use async_trait::async_trait;
use tesem_defender::{DefenderClient, DefenderError, HuntingApi, HuntingProblem, HuntingResult};
use tesem_hunt::{
    BackendColumn, BackendError, BackendLimits, BackendRows, HuntingBackend, TableReach,
};

/// The tables that a hunting API serves.
pub(super) fn reach(api: HuntingApi) -> TableReach {
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
}

impl<'a> TenantBackend<'a> {
    /// A backend over `client`.
    pub(crate) fn new(client: &'a DefenderClient) -> Self {
        Self { client }
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
        Ok(rows(result))
    }
}

fn rows(result: HuntingResult) -> BackendRows {
    let column = |column: tesem_defender::HuntingColumn| BackendColumn {
        kind: column.kind.as_kql().to_owned(),
        name: column.name,
    };
    BackendRows {
        columns: result.columns.into_iter().map(column).collect(),
        rows: result.rows,
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
