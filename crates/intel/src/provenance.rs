//! Where an indicator comes from, and what its source says about it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A document of a feed: a file, a page of an API, an event.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The feed's name.
    pub feed: Box<str>,
    /// The document, as people would name it; holds no secret.
    pub document: Box<str>,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The document.
    pub source: Arc<Source>,
    /// Line or number of the item; the first is 1.
    pub number: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.document, self.number)
    }
}

/// One source's statement about an observable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Where it stands.
    pub place: Place,
    /// What is said beside the value. Shared by the observables of one object; nothing where the source gives the bare value.
    pub details: Option<Arc<Details>>,
}

impl Provenance {
    /// The feed's name.
    #[must_use]
    pub fn feed(&self) -> &str {
        &self.place.source.feed
    }

    /// What is said beside the value.
    #[must_use]
    pub fn details(&self) -> &Details {
        static NOTHING: Details = Details::NOTHING;
        self.details.as_deref().unwrap_or(&NOTHING)
    }

    /// What is said beside the value, taken out.
    #[must_use]
    pub fn into_details(self) -> Details {
        self.details.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

/// What a source says about an observable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// The source's own id of the object.
    pub object_id: Option<Box<str>>,
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// From when it counts.
    pub valid_from: Option<Timestamp>,
    /// Until when it counts.
    pub valid_until: Option<Timestamp>,
    /// How sure the source is.
    pub confidence: Option<Confidence>,
    /// To whom it may be passed on.
    pub tlp: Option<Tlp>,
    /// Labels and tags.
    pub labels: Vec<Box<str>>,
    /// Title or comment.
    pub comment: Option<Box<str>>,
    /// Addresses of reports.
    pub references: Vec<Box<str>>,
}

impl Details {
    /// Nothing is said.
    pub const NOTHING: Self = Self {
        object_id: None,
        first_seen: None,
        last_seen: None,
        valid_from: None,
        valid_until: None,
        confidence: None,
        tlp: None,
        labels: Vec::new(),
        comment: None,
        references: Vec::new(),
    };

    /// Shared form; nothing where nothing is said.
    pub(crate) fn shared(self) -> Option<Arc<Self>> {
        (self != Self::NOTHING).then(|| Arc::new(self))
    }
}

/// Confidence from 0 (none) to 100 (certain).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Confidence(u8);

impl Confidence {
    /// `None` over 100.
    #[must_use]
    pub fn new(value: u8) -> Option<Self> {
        (value <= 100).then_some(Self(value))
    }

    /// From 0 to 100.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Confidence {
    type Error = &'static str;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("a confidence is a number from 0 to 100")
    }
}

impl From<Confidence> for u8 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

/// The Traffic Light Protocol's labels, most open first. Version 1's `white` is `clear`.
///
/// Source: FIRST, Traffic Light Protocol 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tlp {
    /// No limit.
    #[serde(rename = "clear")]
    Clear,
    /// The community.
    #[serde(rename = "green")]
    Green,
    /// The organisation and its clients.
    #[serde(rename = "amber")]
    Amber,
    /// The organisation.
    #[serde(rename = "amber+strict")]
    AmberStrict,
    /// The recipients.
    #[serde(rename = "red")]
    Red,
}

impl Tlp {
    /// The label's name in lower case, such as `amber+strict`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::AmberStrict => "amber+strict",
            Self::Red => "red",
        }
    }
}

/// The text names no label of the Traffic Light Protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no TLP label; known are clear, green, amber, amber+strict, red")]
pub struct UnknownTlp(Box<str>);

impl FromStr for Tlp {
    type Err = UnknownTlp;

    /// Reads `amber`, `TLP:AMBER`, `tlp:amber+strict`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.trim().to_ascii_lowercase();
        match lower.strip_prefix("tlp:").unwrap_or(&lower) {
            "white" | "clear" => Ok(Self::Clear),
            "green" => Ok(Self::Green),
            "amber" => Ok(Self::Amber),
            "amber+strict" => Ok(Self::AmberStrict),
            "red" => Ok(Self::Red),
            _ => Err(UnknownTlp(text.into())),
        }
    }
}
