//! The computer's own clock.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Clock;

/// Longest single timer: a wall clock that was set forward, or a computer that was asleep, is noticed
/// after at most this long.
const NAP_MAX: Duration = Duration::from_secs(30);

/// The computer's wall clock and tokio's timer.
///
/// [`Clock::sleep_until`] must run inside a tokio runtime with its timer enabled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system clock; everything else takes a `Clock`"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        loop {
            let left = deadline.duration_since(self.now());
            if !left.is_positive() {
                return;
            }
            tokio::time::sleep(left.unsigned_abs().min(NAP_MAX)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deadline_in_the_past_is_over_at_once() {
        let clock = SystemClock;
        let before = clock.now();
        clock.sleep_until(before).await;
        clock.sleep_until(Timestamp::UNIX_EPOCH).await;
        assert!(clock.now() >= before);
    }
}
