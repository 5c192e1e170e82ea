//! Sightings of an indicator, one per device.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::run::Sighting;
use crate::verdict::Verdict;

/// An indicator on one device, or in the tables that name none.
pub(super) struct Place<'a> {
    pub(super) device_id: &'a str,
    pub(super) device_name: &'a str,
    pub(super) events: u64,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    sightings: Vec<&'a Sighting>,
}

impl Place<'_> {
    pub(super) fn has_device(&self) -> bool {
        !(self.device_id.is_empty() && self.device_name.is_empty())
    }

    /// `DeviceNetworkEvents.RemoteUrl: 12; DeviceEvents.RemoteUrl: 1`.
    pub(super) fn description(&self) -> String {
        let parts: Vec<String> = self
            .sightings
            .iter()
            .map(|sighting| {
                format!(
                    "{}.{}: {}",
                    sighting.table, sighting.column, sighting.events
                )
            })
            .collect();
        parts.join("; ")
    }

    fn add(&mut self, sighting: &Sighting) {
        self.events = self.events.saturating_add(sighting.events);
        self.first_seen = self.first_seen.min(sighting.first_seen);
        self.last_seen = self.last_seen.max(sighting.last_seen);
    }
}

/// The devices, by id and name.
pub(super) fn places(verdict: &Verdict) -> impl Iterator<Item = Place<'_>> {
    let mut places: BTreeMap<(&str, &str), Place<'_>> = BTreeMap::new();
    for sighting in &verdict.sightings {
        let key = (sighting.device_id.as_str(), sighting.device_name.as_str());
        let place = places.entry(key).or_insert_with(|| Place {
            device_id: key.0,
            device_name: key.1,
            events: 0,
            first_seen: sighting.first_seen,
            last_seen: sighting.last_seen,
            sightings: Vec::new(),
        });
        place.add(sighting);
        place.sightings.push(sighting);
    }
    places.into_values()
}
