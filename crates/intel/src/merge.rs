//! One observable, all that is said about it.

use indexmap::IndexMap;
use jiff::Timestamp;
use tesem_observable::Observable;

use crate::{Confidence, Indicator, Provenance, Tlp};

/// Indicators by observable, in the order of their first appearance; every provenance is kept.
#[derive(Debug, Default)]
pub struct Merged(IndexMap<Observable, Provenances>);

/// All that is said about an observable; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenances {
    first: Provenance,
    others: Vec<Provenance>,
}

impl Merged {
    /// Adds an indicator. The same statement at the same place counts once.
    pub fn add(&mut self, indicator: Indicator) {
        let Indicator {
            observable,
            provenance,
        } = indicator;
        match self.0.get_mut(&observable) {
            Some(known) => known.add(provenance),
            None => {
                let provenances = Provenances {
                    first: provenance,
                    others: Vec::new(),
                };
                self.0.insert(observable, provenances);
            }
        }
    }

    /// Observables with all that is said about them.
    pub fn iter(&self) -> impl Iterator<Item = (&Observable, &Provenances)> {
        self.0.iter()
    }

    /// What is said about an observable.
    #[must_use]
    pub fn get(&self, observable: &Observable) -> Option<&Provenances> {
        self.0.get(observable)
    }

    /// How many observables there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Provenances {
    fn add(&mut self, provenance: Provenance) {
        if !self.iter().any(|known| *known == provenance) {
            self.others.push(provenance);
        }
    }

    /// Each of them, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &Provenance> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The feeds' names, each once.
    #[must_use]
    pub fn feeds(&self) -> Vec<&str> {
        let mut feeds: Vec<&str> = Vec::new();
        for provenance in self.iter() {
            if !feeds.contains(&provenance.feed()) {
                feeds.push(provenance.feed());
            }
        }
        feeds
    }

    /// The highest confidence.
    #[must_use]
    pub fn confidence(&self) -> Option<Confidence> {
        self.iter().filter_map(|one| one.details().confidence).max()
    }

    /// The strictest label.
    #[must_use]
    pub fn tlp(&self) -> Option<Tlp> {
        self.iter().filter_map(|one| one.details().tlp).max()
    }

    /// When it was first seen by any.
    #[must_use]
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.iter().filter_map(|one| one.details().first_seen).min()
    }

    /// When it was last seen by any.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.iter().filter_map(|one| one.details().last_seen).max()
    }

    /// Until when it counts: nothing where one source sets no end.
    #[must_use]
    pub fn valid_until(&self) -> Option<Timestamp> {
        let ends: Option<Vec<_>> = self.iter().map(|one| one.details().valid_until).collect();
        ends?.into_iter().max()
    }

    /// All labels, each once.
    #[must_use]
    pub fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for label in self.iter().flat_map(|one| &one.details().labels) {
            if !labels.contains(&&**label) {
                labels.push(label);
            }
        }
        labels
    }
}
