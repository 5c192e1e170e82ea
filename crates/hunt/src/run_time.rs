//! Run time that a service allows a tenant's queries, and what of it was spent.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long queries may run, all together, within any span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunTimeLimit {
    /// So long.
    pub run_time: Duration,
    /// Within so long a span.
    pub length: Duration,
}

/// Queries that ended within so many seconds count as one.
const SLOT_SECONDS: i64 = 300;

/// So many slots are told apart: those of an hour, and coarser ones of the day before it.
const SLOTS_MAX: usize = 32;

/// What queries spent, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    /// When the last of them ended, in seconds since 1970. What was spent counts until a span after that.
    ended: i64,
    /// Milliseconds that they ran.
    millis: u64,
}

/// Run time that queries of hunts have spent lately, the oldest first. What other programs spend is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Slot>", into = "Vec<Slot>")]
pub struct RunTimeSpent {
    slots: [Slot; SLOTS_MAX],
    filled: usize,
}

impl From<Vec<Slot>> for RunTimeSpent {
    fn from(slots: Vec<Slot>) -> Self {
        let mut spent = Self::default();
        for slot in slots {
            spent.push(slot);
        }
        spent
    }
}

impl From<RunTimeSpent> for Vec<Slot> {
    fn from(spent: RunTimeSpent) -> Self {
        spent.slots().to_vec()
    }
}

impl RunTimeSpent {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    fn slots(&self) -> &[Slot] {
        self.slots.get(..self.filled).unwrap_or_default()
    }

    /// Takes in that a query ran so long until `ended`.
    pub(crate) fn add(&mut self, ended: Timestamp, ran: Duration) {
        self.push(Slot {
            ended: ended.as_second(),
            millis: u64::try_from(ran.as_millis()).unwrap_or(u64::MAX),
        });
    }

    fn push(&mut self, slot: Slot) {
        let last = self.slots.get_mut(..self.filled).and_then(<[_]>::last_mut);
        if let Some(last) = last
            && slot.ended - last.ended < SLOT_SECONDS
        {
            last.join(slot);
            return;
        }
        if self.filled == SLOTS_MAX {
            let [oldest, second, ..] = self.slots;
            self.slots.rotate_left(1);
            self.filled -= 1;
            if let Some(first) = self.slots.first_mut() {
                *first = second;
                first.join(oldest);
            }
        }
        if let Some(free) = self.slots.get_mut(self.filled) {
            *free = slot;
            self.filled += 1;
        }
    }

    /// How long queries ran within `length` before `now`; rather too much than too little.
    #[must_use]
    pub fn within(&self, length: Duration, now: Timestamp) -> Duration {
        let counted = self.counted(length, now);
        let millis = counted.fold(0_u64, |sum, slot| sum.saturating_add(slot.millis));
        Duration::from_millis(millis)
    }

    fn counted(&self, length: Duration, now: Timestamp) -> impl Iterator<Item = Slot> {
        let length = seconds(length);
        let is_counted = move |slot: &Slot| slot.ended.saturating_add(length) > now.as_second();
        self.slots().iter().copied().filter(is_counted)
    }

    /// When a query that is expected to run so long keeps within the limits; nothing where it does so at once. One that is over a
    /// limit by itself may begin once nothing else counts.
    pub(crate) fn free_at(
        &self,
        limits: &[RunTimeLimit],
        expected: Duration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let times = limits.iter();
        times
            .filter_map(|limit| self.free_under(*limit, expected, now))
            .max()
    }

    fn free_under(
        &self,
        limit: RunTimeLimit,
        expected: Duration,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let mut spent = self.within(limit.length, now);
        let left = limit.run_time.saturating_sub(expected);
        // With nothing expected, a limit that is used up to the last bit is still one that is used up.
        let fits = |spent: Duration| spent.is_zero() || (spent <= left && spent < limit.run_time);
        let mut free = None;
        for slot in self.counted(limit.length, now) {
            if fits(spent) {
                break;
            }
            spent = spent.saturating_sub(Duration::from_millis(slot.millis));
            let end = slot.ended.saturating_add(seconds(limit.length));
            free = Timestamp::from_second(end).ok();
        }
        free.filter(|free| *free > now)
    }
}

impl Slot {
    fn join(&mut self, other: Self) {
        self.ended = self.ended.max(other.ended);
        self.millis = self.millis.saturating_add(other.millis);
    }
}

fn seconds(length: Duration) -> i64 {
    SignedDuration::try_from(length).map_or(i64::MAX, |length| length.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: RunTimeLimit = RunTimeLimit {
        run_time: Duration::from_secs(600),
        length: Duration::from_secs(3_600),
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn spent(runs: &[(i64, u64)]) -> RunTimeSpent {
        let mut spent = RunTimeSpent::default();
        for (second, ran) in runs {
            spent.add(at(*second), Duration::from_secs(*ran));
        }
        spent
    }

    #[test]
    fn a_query_waits_until_enough_of_what_was_spent_no_longer_counts() {
        let runs = [(0, 300), (1_000, 200), (2_000, 99)];
        let cases = [
            (2_000, 1, None),
            (2_000, 2, Some(3_600)),
            (2_000, 301, Some(3_600)),
            (2_000, 302, Some(4_600)),
            (2_000, 600, Some(5_600)),
            (2_000, 9_000, Some(5_600)),
            (3_600, 301, None),
            (9_000, 9_000, None),
        ];
        for (now, expected, free) in cases {
            let expected_run = Duration::from_secs(expected);
            let found = spent(&runs).free_at(&[HOUR], expected_run, at(now));
            assert_eq!(found, free.map(at), "{expected} s at {now}");
        }
        let full = spent(&[(0, 600)]);
        assert_eq!(
            full.free_at(&[HOUR], Duration::ZERO, at(10)),
            Some(at(3_600))
        );
        assert_eq!(full.free_at(&[], Duration::ZERO, at(10)), None);
    }

    proptest! {
        /// However many queries ran: never less than they did counts, and no more than a slot longer.
        #[test]
        fn what_was_spent_is_never_reckoned_too_low(
            runs in prop::collection::vec((0_i64..2_000, 0_u64..200), 0..200),
            length in 1_i64..100_000,
        ) {
            let mut now = 0;
            let mut all = Vec::new();
            for (pause, ran) in runs {
                now += pause;
                all.push((now, ran));
            }
            let spent = spent(&all);
            let counted = |length: i64| -> u64 {
                all.iter().filter(|(ended, _)| ended + length > now).map(|(_, ran)| ran).sum()
            };
            let span = Duration::from_secs(u64::try_from(length).unwrap());
            let found = spent.within(span, at(now)).as_secs();
            prop_assert!(found >= counted(length));
            if length <= 3_600 {
                prop_assert!(found <= counted(length + SLOT_SECONDS * 13));
            }
            let text = serde_json::to_string(&spent).unwrap();
            prop_assert_eq!(serde_json::from_str::<RunTimeSpent>(&text).unwrap(), spent);
        }
    }
}
