//! The twin's own call quotas: how many calls a client may make, and how much run time its queries may take.
//!
//! The service counts per endpoint, tenant and app: the key in its refusals reads `Destination+TenantID+AppID`. Documented are 45
//! calls a minute and 1,500 an hour for hunting, 100 a minute and 1,500 an hour elsewhere.
//! Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api and the "Limitations" of each API page there.

mod ledger;
mod run_time;
mod setting;

pub(crate) use ledger::{CallLedger, Exceeded, QuotaKey};
pub(crate) use run_time::RunTimeLedger;
pub use run_time::{RunTimeBudget, RunTimeSetting};
pub use setting::{QuotaSetting, QuotaSyntaxError, QuotaWindow};

/// The documented windows of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DocumentedQuota {
    /// Calls in any 60 seconds.
    pub(crate) calls_per_minute: u32,
    /// Calls in any 60 minutes.
    pub(crate) calls_per_hour: u32,
}

/// 45 a minute, 1,500 an hour.
pub(crate) const HUNTING: DocumentedQuota = DocumentedQuota {
    calls_per_minute: 45,
    calls_per_hour: 1_500,
};

impl DocumentedQuota {
    pub(crate) fn windows(self) -> [QuotaWindow; 2] {
        [
            QuotaWindow {
                limit: self.calls_per_minute,
                length: setting::MINUTE,
            },
            QuotaWindow {
                limit: self.calls_per_hour,
                length: setting::HOUR,
            },
        ]
    }
}
