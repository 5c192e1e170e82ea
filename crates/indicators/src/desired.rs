//! What the tenant should have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_observable::Observable;

use crate::content::Content;
use crate::key::Key;
use crate::policy::{Fill, Policy};
use crate::value::entries;

/// What a source says about an observable that is wanted in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The feed or file.
    pub name: String,
    /// Its place among the sources, from 0: an earlier source decides where several want the same.
    pub rank: usize,
    /// Until when it counts.
    pub valid_until: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// How sure the source is, from 0 to 100.
    pub confidence: Option<u8>,
    /// To whom it may be passed on.
    pub tlp: Option<String>,
    /// Labels and tags.
    pub labels: Vec<String>,
    /// Whether a hunt has found it in the tenant.
    pub seen: bool,
}

/// How much an indicator is worth where not all have room: the smaller, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rank {
    /// Whether it was found in the tenant, those that were first.
    seen: Reverse<bool>,
    /// The place of its first source.
    source: usize,
    /// The confidence, high ones first.
    confidence: Reverse<u8>,
    /// When it was last seen, recent ones first.
    last_seen: Reverse<Option<Timestamp>>,
}

/// An indicator that the tenant should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredItem {
    /// What it is.
    pub key: Key,
    /// What it does, as if it were made now.
    pub content: Content,
    /// What it is worth.
    pub rank: Rank,
    /// The sources that want it, in the order of their rank.
    pub sources: Vec<String>,
    /// The most that its source may have, where it is beyond that.
    pub beyond: Option<usize>,
}

/// What is not wanted, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RefusedEntry {
    /// The value as it was given.
    pub value: String,
    /// The source.
    pub source: String,
    /// Why.
    pub reason: String,
}

/// What the tenant should have, each type and value once.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    wanted: BTreeMap<(IndicatorType, String), Wanted>,
    refused: BTreeSet<RefusedEntry>,
}

/// What all sources say about a type and value.
#[derive(Debug, Clone, Default)]
struct Wanted {
    /// By the rank of the source.
    claims: BTreeMap<usize, Claim>,
    /// Until when it counts; `None` is without end, also where one source gives none.
    valid_until: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    confidence: Option<u8>,
    tlp: Option<String>,
    labels: BTreeSet<String>,
    seen: bool,
}

/// That a source wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    source: String,
    /// Index of its policy.
    policy: usize,
}

impl Desired {
    /// Adds what a source wants; `policies` are the same slice in every call, `policy` an index into it.
    pub fn add(
        &mut self,
        observable: &Observable,
        source: &Source,
        policies: &[Policy],
        policy: usize,
        now: Timestamp,
    ) {
        let Some(rules) = policies.get(policy) else {
            return;
        };
        if source.valid_until.is_some_and(|until| until <= now) {
            return self.refuse(
                observable,
                source,
                "its source says that it no longer counts",
            );
        }
        let entries = match entries(observable, rules.range_max) {
            Ok(entries) => entries,
            Err(refusal) => return self.refuse(observable, source, &refusal.to_string()),
        };
        for (kind, value) in entries {
            if let Err(refusal) = rules.action_for(&kind) {
                self.refuse(observable, source, &refusal.to_string());
                continue;
            }
            let Key { kind, value, .. } = Key::new(kind, &value, []);
            self.wanted
                .entry((kind, value))
                .or_default()
                .claim(source, policy);
        }
    }

    /// Notes something that is not wanted.
    pub fn refuse(&mut self, observable: &Observable, source: &Source, reason: &str) {
        self.refused.insert(RefusedEntry {
            value: observable.to_string(),
            source: source.name.clone(),
            reason: reason.to_owned(),
        });
    }

    /// How many indicators are wanted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// What is not wanted, in order.
    pub fn refused(&self) -> impl Iterator<Item = &RefusedEntry> {
        self.refused.iter()
    }

    /// The indicators as they would be made at `now`, by key.
    ///
    /// Where several sources want the same value, the first one's policy decides, for the device groups of all that want the same
    /// action. Of each source no more than its policy's maximum have a place, the best ones; the others are [beyond](DesiredItem::beyond).
    #[must_use]
    pub fn items(&self, policies: &[Policy], now: Timestamp) -> Vec<DesiredItem> {
        let mut items: Vec<(usize, DesiredItem)> = self
            .wanted
            .iter()
            .filter_map(|(target, wanted)| wanted.item(target, policies, now))
            .collect();
        items.sort_by(|(_, one), (_, other)| (&one.rank, &one.key).cmp(&(&other.rank, &other.key)));
        let mut taken = vec![0_usize; policies.len()];
        for (policy, item) in &mut items {
            let maximum = policies.get(*policy).and_then(|policy| policy.maximum);
            if let Some(count) = taken.get_mut(*policy) {
                *count += 1;
                item.beyond = maximum.filter(|maximum| *count > *maximum);
            }
        }
        let mut items: Vec<DesiredItem> = items.into_iter().map(|(_, item)| item).collect();
        items.sort_by(|one, other| one.key.cmp(&other.key));
        items
    }
}

impl Wanted {
    fn claim(&mut self, source: &Source, policy: usize) {
        self.valid_until = match (self.claims.is_empty(), self.valid_until, source.valid_until) {
            (true, _, until) => until,
            (false, Some(one), Some(other)) => Some(one.max(other)),
            _ => None,
        };
        self.last_seen = self.last_seen.max(source.last_seen);
        self.confidence = self.confidence.max(source.confidence);
        self.tlp = self.tlp.take().max(source.tlp.clone());
        self.labels.extend(source.labels.iter().cloned());
        self.seen |= source.seen;
        let claim = Claim {
            source: source.name.clone(),
            policy,
        };
        self.claims.insert(source.rank, claim);
    }

    /// The indicator, and the index of the policy that decides about it.
    fn item(
        &self,
        (kind, value): &(IndicatorType, String),
        policies: &[Policy],
        now: Timestamp,
    ) -> Option<(usize, DesiredItem)> {
        let (source, first) = self.claims.first_key_value()?;
        let policy = policies.get(first.policy)?;
        let action = policy.action_for(kind).ok()?;
        let sources: Vec<String> = self
            .claims
            .values()
            .map(|claim| claim.source.clone())
            .collect();
        let labels: Vec<String> = self.labels.iter().cloned().collect();
        let fill = Fill {
            value,
            kind,
            feeds: &sources,
            confidence: self.confidence,
            tlp: self.tlp.as_deref(),
            labels: &labels,
        };
        let item = DesiredItem {
            key: Key::new(kind.clone(), value, self.groups(&action, kind, policies)),
            content: policy.content(action, kind, fill, now, self.valid_until),
            rank: Rank {
                seen: Reverse(self.seen),
                source: *source,
                confidence: Reverse(self.confidence.unwrap_or_default()),
                last_seen: Reverse(self.last_seen),
            },
            sources,
            beyond: None,
        };
        Some((first.policy, item))
    }

    /// The device groups of all sources that want `action`; none, which is all devices, where one of them names none.
    fn groups(
        &self,
        action: &IndicatorAction,
        kind: &IndicatorType,
        policies: &[Policy],
    ) -> BTreeSet<String> {
        let mut groups = BTreeSet::new();
        for claim in self.claims.values() {
            let policy = policies.get(claim.policy);
            let same = policy.filter(|policy| policy.action_for(kind).as_ref() == Ok(action));
            match same {
                Some(policy) if policy.groups.is_empty() => return BTreeSet::new(),
                Some(policy) => groups.extend(policy.groups.iter().cloned()),
                None => {}
            }
        }
        groups
    }
}
