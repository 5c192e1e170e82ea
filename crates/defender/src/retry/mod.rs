//! When to repeat a request: pure decisions.

mod stated_wait;

use std::time::Duration;

pub use stated_wait::stated_wait;

/// How often and how long to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Most requests of one call, not counting those that were throttled. Default: 5.
    pub attempts_max: u32,
    /// Most requests that end in a timeout, ours or the gateway's: each costs minutes, and a query that
    /// times out twice is too heavy. Default: 2.
    pub timeouts_max: u32,
    /// Most answers 429 to one call. Default: 20.
    pub throttles_max: u32,
    /// Pause after the first failure; doubles with each further one. Default: 1 s.
    pub backoff_first: Duration,
    /// Longest pause that we choose ourselves. Default: 60 s.
    pub backoff_max: Duration,
    /// Pause after the first 429 that does not say how long to wait; doubles with each further one.
    /// Default: 30 s.
    pub throttle_pause_first: Duration,
    /// Longest such pause. Default: 5 min, because a tenant's share of computing time is refilled every 15.
    pub throttle_pause_max: Duration,
    /// Longest time of one call with all its waits and repetitions. Default: 2 h, so that a call can outlast
    /// a full hourly window.
    pub call_time_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            timeouts_max: 2,
            throttles_max: 20,
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(60),
            throttle_pause_first: Duration::from_secs(30),
            throttle_pause_max: Duration::from_secs(300),
            call_time_max: Duration::from_secs(2 * 3_600),
        }
    }
}

/// How a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It was never sent.
    NotConnected,
    /// It may have arrived; no answer or only part of one came back.
    ConnectionLost,
    /// No answer in time, or the gateway's word for that (504).
    TimedOut,
    /// 429: refused before anything was done.
    Throttled,
    /// 500, 502, 503: the service is ill.
    Unavailable,
    /// Any other refusal: repeating changes nothing.
    Refused,
}

/// Whether a request may be sent again when nobody knows whether it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It only reads, or doing it twice is the same as doing it once.
    Safe,
    /// Only when it certainly was not carried out.
    OnlyIfNotDone,
}

/// What a call has been through, the failure at hand included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Failed requests, without the throttled ones.
    pub failures: u32,
    /// Those that timed out.
    pub timeouts: u32,
    /// Throttled requests.
    pub throttles: u32,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send the request again after this pause.
    RetryAfter(Duration),
    /// Report the failure.
    GiveUp,
}

impl History {
    /// Counts `failure`.
    pub fn count(&mut self, failure: Failure) {
        match failure {
            Failure::Throttled => self.throttles += 1,
            Failure::TimedOut => {
                self.failures += 1;
                self.timeouts += 1;
            }
            _ => self.failures += 1,
        }
    }
}

/// Says what to do after `failure`.
///
/// `stated` is the pause that the service asked for and wins over our own; `left` is what is left of
/// [`RetryPolicy::call_time_max`], and a pause that does not fit into it ends the call. `jitter`, from 0 to
/// below 1, spreads our own pauses over the upper half of their length.
#[must_use]
pub fn next(
    policy: &RetryPolicy,
    (failure, repeat): (Failure, Repeat),
    history: History,
    stated: Option<Duration>,
    (left, jitter): (Duration, f64),
) -> Next {
    if !may_repeat(failure, repeat) || is_exhausted(policy, failure, history) {
        return Next::GiveUp;
    }
    let own = spread(own_pause(policy, failure, history), jitter);
    let pause = stated.filter(|stated| !stated.is_zero()).unwrap_or(own);
    if pause > left {
        Next::GiveUp
    } else {
        Next::RetryAfter(pause)
    }
}

