//! Budgets of one process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    CallLog, CallRequest, LedgerError, Permit, QuotaKey, QuotaLedger, Reservation, Window,
    WindowUsage,
};

/// A ledger that lives and ends with the process. Share it (`Arc`) between all clients of the process,
/// because the service counts their calls together.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    logs: Mutex<BTreeMap<QuotaKey, CallLog>>,
}

impl MemoryLedger {
    /// A ledger that has seen no call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with_log<T>(&self, key: &QuotaKey, act: impl FnOnce(&mut CallLog) -> T) -> T {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = logs.get_mut(key) {
            return act(log);
        }
        act(logs.entry(key.clone()).or_default())
    }
}

#[async_trait]
impl QuotaLedger for MemoryLedger {
    async fn reserve(
        &self,
        request: &CallRequest,
        now: Timestamp,
    ) -> Result<Reservation, LedgerError> {
        request.refuse_closed_windows()?;
        let key = &request.key;
        let granted = self.with_log(key, |log| log.grant(&request.windows, request.lease, now));
        Ok(match granted {
            Ok(id) => Reservation::Granted(Permit::new(key.clone(), id)),
            Err(until) => Reservation::Wait(until),
        })
    }

    async fn completed(&self, permit: Permit, at: Timestamp) -> Result<(), LedgerError> {
        self.with_log(permit.key(), |log| log.complete(permit.id(), at));
        Ok(())
    }

    async fn returned(&self, permit: Permit) -> Result<(), LedgerError> {
        self.with_log(permit.key(), |log| log.give_back(permit.id()));
        Ok(())
    }

    async fn throttled(&self, key: &QuotaKey, until: Timestamp) -> Result<(), LedgerError> {
        self.with_log(key, |log| log.block(until));
        Ok(())
    }

    async fn usage(
        &self,
        key: &QuotaKey,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<WindowUsage>, LedgerError> {
        Ok(self.with_log(key, |log| log.usage(windows, now)))
    }
}
