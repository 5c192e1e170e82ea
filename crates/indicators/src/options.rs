//! How plans are made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::capacity::Room;
use crate::key::Key;

/// How a plan is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOptions {
    /// What time it is.
    pub now: Timestamp,
    /// How much room the tenant has.
    pub room: Room,
    /// Indicators are renewed when less than this is left, or half of their life where that is less.
    pub renew_before: SignedDuration,
    /// Sources that did not give all that they have: nothing of theirs is withdrawn. The reason, by name.
    pub incomplete: BTreeMap<String, String>,
    /// What earlier plans knew of our indicators, by [`Key::everywhere`].
    pub known: BTreeMap<Key, Known>,
    /// How long an indicator stays after a plan first missed its source.
    pub grace: SignedDuration,
    /// The sources that are configured.
    pub sources: BTreeSet<String>,
}

/// What earlier plans and applies knew of an indicator of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The sources that wanted it last.
    pub sources: Vec<String>,
    /// Since when one of them is no longer configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphaned: Option<Timestamp>,
    /// The [fingerprint](Content::fingerprint) of what was last applied or found as wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Uuid>,
    /// When that ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

/// A month.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A week.
const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl PlanOptions {
    /// The defaults at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            room: Room::default(),
            renew_before: RENEW_BEFORE,
            incomplete: BTreeMap::new(),
            known: BTreeMap::new(),
            grace: GRACE,
            sources: BTreeSet::new(),
        }
    }
}
