//! Observing: everything that a tenant knows of the observables of a request, in few calls.
//!
//! 1. Alerts of each observable, at the same time.
//! 2. One query for the events of all files and one for those of all addresses and domains, as far as limits leave room.
//! 3. The evidence of all alerts that came without it.
//! 4. Machines, their adapters, and missing hashes, for all of that at once: one query where many hashes are missing, and a call for each
//!    file that is incomplete then.
//!
//! Whatever of this fails is left out of the sightings and noted as a failure.

mod alerts;
mod events;
mod gather;
mod lookups;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::Alert;
use tesem_defender::{DefenderError, HuntingResult};

use crate::ctim::Sighting;
use crate::reply::{Code, Compat, Failure};
use crate::request::{EntitiesLimit, ObservableType, SentObservable, Subject, supported};
use crate::sighting::{EventTable, Maker, Row, Style};
use crate::upstream::{Asked, Upstream, failure};
pub(crate) use gather::gather;
pub use gather::{Deadline, Deadlines};

/// How far back events are hunted for, where no setting says: all that the service keeps.
///
/// Source: learn.microsoft.com/defender-xdr/advanced-hunting-overview, "Data freshness and retention".
pub const HUNTING_WINDOW_DEFAULT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How observables are looked up.
#[derive(Debug, Clone)]
pub struct Observing {
    /// Most sightings of one observable.
    pub limit: EntitiesLimit,
    /// How they are written.
    pub style: Style,
    /// How far back events are hunted for.
    pub window: SignedDuration,
    /// Whose codes failures have.
    pub compat: Compat,
}

/// What was found, and what went wrong.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Sightings, by observable in the order of the request: alerts, then events, newest first.
    pub sightings: Vec<Sighting>,
    /// Each failure once.
    pub failures: Vec<Failure>,
}

/// What is known of one thing that was asked for.
#[derive(Debug, Default)]
struct Known {
    /// Newest first.
    alerts: Vec<Arc<Alert>>,
    /// Newest first, as many as its limit leaves room for.
    events: Vec<Event>,
}

/// A row of a result.
#[derive(Debug, Clone)]
struct Event {
    table: EventTable,
    result: Arc<HuntingResult>,
    place: usize,
}

impl Event {
    fn row(&self) -> Option<Row<'_>> {
        Row::at(&self.result, self.place)
    }
}

/// A request on its way.
struct Course<'a> {
    upstream: &'a dyn Upstream,
    observing: &'a Observing,
    deadlines: Deadlines,
    known: BTreeMap<Subject, Known>,
    failures: Vec<Failure>,
}

/// Looks up what is known of the observables of a request, until its time is over. Observables of other types, and malformed
/// values, have no sightings.
pub async fn observe(
    upstream: &dyn Upstream,
    sent: &[SentObservable],
    observing: &Observing,
    now: Timestamp,
    deadlines: Deadlines,
) -> Observed {
    let asked = subjects(sent);
    let mut course = Course {
        upstream,
        observing,
        deadlines,
        known: BTreeMap::new(),
        failures: Vec::new(),
    };
    let unresolved = course.find_alerts(&asked).await;
    course.find_events(&asked).await;
    course.find_alerts_by_events(&unresolved).await;
    course.find_evidence().await;
    let facts = course.look_up().await;
    let mut sightings = Vec::new();
    for (observable, subject) in &asked {
        let Some(known) = course.known.get(subject) else {
            continue;
        };
        let maker = Maker {
            observable,
            count: known.alerts.len() + known.events.len(),
            facts: &facts,
            style: &observing.style,
            now,
        };
        sightings.extend(known.sightings(&maker, observing.limit.get()));
    }
    Observed {
        sightings,
        failures: course.failures,
    }
}

/// What is asked for in canonical form, beside the observables as they were sent.
fn subjects(sent: &[SentObservable]) -> Vec<(SentObservable, Subject)> {
    supported(sent, |kind| kind != ObservableType::MsMachineId)
        .into_iter()
        .filter_map(|(kind, observable)| {
            let subject = Subject::of(kind, &observable.value)?;
            Some((observable, subject))
        })
        .collect()
}

impl Known {
    fn sightings(&self, maker: &Maker<'_>, limit: usize) -> Vec<Sighting> {
        let alerts = self.alerts.iter().map(|alert| maker.alert(alert));
        let events = self
            .events
            .iter()
            .filter_map(|event| Some(maker.event(event.table, &event.row()?)));
        alerts.chain(events).take(limit).collect()
    }
}

impl Course<'_> {
    /// Notes a failure, unless it is known.
    fn fail(&mut self, failure: Failure) {
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Notes what a call failed with.
    fn fail_with(&mut self, error: &DefenderError, asked: Asked) {
        self.fail(failure(error, asked, self.observing.compat));
    }

    /// Notes that the time was over before all was looked up.
    fn run_out(&mut self) {
        self.fail(time_is_over());
    }
}

/// The failure of a request whose time was over before all was looked up.
pub(crate) fn time_is_over() -> Failure {
    let text = "Microsoft Defender for Endpoint returned unexpected error. \
                Details: The time for this request is over; not everything was looked up.";
    Failure::new(Code::Unknown, text)
}
