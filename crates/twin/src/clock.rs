//! Where the twin's "now" comes from, and how it is moved.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The clock a twin runs on.
///
/// It dates tokens, quota windows, the visible 30 days and the call log. `POST /_twin/clock` adds an offset to it; the clock itself
/// is never set.
pub trait TwinClock: fmt::Debug + Send + Sync {
    /// The current instant, UTC.
    fn now(&self) -> Timestamp;
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTwinClock;

impl TwinClock for SystemTwinClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the twin reads the system clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still; only `POST /_twin/clock` moves the twin's time.
#[derive(Debug, Clone, Copy)]
pub struct FixedTwinClock(pub Timestamp);

impl TwinClock for FixedTwinClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A time that does not exist on the twin's calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock cannot be moved there: it reaches from the year -9999 to 9999 and at most 292 years from its start"
)]
pub struct ClockOutOfRange;

/// The injected clock with the offset that callers added.
#[derive(Debug)]
pub(crate) struct TwinTime {
    clock: Arc<dyn TwinClock>,
    offset_nanoseconds: AtomicI64,
}

impl TwinTime {
    pub(crate) fn new(clock: Arc<dyn TwinClock>) -> Self {
        Self {
            clock,
            offset_nanoseconds: AtomicI64::new(0),
        }
    }

    /// The twin's current instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.at(self.offset()).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn offset(&self) -> SignedDuration {
        SignedDuration::from_nanos(self.offset_nanoseconds.load(Ordering::SeqCst))
    }

    /// Moves the clock by `by`, which may be negative, and says what time it is then.
    pub(crate) fn advance(&self, by: SignedDuration) -> Result<Timestamp, ClockOutOfRange> {
        let offset = self.offset().checked_add(by).ok_or(ClockOutOfRange)?;
        self.set_offset(offset)
    }

    /// Moves the clock to `now`.
    pub(crate) fn set(&self, now: Timestamp) -> Result<Timestamp, ClockOutOfRange> {
        self.set_offset(now.duration_since(self.clock.now()))
    }

    /// Takes all moves back.
    pub(crate) fn reset(&self) {
        self.offset_nanoseconds.store(0, Ordering::SeqCst);
    }

    fn set_offset(&self, offset: SignedDuration) -> Result<Timestamp, ClockOutOfRange> {
        let nanoseconds = i64::try_from(offset.as_nanos()).map_err(|_| ClockOutOfRange)?;
        let now = self.at(offset).ok_or(ClockOutOfRange)?;
        self.offset_nanoseconds.store(nanoseconds, Ordering::SeqCst);
        Ok(now)
    }

    fn at(&self, offset: SignedDuration) -> Option<Timestamp> {
        self.clock.now().checked_add(offset).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time() -> TwinTime {
        TwinTime::new(Arc::new(FixedTwinClock(
            "2026-10-01T00:00:00Z".parse().unwrap(),
        )))
    }

    #[test]
    fn moves_add_up_and_can_be_taken_back() {
        let time = time();
        time.advance(SignedDuration::from_mins(90)).unwrap();
        time.advance(SignedDuration::from_mins(-30)).unwrap();
        assert_eq!(time.now().to_string(), "2026-10-01T01:00:00Z");
        time.set("2026-12-24T18:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(time.now().to_string(), "2026-12-24T18:00:00Z");
        time.reset();
        assert_eq!(time.now().to_string(), "2026-10-01T00:00:00Z");
    }

    #[test]
    fn a_move_out_of_range_changes_nothing() {
        let time = time();
        assert_eq!(time.advance(SignedDuration::MAX), Err(ClockOutOfRange));
        assert_eq!(time.set(Timestamp::MAX), Err(ClockOutOfRange));
        assert_eq!(time.now().to_string(), "2026-10-01T00:00:00Z");
    }
}
