//! Who answers a query: the engine over files, or a tenant.

use std::sync::Arc;

use tesem_defender::hunting::HUNTING_ROWS_MAX;
use tesem_defender::{DefenderError, HuntingProblem, HuntingResult};
use tesem_engine::{Engine, EngineError, RunOptions};
use tesem_kql::Diagnostic;
use tesem_state::SystemClock;

use super::json::{self, JsonError};
use super::printing::Answered;
use crate::failure::advise;
use crate::settings::{HuntingName, Settings};
use crate::tenants::{self, OpenTenant, Opening};
use crate::terminal::Terminal;
use crate::waits::Waits;

/// Who answers.
pub(super) enum Answerer {
    /// The engine of this program.
    Engine {
        engine: Box<Engine>,
        options: RunOptions,
    },
    /// A tenant's advanced hunting.
    Tenant(Box<OpenTenant>),
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The engine's reason, or what the parser says before a tenant is asked.
    Engine(EngineError),
    /// The tenant's reason.
    Tenant(DefenderError),
}

impl Answerer {
    /// The tenant `name`, opened.
    pub(super) async fn tenant(
        name: &str,
        hunting: Option<HuntingName>,
        settings: &Settings,
        terminal: &Terminal,
    ) -> anyhow::Result<Self> {
        let opening = Opening {
            settings,
            hunting,
            clock: Arc::new(SystemClock),
            options: Waits::options(terminal),
            demo_state: None,
        };
        let tenant = tenants::open(name, &opening).await?;
        for warning in tenant.client.warnings() {
            terminal.warn(&warning.to_string());
        }
        Ok(Self::Tenant(Box::new(tenant)))
    }

    /// The answer to `query`.
    pub(super) async fn answer(&self, query: &str) -> Result<Answered, Failure> {
        match self {
            Self::Engine { engine, options } => {
                let result = engine.run(query, options).await;
                result
                    .map(|result| Answered::of(&result))
                    .map_err(Failure::Engine)
            }
            Self::Tenant(tenant) => {
                readable(query)?;
                let result = tenant.client.hunting().run(query, None).await;
                result.map(of_tenant).map_err(Failure::Tenant)
            }
        }
    }

    /// Stops what was started for it.
    pub(super) async fn close(self) {
        if let Self::Tenant(tenant) = self {
            tenant.close().await;
        }
    }
}

/// What cannot be read costs no call.
fn readable(query: &str) -> Result<(), Failure> {
    let diagnostics = tesem_kql::parse(query).diagnostics.into_iter();
    let errors: Vec<Diagnostic> = diagnostics.filter(Diagnostic::is_error).collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Failure::Engine(EngineError::Syntax(errors)))
    }
}

fn of_tenant(result: HuntingResult) -> Answered {
    let is_cut = result.rows.len() >= HUNTING_ROWS_MAX;
    let note =
        format!("the service cuts results at {HUNTING_ROWS_MAX} rows, and this one has as many");
    let columns = result.columns.into_iter();
    Answered {
        columns: columns
            .map(|column| (column.name, column.kind.as_kql().to_owned()))
            .collect(),
        rows: result.rows,
        notes: if is_cut { vec![note] } else { Vec::new() },
        name: None,
        others: Vec::new(),
    }
}

impl Failure {
    /// What is wrong with the query, as far as it has a place in the text.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Engine(error) => json::diagnostics(error),
            Self::Tenant(_) => Vec::new(),
        }
    }

    /// For machines.
    pub(super) fn json(&self) -> JsonError {
        match self {
            Self::Engine(error) => JsonError::of(error),
            Self::Tenant(error) => JsonError {
                code: code(error).to_owned(),
                message: error.to_string(),
                span: None,
            },
        }
    }

    /// For people.
    pub(super) fn into_error(self) -> anyhow::Error {
        match self {
            Self::Engine(error) => error.into(),
            Self::Tenant(error) => match error.hint() {
                Some(hint) => advise(error, hint),
                None => error.into(),
            },
        }
    }
}

/// The words that the engine has for the same problems.
fn code(error: &DefenderError) -> &'static str {
    match error.hunting_problem() {
        Some(HuntingProblem::ResultTooLarge) => "result-too-large",
        Some(HuntingProblem::TooExpensive | HuntingProblem::QueryTooLong) => "limits-exceeded",
        Some(HuntingProblem::TimedOut) => "timed-out",
        Some(_) => "refused",
        None => "failed",
    }
}
