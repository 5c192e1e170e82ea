//! The time, given by the caller.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// A wait in progress.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What time it is, and waiting. Nothing in this crate reads the system's clock.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Ends once `span` has passed.
    fn sleep(&self, span: Duration) -> Wait;
}
