//! The lists of values of a query.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::text::{Name, QueryText, listed_bytes};
use crate::term::{List, Term};

/// Up to so many values in URL and host lists, rows are ruled out by a term search first, which the service answers from an index.
const TERM_FILTER_VALUES_MAX: usize = 500;

/// Values by list, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    values: BTreeMap<List, BTreeSet<String>>,
    bytes: usize,
}

impl Lists {
    /// How many bytes of query text `terms` would add, apart from that of lists that are new.
    pub(crate) fn added_bytes(&self, terms: &[Term]) -> usize {
        let is_new = |term: &&Term| !self.holds(term);
        let texts = terms.iter().filter(is_new);
        texts.map(|term| listed_bytes(&term.text)).sum()
    }

    fn holds(&self, term: &Term) -> bool {
        let list = self.values.get(&term.list);
        list.is_some_and(|values| values.contains(&term.text))
    }

    /// Adds terms; those that are there already are not added again.
    pub(crate) fn add(&mut self, terms: Vec<Term>) {
        for term in terms {
            let bytes = listed_bytes(&term.text);
            if self.values.entry(term.list).or_default().insert(term.text) {
                self.bytes += bytes;
            }
        }
    }

    /// Bytes of query text that the values take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The lists that are not empty, in order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = List> + Clone {
        self.values.keys().copied()
    }

    /// Lists of `kinds`, without values: what a query of these kinds costs before its first value.
    pub(crate) fn empty(kinds: impl IntoIterator<Item = List>) -> Self {
        Self {
            values: kinds
                .into_iter()
                .map(|kind| (kind, BTreeSet::new()))
                .collect(),
            bytes: 0,
        }
    }

    /// Whether there are so few hosts that a term search can rule rows out first.
    pub(super) fn has_few_hosts(&self) -> bool {
        let hosts = self
            .values
            .iter()
            .filter(|(list, _)| list.is_of_host_terms());
        hosts.map(|(_, values)| values.len()).sum::<usize>() <= TERM_FILTER_VALUES_MAX
    }

    /// Whether there is such a list.
    pub(super) fn has(&self, list: List) -> bool {
        self.values.contains_key(&list)
    }

    /// Whether the list is so short that a term search can rule rows out first.
    pub(super) fn is_short(&self, list: List) -> bool {
        let values = self.values.get(&list);
        values.is_none_or(|values| values.len() <= TERM_FILTER_VALUES_MAX)
    }

    pub(super) fn write(&self, text: &mut QueryText, part: usize) {
        for (list, values) in &self.values {
            text.code("let ").name(&Named { list: *list, part });
            text.code(" = ").strings(values).code(";\n");
        }
    }
}

/// A list's name in the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) list: List,
    pub(super) part: usize,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wanted_{}", self.list)?;
        match self.part {
            0 => Ok(()),
            part => write!(f, "_{part}"),
        }
    }
}

impl Name for Named {}
