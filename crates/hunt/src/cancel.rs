//! Stopping a run from outside.

use tokio::sync::watch;

/// Stops the runs that hold its tokens. Dropping it does not.
#[derive(Debug)]
pub struct CancelSource(watch::Sender<bool>);

/// What a run looks at and waits on.
#[derive(Debug, Clone)]
pub struct CancelToken(watch::Receiver<bool>);

impl CancelSource {
    /// A source that has not been used yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Cancels, for good.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// A token of this source.
    #[must_use]
    pub fn token(&self) -> CancelToken {
        CancelToken(self.0.subscribe())
    }
}

impl Default for CancelSource {
    fn default() -> Self {
        Self::new()
    }
}

impl CancelToken {
    /// A token that is never cancelled.
    #[must_use]
    pub fn never() -> Self {
        CancelSource::new().token()
    }

    /// Whether it has been cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it has been cancelled; never if that can no longer happen. Safe to drop at any time.
    pub async fn cancelled(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|cancelled| *cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