/// Half of `pause`, and `jitter` of the other half.
fn spread(pause: Duration, jitter: f64) -> Duration {
    let share = if jitter.is_nan() {
        1.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    let half = pause / 2;
    half.saturating_add(half.mul_f64(share))
}

fn may_repeat(failure: Failure, repeat: Repeat) -> bool {
    match failure {
        Failure::Refused => false,
        Failure::NotConnected | Failure::Throttled => true,
        Failure::ConnectionLost | Failure::TimedOut | Failure::Unavailable => {
            repeat == Repeat::Safe
        }
    }
}

fn is_exhausted(policy: &RetryPolicy, failure: Failure, history: History) -> bool {
    match failure {
        Failure::Throttled => history.throttles >= policy.throttles_max,
        Failure::TimedOut if history.timeouts >= policy.timeouts_max => true,
        _ => history.failures >= policy.attempts_max,
    }
}

fn own_pause(policy: &RetryPolicy, failure: Failure, history: History) -> Duration {
    let (first, longest, times) = match failure {
        Failure::Throttled => (
            policy.throttle_pause_first,
            policy.throttle_pause_max,
            history.throttles,
        ),
        _ => (policy.backoff_first, policy.backoff_max, history.failures),
    };
    let doublings = times.saturating_sub(1).min(20);
    first.saturating_mul(1 << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failed(failures: u32) -> History {
        History {
            failures,
            ..History::default()
        }
    }

    fn after(failure: Failure, repeat: Repeat, history: History, stated: Option<u64>) -> Next {
        let stated = stated.map(secs);
        next(
            &RetryPolicy::default(),
            (failure, repeat),
            history,
            stated,
            (HOUR, 1.0),
        )
    }

    #[test]
    fn what_only_reads_is_repeated() {
        use Failure::{ConnectionLost, NotConnected, Refused, TimedOut, Unavailable};
        let timeouts = |count| History {
            failures: count,
            timeouts: count,
            throttles: 0,
        };
        let cases = [
            ("not sent", NotConnected, failed(1), None, Some(1)),
            ("first failure", Unavailable, failed(1), None, Some(1)),
            ("third failure", ConnectionLost, failed(3), None, Some(4)),
            ("the last is the last", Unavailable, failed(5), None, None),
            (
                "the service's word wins",
                Unavailable,
                failed(4),
                Some(2),
                Some(2),
            ),
            (
                "a word of zero is none",
                Unavailable,
                failed(1),
                Some(0),
                Some(1),
            ),
            (
                "a word over the budget ends it",
                Unavailable,
                failed(1),
                Some(3_601),
                None,
            ),
            (
                "once more after a timeout",
                TimedOut,
                timeouts(1),
                None,
                Some(1),
            ),
            ("not after two", TimedOut, timeouts(2), None, None),
            ("a refusal is final", Refused, failed(1), None, None),
        ];
        for (name, failure, history, stated, pause) in cases {
            let expected = pause.map_or(Next::GiveUp, |pause| Next::RetryAfter(secs(pause)));
            assert_eq!(
                after(failure, Repeat::Safe, history, stated),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn a_throttled_request_was_not_carried_out() {
        let throttled = |throttles, stated| {
            let history = History {
                throttles,
                ..History::default()
            };
            after(Failure::Throttled, Repeat::OnlyIfNotDone, history, stated)
        };
        assert_eq!(throttled(1, Some(8)), Next::RetryAfter(secs(8)));
        assert_eq!(
            throttled(1, None),
            Next::RetryAfter(secs(30)),
            "without a word"
        );
        assert_eq!(throttled(2, None), Next::RetryAfter(secs(60)));
        assert_eq!(throttled(9, None), Next::RetryAfter(secs(300)));
        assert_eq!(throttled(20, Some(8)), Next::GiveUp);
    }

    #[test]
    fn what_writes_is_repeated_only_if_it_was_not_sent() {
        let once = |failure| after(failure, Repeat::OnlyIfNotDone, failed(1), None);
        assert_eq!(once(Failure::NotConnected), Next::RetryAfter(secs(1)));
        for failure in [
            Failure::ConnectionLost,
            Failure::Unavailable,
            Failure::TimedOut,
        ] {
            assert_eq!(once(failure), Next::GiveUp, "{failure:?}");
        }
    }

    #[test]
    fn pauses_are_spread_and_bounded() {
        let policy = RetryPolicy {
            attempts_max: u32::MAX,
            ..RetryPolicy::default()
        };
        let pause = |failures, jitter| {
            let what = (Failure::Unavailable, Repeat::Safe);
            match next(&policy, what, failed(failures), None, (HOUR, jitter)) {
                Next::RetryAfter(pause) => pause,
                Next::GiveUp => panic!("gave up"),
            }
        };
        assert_eq!(pause(1, 0.0), Duration::from_millis(500));
        assert_eq!(pause(2, 0.5), Duration::from_millis(1_500));
        assert_eq!(pause(40, 1.0), secs(60));
        assert_eq!(
            pause(u32::MAX - 1, f64::NAN),
            secs(60),
            "whatever the source of chance gives"
        );
    }
}
