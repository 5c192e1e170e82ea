//! A clock that stands still until somebody sleeps on it or moves it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::Clock;

/// How often a sleeper lets all other ready tasks run before it may move the clock, so that tasks with
/// an earlier deadline get to register it, and answers that already lie in a socket get read.
const TURNS_BEFORE_MOVING: u32 = 32;

/// A clock for tests and simulations: sleeping moves it.
///
/// Clones share one time. Of several sleepers the one with the earliest deadline moves the clock and
/// goes on first; the others go on in the order of their deadlines, sleepers with equal deadlines in the
/// order in which they went to sleep. A dropped sleeper does not hold up the others. Time never goes
/// backwards.
#[derive(Debug, Clone)]
pub struct ManualClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    times: Mutex<Times>,
    changed: Notify,
}

#[derive(Debug)]
struct Times {
    now: Timestamp,
    sleepers: BTreeSet<(Timestamp, u64)>,
    next_sleeper: u64,
}

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        let times = Times {
            now: start,
            sleepers: BTreeSet::new(),
            next_sleeper: 0,
        };
        Self {
            shared: Arc::new(Shared {
                times: Mutex::new(times),
                changed: Notify::new(),
            }),
        }
    }

    /// Moves the clock forward by `duration`, at most to the last representable instant.
    pub fn advance(&self, duration: Duration) {
        let target = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        self.advance_to(target);
    }

    /// Moves the clock forward to `target`; does nothing when that is in the past.
    pub fn advance_to(&self, target: Timestamp) {
        self.with_times(|times| times.now = times.now.max(target));
        self.shared.changed.notify_waiters();
    }

    fn with_times<T>(&self, act: impl FnOnce(&mut Times) -> T) -> T {
        act(&mut self
            .shared
            .times
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }

    fn register(&self, deadline: Timestamp) -> Sleeper<'_> {
        let entry = self.with_times(|times| {
            let entry = (deadline, times.next_sleeper);
            times.next_sleeper += 1;
            times.sleepers.insert(entry);
            entry
        });
        Sleeper { clock: self, entry }
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.with_times(|times| times.now)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let sleeper = self.register(deadline);
        loop {
            let changed = self.shared.changed.notified();
            for _ in 0..TURNS_BEFORE_MOVING {
                tokio::task::yield_now().await;
            }
            if sleeper.try_wake() {
                return;
            }
            changed.await;
        }
    }
}

/// One waiting task; leaves the queue when it is dropped, also when its future was cancelled.
#[derive(Debug)]
struct Sleeper<'a> {
    clock: &'a ManualClock,
    entry: (Timestamp, u64),
}

impl Sleeper<'_> {
    /// Whether this sleeper's time has come; moves the clock when it is the next in the queue.
    fn try_wake(&self) -> bool {
        self.clock.with_times(|times| {
            let is_next = times.sleepers.first() == Some(&self.entry);
            if is_next {
                times.now = times.now.max(self.entry.0);
            }
            is_next
        })
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock
            .with_times(|times| times.sleepers.remove(&self.entry));
        self.clock.shared.changed.notify_waiters();
    }
}
