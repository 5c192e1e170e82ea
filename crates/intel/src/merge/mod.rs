//! One observable, all that is said about it.

mod packed;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use tesem_observable::Observable;

use crate::{Confidence, Indicator, Provenance, Tlp};
use packed::{Part, Shared, Statement, TextField, TimeField};

/// Indicators by observable, in the order of their first appearance; every provenance is kept.
#[derive(Debug, Default)]
pub struct Merged {
    observables: IndexMap<Observable, Vec<u8>>,
    shared: Shared,
    /// The statements about those that very much is said about, to find one without reading all.
    crowds: HashMap<usize, HashSet<Box<[u8]>>>,
}

/// Bytes of statements about an observable from which on they are looked up.
const CROWD_BYTES: usize = 4 << 10;

/// All that is said about an observable; never empty.
#[derive(Debug, Clone, Copy)]
pub struct Provenances<'m> {
    statements: &'m [u8],
    shared: &'m Shared,
}

impl Merged {
    /// Adds an indicator. The same statement at the same place counts once.
    pub fn add(&mut self, indicator: Indicator) {
        let statement = self.shared.pack(indicator.provenance);
        let entry = self.observables.entry(indicator.observable);
        let index = entry.index();
        let known = entry.or_default();
        let is_new = if known.len() < CROWD_BYTES {
            !packed::split(known).any(|one| one.whole == statement)
        } else {
            let all = || packed::split(known).map(|one| one.whole.into());
            let crowd = self.crowds.entry(index).or_insert_with(|| all().collect());
            crowd.insert(statement.as_slice().into())
        };
        if known.is_empty() {
            *known = statement;
        } else if is_new {
            known.extend_from_slice(&statement);
        }
    }

    /// Observables with all that is said about them.
    pub fn iter(&self) -> impl Iterator<Item = (&Observable, Provenances<'_>)> {
        self.observables
            .iter()
            .map(|(observable, statements)| (observable, self.provenances(statements)))
    }

    /// What is said about an observable.
    #[must_use]
    pub fn get(&self, observable: &Observable) -> Option<Provenances<'_>> {
        let statements = self.observables.get(observable)?;
        Some(self.provenances(statements))
    }

    fn provenances<'m>(&'m self, statements: &'m [u8]) -> Provenances<'m> {
        Provenances {
            statements,
            shared: &self.shared,
        }
    }

    /// How many observables there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.observables.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.observables.is_empty()
    }
}

impl<'m> Provenances<'m> {
    fn statements(&self) -> impl Iterator<Item = Statement<'m>> + use<'m> {
        self.shared.statements(self.statements)
    }

    /// Each of them, in the order they came; made as it is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Provenance> + use<'m> {
        self.statements().map(Statement::unpacked)
    }

    /// The feeds' names, each once.
    #[must_use]
    pub fn feeds(&self) -> Vec<&'m str> {
        each_once(self.statements().map(|one| &*one.source.feed))
    }

    /// The highest confidence.
    #[must_use]
    pub fn confidence(&self) -> Option<Confidence> {
        let each = self.parts().filter_map(|part| match part {
            Part::Confidence(confidence) => Some(confidence),
            _ => None,
        });
        each.max()
    }

    /// The strictest label.
    #[must_use]
    pub fn tlp(&self) -> Option<Tlp> {
        let each = self.parts().filter_map(|part| match part {
            Part::Tlp(tlp) => Some(tlp),
            _ => None,
        });
        each.max()
    }

    /// When it was first seen by any.
    #[must_use]
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.times(TimeField::FirstSeen).flatten().min()
    }

    /// When it was last seen by any.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.times(TimeField::LastSeen).flatten().max()
    }

    /// Until when it counts: nothing where one source sets no end.
    #[must_use]
    pub fn valid_until(&self) -> Option<Timestamp> {
        let ends: Option<Vec<_>> = self.times(TimeField::ValidUntil).collect();
        ends?.into_iter().max()
    }

    /// All labels, each once.
    #[must_use]
    pub fn labels(&self) -> Vec<&'m str> {
        each_once(self.parts().filter_map(|part| match part {
            Part::Text(TextField::Label, label) => Some(label),
            _ => None,
        }))
    }

    /// All parts of all statements.
    fn parts(&self) -> impl Iterator<Item = Part<'m>> + use<'m> {
        self.statements().flat_map(|one| one.parts)
    }

    /// The field of each statement.
    fn times(&self, field: TimeField) -> impl Iterator<Item = Option<Timestamp>> + use<'m> {
        self.statements().map(move |one| one.time(field))
    }
}

fn each_once<'m>(texts: impl Iterator<Item = &'m str>) -> Vec<&'m str> {
    let texts: IndexSet<&str> = texts.collect();
    texts.into_iter().collect()
}
