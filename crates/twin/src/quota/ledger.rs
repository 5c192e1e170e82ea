//! Counts calls in sliding windows.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::QuotaWindow;

/// What the service counts calls by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct QuotaKey {
    /// The route, as in the route table.
    pub(crate) endpoint: &'static str,
    /// The calling app.
    pub(crate) app: String,
}

/// A call that does not fit into its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// The window that is full; of several, the one with the longest wait.
    pub(crate) window: QuotaWindow,
    /// How long until the same call fits, if no other is made.
    pub(crate) wait: Duration,
}

/// The calls each key made, as far back as the windows reach.
///
/// A window ends with the call in question and is half open: a call leaves it exactly `length` after it was made. So no span of
/// `length` ever holds more than `limit` calls, and a call is refused only if letting it through would break that.
#[derive(Debug, Default)]
pub(crate) struct CallLedger {
    calls: HashMap<QuotaKey, VecDeque<Timestamp>>,
}

impl CallLedger {
    /// Lets a call at `now` through and counts it, or says what it exceeds.
    pub(crate) fn admit(
        &mut self,
        key: QuotaKey,
        windows: &[QuotaWindow],
        now: Timestamp,
    ) -> Result<(), Exceeded> {
        let calls = self.calls.entry(key).or_default();
        forget(calls, windows, now);
        let fullest = windows
            .iter()
            .filter_map(|window| exceeded(calls, *window, now));
        match fullest.max_by_key(|exceeded| exceeded.wait) {
            Some(exceeded) => Err(exceeded),
            None => {
                insert(calls, now);
                Ok(())
            }
        }
    }

    /// Counts a call that was refused.
    pub(crate) fn count_refused(&mut self, key: QuotaKey, now: Timestamp) {
        insert(self.calls.entry(key).or_default(), now);
    }

    /// Forgets all calls.
    pub(crate) fn reset(&mut self) {
        self.calls.clear();
    }
}

/// Keeps the calls sorted even when the clock was set back.
fn insert(calls: &mut VecDeque<Timestamp>, now: Timestamp) {
    let index = calls.partition_point(|call| *call <= now);
    calls.insert(index, now);
}

fn forget(calls: &mut VecDeque<Timestamp>, windows: &[QuotaWindow], now: Timestamp) {
    let longest = windows
        .iter()
        .map(|window| window.length)
        .max()
        .unwrap_or_default();
    let gone = calls.partition_point(|call| left(*call, longest, now));
    calls.drain(..gone);
}

fn exceeded(calls: &VecDeque<Timestamp>, window: QuotaWindow, now: Timestamp) -> Option<Exceeded> {
    let before = calls.partition_point(|call| left(*call, window.length, now));
    let inside = calls.len() - before;
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    if inside < limit {
        return None;
    }
    let wait = match calls.get(calls.len() - limit) {
        Some(blocking) => remaining(*blocking, window.length, now),
        None => window.length,
    };
    Some(Exceeded { window, wait })
}

/// Whether a call has left the window of `length` that ends at `now`.
fn left(call: Timestamp, length: Duration, now: Timestamp) -> bool {
    now.duration_since(call) >= signed(length)
}

fn remaining(call: Timestamp, length: Duration, now: Timestamp) -> Duration {
    let elapsed = now.duration_since(call);
    let remaining = signed(length).saturating_sub(elapsed);
    Duration::try_from(remaining).unwrap_or_default()
}

