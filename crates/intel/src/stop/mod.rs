//! Allow-lists and warning lists: what must not become an indicator.

mod builtin;
mod list;
mod misp_list;
mod ranges;

use std::sync::Arc;

use tesem_observable::Observable;

pub use list::{StopList, StopListError};

/// Lists that stop values, asked in order.
#[derive(Debug, Clone, Default)]
pub struct StopLists {
    lists: Vec<Arc<StopList>>,
    stops_internal: bool,
}

/// The list and the entry that stopped a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The list's name.
    pub list: Arc<str>,
    /// The entry, or the rule.
    pub entry: Box<str>,
}

impl StopLists {
    /// What should be in no list of indicators anywhere: addresses that are not of the internet, names below which anybody can
    /// register, the hosts of services that everybody uses.
    ///
    /// # Errors
    /// Never in practice: the entries are the crate's own.
    pub fn builtin() -> Result<Self, StopListError> {
        Ok(Self {
            lists: vec![Arc::new(StopList::services()?)],
            stops_internal: true,
        })
    }

    /// Adds a list.
    pub fn add(&mut self, list: StopList) {
        self.lists.push(Arc::new(list));
    }

    /// The first list that stops the value.
    #[must_use]
    pub fn stop(&self, observable: &Observable) -> Option<Stop> {
        let internal = self
            .stops_internal
            .then(|| builtin::stop(observable))
            .flatten();
        internal.or_else(|| self.lists.iter().find_map(|list| list.stop(observable)))
    }
}
