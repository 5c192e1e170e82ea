//! Sightings, made of what the service says. Nothing here looks anything up.

mod alert;
mod event;
mod facts;
mod hashes;
mod row;
mod target;

use jiff::Timestamp;
use url::Url;
use uuid::{Builder, Uuid};

pub(crate) use alert::hashes_of;
pub(crate) use event::{file_hashes, process_hashes};
pub use facts::{Adapter, Facts};
pub use hashes::{HashBook, Hashes};
pub use row::{EventTable, Row};

use crate::ctim::{Observable, ObservedTime, Sighting, Vocabulary};
use crate::request::SentObservable;

/// Who says so, in sightings and links.
pub const SOURCE: &str = "Microsoft Defender for Endpoint";

/// The name space of ids of sightings.
const IDS: Uuid = Uuid::from_u128(0x6f0b_3a52_5d5c_4a0e_9a3e_1d1f_7c64_b2a7);

/// How sightings are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// In which words.
    pub vocabulary: Vocabulary,
    /// The portal that sightings link to.
    pub portal: Url,
    /// Whether each sighting counts itself, and not all of its observable.
    pub count_each: bool,
}

/// What the sightings of one observable have in common.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The observable, as it was sent.
    pub observable: &'a SentObservable,
    /// How many sightings it has, with those beyond its limit.
    pub count: usize,
    /// What else was found.
    pub facts: &'a Facts,
    /// How sightings are written.
    pub style: &'a Style,
    /// When something was seen of which the service does not say when.
    pub now: Timestamp,
}

impl Maker<'_> {
    /// What is the same in all; `key` tells the sighting from others of its observable.
    fn common(&self, key: &str, observed_time: ObservedTime) -> Sighting {
        let SentObservable { kind, value } = self.observable;
        let id = stable_id(&format!("{kind}\0{value}\0{key}"));
        Sighting {
            kind: "sighting",
            id: self.style.vocabulary.sighting_id(id),
            schema_version: self.style.vocabulary.schema_version(),
            source: SOURCE,
            sensor: "endpoint",
            confidence: "High",
            internal: true,
            count: if self.style.count_each { 1 } else { self.count },
            observables: vec![Observable::new(kind, value)],
            observed_time,
            timestamp: None,
            title: None,
            description: None,
            severity: None,
            source_uri: None,
            relations: Vec::new(),
            targets: Vec::new(),
            data: None,
        }
    }
}

/// The same id for the same name, so that a client that asks again sees nothing new. Its form is that of version 4,
/// which clients know.
fn stable_id(name: &str) -> Uuid {
    let digest = Uuid::new_v5(&IDS, name.as_bytes());
    Builder::from_random_bytes(digest.into_bytes()).into_uuid()
}
