//! What could not be mapped, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most examples that are kept of one reason.
const EXAMPLES_MAX: usize = 5;

/// A kind of record that an import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// A machine.
    Machine,
    /// An address of a machine.
    Address,
    /// An adapter of a machine.
    Adapter,
    /// A user who signed in on a machine.
    Logon,
    /// A product on a machine.
    Software,
    /// A vulnerability of a product on a machine.
    MachineVulnerability,
    /// A vulnerability.
    Vulnerability,
    /// An alert.
    Alert,
    /// A piece of evidence of an alert.
    Evidence,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "machine",
            Self::Address => "address",
            Self::Adapter => "adapter",
            Self::Logon => "logon user",
            Self::Software => "software",
            Self::MachineVulnerability => "vulnerability of a machine",
            Self::Vulnerability => "vulnerability",
            Self::Alert => "alert",
            Self::Evidence => "evidence",
        })
    }
}

/// Why a record, or a part of it, is not in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It has no id to be known by.
    #[error("it has no id")]
    NoId,
    /// A name that Connected Assets and Risk refuses.
    #[error("its name has a character that a host name cannot have")]
    HostName,
    /// Not an IP address.
    #[error("it is no IP address")]
    NoAddress,
    /// An address that every machine has.
    #[error("every machine has this address")]
    EveryMachine,
    /// Not a hardware address.
    #[error("it is no hardware address")]
    NoMac,
    /// A user without a name.
    #[error("it has no account name")]
    NoAccountName,
    /// A product without vendor, name or version.
    #[error("it lacks the vendor, the name or the version")]
    NoProduct,
    /// A vulnerability that has no CVE, or something else in its place.
    #[error("it has no CVE")]
    NoCve,
    /// An alert that is about no machine.
    #[error("it names no machine")]
    NoMachine,
    /// An alert of which nobody knows whether it is open.
    #[error("its status is neither New, InProgress nor Resolved")]
    UnknownStatus,
    /// The graph has no collection for such a thing.
    #[error("the graph has no collection for it")]
    NoCollection,
    /// A machine that has been silent for so long that it counts as gone.
    #[error("it has been inactive for too long")]
    Inactive,
    /// A fact about a machine that is not in the graph.
    #[error("its machine is not in the graph")]
    MachineNotThere,
}

/// How many records were not mapped for one reason, with some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first ones in alphabetical order, each once.
    pub examples: BTreeSet<String>,
}

/// What could not be mapped, by kind and reason. Counts are of readings: a record that was read twice counts twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unmapped(BTreeMap<(RecordKind, Reason), Tally>);

impl Unmapped {
    /// By kind and reason.
    pub fn iter(&self) -> impl Iterator<Item = (RecordKind, Reason, &Tally)> {
        self.0
            .iter()
            .map(|((kind, reason), tally)| (*kind, *reason, tally))
    }

    /// Whether all was mapped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of a kind were not mapped for a reason.
    #[must_use]
    pub fn count(&self, kind: RecordKind, reason: Reason) -> u64 {
        self.0.get(&(kind, reason)).map_or(0, |tally| tally.count)
    }

    pub(crate) fn add(&mut self, kind: RecordKind, reason: Reason, what: &str) {
        let tally = self.0.entry((kind, reason)).or_default();
        tally.count = tally.count.saturating_add(1);
        tally.keep(what);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, theirs) in &other.0 {
            let tally = self.0.entry(*key).or_default();
            tally.count = tally.count.saturating_add(theirs.count);
            for example in &theirs.examples {
                tally.keep(example);
            }
        }
    }
}

impl Tally {
    /// Which examples stay does not depend on the order in which they came.
    fn keep(&mut self, what: &str) {
        let is_wanted = self.examples.len() < EXAMPLES_MAX
            || self
                .examples
                .last()
                .is_some_and(|last| what < last.as_str());
        if is_wanted && self.examples.insert(what.to_owned()) && self.examples.len() > EXAMPLES_MAX
        {
            self.examples.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_the_same_in_whatever_order_they_come() {
        let ids: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
        let (mut one, mut other) = (Unmapped::default(), Unmapped::default());
        let (mut first, mut second) = (Unmapped::default(), Unmapped::default());
        for (index, id) in ids.iter().enumerate() {
            one.add(RecordKind::Alert, Reason::NoMachine, id);
            other.add(RecordKind::Alert, Reason::NoMachine, &ids[19 - index]);
            let half = if index % 2 == 0 {
                &mut first
            } else {
                &mut second
            };
            half.add(RecordKind::Alert, Reason::NoMachine, id);
        }
        second.merge(&first);
        assert_eq!((&one, &one), (&other, &second));
        let (_, _, tally) = one.iter().next().unwrap();
        assert_eq!((tally.count, tally.examples.len()), (20, EXAMPLES_MAX));
        assert_eq!(tally.examples.first().map(String::as_str), Some("00"));
    }
}
