//! What a twin is started with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{SystemTwinClock, TwinClock};
use crate::generate::GenerateOptions;
use crate::prepared::PreparedTenant;
use crate::quota::{QuotaSetting, RunTimeSetting};
use crate::state::KeptIndicators;

const MEBIBYTE: usize = 1024 * 1024;

/// Where a twin's tenant comes from.
#[derive(Debug, Clone)]
pub enum TwinSource {
    /// A data directory: `tenant.json`, `tables/<Table>.jsonl` or `.parquet`, `external/` for `externaldata`, and
    /// arrays of API entities. Every file is optional.
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
    /// Its custom indicators, in place of the source's.
    pub indicators: Option<KeptIndicators>,
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
            indicators: None,
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
    /// Entities on a page, where the service's own pages are not smaller. Documented: 10,000, for vulnerabilities 8,000.
    pub page_rows_max: usize,
    /// Rows on a page of an export assessment when the call does not say. Documented: 50,000.
    pub export_rows_default: usize,
    /// Rows of a file of an export assessment. Not documented; 100,000.
    pub export_file_rows: usize,
    /// Active indicators of the tenant. Documented: 15,000.
    pub indicators_max: usize,
    /// How long a machine action is `Pending` before it is `InProgress`. Not documented; five seconds.
    pub action_pending: Duration,
    /// How long a machine action is `InProgress`. Not documented; 55 seconds.
    pub action_running: Duration,
    /// How long an action waits for a device that does not report. Documented for live response: three days.
    pub action_patience: Duration,
    /// Live response sessions at the same time. Documented: 25.
    pub live_response_sessions: usize,
    /// How long the address of a package or of a live response result is good. Documented for live response: 30 minutes.
    pub link_life: Duration,
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
            page_rows_max: 10_000,
            export_rows_default: 50_000,
            export_file_rows: 100_000,
            indicators_max: 15_000,
            action_pending: Duration::from_secs(5),
            action_running: Duration::from_secs(55),
            action_patience: Duration::from_secs(3 * 24 * 60 * 60),
            live_response_sessions: 25,
            link_life: Duration::from_secs(30 * 60),
        }
    }
}

/// Behaviour of the service that no public page or capture settles: the default is the likelier reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
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
    /// Whether `$select` and `$orderby` work; no page of the Defender for Endpoint API offers them.
    pub select_and_order: SelectAndOrder,
    /// What the `@odata.count` counts that vulnerability management sends without being asked.
    pub vulnerability_count: CountScope,
    /// Where `@odata.nextLink` points. The service writes a generic host, which a twin's client must never reach.
    pub link_host: LinkHost,
    /// What becomes of a body under another content type than JSON.
    pub content_type: ContentTypeCheck,
    /// Which fields make a submitted indicator an update of another.
    pub indicator_key: IndicatorKey,
    /// Whether indicators of type `FileMd5` are accepted: documented, yet one implementer reports that they are refused.
    pub accepts_md5_indicators: bool,
    /// Whether addresses, domains and URLs take the action `BlockAndRemediate`: documented as refused, yet one tenant holds such items.
    pub remediates_network_indicators: bool,
    /// The answer to a deletion of one indicator.
    pub indicator_deletion: DeletionStatus,
    /// The answer to an action that is already pending for the device.
    pub repeated_action: RepeatedAction,
}

impl Default for UnverifiedBehaviour {
    fn default() -> Self {
        Self {
            refused_calls_count: false,
            bool_cells: BoolCells::Number,
            dynamic_cells: DynamicCells::Json,
            graph_wrong_audience: WrongAudience::Forbidden,
            graph_keys: KeyCase::Exact,
            select_and_order: SelectAndOrder::Evaluated,
            vulnerability_count: CountScope::Page,
            link_host: LinkHost::Twin,
            content_type: ContentTypeCheck::Refused,
            indicator_key: IndicatorKey::ValueAndType,
            accepts_md5_indicators: true,
            remediates_network_indicators: false,
            indicator_deletion: DeletionStatus::NoContent,
            repeated_action: RepeatedAction::Conflict,
        }
    }
}

/// A `bool` in a result of the Defender APIs, whose type they call `SByte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoolCells {
    /// `1` and `0`, as Graph does.
    Number,
    /// `true` and `false`.
    Literal,
}

/// A `dynamic` in a result of the Defender APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DynamicCells {
    /// A JSON value.
    Json,
    /// A string that holds JSON.
    Text,
}

/// The answer to a valid token for another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrongAudience {
    /// 403, as the Defender APIs do.
    Forbidden,
    /// 401 `InvalidAuthenticationToken`, as other parts of Graph do.
    Unauthorized,
}

/// How the keys of a request body are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyCase {
    /// `Query` only.
    Exact,
    /// `query` and `QUERY`, too.
    Any,
}

/// What becomes of `$select` and `$orderby`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectAndOrder {
    /// They do what OData says.
    Evaluated,
    /// 400 `ODataError`.
    Refused,
}

/// What a count counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountScope {
    /// The entities of the page, as in the one published capture.
    Page,
    /// All entities that fit.
    Total,
}

/// The host of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkHost {
    /// The host that was called.
    Twin,
    /// The service's own: only for clients that are known not to follow it.
    Service,
}

/// What becomes of a body under another content type than JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentTypeCheck {
    /// 415.
    Refused,
    /// It is read as JSON.
    Ignored,
}

/// Which fields two indicators share when the later one is an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKey {
    /// `indicatorValue` and `indicatorType`.
    ValueAndType,
    /// These and `action`: one tenant holds two ids for one value with different actions.
    ValueTypeAndAction,
}

/// The status of a deletion that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletionStatus {
    /// 204, as documented.
    NoContent,
    /// 200 with an empty body, as in a capture.
    Ok,
}

/// The answer to an action that is already pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatedAction {
    /// 400 `ActiveRequestAlreadyExists`.
    Conflict,
    /// The pending action.
    PendingOne,
}
