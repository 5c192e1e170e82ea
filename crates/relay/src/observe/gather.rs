//! Many calls at the same time, until a deadline.

use futures::future::{BoxFuture, Shared};
use futures::stream::{self, StreamExt};

/// Becomes ready when the time of a request is over.
pub(crate) type Deadline = Shared<BoxFuture<'static, ()>>;

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
