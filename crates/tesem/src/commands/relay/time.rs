//! The relay's time, by the clock of the program.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use tesem_relay::time::Time;
use tesem_state::Clock;

/// A clock as the relay wants it.
#[derive(Debug)]
pub(super) struct ClockTime(pub(super) Arc<dyn Clock>);

impl Time for ClockTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn after(&self, time: Duration) -> BoxFuture<'static, ()> {
        let clock = Arc::clone(&self.0);
        let until = clock.now().checked_add(time).unwrap_or(Timestamp::MAX);
        async move { clock.sleep_until(until).await }.boxed()
    }
}
