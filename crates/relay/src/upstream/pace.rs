//! How often a tenant is asked.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use crate::time::Time;

/// How often calls may be made: some at once, and then one after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Most calls at once, after a time without calls; zero is as one.
    pub burst: u32,
    /// The time after which one more call may be made.
    pub interval: Duration,
}

impl Pace {
    /// What the quota of hunting allows to a tenant, 45 calls a minute and 1,500 an hour: with this pace there are at most
    /// 20 + 60 / 2.5 = 44 in any minute, and 20 + 3,600 / 2.5 = 1,460 in any hour.
    ///
    /// Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api, "Limitations".
    pub const HUNTING: Self = Self {
        burst: 20,
        interval: Duration::from_millis(2_500),
    };

    /// What the quota of alerts allows, 100 calls a minute and 1,500 an hour for files, domains and addresses each: with this pace
    /// there are at most 60 + 60 / 2.5 = 84 in any minute, and 60 + 3,600 / 2.5 = 1,500 in any hour.
    ///
    /// Source: learn.microsoft.com/defender-endpoint/api/get-file-related-alerts and its neighbours, "Limitations".
    pub const ALERTS: Self = Self {
        burst: 60,
        interval: Duration::from_millis(2_500),
    };

    fn intervals(self, count: u32) -> Duration {
        self.interval.saturating_mul(count)
    }

    /// How much too early `now` is for another call after those that are earned then.
    fn early(self, earned: Timestamp, now: Timestamp) -> Duration {
        let ahead = Duration::try_from(earned.duration_since(now)).unwrap_or_default();
        ahead.saturating_sub(self.intervals(self.burst.saturating_sub(1)))
    }
}

/// How often a tenant is asked; without a pace as often as anybody wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paces {
    /// By hunting queries.
    pub hunting: Option<Pace>,
    /// For the alerts of files, of domains, and of addresses, each.
    pub alerts: Option<Pace>,
}

impl Paces {
    /// What the documented quotas allow.
    pub const DOCUMENTED: Self = Self {
        hunting: Some(Pace::HUNTING),
        alerts: Some(Pace::ALERTS),
    };

    /// For a service without quotas.
    pub const NONE: Self = Self {
        hunting: None,
        alerts: None,
    };
}

/// Most calls of a kind at the same time: a service that is slow has no use for more, and what waits meanwhile is asked together.
const CALLS_AT_ONCE: usize = 4;

/// Turns to make a call, given in the order in which they were asked for.
pub(super) struct Turns {
    /// Nothing where calls may be made at any time.
    pace: Option<Pace>,
    time: Arc<dyn Time>,
    /// When the calls that were made would be earned, at one after each interval.
    earned: Mutex<Timestamp>,
    /// How many calls may be under way at the same time.
    places: Semaphore,
}

impl Turns {
    pub(super) fn new(pace: Option<Pace>, time: Arc<dyn Time>) -> Self {
        Self {
            pace,
            time,
            earned: Mutex::new(Timestamp::MIN),
            places: Semaphore::new(CALLS_AT_ONCE),
        }
    }

    /// Whether nobody would have to wait for a turn.
    pub(super) fn is_free(&self) -> bool {
        let Some(pace) = self.pace else {
            return true;
        };
        // Whoever holds it waits.
        let earned = self.earned.try_lock();
        earned.is_ok_and(|earned| pace.early(*earned, self.time.now()).is_zero())
    }

    /// Takes a turn where one is free; somebody else says otherwise when it is not.
    pub(super) fn take(&self) {
        if let (Some(pace), Ok(mut earned)) = (self.pace, self.earned.try_lock()) {
            let now = self.time.now();
            if pace.early(*earned, now).is_zero() {
                *earned = (*earned).max(now).checked_add(pace.interval).unwrap_or(now);
            }
        }
    }

    /// Becomes ready when a call may be made, and counts it as made, and as under way as long as what it gives is held. Whoever gives up
    /// waiting takes no turn.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it.
        let place = self.places.acquire().await.ok();
        if let Some(pace) = self.pace {
            self.wait_for(pace).await;
        }
        place
    }

    async fn wait_for(&self, pace: Pace) {
        // It is held while its holder waits: those who come later wait for it, in their order.
        let mut earned = self.earned.lock().await;
        loop {
            let now = self.time.now();
            // More than the pace allows comes of a clock that was set back.
            let latest = now.checked_add(pace.intervals(pace.burst.max(1)));
            *earned = (*earned).clamp(now, latest.unwrap_or(now));
            let early = pace.early(*earned, now);
            if early.is_zero() {
                *earned = earned.checked_add(pace.interval).unwrap_or(now);
                return;
            }
            self.time.after(early).await;
        }
    }
}
