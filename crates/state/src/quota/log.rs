//! The sliding log of one budget: pure, so that every store can decide with the same rule.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::budget::BudgetHead;
use super::{Window, WindowUsage};

/// The calls of one budget and the rule by which the next one is granted.
///
/// Memory is bounded by the calls of the longest window, because older ones are forgotten.
#[derive(Debug, Clone, Default)]
pub struct CallLog {
    /// Completed calls by the instant of their completion.
    finished: BTreeMap<(Timestamp, u64), Lease>,
    /// Calls without an answer: when they were granted and when their lease ends.
    unfinished: BTreeMap<u64, Lease>,
    /// The service's word: nothing goes before this instant.
    blocked_until: Option<Timestamp>,
    longest_window: Duration,
    next_id: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lease {
    granted: Timestamp,
    ends: Timestamp,
}

/// One call of a log, for stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallRecord {
    pub(crate) granted: Timestamp,
    pub(crate) lease_ends: Timestamp,
    /// When its answer came, or its lease was found to have ended.
    pub(crate) completed: Option<Timestamp>,
}

impl CallLog {
    /// Grants a call at `now` and gives its number, or says before which instant it cannot be granted.
    ///
    /// # Errors
    /// The earliest instant at which asking again can help.
    pub fn grant(
        &mut self,
        windows: &[Window],
        lease: Duration,
        now: Timestamp,
    ) -> Result<u64, Timestamp> {
        self.tidy(windows, now);
        match self.earliest(windows, 0, now) {
            Some(until) => Err(until),
            None => Ok(self.admit(lease, now)),
        }
    }

    /// Counts calls whose lease has ended as completed and drops what no window can see any more.
    pub(crate) fn tidy(&mut self, windows: &[Window], now: Timestamp) {
        self.settle_leases(now);
        self.forget(windows, now);
    }

    /// Notes a call that was granted at `now` and gives its number.
    pub(crate) fn admit(&mut self, lease: Duration, now: Timestamp) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let lease = Lease {
            granted: now,
            ends: later(now, lease),
        };
        self.unfinished.insert(id, lease);
        id
    }

    /// Records that call `id` was over at `at`; never before it was granted, whatever the clock says.
    pub fn complete(&mut self, id: u64, at: Timestamp) {
        let lease = self.unfinished.remove(&id);
        // Its lease may have ended before the answer came: the answer's time is the better one.
        let lease = lease.or_else(|| self.take_finished(id)).unwrap_or(Lease {
            granted: at,
            ends: at,
        });
        self.finished.insert((at.max(lease.granted), id), lease);
    }

    fn take_finished(&mut self, id: u64) -> Option<Lease> {
        let (key, lease) = self
            .finished
            .iter()
            .rev()
            .find(|((_, other), _)| *other == id)?;
        let (key, lease) = (*key, *lease);
        self.finished.remove(&key);
        Some(lease)
    }

    /// Forgets call `id`: it never reached the service.
    pub fn give_back(&mut self, id: u64) {
        self.unfinished.remove(&id);
    }

    /// The log that [`CallLog::record`] gave.
    pub(crate) fn restore(head: &BudgetHead, calls: &BTreeMap<u64, CallRecord>) -> Self {
        let mut log = Self {
            blocked_until: head.blocked_until,
            longest_window: head.longest_window,
            next_id: head.next_call,
            ..Self::default()
        };
        for (id, call) in calls {
            let lease = Lease {
                granted: call.granted,
                ends: call.lease_ends,
            };
            match call.completed {
                Some(completed) => log.finished.insert((completed, *id), lease),
                None => log.unfinished.insert(*id, lease),
            };
        }
        log
    }

    /// The log as plain values.
    pub(crate) fn record(&self) -> (BudgetHead, BTreeMap<u64, CallRecord>) {
        let record = |lease: &Lease, completed| CallRecord {
            granted: lease.granted,
            lease_ends: lease.ends,
            completed,
        };
        let finished = self
            .finished
            .iter()
            .map(|((at, id), lease)| (*id, record(lease, Some(*at))));
        let unfinished = self
            .unfinished
            .iter()
            .map(|(id, lease)| (*id, record(lease, None)));
        let head = BudgetHead {
            next_call: self.next_id,
            blocked_until: self.blocked_until,
            longest_window: self.longest_window,
        };
        (head, finished.chain(unfinished).collect())
    }

    /// Holds all calls until `until`, or longer when an earlier word said so.
    pub fn block(&mut self, until: Timestamp) {
        self.blocked_until = self.blocked_until.max(Some(until));
    }

    /// How full each of `windows` is at `now`.
    pub(crate) fn usage(&self, windows: &[Window], now: Timestamp) -> Vec<WindowUsage> {
        let usage = |window: &Window| WindowUsage {
            window: *window,
            used: self.used(*window, now),
        };
        windows.iter().map(usage).collect()
    }

    /// How many calls occupy `window` at `now`.
    #[must_use]
    pub fn used(&self, window: Window, now: Timestamp) -> u32 {
        let finished = self.finished.iter().rev();
        let occupying = finished
            .take_while(|((at, _), _)| later(*at, window.length) > now)
            .count();
        let held = self
            .unfinished
            .values()
            .filter(|lease| later(lease.ends, window.length) > now);
        u32::try_from(occupying + held.count()).unwrap_or(u32::MAX)
    }

    /// The instant before which no call can go, if there is one after `now`, when room is left for `ahead`
    /// other calls.
    pub(crate) fn earliest(
        &self,
        windows: &[Window],
        ahead: usize,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let by_window = windows
            .iter()
            .filter_map(|window| self.release(*window, ahead, now))
            .max();
        by_window.max(self.blocked_until.filter(|until| *until > now))
    }

    /// When `window` can let the next call through, if not now.
    ///
    /// The call whose leaving makes room is the `limit`-th youngest. Counted from the young end, unfinished
    /// calls come first: the earliest any of them can leave is one window length from now.
    fn release(&self, window: Window, ahead: usize, now: Timestamp) -> Option<Timestamp> {
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let Some(finished_before_it) = limit.checked_sub(self.unfinished.len() + 1 + ahead) else {
            return Some(later(now, window.length));
        };
        let (completed, _) = self.finished.keys().rev().nth(finished_before_it)?;
        Some(later(*completed, window.length)).filter(|free| *free > now)
    }

    /// Turns calls whose lease has ended into completed ones.
    fn settle_leases(&mut self, now: Timestamp) {
        let finished = &mut self.finished;
        self.unfinished.retain(|id, lease| {
            let is_running = lease.ends > now;
            if !is_running {
                finished.insert((lease.ends, *id), *lease);
            }
            is_running
        });
    }

    /// Drops what no window can see any more.
    fn forget(&mut self, windows: &[Window], now: Timestamp) {
        let longest = windows
            .iter()
            .map(|window| window.length)
            .max()
            .unwrap_or_default();
        self.longest_window = self.longest_window.max(longest);
        let horizon = self.longest_window;
        while let Some(oldest) = self.finished.first_entry() {
            if later(oldest.key().0, horizon) > now {
                break;
            }
            oldest.remove();
        }
        self.blocked_until = self.blocked_until.filter(|until| *until > now);
    }
}

/// `instant + duration`, at most the last representable instant.
fn later(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(Timestamp::MAX)
}
