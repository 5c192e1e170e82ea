//! Waiting for a call in the order of arrival.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::Mutex as Queue;

use super::{CallRequest, LedgerError, Permit, QuotaKey, QuotaLedger, Reservation};
use crate::Clock;

/// A ledger, a clock and a queue per budget: who asks first, calls first.
///
/// Fair among the callers of one gate, so share one gate per ledger within a process. Processes that share
/// a ledger through a database take turns as the ledger lets them.
#[derive(Debug)]
pub struct QuotaGate {
    ledger: Arc<dyn QuotaLedger>,
    clock: Arc<dyn Clock>,
    queues: Mutex<BTreeMap<QuotaKey, Arc<Queue<()>>>>,
}

/// Why a caller got no permit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// The next call is possible only after the caller's deadline. Nothing was waited for in vain.
    #[error("no call is possible before {until}, which is after the deadline of {deadline}")]
    TooLate {
        /// The earliest instant at which a call may be possible.
        until: Timestamp,
        /// The caller's deadline.
        deadline: Timestamp,
    },
    /// The ledger failed.
    #[error("the quota could not be asked for")]
    Ledger(#[from] LedgerError),
}

impl QuotaGate {
    /// A gate in front of `ledger`, waiting on `clock`.
    #[must_use]
    pub fn new(ledger: Arc<dyn QuotaLedger>, clock: Arc<dyn Clock>) -> Self {
        Self {
            ledger,
            clock,
            queues: Mutex::default(),
        }
    }

    /// The ledger behind the gate, for settling permits and for asking about usage.
    #[must_use]
    pub fn ledger(&self) -> &Arc<dyn QuotaLedger> {
        &self.ledger
    }

    /// Waits for its turn and then for the quota, and returns the permit for one call.
    ///
    /// `on_wait` is told the instant up to which the head of the queue waits, each time it begins to wait.
    /// Dropping the future leaves the queue and takes nothing from the budget. A caller behind others
    /// learns that its `deadline` cannot be met when its turn comes.
    ///
    /// # Errors
    /// [`GateError::TooLate`] as soon as it is known that `deadline` cannot be met; [`GateError::Ledger`].
    pub async fn acquire(
        &self,
        request: &CallRequest,
        deadline: Timestamp,
        on_wait: &(dyn Fn(Timestamp) + Sync),
    ) -> Result<Permit, GateError> {
        let queue = self.queue(&request.key);
        let _turn = queue.lock().await;
        loop {
            match self.ledger.reserve(request, self.clock.now()).await? {
                Reservation::Granted(permit) => return Ok(permit),
                Reservation::Wait(until) if until > deadline => {
                    return Err(GateError::TooLate { until, deadline });
                }
                Reservation::Wait(until) => {
                    on_wait(until);
                    self.clock.sleep_until(until).await;
                }
            }
        }
    }

    fn queue(&self, key: &QuotaKey) -> Arc<Queue<()>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(key.clone()).or_default())
    }
}
