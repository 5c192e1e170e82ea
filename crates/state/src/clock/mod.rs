//! Time as a dependency: everything that asks for the time or waits is given a [`Clock`].

mod manual;
mod system;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

pub use manual::ManualClock;
pub use system::SystemClock;

/// Where "now" comes from and what waiting means. Production passes [`SystemClock`], tests pass [`ManualClock`].
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current instant, UTC.
    fn now(&self) -> Timestamp;

    /// Returns once [`Clock::now`] has reached `deadline`; at once when it already has.
    ///
    /// Dropping the returned future ends the wait and has no other effect.
    async fn sleep_until(&self, deadline: Timestamp);
}
