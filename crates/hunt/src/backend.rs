//! The trait through which a hunt runs its queries, whatever answers them: a tenant's hunting API or a lake.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tesem_state::Window;

use crate::map::TableReach;

/// Runs hunting queries.
#[async_trait]
pub trait HuntingBackend: Send + Sync {
    /// What it can do. The same during a run.
    fn limits(&self) -> BackendLimits;

    /// Runs one query and returns all its rows. Waits for quota and repeats safe failures by itself.
    ///
    /// Dropping the future gives the query up; it may or may not have been counted.
    ///
    /// # Errors
    /// [`BackendError`], by what the hunt can do about it.
    async fn run(&self, query: &str) -> Result<BackendRows, BackendError>;
}

/// What a backend can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendLimits {
    /// The tables it serves.
    pub tables: TableReach,
    /// Rows at which an answer is cut; so many rows mean that there may be more.
    pub rows_max: usize,
    /// Call limits, all of which hold; none for a lake.
    pub windows: Vec<Window>,
}

/// Most rows of an answer of the hunting APIs.
///
/// Source: <https://learn.microsoft.com/graph/api/security-security-runhuntingquery>.
pub const SERVICE_ROWS_MAX: usize = 100_000;

impl BackendLimits {
    /// The limits of a tenant's hunting API with `tables`: 45 calls a minute, 1,500 an hour, 100,000 rows.
    ///
    /// Source: <https://learn.microsoft.com/defender-endpoint/api/run-advanced-query-api>.
    #[must_use]
    pub fn service(tables: TableReach) -> Self {
        let seconds = Duration::from_secs;
        Self {
            tables,
            rows_max: SERVICE_ROWS_MAX,
            windows: vec![
                Window {
                    limit: 45,
                    length: seconds(60),
                },
                Window {
                    limit: 1_500,
                    length: seconds(3_600),
                },
            ],
        }
    }

    /// The limits of a lake: no call limits, and answers are never cut.
    #[must_use]
    pub fn lake() -> Self {
        Self {
            tables: TableReach::All,
            rows_max: usize::MAX,
            windows: Vec::new(),
        }
    }
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendColumn {
    /// Its name.
    pub name: String,
    /// Its KQL type, such as `datetime`.
    pub kind: String,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BackendRows {
    /// The columns, in order.
    pub columns: Vec<BackendColumn>,
    /// The rows; each has one value per column. A datetime is a string after RFC 3339, a missing value is null.
    pub rows: Vec<Vec<Value>>,
    /// How long the query ran, without waiting for quota, where that is known.
    #[serde(skip)]
    pub run_time: Option<Duration>,
}

/// Why a query gave no answer, by what the hunt can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The query text is over the service's own limit. The hunt splits the query.
    #[error("the query is too long: {0}")]
    QueryTooLong(String),
    /// The answer is over the size limit. The hunt splits the query.
    #[error("the result is too large: {0}")]
    ResultTooLarge(String),
    /// The query used too much CPU or memory. The hunt splits it.
    #[error("the query is too expensive: {0}")]
    TooExpensive(String),
    /// The query took too long. The hunt splits it.
    #[error("the query timed out: {0}")]
    TimedOut(String),
    /// There is no table of that name. The hunt goes on without it.
    #[error("there is no table `{0}`")]
    UnknownTable(String),
    /// There is no column of that name. The hunt goes on without it.
    #[error("there is no column `{0}`")]
    UnknownColumn(String),
    /// The service did not answer this query, and repeating it did not help. Its indicators fail, the hunt goes on.
    #[error("the query failed: {0}")]
    Failed(String),
    /// No query will be answered: sign-in, permission, no network. The hunt stops and can be resumed.
    #[error("{0}")]
    Fatal(String),
}
