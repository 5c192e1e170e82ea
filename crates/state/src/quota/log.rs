//! The sliding log of one budget: pure, so that every store can decide with the same rule.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::Window;

/// The calls of one budget and the rule by which the next one is granted.
///
/// Memory is bounded by the calls of the longest window, because older ones are forgotten.
#[derive(Debug, Clone, Default)]
pub struct CallLog {
    /// Completed calls by the instant of their completion.
    finished: BTreeSet<(Timestamp, u64)>,
    /// Calls without an answer: when they were granted and when their lease ends.
    unfinished: BTreeMap<u64, Lease>,
    /// The service's word: nothing goes before this instant.
    blocked_until: Option<Timestamp>,
    longest_window: Duration,
    next_id: u64,
}

#[derive(Debug, Clone, Copy)]
struct Lease {
    granted: Timestamp,
    ends: Timestamp,
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
        self.settle_leases(now);
        self.forget(windows, now);
        if let Some(until) = self.earliest(windows, now) {
            return Err(until);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.unfinished.insert(
            id,
            Lease {
                granted: now,
                ends: later(now, lease),
            },
        );
        Ok(id)
    }

    /// Records that call `id` was over at `at`; never before it was granted, whatever the clock says.
    pub fn complete(&mut self, id: u64, at: Timestamp) {
        let completed = match self.unfinished.remove(&id) {
            Some(lease) => at.max(lease.granted),
            None => {
                // Its lease ended before the answer came: the answer's time is the better one.
                self.finished.retain(|(_, other)| *other != id);
                at
            }
        };
        self.finished.insert((completed, id));
    }

    /// Forgets call `id`: it never reached the service.
    pub fn give_back(&mut self, id: u64) {
        self.unfinished.remove(&id);
    }

    /// Holds all calls until `until`, or longer when an earlier word said so.
    pub fn block(&mut self, until: Timestamp) {
        self.blocked_until = self.blocked_until.max(Some(until));
    }

    /// How many calls occupy `window` at `now`.
    #[must_use]
    pub fn used(&self, window: Window, now: Timestamp) -> u32 {
        let finished = self.finished.iter().rev();
        let occupying = finished
            .take_while(|(at, _)| later(*at, window.length) > now)
            .count();
        let held = self
            .unfinished
            .values()
            .filter(|lease| later(lease.ends, window.length) > now);
        u32::try_from(occupying + held.count()).unwrap_or(u32::MAX)
    }

    /// The instant before which no call can go, if there is one after `now`.
    fn earliest(&self, windows: &[Window], now: Timestamp) -> Option<Timestamp> {
        let by_window = windows
            .iter()
            .filter_map(|window| self.release(*window, now))
            .max();
        by_window.max(self.blocked_until.filter(|until| *until > now))
    }

    /// When `window` can let the next call through, if not now.
    ///
    /// The call whose leaving makes room is the `limit`-th youngest. Counted from the young end, unfinished
    /// calls come first: the earliest any of them can leave is one window length from now.
    fn release(&self, window: Window, now: Timestamp) -> Option<Timestamp> {
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let Some(finished_before_it) = limit.checked_sub(self.unfinished.len() + 1) else {
            return Some(later(now, window.length));
        };
        let (completed, _) = self.finished.iter().rev().nth(finished_before_it)?;
        Some(later(*completed, window.length)).filter(|free| *free > now)
    }

    /// Turns calls whose lease has ended into completed ones.
    fn settle_leases(&mut self, now: Timestamp) {
        let finished = &mut self.finished;
        self.unfinished.retain(|id, lease| {
            let is_running = lease.ends > now;
            if !is_running {
                finished.insert((lease.ends, *id));
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
        while let Some(oldest) = self.finished.first().copied() {
            if later(oldest.0, horizon) > now {
                break;
            }
            self.finished.remove(&oldest);
        }
        self.blocked_until = self.blocked_until.filter(|until| *until > now);
    }
}

/// `instant + duration`, at most the last representable instant.
fn later(instant: Timestamp, duration: Duration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(Timestamp::MAX)
}
