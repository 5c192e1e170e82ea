//! What a twin is started with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{SystemTwinClock, TwinClock};
use crate::generate::GenerateOptions;
use crate::prepared::PreparedTenant;
use crate::quota::{QuotaSetting, RunTimeSetting};

const MEBIBYTE: usize = 1024 * 1024;

/// Where a twin's tenant comes from.
#[derive(Debug, Clone)]
pub enum TwinSource {
    /// A data directory: `tenant.json`, `tables/<Table>.jsonl` or `.parquet`, and arrays of API entities. Every file is optional.
    Directory(PathBuf),
    /// A generated tenant; the same options give the same bytes.
    Generated(GenerateOptions),
    /// One that was loaded before, so that several twins can share its tables.
    Prepared(Arc<PreparedTenant>),
}

/// How a twin behaves.
#[derive(Debug, Clone)]
pub struct TwinOptions {
    /// The tenant.
    pub source: TwinSource,
    /// The call quotas.
    pub quota: QuotaSetting,
    /// The run-time quotas; not kept when `quota` is [`QuotaSetting::Off`].
    pub run_time: RunTimeSetting,
    /// What time it is.
    pub clock: Arc<dyn TwinClock>,
    /// Sizes, times and counts.
    pub limits: TwinLimits,
    /// What no public page settles.
    pub unverified: UnverifiedBehaviour,
}

impl TwinOptions {
    /// The documented behaviour, on the computer's clock.
    #[must_use]
    pub fn new(source: TwinSource) -> Self {
        Self {
            source,
            quota: QuotaSetting::Documented,
            run_time: RunTimeSetting::default(),
            clock: Arc::new(SystemTwinClock),
            limits: TwinLimits::default(),
            unverified: UnverifiedBehaviour::default(),
        }
    }
}

/// Limits of the emulated service and of the twin itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinLimits {
    /// Bytes of a request body; more is answered with 413. Not documented; two mebibytes.
    pub body_bytes_max: usize,
    /// Bytes of a query's text; more is refused. Not documented; one tool assumes about one megabyte: one mebibyte.
    pub query_bytes_max: usize,
    /// Rows of a result; the rest is cut off without a word. Documented: 100,000.
    pub rows_max: usize,
    /// Bytes of a result. Documented: 50 MB, 124 MB on an older page of the Defender for Endpoint API.
    pub result_bytes_max: usize,
    /// How far back the tables can be seen. Documented: 30 days.
    pub visible: Duration,
    /// Run time of one query through the Defender for Endpoint API. Documented: 200 seconds.
    pub endpoint_query_time_max: Duration,
    /// Run time of one query through Defender XDR and Graph. Documented: three minutes.
    pub tenant_query_time_max: Duration,
    /// Queries the twin runs at the same time; others wait. The service does run several; the number is ours.
    pub concurrent_queries: usize,
    /// Connections the twin keeps open; others wait in the operating system's queue.
    pub connections_max: usize,
    /// How long a request body may take to arrive, and a connection may stay silent.
    pub patience: Duration,
    /// Calls the log keeps; the oldest go first.
    pub logged_calls_max: usize,
}

impl Default for TwinLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 2 * MEBIBYTE,
            query_bytes_max: MEBIBYTE,
            rows_max: 100_000,
            result_bytes_max: 50_000_000,
            visible: Duration::from_secs(30 * 24 * 60 * 60),
            endpoint_query_time_max: Duration::from_secs(200),
            tenant_query_time_max: Duration::from_secs(180),
            concurrent_queries: 4,
            connections_max: 512,
            patience: Duration::from_secs(120),
            logged_calls_max: 100_000,
        }
    }
}

/// Behaviour of the service that no public page or capture settles: the default is the likelier reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnverifiedBehaviour {
    /// Whether a call that was refused with 429 counts against the quota.
    pub refused_calls_count: bool,
    /// How the Defender APIs write a `bool` cell.
    pub bool_cells: BoolCells,
    /// How the Defender APIs write a `dynamic` cell.
    pub dynamic_cells: DynamicCells,
    /// What Graph answers to a token for another service.
    pub graph_wrong_audience: WrongAudience,
    /// Whether Graph reads the keys of a hunting request in any letter case.
    pub graph_keys: KeyCase,
}

impl Default for UnverifiedBehaviour {
    fn default() -> Self {
        Self {
            refused_calls_count: false,
            bool_cells: BoolCells::Number,
            dynamic_cells: DynamicCells::Json,
            graph_wrong_audience: WrongAudience::Forbidden,
            graph_keys: KeyCase::Exact,
        }
    }
}

/// A `bool` in a result of the Defender APIs, whose type they call `SByte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoolCells {
    /// `1` and `0`, as Graph does.
    Number,
    /// `true` and `false`.
    Literal,
}

/// A `dynamic` in a result of the Defender APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DynamicCells {
    /// A JSON value.
    Json,
    /// A string that holds JSON.
    Text,
}

/// The answer to a valid token for another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongAudience {
    /// 403, as the Defender APIs do.
    Forbidden,
    /// 401 `InvalidAuthenticationToken`, as other parts of Graph do.
    Unauthorized,
}

/// How the keys of a request body are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCase {
    /// `Query` only.
    Exact,
    /// `query` and `QUERY`, too.
    Any,
}
