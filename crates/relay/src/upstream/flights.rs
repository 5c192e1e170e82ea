//! One call for all who want the same at the same time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};

/// A call whose answer all get who wait for it. It goes on as long as one of them waits.
pub(super) type Flight<T> = Shared<BoxFuture<'static, T>>;

/// Calls that are under way, by what they ask for. Nothing is kept of those that have their answer.
pub(super) struct Flights<K, T: Clone> {
    under_way: Mutex<HashMap<K, WeakShared<BoxFuture<'static, T>>>>,
}

impl<K, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        Self {
            under_way: Mutex::default(),
        }
    }
}

impl<K: Hash + Eq, T: Clone> Flights<K, T> {
    /// The call for `key` that is under way, or else `call`.
    pub(super) fn join(&self, key: K, call: impl FnOnce() -> BoxFuture<'static, T>) -> Flight<T> {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, flight| going(flight).is_some());
        if let Some(flight) = under_way.get(&key).and_then(going) {
            return flight;
        }
        let flight = call().shared();
        under_way.extend(flight.downgrade().map(|flight| (key, flight)));
        flight
    }
}

/// A call that somebody waits for and that has no answer yet.
fn going<T: Clone>(flight: &WeakShared<BoxFuture<'static, T>>) -> Option<Flight<T>> {
    flight.upgrade().filter(|flight| flight.peek().is_none())
}
