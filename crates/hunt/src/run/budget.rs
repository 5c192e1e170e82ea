//! When a run stops asking.

use jiff::Timestamp;
use tesem_state::Clock;

/// What a run may spend in this process; a resumed run has a new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Most calls; `None` for as many as it takes.
    pub calls: Option<u32>,
    /// When no further query is asked, and one without answer is given up; `None` for never.
    pub until: Option<Timestamp>,
}

impl Budget {
    /// What is used up after so many calls, for a person to read.
    pub(super) fn spent(&self, asked: usize, now: Timestamp) -> Option<String> {
        if let Some(calls) = self.calls
            && asked >= calls as usize
        {
            return Some(match calls {
                1 => "1 call".to_owned(),
                calls => format!("{calls} calls"),
            });
        }
        self.until.filter(|until| *until <= now).map(time)
    }

    /// Returns at the end of the time; never without one. Safe to drop at any time.
    pub(super) async fn over(&self, clock: &dyn Clock) -> String {
        match self.until {
            Some(until) => {
                clock.sleep_until(until).await;
                time(until)
            }
            None => std::future::pending().await,
        }
    }
}

fn time(until: Timestamp) -> String {
    format!("the time until {until}")
}
