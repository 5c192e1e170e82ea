//! Indicators: observables that are hunted for, with the places in the input that named them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_observable::{Observable, ObservableKind};

/// The number of an indicator in its intake and in every plan, query and report made from it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IndicatorId(pub u32);

impl IndicatorId {
    /// The id as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Which source, as an index into [`Intake::sources`](crate::Intake::sources).
    pub source: u32,
    /// The line, from 1; 0 stands for the source as a whole.
    pub line: u64,
}

/// What a feed says about an indicator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The feed, as it is called in the configuration.
    pub feed: String,
    /// The source's own id of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// When the source first saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    /// When the source last saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// How sure the source is, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// To whom it may be passed on: a label of the Traffic Light Protocol, such as `amber`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tlp: Option<String>,
    /// Labels and tags of the source, and the name of the feed's query that found it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// Something to hunt for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// What it is.
    pub observable: Observable,
    /// Every line that named it, in order and each once.
    pub origins: Vec<Origin>,
    /// What feeds say about it, in their order; nothing for what was read from files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provenance: Vec<Provenance>,
}

impl Indicator {
    /// What kind of observable it is.
    #[must_use]
    pub fn kind(&self) -> ObservableKind {
        self.observable.kind()
    }

    /// The feeds that name it, each once, in order.
    #[must_use]
    pub fn feeds(&self) -> Vec<&str> {
        let mut feeds: Vec<&str> = Vec::new();
        for provenance in &self.provenance {
            if !feeds.contains(&provenance.feed.as_str()) {
                feeds.push(&provenance.feed);
            }
        }
        feeds
    }

    /// When a feed first saw it.
    #[must_use]
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.provenance
            .iter()
            .filter_map(|one| one.first_seen)
            .min()
    }

    /// When a feed last saw it.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.provenance.iter().filter_map(|one| one.last_seen).max()
    }

    /// The highest confidence of a feed in it.
    #[must_use]
    pub fn confidence(&self) -> Option<u8> {
        self.provenance
            .iter()
            .filter_map(|one| one.confidence)
            .max()
    }
}
