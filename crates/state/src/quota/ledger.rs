//! The ledger's vocabulary and the trait that every store of budgets implements.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whose budget a call is taken from. Services of the Defender family count per endpoint, tenant and app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuotaKey {
    /// Tenant id or verified domain, as configured.
    pub tenant: String,
    /// Client id of the app that calls.
    pub app: String,
    /// The endpoint's name, e.g. `POST /v1.0/security/runHuntingQuery`.
    pub endpoint: String,
}

impl fmt::Display for QuotaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (tenant {}, app {})",
            self.endpoint, self.tenant, self.app
        )
    }
}

/// At most `limit` calls within any `length` of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Most calls in one window; a window of 0 calls is refused by every ledger.
    pub limit: u32,
    /// The window's length; longer than zero.
    pub length: Duration,
}

/// What a caller asks for: one call on `key`, under all of `windows`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRequest {
    /// Whose budget.
    pub key: QuotaKey,
    /// Every limit that holds for this endpoint. None means that nothing but a throttle can hold the call up.
    pub windows: Vec<Window>,
    /// The longest the call can take; the caller gives it up after that. A permit that was never settled,
    /// because its process ended or its task was dropped, counts as completed this long after it was granted.
    pub lease: Duration,
}

impl CallRequest {
    /// Refuses windows that no call can ever pass.
    pub(crate) fn refuse_closed_windows(&self) -> Result<(), LedgerError> {
        let closed = |window: &&Window| window.limit == 0 || window.length.is_zero();
        match self.windows.iter().find(closed) {
            None => Ok(()),
            Some(&Window { limit, length }) => Err(LedgerError::ClosedWindow {
                key: self.key.clone(),
                limit,
                length,
            }),
        }
    }
}

/// The right to make one call. Settle it with [`QuotaLedger::completed`] or [`QuotaLedger::returned`];
/// a permit that is only dropped occupies its windows until its lease has ended.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "settle a permit with `completed` or `returned`, or it occupies the window for its whole lease"]
pub struct Permit {
    key: QuotaKey,
    id: u64,
}

impl Permit {
    /// A permit for one call on `key`; `id` is the ledger's own number for it. For ledgers only.
    pub fn new(key: QuotaKey, id: u64) -> Self {
        Self { key, id }
    }

    /// The budget the permit was taken from.
    #[must_use]
    pub fn key(&self) -> &QuotaKey {
        &self.key
    }

    /// The ledger's number for the permit.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }
}

/// The ledger's answer to a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The call may go now.
    Granted(Permit),
    /// The call may not go before this instant; ask again then. It is the earliest instant at which the
    /// answer can be another one, as far as the ledger knows now.
    Wait(Timestamp),
}

/// How full one window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WindowUsage {
    /// The window.
    pub window: Window,
    /// Calls that occupy it now, finished and unfinished.
    pub used: u32,
}

/// Why a ledger could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// A window that no call can ever pass.
    #[error(
        "the quota window of {limit} calls per {length:?} for {key} lets no call through; \
         give a limit and a length above zero"
    )]
    ClosedWindow {
        /// The budget.
        key: QuotaKey,
        /// Its limit.
        limit: u32,
        /// Its length.
        length: Duration,
    },
    /// The store behind the ledger failed.
    #[error("the quota ledger could not {action}")]
    Store {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// The store's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Keeps call budgets. In memory for one process ([`MemoryLedger`](crate::MemoryLedger)); other
/// implementations share budgets through a database, which is why every method may wait and may fail.
///
/// Implementations decide and record in one step (one lock, one transaction): two callers that ask at
/// the same time never both get the last call.
#[async_trait]
pub trait QuotaLedger: fmt::Debug + Send + Sync {
    /// Asks for one call at `now`.
    ///
    /// # Errors
    /// [`LedgerError::ClosedWindow`] for a window without calls or length; [`LedgerError::Store`].
    async fn reserve(
        &self,
        request: &CallRequest,
        now: Timestamp,
    ) -> Result<Reservation, LedgerError>;

    /// Settles a call whose answer arrived, or that was given up, at `at`.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn completed(&self, permit: Permit, at: Timestamp) -> Result<(), LedgerError>;

    /// Gives back a call that certainly never reached the service.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn returned(&self, permit: Permit) -> Result<(), LedgerError>;

    /// Records the service's word that no call on `key` may go before `until`. The latest word in time counts.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn throttled(&self, key: &QuotaKey, until: Timestamp) -> Result<(), LedgerError>;

    /// How full the windows of `key` are at `now`.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn usage(
        &self,
        key: &QuotaKey,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<WindowUsage>, LedgerError>;
}
