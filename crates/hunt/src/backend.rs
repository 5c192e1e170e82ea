//! The trait through which a hunt runs its queries, whatever answers them: a tenant's hunting API or a lake.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tesem_state::Window;

use crate::cost::{SERVICE_RUN_PER_DAY, SERVICE_RUN_PER_HOUR};
use crate::map::TableReach;
use crate::run_time::RunTimeLimit;

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
    /// Bytes over which an answer is refused; nothing for a lake.
    pub bytes_max: Option<u64>,
    /// Call limits, all of which hold; none for a lake.
    pub windows: Vec<Window>,
    /// Limits of run time, all of which hold; none for a lake, and for services that do not say how much they allow.
    pub run_time: Vec<RunTimeLimit>,
}

/// Most rows of an answer of the hunting APIs.
///
/// Source: <https://learn.microsoft.com/graph/api/security-security-runhuntingquery>.
pub const SERVICE_ROWS_MAX: usize = 100_000;

/// Most bytes of an answer of the hunting APIs: 50 MB.
///
/// Source: as [`SERVICE_ROWS_MAX`].
pub const SERVICE_BYTES_MAX: u64 = 50_000_000;

impl BackendLimits {
    /// The limits of a tenant's hunting API with `tables`: 45 calls a minute, 1,500 an hour, 100,000 rows, 50 MB. Defender for
    /// Endpoint also limits run time, to [`SERVICE_RUN_PER_HOUR`] and [`SERVICE_RUN_PER_DAY`]; the others give a tenant a share of
    /// processor time by its size, which they do not tell.
    ///
    /// Source: <https://learn.microsoft.com/defender-endpoint/api/run-advanced-query-api>.
    #[must_use]
    pub fn service(tables: TableReach) -> Self {
        let seconds = Duration::from_secs;
        Self {
            tables,
            rows_max: SERVICE_ROWS_MAX,
            bytes_max: Some(SERVICE_BYTES_MAX),
            run_time: match tables {
                TableReach::All => Vec::new(),
                TableReach::EndpointOnly => vec![
                    RunTimeLimit {
                        run_time: SERVICE_RUN_PER_HOUR,
                        length: seconds(3_600),
                    },
                    RunTimeLimit {
                        run_time: SERVICE_RUN_PER_DAY,
                        length: seconds(24 * 3_600),
                    },
                ],
            },
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
            bytes_max: None,
            windows: Vec::new(),
            run_time: Vec::new(),
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

/// What a row's name and punctuation for a cell take, besides the column's name.
const CELL_BYTES: u64 = 4;

impl BackendRows {
    /// How many bytes the rows take on the wire, where each names its columns; an estimate.
    pub(crate) fn bytes(&self) -> u64 {
        let names = self.columns.iter().map(|column| length(&column.name));
        let names: u64 = names.map(|name| name + CELL_BYTES).sum();
        let cells = self.rows.iter().flatten().map(cell_bytes).sum::<u64>();
        names * self.rows.len() as u64 + cells
    }
}

fn cell_bytes(cell: &Value) -> u64 {
    match cell {
        Value::String(text) => length(text) + 2,
        Value::Null | Value::Bool(_) => CELL_BYTES,
        other => length(&other.to_string()),
    }
}

fn length(text: &str) -> u64 {
    text.len() as u64
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
