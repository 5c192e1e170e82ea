//! Counts the run time of queries in slots.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::ledger::QuotaKey;

/// At most `budget` of run time in each slot; slots start at multiples of `slot` since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunTimeBudget {
    /// Run time; once it is used up, queries are refused until the next slot starts.
    pub budget: Duration,
    /// The length of a slot, at least one second.
    pub slot: Duration,
}

/// How much run time queries may take.
///
/// Documented for the Defender for Endpoint API: ten minutes an hour and three hours a day. For the other two a share of the
/// tenant's size, per 15 minutes, which no page puts in numbers: none is kept unless given here.
/// Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api, learn.microsoft.com/defender-xdr/advanced-hunting-limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTimeSetting {
    /// Of queries through Defender for Endpoint.
    pub endpoint: Vec<RunTimeBudget>,
    /// Of queries through Defender XDR and Graph, in slots of 15 minutes by the documentation.
    pub tenant: Vec<RunTimeBudget>,
}

impl Default for RunTimeSetting {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            endpoint: vec![
                RunTimeBudget {
                    budget: minutes(10),
                    slot: minutes(60),
                },
                RunTimeBudget {
                    budget: minutes(3 * 60),
                    slot: minutes(24 * 60),
                },
            ],
            tenant: Vec::new(),
        }
    }
}

/// The run time each key used in its current slots.
#[derive(Debug, Default)]
pub(crate) struct RunTimeLedger {
    used: HashMap<(QuotaKey, Duration), SlotUse>,
}

#[derive(Debug, Default, Clone, Copy)]
struct SlotUse {
    slot: i64,
    used: Duration,
}

impl RunTimeLedger {
    /// How long a query has to wait for the next slot with a budget; `None` when it may run now.
    pub(crate) fn wait(
        &self,
        key: &QuotaKey,
        budgets: &[RunTimeBudget],
        now: Timestamp,
    ) -> Option<Duration> {
        let used_up = |budget: &&RunTimeBudget| {
            let used = self.used.get(&(key.clone(), budget.slot));
            used.is_some_and(|used| {
                used.slot == slot(budget.slot, now) && used.used >= budget.budget
            })
        };
        budgets
            .iter()
            .filter(used_up)
            .map(|budget| until_next(budget.slot, now))
            .max()
    }

    /// Books the run time of a query that ended at `now`.
    pub(crate) fn charge(
        &mut self,
        key: &QuotaKey,
        budgets: &[RunTimeBudget],
        now: Timestamp,
        run_time: Duration,
    ) {
        for budget in budgets {
            let current = slot(budget.slot, now);
            let used = self.used.entry((key.clone(), budget.slot)).or_default();
            let before = if used.slot == current {
                used.used
            } else {
                Duration::ZERO
            };
            *used = SlotUse {
                slot: current,
                used: before.saturating_add(run_time),
            };
        }
    }

    /// Forgets all use.
    pub(crate) fn reset(&mut self) {
        self.used.clear();
    }
}

fn seconds(length: Duration) -> i64 {
    i64::try_from(length.as_secs()).unwrap_or(i64::MAX).max(1)
}

fn slot(length: Duration, now: Timestamp) -> i64 {
    now.as_second().div_euclid(seconds(length))
}

fn until_next(length: Duration, now: Timestamp) -> Duration {
    let wait = seconds(length) - now.as_second().rem_euclid(seconds(length));
    Duration::from_secs(u64::try_from(wait).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_slot_blocks_until_the_next() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let budgets = [RunTimeBudget {
            budget: minutes(2),
            slot: minutes(15),
        }];
        let key = QuotaKey {
            endpoint: "/run",
            app: "a".to_owned(),
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut ledger = RunTimeLedger::default();

        ledger.charge(&key, &budgets, at("2026-10-01T10:01:00Z"), minutes(1));
        assert_eq!(
            ledger.wait(&key, &budgets, at("2026-10-01T10:02:00Z")),
            None
        );
        ledger.charge(&key, &budgets, at("2026-10-01T10:03:00Z"), minutes(1));
        let wait = ledger.wait(&key, &budgets, at("2026-10-01T10:04:00Z"));
        assert_eq!(wait, Some(minutes(11)));
        assert_eq!(
            ledger.wait(&key, &budgets, at("2026-10-01T10:15:00Z")),
            None
        );
        ledger.charge(&key, &budgets, at("2026-10-01T10:16:00Z"), minutes(1));
        assert_eq!(
            ledger.wait(&key, &budgets, at("2026-10-01T10:17:00Z")),
            None
        );
    }
}
