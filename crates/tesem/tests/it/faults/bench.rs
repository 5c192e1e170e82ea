//! A small generated tenant and a client for it, on one clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tesem_defender::{ClientOptions, DefenderClient, Randomness};
use tesem_state::{ManualClock, MemoryLedger};
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{PreparedTenant, QuotaSetting, RunningTwin, TwinLimits, TwinOptions, TwinSource};
use uuid::Uuid;

use crate::quota::{Shared, client_with};

pub(super) struct Bench {
    pub(super) twin: RunningTwin,
    pub(super) client: DefenderClient,
    pub(super) clock: Arc<ManualClock>,
}

impl Bench {
    /// A tenant without quotas, hours after its data end. The client keeps its own quotas: the clock runs as it waits.
    pub(super) async fn new(limits: TwinLimits) -> Self {
        let clock = Arc::new(ManualClock::new(at("2026-11-01T06:30:00Z")));
        let mut options = TwinOptions::new(TwinSource::Prepared(prepared()));
        options.clock = Arc::new(Shared(Arc::clone(&clock)));
        options.quota = QuotaSetting::Off;
        options.limits = limits;
        let loopback = "127.0.0.1:0".parse().unwrap();
        let twin = tesem_twin::start(options, loopback).await.unwrap();
        let options = ClientOptions {
            randomness: Arc::new(Counted::default()),
            ..ClientOptions::default()
        };
        let ledger = Arc::new(MemoryLedger::new());
        let client = client_with(&twin, clock.clone(), ledger, options);
        Self {
            twin,
            client,
            clock,
        }
    }
}

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

/// The tenant's data, made once for all tests.
fn prepared() -> Arc<PreparedTenant> {
    static PREPARED: OnceLock<Arc<PreparedTenant>> = OnceLock::new();
    let load = || {
        let options = GenerateOptions {
            devices: 30,
            days: 10,
            ..GenerateOptions::demo(at("2026-11-01T00:00:00Z"))
        };
        PreparedTenant::load(&TwinSource::Generated(options)).unwrap()
    };
    Arc::clone(PREPARED.get_or_init(load))
}

/// Ids and jitter from a counter, so that a run can be repeated.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Randomness for Counted {
    fn request_id(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }

    fn fraction(&self) -> f64 {
        let number = self.0.fetch_add(1, Ordering::Relaxed) % 64;
        u32::try_from(number).map_or(0.0, |number| f64::from(number) / 64.0)
    }
}
