//! Whose clock decides.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Whose clock the decisions on a PostgreSQL server go by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PostgresTime {
    /// The server's. Clocks of machines differ, by seconds even where they are kept in step; a budget that mixes
    /// them would free calls too early by the difference. Instants of callers are moved by the difference between
    /// their clock and the server's, measured in every transaction; a completed call counts from when the server
    /// hears of it, which is never earlier than its answer.
    #[default]
    Server,
    /// The callers'. For processes that share one clock, as on one machine and in simulations.
    Callers,
}

/// Moves instants between a caller's clock and the one that decides.
#[derive(Debug)]
pub(super) struct Times {
    of: PostgresTime,
    /// What to add to this process's instants, as last measured.
    difference: Mutex<SignedDuration>,
}

impl Times {
    pub(super) fn new(of: PostgresTime) -> Self {
        Self {
            of,
            difference: Mutex::new(SignedDuration::ZERO),
        }
    }

    /// The deciding clock's now, where the server says `server` and the caller `caller`.
    pub(super) fn now(&self, caller: Timestamp, server: Timestamp) -> Timestamp {
        match self.of {
            PostgresTime::Callers => caller,
            PostgresTime::Server => {
                *self.difference() = server.duration_since(caller);
                server
            }
        }
    }

    /// When a call was completed: never before `caller` says on the deciding clock.
    pub(super) fn completion(&self, caller: Timestamp, server: Timestamp) -> Timestamp {
        match self.of {
            PostgresTime::Callers => caller,
            PostgresTime::Server => server.max(self.deciding(caller)),
        }
    }

    /// A caller's instant on the deciding clock.
    pub(super) fn deciding(&self, caller: Timestamp) -> Timestamp {
        let moved = caller.checked_add(*self.difference());
        moved.unwrap_or(Timestamp::MAX)
    }

    /// An instant of the deciding clock as the caller's clock will show it, a moment later rather than earlier.
    pub(super) fn callers(&self, deciding: Timestamp) -> Timestamp {
        let difference = *self.difference();
        if difference == SignedDuration::ZERO {
            return deciding;
        }
        let moved = deciding
            .checked_sub(difference)
            .and_then(|instant| instant.checked_add(ROUNDING));
        moved.unwrap_or(Timestamp::MAX)
    }

    fn difference(&self) -> std::sync::MutexGuard<'_, SignedDuration> {
        self.difference
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server counts microseconds, and its clock was read a moment after the caller's.
const ROUNDING: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_an_hour_ahead_is_moved_both_ways() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let times = Times::new(PostgresTime::Server);
        assert_eq!(times.now(at(4_600), at(1_000)), at(1_000));
        assert_eq!(times.deciding(at(4_660)), at(1_060));
        assert_eq!(times.callers(at(1_060)), at(4_660) + ROUNDING);
        assert_eq!(
            times.completion(at(4_650), at(1_060)),
            at(1_060),
            "when the server hears of it"
        );
        assert_eq!(times.callers(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn callers_with_one_clock_are_believed() {
        let times = Times::new(PostgresTime::Callers);
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert_eq!(times.now(early, late), early);
        assert_eq!(times.completion(early, late), early);
        assert_eq!((times.deciding(early), times.callers(late)), (early, late));
    }
}
