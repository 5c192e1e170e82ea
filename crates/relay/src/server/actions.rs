//! Actions that are being carried out.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Actions that are being carried out, whether or not anybody waits for their answers: a service that stops waits for them, so that
/// each is recorded.
#[derive(Debug, Clone, Default)]
pub(super) struct Actions(Arc<RwLock<()>>);

impl Actions {
    /// An action begins; it is being carried out as long as what this gives is held.
    pub(super) async fn begin(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0).read_owned().await
    }

    /// Becomes ready when all that began are done.
    pub(super) async fn done(&self) {
        drop(self.0.write().await);
    }
}
