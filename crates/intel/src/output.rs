//! The way out of every feed: checks that hold for all of them, counting, sending.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tesem_observable::{Observable, Refusal};
use tokio::sync::mpsc;

use crate::item::excerpt;
use crate::{
    Confidence, Details, Dropped, Indicator, Item, Place, Problem, Provenance, RefusedBecause,
    RefusedItem, Source, StopLists, Tlp,
};

/// What holds for every item of a feed.
#[derive(Debug, Clone, Default)]
pub struct ItemPolicy {
    /// Items last seen longer ago are refused; those without a time are kept.
    pub max_age: Option<Duration>,
    /// Items whose source is less sure are refused; those without confidence are kept.
    pub confidence_min: Option<Confidence>,
    /// The confidence of items that have none.
    pub confidence: Option<Confidence>,
    /// The TLP label of items that have none.
    pub tlp: Option<Tlp>,
    /// Labels for every item.
    pub labels: Vec<Box<str>>,
}

impl ItemPolicy {
    fn has_defaults(&self) -> bool {
        self.confidence.is_some() || self.tlp.is_some() || !self.labels.is_empty()
    }

    fn complete(&self, details: &mut Details) {
        details.confidence = details.confidence.or(self.confidence);
        details.tlp = details.tlp.or(self.tlp);
        for label in &self.labels {
            if !details.labels.contains(label) {
                details.labels.push(label.clone());
            }
        }
    }
}

/// What a pull came to. The numbers of items say how many were sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Indicators.
    pub indicators: u64,
    /// Refused items by the code of their reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Dropped indicators by list.
    pub dropped: BTreeMap<Arc<str>, u64>,
    /// What carries no observable by its nature, by what it is: comments, relationships and so on.
    pub context: BTreeMap<Box<str>, u64>,
    /// Fields that could not be read, by name; their items were kept without them.
    pub unread_fields: BTreeMap<Box<str>, u64>,
    /// What was left at the service, and why.
    pub left: Vec<Box<str>>,
    /// When the oldest copy was fetched that stands in for a service that failed; the failures.
    pub stale: Option<Stale>,
    /// Requests sent.
    pub requests: u64,
    /// Query credits that the service counts for them (Shodan).
    pub credits: u64,
}

impl Summary {
    /// Refused items of all reasons.
    #[must_use]
    pub fn refused_count(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Dropped indicators of all lists.
    #[must_use]
    pub fn dropped_count(&self) -> u64 {
        self.dropped.values().sum()
    }

    pub(crate) fn note_stale(&mut self, stale: Option<Stale>) {
        let Some(new) = stale else { return };
        match &mut self.stale {
            Some(old) if old.since <= new.since => {}
            slot => *slot = Some(new),
        }
    }
}

/// A kept copy stands in for a service that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// When the copy was fetched.
    pub since: Timestamp,
    /// Why there is no newer one.
    pub because: Box<str>,
}

/// Takes what a reader finds, and sends it.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) summary: Summary,
    pub(crate) now: Timestamp,
    feed: Arc<str>,
    source: Arc<Source>,
    policy: ItemPolicy,
    stops: Arc<StopLists>,
    sender: mpsc::Sender<Item>,
}

impl Output {
    pub(crate) fn new(
        feed: &str,
        now: Timestamp,
        policy: ItemPolicy,
        stops: Arc<StopLists>,
        sender: mpsc::Sender<Item>,
    ) -> Self {
        let source = Source {
            feed: feed.into(),
            document: feed.into(),
        };
        Self {
            summary: Summary::default(),
            now,
            feed: feed.into(),
            source: Arc::new(source),
            policy,
            stops,
            sender,
        }
    }

    /// What follows stands in `document`.
    pub(crate) fn enter(&mut self, document: &str) {
        self.source = Arc::new(Source {
            feed: (*self.feed).into(),
            document: document.into(),
        });
    }

    /// The document that is being read.
    pub(crate) fn document(&self) -> &str {
        &self.source.document
    }

