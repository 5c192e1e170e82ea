//! What was asked for, kept for a while.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

/// Most things of a kind that are kept.
pub const KEPT_MAX: usize = 10_000;

/// What the service said of a thing, and when.
pub(super) struct Kept<T> {
    pub(super) at: Timestamp,
    /// Nothing where the service does not know the thing.
    pub(super) value: Option<T>,
}

impl<T> Kept<T> {
    pub(super) fn is_fresh(&self, now: Timestamp, age_max: SignedDuration) -> bool {
        now.duration_since(self.at) < age_max
    }
}

/// Things of a kind, most of which are asked for together.
pub(super) struct Shelf<K, T> {
    age_max: SignedDuration,
    things: HashMap<K, Kept<T>>,
}

impl<K: Hash + Eq + Clone, T: Clone> Shelf<K, T> {
    pub(super) fn new(age_max: SignedDuration) -> Self {
        Self {
            age_max,
            things: HashMap::new(),
        }
    }

    /// Those of `keys` that are kept, and the others.
    pub(super) fn look(&self, keys: &[K], now: Timestamp) -> (Vec<(K, T)>, Vec<K>) {
        let (mut kept, mut missing) = (Vec::new(), Vec::new());
        for key in keys {
            match self.things.get(key) {
                Some(thing) if thing.is_fresh(now, self.age_max) => {
                    kept.extend(thing.value.clone().map(|value| (key.clone(), value)));
                }
                _ => missing.push(key.clone()),
            }
        }
        (kept, missing)
    }

    /// Keeps what was found of `asked`, and that the rest was not.
    pub(super) fn keep<'a>(
        &mut self,
        asked: &[K],
        found: impl Fn(&K) -> Option<&'a T>,
        now: Timestamp,
    ) where
        T: 'a,
    {
        for key in asked {
            make_room(&mut self.things, key);
            let value = found(key).cloned();
            self.things.insert(key.clone(), Kept { at: now, value });
        }
    }
}

/// Forgets everything where one more would be too many: rare, and cheaper than to tell old from new.
pub(super) fn make_room<K: Hash + Eq, V>(kept: &mut HashMap<K, V>, key: &K) {
    if kept.len() >= KEPT_MAX && !kept.contains_key(key) {
        kept.clear();
    }
}
