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
    /// Addresses that ranges were written out to.
    written_out: usize,
}

/// Most addresses that all ranges together are written out to: several times what a tenant takes.
const WRITTEN_OUT_MAX: usize = 65_536;

fn too_many_ranges() -> String {
    format!("the ranges before it have {WRITTEN_OUT_MAX} addresses, and more are not written out")
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
        if entries.len() > 1 {
            self.written_out += entries.len();
            if self.written_out > WRITTEN_OUT_MAX {
                return self.refuse(observable, source, &too_many_ranges());
            }
        }
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
    /// action. Of each source no more than its policy's maximum have a place, the best ones; for the others the next source decides, and
    /// what no source has a place for is [beyond](DesiredItem::beyond).
    #[must_use]
    pub fn items(&self, policies: &[Policy], now: Timestamp) -> Vec<DesiredItem> {
        let mut ranked: Vec<(Rank, &(IndicatorType, String), &Wanted)> = self
            .wanted
            .iter()
            .filter_map(|(target, wanted)| Some((wanted.rank()?, target, wanted)))
            .collect();
        ranked.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        let mut taken = vec![0_usize; policies.len()];
        let place = |(rank, target, wanted): (Rank, &(IndicatorType, String), &Wanted)| {
            let (deciding, beyond) = wanted.deciding(policies, &mut taken)?;
            let mut item = wanted.item(target, deciding, policies, now)?;
            (item.rank, item.beyond) = (rank, beyond);
            Some(item)
        };
        let mut items: Vec<DesiredItem> = ranked.into_iter().filter_map(place).collect();
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
        let stricter = |one: &String, other: &String| strictness(one).cmp(&strictness(other));
        let marks = [self.tlp.take(), source.tlp.clone()].into_iter().flatten();
        self.tlp = marks.max_by(stricter);
        self.labels.extend(source.labels.iter().cloned());
        self.seen |= source.seen;
        let claim = Claim {
            source: source.name.clone(),
            policy,
        };
        self.claims.insert(source.rank, claim);
    }

    fn rank(&self) -> Option<Rank> {
        let (source, _) = self.claims.first_key_value()?;
        Some(Rank {
            seen: Reverse(self.seen),
            source: *source,
            confidence: Reverse(self.confidence.unwrap_or_default()),
            last_seen: Reverse(self.last_seen),
        })
    }

    /// The first claim whose source has a place left, of which one is taken; else the first one, and the maximum that it is beyond.
    fn deciding(
        &self,
        policies: &[Policy],
        taken: &mut [usize],
    ) -> Option<(&Claim, Option<usize>)> {
        for claim in self.claims.values() {
            let maximum = policies.get(claim.policy)?.maximum;
            let count = taken.get_mut(claim.policy)?;
            if maximum.is_none_or(|maximum| *count < maximum) {
                *count += 1;
                return Some((claim, None));
            }
        }
        let (_, first) = self.claims.first_key_value()?;
        Some((first, policies.get(first.policy)?.maximum))
    }

    /// The indicator under the policy of `deciding`.
    fn item(
        &self,
        (kind, value): &(IndicatorType, String),
        deciding: &Claim,
        policies: &[Policy],
        now: Timestamp,
    ) -> Option<DesiredItem> {
        let policy = policies.get(deciding.policy)?;
        let action = policy.action_for(kind).ok()?;
        let claims = self.claims.values();
        let sources: Vec<String> = claims.map(|claim| claim.source.clone()).collect();
        let labels: Vec<String> = self.labels.iter().cloned().collect();
        let fill = Fill {
            value,
            kind,
            feeds: &sources,
            confidence: self.confidence,
            tlp: self.tlp.as_deref(),
            labels: &labels,
        };
        Some(DesiredItem {
            key: Key::new(kind.clone(), value, self.groups(&action, kind, policies)),
            content: policy.content(action, kind, fill, now, self.valid_until),
            rank: self.rank()?,
            sources,
            beyond: None,
        })
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

/// How little of what a mark of the Traffic Light Protocol covers may be passed on: <https://www.first.org/tlp/>.
fn strictness(mark: &str) -> u8 {
    let mark = mark.to_ascii_lowercase();
    let order = ["green", "amber", "amber+strict", "red"];
    let stands = |name: &&str| mark == **name || mark.ends_with(&format!(":{name}"));
    let found = order.iter().rposition(stands);
    found
        .and_then(|at| u8::try_from(at + 1).ok())
        .unwrap_or_default()
}
