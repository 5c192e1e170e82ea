//! What the tenant has, to be looked up.

use std::collections::BTreeMap;

use tesem_defender::endpoint::IndicatorType;

use crate::actual::{Actual, Item};
use crate::key::Key;

/// What the tenant has, by id and by type and value.
pub(crate) struct Index<'a> {
    by_id: BTreeMap<&'a str, &'a Item>,
    by_target: BTreeMap<(&'a IndicatorType, &'a str), Vec<&'a Item>>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(actual: &'a Actual) -> Self {
        let mut index = Self {
            by_id: BTreeMap::new(),
            by_target: BTreeMap::new(),
        };
        for item in actual.items() {
            index.by_id.insert(item.id.as_str(), item);
            let same = index.by_target.entry(item.key.target()).or_default();
            same.push(item);
        }
        index
    }

    /// The indicator with that id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&'a Item> {
        self.by_id.get(id).copied()
    }

    /// All for the value of `key`, ours and others'.
    pub(crate) fn same<'s>(&'s self, key: &'s Key) -> &'s [&'a Item] {
        let same = self.by_target.get(&key.target());
        same.map(Vec::as_slice).unwrap_or_default()
    }

    /// The first of somebody else for the value of `key`.
    pub(crate) fn foreign(&self, key: &Key) -> Option<&'a Item> {
        self.same(key).iter().find(|item| !item.is_ours).copied()
    }
}