    fn place(&self, number: u64) -> Place {
        Place {
            source: Arc::clone(&self.source),
            number,
        }
    }

    /// A value as it was recognised, or why not.
    pub(crate) fn value(
        &mut self,
        number: u64,
        read: Result<Observable, Refusal>,
        details: Option<Arc<Details>>,
    ) -> Result<(), Problem> {
        match read {
            Ok(observable) => self.found(number, observable, details),
            Err(refusal) => {
                let text = refusal.excerpt().to_owned();
                self.refused(number, &text, refusal.into())
            }
        }
    }

    /// An observable. It may still be refused or dropped.
    pub(crate) fn found(
        &mut self,
        number: u64,
        observable: Observable,
        details: Option<Arc<Details>>,
    ) -> Result<(), Problem> {
        let details = self.completed(details);
        if let Some(reason) = self.reason_against(details.as_deref()) {
            return self.refused(number, &observable.to_string(), reason);
        }
        let provenance = Provenance {
            place: self.place(number),
            details,
        };
        let stop = self.stops.stop(&observable);
        let indicator = Indicator {
            observable,
            provenance,
        };
        match stop {
            None => {
                self.summary.indicators += 1;
                self.send(Item::Indicator(indicator))
            }
            Some(stop) => {
                *self.summary.dropped.entry(stop.list.clone()).or_default() += 1;
                self.send(Item::Dropped(Dropped {
                    indicator,
                    list: stop.list,
                    entry: stop.entry,
                }))
            }
        }
    }

    fn completed(&self, details: Option<Arc<Details>>) -> Option<Arc<Details>> {
        if !self.policy.has_defaults() {
            return details;
        }
        let mut completed = details.map(Arc::unwrap_or_clone).unwrap_or_default();
        self.policy.complete(&mut completed);
        completed.shared()
    }

    fn reason_against(&self, details: Option<&Details>) -> Option<RefusedBecause> {
        let details = details?;
        if let Some(until) = details.valid_until.filter(|until| *until <= self.now) {
            return Some(RefusedBecause::Expired(until));
        }
        let seen = details.last_seen.or(details.first_seen);
        if let Some(seen) = seen.filter(|seen| self.is_too_old(*seen)) {
            return Some(RefusedBecause::TooOld(seen));
        }
        let (given, wanted) = (details.confidence?, self.policy.confidence_min?);
        (given < wanted).then(|| RefusedBecause::Unsure {
            given: given.get(),
            wanted: wanted.get(),
        })
    }

    /// Whether something last seen then is older than the policy allows.
    pub(crate) fn is_too_old(&self, seen: Timestamp) -> bool {
        let age = self.now.duration_since(seen);
        let age = Duration::try_from(age).unwrap_or_default();
        self.policy.max_age.is_some_and(|max_age| age > max_age)
    }

    /// An item that became no indicator.
    pub(crate) fn refused(
        &mut self,
        number: u64,
        text: &str,
        reason: RefusedBecause,
    ) -> Result<(), Problem> {
        *self.summary.refused.entry(reason.code()).or_default() += 1;
        let place = self.place(number);
        self.send(Item::Refused(RefusedItem {
            place,
            text: excerpt(text),
            reason,
        }))
    }

    /// Something that carries no observable by its nature.
    pub(crate) fn context(&mut self, what: &str) {
        count(&mut self.summary.context, what);
    }

    /// A field that could not be read; its item is kept without it.
    pub(crate) fn unread_field(&mut self, field: &str) {
        count(&mut self.summary.unread_fields, field);
    }

    fn send(&mut self, item: Item) -> Result<(), Problem> {
        self.sender
            .blocking_send(item)
            .map_err(|_| Problem::Stopped)
    }
}

/// A hostile feed may make up names; no more than so many are told apart.
const NAMES_MAX: usize = 200;

fn count(counts: &mut BTreeMap<Box<str>, u64>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
        return;
    }
    let name = if counts.len() < NAMES_MAX {
        name
    } else {
        "other"
    };
    *counts.entry(excerpt(name)).or_default() += 1;
}
