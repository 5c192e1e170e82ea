//! Many calls at the same time, until a deadline.

use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use futures::stream::{self, StreamExt};

use crate::time::Time;

/// Becomes ready when the time of a request is over.
pub type Deadline = Shared<BoxFuture<'static, ()>>;

/// When the parts of a request must be done, so that no part takes the time of those that come after it: what one lacks is noted, and
/// the others find what they find.
#[derive(Debug, Clone)]
pub struct Deadlines {
    pub(super) alerts: Deadline,
    pub(super) events: Deadline,
    pub(super) evidence: Deadline,
    pub(super) whole: Deadline,
}

impl Deadlines {
    /// Shares of `request_time` from now, until `whole` comes.
    #[must_use]
    pub fn within(time: &dyn Time, request_time: Duration, whole: Deadline) -> Self {
        let share = |part: u32| time.after(request_time * part / 20).shared();
        Self {
            alerts: share(8),
            events: share(14),
            evidence: share(17),
            whole,
        }
    }

    /// The same for every part.
    #[must_use]
    pub fn all(whole: Deadline) -> Self {
        Self {
            alerts: whole.clone(),
            events: whole.clone(),
            evidence: whole.clone(),
            whole,
        }
    }
}

/// How many calls of one request are under way at the same time.
const CALLS_MAX: usize = 16;

/// What came of each of `calls`, in their order; nothing of those that were not done by the deadline.
pub(crate) async fn gather<T>(
    calls: impl IntoIterator<Item = impl Future<Output = T>>,
    deadline: &Deadline,
) -> Vec<Option<T>> {
    let numbered: Vec<_> = calls
        .into_iter()
        .enumerate()
        .map(|(place, call)| async move { (place, call.await) })
        .collect();
    let mut gathered: Vec<Option<T>> = numbered.iter().map(|_| None).collect();
    let mut done = stream::iter(numbered)
        .buffer_unordered(CALLS_MAX)
        .take_until(deadline.clone());
    while let Some((place, value)) = done.next().await {
        if let Some(slot) = gathered.get_mut(place) {
            *slot = Some(value);
        }
    }
    gathered
}
