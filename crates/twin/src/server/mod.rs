//! The running twin: its state, its listener, and the way of a call through it.

mod connection;
mod deliver;
mod dispatch;
mod read_body;
mod run;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

pub use run::{RunningTwin, TwinWarning, start};

use crate::call_log::CallLog;
use crate::clock::TwinTime;
use crate::envelope::Face;
use crate::error::TwinError;
use crate::fault::Faults;
use crate::hunting::HuntingRuntime;
use crate::ids::IdSequence;
use crate::inventory::Inventory;
use crate::options::{TwinLimits, TwinOptions, UnverifiedBehaviour};
use crate::prepared::PreparedTenant;
use crate::quota::{
    CallLedger, Exceeded, QuotaKey, QuotaSetting, QuotaWindow, RunTimeBudget, RunTimeLedger,
    RunTimeSetting,
};
use crate::refusal::Refusal;
use crate::route::Route;
use crate::signin::{DeviceCodes, TokenSigner};
use crate::state::{TenantCell, TenantState};
use crate::tenant::Tenant;

/// Everything a handler can see.
#[derive(Debug)]
pub(crate) struct Twin {
    pub(crate) tenant: Tenant,
    pub(crate) prepared: Arc<PreparedTenant>,
    pub(crate) time: TwinTime,
    pub(crate) ids: IdSequence,
    pub(crate) signer: TokenSigner,
    pub(crate) quota: QuotaSetting,
    pub(crate) limits: TwinLimits,
    pub(crate) unverified: UnverifiedBehaviour,
    pub(crate) calls: CallLog,
    pub(crate) faults: Faults,
    pub(crate) hunting: HuntingRuntime,
    /// The tenant as calls have changed it.
    pub(crate) state: TenantCell,
    /// What vulnerability management knows, once somebody asked.
    inventory: OnceCell<Inventory>,
    /// The ids of tokens that are good no more.
    pub(crate) revoked: Mutex<HashSet<String>>,
    /// Codes that wait for a person.
    pub(crate) device_codes: Mutex<DeviceCodes>,
    /// One permit for each query that may run at the same time.
    pub(crate) query_slots: Semaphore,
    run_time: RunTimeSetting,
    call_ledger: Mutex<CallLedger>,
    run_time_ledger: Mutex<RunTimeLedger>,
}

impl Twin {
    fn new(options: TwinOptions, prepared: Arc<PreparedTenant>) -> Result<Self, TwinError> {
        let tenant = prepared.tenant.clone();
        Ok(Self {
            time: TwinTime::new(options.clock),
            ids: IdSequence::new(&tenant.tenant_id),
            signer: TokenSigner::new(&tenant),
            quota: options.quota,
            calls: CallLog::new(options.limits.logged_calls_max),
            faults: Faults::default(),
            hunting: HuntingRuntime::new(&prepared)?,
            state: TenantCell::new(&prepared, options.indicators),
            inventory: OnceCell::new(),
            revoked: Mutex::default(),
            device_codes: Mutex::default(),
            query_slots: Semaphore::new(options.limits.concurrent_queries.max(1)),
            limits: options.limits,
            unverified: options.unverified,
            run_time: options.run_time,
            call_ledger: Mutex::default(),
            run_time_ledger: Mutex::default(),
            tenant,
            prepared,
        })
    }

    /// The call quota of a route.
    pub(crate) fn windows(&self, route: &Route) -> Vec<QuotaWindow> {
        match &self.quota {
            QuotaSetting::Off => Vec::new(),
            QuotaSetting::Documented => route
                .quota
                .map(|quota| quota.windows().to_vec())
                .unwrap_or_default(),
            QuotaSetting::Custom(_) if route.face.audience().is_none() => Vec::new(),
            QuotaSetting::Custom(windows) => windows.clone(),
        }
    }

    /// Counts a call, or says what it exceeds.
    pub(crate) fn admit(&self, route: &'static Route, app: &str) -> Result<(), Exceeded> {
        let key = QuotaKey {
            endpoint: route.path,
            app: app.to_owned(),
        };
        let (windows, now) = (self.windows(route), self.time.now());
        let mut ledger = self
            .call_ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let admitted = ledger.admit(key.clone(), &windows, now);
        if admitted.is_err() && self.unverified.refused_calls_count {
            ledger.count_refused(key, now);
        }
        admitted
    }

    /// The run-time budgets of a face's queries.
    pub(crate) fn run_time_budgets(&self, face: Face) -> &[RunTimeBudget] {
        match (&self.quota, face) {
            (QuotaSetting::Off, _) => &[],
            (_, Face::Endpoint) => &self.run_time.endpoint,
            _ => &self.run_time.tenant,
        }
    }

    /// What vulnerability management knows. The first caller waits for the tables to be read.
    pub(crate) async fn inventory(&self) -> Result<&Inventory, Refusal> {
        self.inventory
            .get_or_try_init(|| Inventory::read(self))
            .await
    }

    /// The tenant's state as of now.
    pub(crate) fn tenant_state(&self) -> MutexGuard<'_, TenantState> {
        self.state.at(self.time.now())
    }

    /// Takes what calls, faults and clock moves left behind away.
    pub(crate) fn reset(&self) {
        self.time.reset();
        self.calls.clear();
        self.faults.clear();
        self.state.reset(&self.prepared);
        *self
            .device_codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = DeviceCodes::default();
        self.revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.call_ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reset();
        self.run_time_ledger().reset();
    }

    pub(crate) fn run_time_ledger(&self) -> MutexGuard<'_, RunTimeLedger> {
        self.run_time_ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
