//! Reporting only what is new: what earlier runs of a scheduled hunt searched and reported.
//!
//! Events reach the service late and out of order, so that no point in time says what is new. Each indicator therefore has its own
//! end of what was searched; the next run searches from some [lateness](Cursor::next) before that on, and leaves out the very events
//! that were reported. Events of equal time stay apart, because an event is known by all that it says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_observable::Observable;
use uuid::Uuid;

use crate::indicator::IndicatorId;
use crate::intake::Intake;
use crate::output::{Hit, HitReader};
use crate::plan::Plan;
use crate::query::TimeWindow;
use crate::report::{Ending, HuntReport};
use crate::run::{FolderError, RunFolder, Sighting};
use crate::verdict::{Status, Verdict};

/// How late an event may arrive and still be reported, unless said otherwise.
pub const LATENESS_DEFAULT: SignedDuration = SignedDuration::from_hours(24);

/// After so long without being hunted for, an indicator counts as new.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Version of [`Cursor`] as a file.
const FORMAT_VERSION: u32 = 1;

/// How far a scheduled hunt got in a tenant, over all its runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    format_version: u32,
    /// The indicators by the end of what was searched for them.
    searched: BTreeMap<Timestamp, BTreeSet<Uuid>>,
    /// The reported events that may be met again, with their times.
    reported: BTreeMap<Uuid, Timestamp>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            format_version: FORMAT_VERSION,
            searched: BTreeMap::new(),
            reported: BTreeMap::new(),
        }
    }
}

/// What a plan knows of the runs before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// How late events may arrive, in seconds.
    lateness: i64,
    /// Per indicator: up to when it was searched for; nothing for a new one.
    searched: Vec<Option<Timestamp>>,
    /// Events that were reported.
    reported: BTreeSet<Uuid>,
}

impl Cursor {
    /// Whether this program can go on from it.
    #[must_use]
    pub fn is_known_format(&self) -> bool {
        self.format_version == FORMAT_VERSION
    }

    /// What the next run for `intake` needs to know; events that arrive up to `lateness` after they happened will be reported.
    #[must_use]
    pub fn next(&self, intake: &Intake, lateness: SignedDuration) -> Earlier {
        let mut ends: BTreeMap<Uuid, Timestamp> = BTreeMap::new();
        for (end, indicators) in &self.searched {
            ends.extend(indicators.iter().map(|id| (*id, *end)));
        }
        let end = |indicator: &crate::Indicator| ends.get(&name(&indicator.observable)).copied();
        Earlier {
            lateness: lateness.as_secs().max(0),
            searched: intake.indicators.iter().map(end).collect(),
            reported: self.reported.keys().copied().collect(),
        }
    }

    /// The cursor after a run of `plan`, which is to be kept once the run's files are written. A run that did not ask everything
    /// moves nothing, and indicators that failed stay where they are.
    ///
    /// # Errors
    /// [`FolderError`] for an answer that cannot be read.
    pub fn after(
        mut self,
        folder: &RunFolder,
        plan: &Plan,
        report: &HuntReport,
    ) -> Result<Self, FolderError> {
        if report.ending != Ending::Complete {
            return Ok(self);
        }
        let done: BTreeSet<Uuid> = report
            .verdicts
            .iter()
            .filter(|verdict| matches!(verdict.status, Status::Hit | Status::Clear))
            .filter_map(|verdict| plan.intake.get(verdict.indicator))
            .map(|indicator| name(&indicator.observable))
            .collect();
        for indicators in self.searched.values_mut() {
            indicators.retain(|id| !done.contains(id));
        }
        let end = plan.options.window.end;
        self.searched.entry(end).or_default().extend(done);
        let mut hits = HitReader::new(folder, plan, report);
        while let Some(hits) = hits.next_answer()? {
            let reported = hits
                .iter()
                .filter_map(|hit| Some((digest(hit), hit.timestamp?)));
            self.reported.extend(reported);
        }
        let lateness = plan.earlier.as_ref().map(Earlier::lateness);
        self.forget(end, lateness.unwrap_or(LATENESS_DEFAULT));
        Ok(self)
    }

    /// Lets go of what no further run will meet.
    fn forget(&mut self, now: Timestamp, lateness: SignedDuration) {
        let oldest = now.checked_sub(FORGOTTEN_AFTER).unwrap_or(Timestamp::MIN);
        self.searched
            .retain(|end, indicators| *end >= oldest && !indicators.is_empty());
        let first = self.searched.keys().next().copied().unwrap_or(now);
        let met = first.checked_sub(lateness).unwrap_or(Timestamp::MIN);
        self.reported.retain(|_, time| *time >= met);
    }
}

