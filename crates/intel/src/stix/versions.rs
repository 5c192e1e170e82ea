//! Which version of an object counts: of all with one id the one that was modified last, wherever it stands.
//!
//! Source: STIX 2.1, section 3.6 (versioning): an object is changed, and revoked, by a version with a newer `modified`.

use std::cmp::Ordering;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::sco;

/// Where an object was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In an answer of the service, or a file.
    Given,
    /// Among the objects that were kept of an earlier pull.
    Kept,
}

/// What tells the versions of an object apart.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stamp {
    #[serde(rename = "type")]
    kind: Value,
    id: Value,
    modified: Value,
    created: Value,
    revoked: Value,
    /// Nothing where the object is of no interest.
    #[serde(skip)]
    key: Option<Key>,
}

/// Of two with the same time, which the standard rules out, the one that is revoked counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    modified: Timestamp,
    is_revoked: bool,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    version: Version,
    /// Whether it was given, not only kept.
    is_given: bool,
}

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the newest version.
    Current,
    /// It was kept, and was given again.
    Repeated,
    /// There is a version that was modified then.
    Superseded(Timestamp),
}

/// The newest version of each object that matters: some fifty bytes an object, whatever its size.
#[derive(Debug, Default)]
pub(crate) struct Versions(HashMap<Key, Newest>);

/// The beginning of a SHA-256 digest.
type Key = [u8; 16];

impl Stamp {
    /// Nothing is known of what has not the form of an object.
    pub(crate) fn of(raw: &RawValue) -> Self {
        let stamp: Self = serde_json::from_str(raw.get()).unwrap_or_default();
        // Without an id an object is what it says.
        let text = stamp.id.as_str().unwrap_or(raw.get());
        let key = stamp.matters().then(|| key(text)).flatten();
        Self { key, ..stamp }
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_str().unwrap_or_default()
    }

    pub(crate) fn is_marking(&self) -> bool {
        self.kind == "marking-definition"
    }

    /// Whether it may hold observables, or says something about those that do.
    pub(crate) fn matters(&self) -> bool {
        let kind = self.kind.as_str().unwrap_or_default();
        matches!(kind, "indicator" | "observed-data" | "marking-definition")
            || sco::TYPES.contains(&kind)
    }

    /// An object without times has one version.
    fn version(&self) -> Version {
        let time = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        let modified = time(&self.modified).or_else(|| time(&self.created));
        Version {
            modified: modified.unwrap_or(Timestamp::MIN),
            is_revoked: self.revoked == true,
        }
    }
}

fn key(text: &str) -> Option<Key> {
    Sha256::digest(text.as_bytes()).first_chunk().copied()
}

impl Versions {
    /// Takes note of an object.
    pub(crate) fn note(&mut self, stamp: &Stamp, origin: Origin) {
        let Some(key) = stamp.key else { return };
        let new = Newest {
            version: stamp.version(),
            is_given: origin == Origin::Given,
        };
        let newest = self.0.entry(key).or_insert(new);
        match new.version.cmp(&newest.version) {
            Ordering::Less => {}
            Ordering::Equal => newest.is_given |= new.is_given,
            Ordering::Greater => *newest = new,
        }
    }

    /// What becomes of an object, once all were noted.
    pub(crate) fn standing(&self, stamp: &Stamp, origin: Origin) -> Standing {
        let Some(newest) = stamp.key.and_then(|key| self.0.get(&key)) else {
            return Standing::Current;
        };
        if stamp.version() < newest.version {
            Standing::Superseded(newest.version.modified)
        } else if origin == Origin::Kept && newest.is_given {
            Standing::Repeated
        } else {
            Standing::Current
        }
    }
}
