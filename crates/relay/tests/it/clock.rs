//! A clock that a test moves.

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{Timestamp, TimestampArithmetic};
use tesem_relay::time::Time;
use tokio::sync::oneshot;

#[derive(Debug)]
pub(crate) struct Hands {
    now: Mutex<Timestamp>,
    sleepers: Mutex<Vec<(Timestamp, oneshot::Sender<()>)>>,
}

impl Default for Hands {
    fn default() -> Self {
        Self {
            now: Mutex::new(Timestamp::UNIX_EPOCH),
            sleepers: Mutex::default(),
        }
    }
}

impl Time for Hands {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn after(&self, time: Duration) -> BoxFuture<'static, ()> {
        let (wake, woken) = oneshot::channel();
        let mut sleepers = self.sleepers.lock().unwrap();
        sleepers.push((self.now() + time, wake));
        woken.map(drop).boxed()
    }
}

impl Hands {
    pub(crate) fn advance(&self, time: impl Into<TimestampArithmetic>) {
        self.set(self.now().checked_add(time).unwrap());
    }

    pub(crate) fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap() = now;
        let mut sleepers = self.sleepers.lock().unwrap();
        sleepers.retain(|(end, _)| *end > now);
    }

    /// When the next of those who wait wants to be woken.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let sleepers = self.sleepers.lock().unwrap();
        let waiting = sleepers.iter().filter(|(_, wake)| !wake.is_closed());
        waiting.map(|(end, _)| *end).min()
    }
}