impl Earlier {
    fn lateness(&self) -> SignedDuration {
        SignedDuration::from_secs(self.lateness)
    }

    /// From when on something about the indicator may be new; nothing for an indicator that was not searched for before.
    fn open_since(&self, id: IndicatorId) -> Option<Timestamp> {
        let end = (*self.searched.get(id.index())?)?;
        Some(end.checked_sub(self.lateness()).unwrap_or(Timestamp::MIN))
    }

    /// Whether the indicator was searched for before.
    pub(crate) fn knows(&self, id: IndicatorId) -> bool {
        self.open_since(id).is_some()
    }

    /// The window of the indicators that were searched for before: `window` from where the first of them is open on.
    pub(crate) fn window(&self, window: TimeWindow) -> TimeWindow {
        let ids = (0..).map(IndicatorId).take(self.searched.len());
        let start = ids.filter_map(|id| self.open_since(id)).min();
        let start = start.unwrap_or(window.start).max(window.start);
        match start < window.end {
            true => TimeWindow { start, ..window },
            false => window,
        }
    }

    /// Whether a hit has not been reported.
    pub(crate) fn is_new(&self, hit: &Hit<'_>) -> bool {
        let is_open = match (self.open_since(hit.id), hit.timestamp) {
            (Some(since), Some(time)) => time >= since,
            _ => true,
        };
        is_open && !self.reported.contains(&digest(hit))
    }
}

/// Leaves of the verdicts on indicators that were searched for before what is new.
pub(crate) fn keep_new(
    report: &mut HuntReport,
    folder: &RunFolder,
    plan: &Plan,
) -> Result<(), FolderError> {
    let Some(earlier) = &plan.earlier else {
        return Ok(());
    };
    let mut sightings: BTreeMap<IndicatorId, BTreeMap<[String; 4], Sighting>> = BTreeMap::new();
    let mut hits = HitReader::new(folder, plan, report);
    while let Some(hits) = hits.next_answer()? {
        for hit in &hits {
            add(sightings.entry(hit.id).or_default(), hit);
        }
    }
    for verdict in &mut report.verdicts {
        let can_tell = verdict.status == Status::Hit && !verdict.events_missing;
        if can_tell && earlier.knows(verdict.indicator) {
            let new = sightings.remove(&verdict.indicator).unwrap_or_default();
            only(verdict, new.into_values().collect(), plan);
        }
    }
    Ok(())
}

fn add(sightings: &mut BTreeMap<[String; 4], Sighting>, hit: &Hit<'_>) {
    let Some(time) = hit.timestamp else {
        return;
    };
    let cell = |name| {
        let text = hit.cell(name).and_then(serde_json::Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (device_id, device_name) = (cell("DeviceId"), cell("DeviceName"));
    let key = [&hit.table, &hit.column, &device_id, &device_name].map(Clone::clone);
    let sighting = sightings.entry(key).or_insert_with(|| Sighting {
        table: hit.table.clone(),
        column: hit.column.clone(),
        device_id,
        device_name,
        events: 0,
        first_seen: time,
        last_seen: time,
    });
    sighting.events += 1;
    sighting.first_seen = sighting.first_seen.min(time);
    sighting.last_seen = sighting.last_seen.max(time);
}

/// Puts the new sightings in the place of all.
fn only(verdict: &mut Verdict, new: Vec<Sighting>, plan: &Plan) {
    let limit = plan.options.rows_per_indicator;
    let note = if verdict.events() > u64::from(limit) {
        Some(format!("only the newest {limit} events were compared"))
    } else if new.is_empty() {
        Some("nothing new since the last run".to_owned())
    } else {
        None
    };
    if new.is_empty() {
        verdict.status = Status::Clear;
    }
    let reasons = [Some(verdict.reason.clone()), note];
    let reasons: Vec<String> = reasons
        .into_iter()
        .flatten()
        .filter(|reason| !reason.is_empty())
        .collect();
    verdict.reason = reasons.join("; ");
    verdict.sightings = new;
}

const NAMESPACE: Uuid = Uuid::from_u128(0x7465_7365_6d2d_6375_7273_6f72_2d69_6473);

/// What an indicator is called in the cursor.
fn name(observable: &Observable) -> Uuid {
    let text = format!("{}\n{observable}", observable.kind().as_str());
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

/// What an event is called in the cursor: all that it says.
fn digest(hit: &Hit<'_>) -> Uuid {
    let mut text = format!(
        "{}\n{}\n{}\n{}",
        name(&hit.indicator.observable),
        hit.table,
        hit.column,
        hit.matched
    );
    for (column, value) in &hit.cells {
        text.push_str(&format!("\n{column}={value}"));
    }
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}
