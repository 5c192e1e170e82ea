//! Advanced hunting: three APIs, one result.
//!
//! Sources, learn.microsoft.com: `graph/api/security-security-runhuntingquery` (Graph),
//! `defender-xdr/api-advanced-hunting` (Defender XDR), `defender-endpoint/api/run-advanced-query-api`
//! (Defender for Endpoint).

mod api;
mod cell;
mod decode;
mod problem;
mod request;
mod result;
mod rows;
mod timespan;

use std::time::Duration;

use tesem_state::{Window, WindowUsage};

pub use api::{HuntingApi, Retirement, UnknownHuntingApi};
pub use decode::decode;
pub use problem::HuntingProblem;
pub use request::request;
pub use result::{HuntingColumn, HuntingResult, HuntingStats, HuntingType};
pub use timespan::{InvalidTimespan, Timespan};

use crate::call::CallKind;
use crate::retry::Repeat;
use crate::{DefenderClient, DefenderError};

/// 45 calls a minute.
///
/// Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api, "Limitations", and
/// learn.microsoft.com/graph/api/resources/security-api-overview, "at least 45 calls per minute per tenant".
pub const HUNTING_CALLS_PER_MINUTE: Window = Window {
    limit: 45,
    length: Duration::from_secs(60),
};

/// 1,500 calls an hour.
///
/// Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api, "Limitations". The pages of the
/// other two APIs name no hourly limit; the same one is kept there.
pub const HUNTING_CALLS_PER_HOUR: Window = Window {
    limit: 1_500,
    length: Duration::from_secs(3_600),
};

/// Most rows that one query returns. A result of exactly this many rows was probably cut.
///
/// Source: learn.microsoft.com/defender-xdr/advanced-hunting-limits.
pub const HUNTING_ROWS_MAX: usize = 100_000;

/// Advanced hunting in one tenant, from [`DefenderClient::hunting`].
#[derive(Debug)]
pub struct Hunting<'a> {
    client: &'a DefenderClient,
    api: HuntingApi,
}

impl<'a> Hunting<'a> {
    pub(crate) fn new(client: &'a DefenderClient, api: HuntingApi) -> Self {
        Self { client, api }
    }

    /// The API in use.
    #[must_use]
    pub fn api(&self) -> HuntingApi {
        self.api
    }

    /// Runs `query`, a KQL text, and returns all of its rows.
    ///
    /// Hunting only reads, so that a request whose answer was lost is repeated. `timespan` narrows the
    /// service's window of 30 days; only Graph knows it. Waits for the quota, visibly through
    /// [`ClientOptions::observer`](crate::ClientOptions::observer). Dropping the future abandons the call.
    ///
    /// # Errors
    /// [`DefenderError`]; [`DefenderError::hunting_problem`] says whether a smaller or another query can help.
    pub async fn run(
        &self,
        query: &str,
        timespan: Option<&Timespan>,
    ) -> Result<HuntingResult, DefenderError> {
        let request = request(
            self.api,
            &self.client.core.settings.endpoints,
            query,
            timespan,
        )?;
        let kind = self.call_kind();
        let answer = self.client.core.caller.call(&kind, &request).await?;
        let decoded = decode(self.api, &answer.content_type, &answer.body);
        let request_id = answer.request_id;
        match decoded {
            Ok(result) => Ok(HuntingResult {
                request_id,
                ..result
            }),
            Err(source) => Err(DefenderError::Unreadable {
                operation: kind.operation,
                request: request_id,
                source,
            }),
        }
    }

    /// How full the windows of the call quota are now, as far as the ledger knows.
    ///
    /// # Errors
    /// [`DefenderError::Ledger`].
    pub async fn quota(&self) -> Result<Vec<WindowUsage>, DefenderError> {
        self.client.core.caller.usage(&self.call_kind()).await
    }

    pub(crate) fn call_kind(&self) -> CallKind {
        CallKind {
            operation: "run hunting query",
            service: self.api.service(),
            repeat: Repeat::Safe,
            endpoint: self.api.endpoint(),
            windows: self
                .client
                .core
                .caller
                .requests
                .options
                .hunting_windows
                .clone(),
            permissions: self.api.permissions(),
        }
    }
}