fn signed(length: Duration) -> SignedDuration {
    SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn key(app: &str) -> QuotaKey {
        QuotaKey {
            endpoint: "/run",
            app: app.to_owned(),
        }
    }

    fn at(milliseconds: i64) -> Timestamp {
        START + SignedDuration::from_millis(milliseconds)
    }

    fn window(limit: u32, milliseconds: u64) -> QuotaWindow {
        QuotaWindow {
            limit,
            length: Duration::from_millis(milliseconds),
        }
    }

    #[test]
    fn the_call_that_fills_a_window_waits_for_the_oldest_to_leave() {
        let windows = [window(2, 1_000), window(3, 10_000)];
        let mut ledger = CallLedger::default();
        let mut admit = |time| {
            ledger
                .admit(key("a"), &windows, at(time))
                .map_err(|e| e.wait)
        };
        assert_eq!(admit(0), Ok(()));
        assert_eq!(admit(400), Ok(()));
        assert_eq!(admit(500), Err(Duration::from_millis(500)));
        assert_eq!(admit(999), Err(Duration::from_millis(1)));
        assert_eq!(admit(1_000), Ok(()));
        assert_eq!(
            admit(2_000),
            Err(Duration::from_secs(8)),
            "the longer window is full"
        );
        assert_eq!(admit(10_000), Ok(()));
    }

    #[test]
    fn keys_do_not_share_a_budget() {
        let mut ledger = CallLedger::default();
        let windows = [window(1, 1_000)];
        assert!(ledger.admit(key("a"), &windows, at(0)).is_ok());
        assert!(ledger.admit(key("a"), &windows, at(0)).is_err());
        assert!(ledger.admit(key("b"), &windows, at(0)).is_ok());
    }

    #[test]
    fn refused_calls_count_when_asked() {
        let mut ledger = CallLedger::default();
        let windows = [window(1, 1_000)];
        assert!(ledger.admit(key("a"), &windows, at(0)).is_ok());
        ledger.count_refused(key("a"), at(900));
        assert!(ledger.admit(key("a"), &windows, at(1_000)).is_err());
        assert!(ledger.admit(key("a"), &windows, at(1_900)).is_ok());
    }

    #[test]
    fn no_limit_means_no_call() {
        let refused = CallLedger::default().admit(key("a"), &[window(0, 1_000)], at(0));
        assert_eq!(refused.map_err(|e| e.wait), Err(Duration::from_secs(1)));
    }

    /// How many of `calls` lie in the span of `length` that ends with `end`, `end` included.
    fn inside(calls: &[i64], window: QuotaWindow, end: i64) -> usize {
        let length = i64::try_from(window.length.as_millis()).unwrap();
        calls
            .iter()
            .filter(|call| **call > end - length && **call <= end)
            .count()
    }

    fn arrivals() -> impl Strategy<Value = Vec<i64>> {
        let gaps = prop_oneof![4 => 0..20_i64, 2 => 0..400_i64, 1 => 900..1_100_i64];
        prop::collection::vec(gaps, 1..200).prop_map(|gaps| {
            gaps.iter()
                .scan(0, |time, gap| {
                    *time += gap;
                    Some(*time)
                })
                .collect()
        })
    }

    fn two_windows() -> impl Strategy<Value = [QuotaWindow; 2]> {
        (1..8_u32, 1..600_u64, 1..30_u32, 600..5_000_u64)
            .prop_map(|(few, short, many, long)| [window(few, short), window(many, long)])
    }

    proptest! {
        /// The two halves of the law: no window holds more than its limit, and what would fit is let through.
        #[test]
        fn a_window_never_overflows_and_never_refuses_what_fits(
            arrivals in arrivals(),
            windows in two_windows(),
        ) {
            let mut ledger = CallLedger::default();
            let mut admitted = Vec::new();
            for time in arrivals {
                let fits = windows
                    .iter()
                    .all(|window| inside(&admitted, *window, time) < window.limit as usize);
                let answer = ledger.admit(key("a"), &windows, at(time));
                prop_assert_eq!(answer.is_ok(), fits, "at {}", time);
                if answer.is_ok() {
                    admitted.push(time);
                }
                for window in windows {
                    prop_assert!(inside(&admitted, window, time) <= window.limit as usize);
                }
            }
        }

        /// Waiting as long as the refusal says is enough, and no shorter wait is.
        #[test]
        fn the_wait_is_exact(arrivals in arrivals(), windows in two_windows()) {
            let mut ledger = CallLedger::default();
            for time in arrivals {
                let Err(refused) = ledger.admit(key("a"), &windows, at(time)) else { continue };
                let wait = i64::try_from(refused.wait.as_millis()).unwrap();
                prop_assert!(wait > 0);
                prop_assert!(ledger.admit(key("a"), &windows, at(time + wait - 1)).is_err());
                prop_assert!(ledger.admit(key("a"), &windows, at(time + wait)).is_ok());
                break;
            }
        }
    }
}
