//! How often something was seen in the tenant, and where.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::data::{Entity, SharedEntity};
use crate::refusal::Refusal;
use crate::route::Call;
use crate::server::Twin;
use crate::state::{evidence, text};
use crate::telemetry::Sighting;
use crate::wire_time;

/// The longest `lookBackHours`: 30 days.
pub(crate) const LOOK_BACK_HOURS_MAX: i64 = 720;

/// Devices, and when they saw it first and last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prevalence {
    pub(super) devices: usize,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Prevalence {
    pub(super) fn of(sightings: &[Sighting]) -> Self {
        Self {
            devices: devices(sightings).len(),
            first: sightings.iter().map(|sighting| sighting.first).min(),
            last: sightings.iter().map(|sighting| sighting.last).max(),
        }
    }

    pub(super) fn first_text(&self) -> Option<String> {
        self.first.map(wire_time::text)
    }

    pub(super) fn last_text(&self) -> Option<String> {
        self.last.map(wire_time::text)
    }
}

/// The devices of sightings.
pub(super) fn devices(sightings: &[Sighting]) -> BTreeSet<&str> {
    sightings
        .iter()
        .map(|sighting| sighting.device.as_str())
        .collect()
}

/// `lookBackHours` of a call; without it all that is visible.
pub(super) fn look_back(twin: &Twin, call: &Call) -> Result<SignedDuration, Refusal> {
    let Some(given) = call.option("lookBackHours") else {
        return Ok(visible(twin));
    };
    let hours = given.parse::<i64>().ok();
    hours
        .filter(|hours| (1..=LOOK_BACK_HOURS_MAX).contains(hours))
        .map(SignedDuration::from_hours)
        .ok_or_else(|| Refusal::invalid("lookBackHours", &given))
}

/// How far back the telemetry is visible.
pub(super) fn visible(twin: &Twin) -> SignedDuration {
    SignedDuration::try_from(twin.limits.visible).unwrap_or(SignedDuration::MAX)
}

/// The machines that saw it, or on which an alert has it as evidence.
pub(super) fn machines(
    twin: &Twin,
    sightings: &[Sighting],
    fits: impl Fn(&Entity) -> bool,
    most: usize,
) -> Vec<SharedEntity> {
    let seen = devices(sightings);
    let state = twin.tenant_state();
    let alerted: BTreeSet<&str> = state
        .alerts
        .values()
        .filter(|alert| evidence(alert).any(&fits))
        .map(|alert| text(alert, "machineId"))
        .collect();
    let is_there = |machine: &&SharedEntity| {
        let id = text(machine, "id");
        seen.contains(id) || alerted.contains(id)
    };
    state
        .machines
        .values()
        .filter(is_there)
        .take(most)
        .cloned()
        .collect()
}
