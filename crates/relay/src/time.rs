//! Time as a dependency.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

/// Time, as the relay needs it.
pub trait Time: fmt::Debug + Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;

    /// Becomes ready when so much time has passed from now.
    fn after(&self, time: Duration) -> BoxFuture<'static, ()>;
}
