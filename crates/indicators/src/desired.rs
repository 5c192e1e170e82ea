//! What the tenant should have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
}

/// How much an indicator is worth where not all have room: the smaller, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rank {
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

/// What the tenant should have, each key once.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    wanted: BTreeMap<Key, Wanted>,
    refused: BTreeSet<RefusedEntry>,
}

/// What all sources say about a key.
#[derive(Debug, Clone)]
struct Wanted {
    /// Index of the policy of the best source.
    policy: usize,
    rank: Rank,
    valid_until: Option<Timestamp>,
    confidence: Option<u8>,
    tlp: Option<String>,
    labels: BTreeSet<String>,
    sources: BTreeMap<usize, String>,
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
            let key = Key::new(kind, &value, rules.groups.iter().cloned());
            self.want(key, source, policy);
        }
    }

    fn want(&mut self, key: Key, source: &Source, policy: usize) {
        let rank = Rank {
            source: source.rank,
            confidence: Reverse(source.confidence.unwrap_or_default()),
            last_seen: Reverse(source.last_seen),
        };
        let wanted = self.wanted.entry(key).or_insert_with(|| Wanted {
            policy,
            rank,
            valid_until: source.valid_until,
            confidence: None,
            tlp: None,
            labels: BTreeSet::new(),
            sources: BTreeMap::new(),
        });
        if !wanted.sources.is_empty() {
            // One source without end keeps it for ever; else the last one counts.
            wanted.valid_until = match (wanted.valid_until, source.valid_until) {
                (Some(one), Some(other)) => Some(one.max(other)),
                _ => None,
            };
        }
        if (source.rank, policy) < (wanted.rank.source, wanted.policy) {
            wanted.policy = policy;
        }
        wanted.rank = Rank {
            source: wanted.rank.source.min(rank.source),
            confidence: wanted.rank.confidence.min(rank.confidence),
            last_seen: wanted.rank.last_seen.min(rank.last_seen),
        };
        wanted.confidence = wanted.confidence.max(source.confidence);
        let tlp = wanted.tlp.take().max(source.tlp.clone());
        wanted.tlp = tlp;
        wanted.labels.extend(source.labels.iter().cloned());
        wanted.sources.insert(source.rank, source.name.clone());
    }

    /// Notes something that is not wanted.
    pub fn refuse(&mut self, observable: &Observable, source: &Source, reason: &str) {
        self.refused.insert(RefusedEntry {
            value: observable.to_string(),
            source: source.name.clone(),
            reason: reason.to_owned(),
        });
    }

    /// How many keys are wanted.
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

    /// The indicators as they would be made at `now`, by key. Of each source no more than its policy's maximum, the best ones.
    #[must_use]
    pub fn items(&self, policies: &[Policy], now: Timestamp) -> Vec<DesiredItem> {
        let mut items: Vec<(usize, DesiredItem)> = self
            .wanted
            .iter()
            .filter_map(|(key, wanted)| {
                let policy = policies.get(wanted.policy)?;
                Some((wanted.policy, item(key, wanted, policy, now)?))
            })
            .collect();
        items.sort_by(|(_, one), (_, other)| (&one.rank, &one.key).cmp(&(&other.rank, &other.key)));
        let mut taken = vec![0_usize; policies.len()];
        items.retain(|(policy, _)| {
            let maximum = policies.get(*policy).and_then(|policy| policy.maximum);
            let Some(count) = taken.get_mut(*policy) else {
                return false;
            };
            *count += 1;
            maximum.is_none_or(|maximum| *count <= maximum)
        });
        let mut items: Vec<DesiredItem> = items.into_iter().map(|(_, item)| item).collect();
        items.sort_by(|one, other| one.key.cmp(&other.key));
        items
    }
}

fn item(key: &Key, wanted: &Wanted, policy: &Policy, now: Timestamp) -> Option<DesiredItem> {
    let action = policy.action_for(&key.kind).ok()?;
    let sources: Vec<String> = wanted.sources.values().cloned().collect();
    let labels: Vec<String> = wanted.labels.iter().cloned().collect();
    let fill = Fill {
        value: &key.value,
        kind: &key.kind,
        feeds: &sources,
        confidence: wanted.confidence,
        tlp: wanted.tlp.as_deref(),
        labels: &labels,
    };
    let is_file = crate::policy::is_file(&key.kind);
    Some(DesiredItem {
        key: key.clone(),
        content: Content {
            title: policy.title.fill(fill),
            description: policy.description.fill(fill),
            severity: policy.severity.clone(),
            recommended_actions: policy.recommended_actions.clone(),
            educate_url: policy.educate_url.clone().filter(|_| !is_file),
            generate_alert: policy.alerts(&action),
            expires: policy.expires(now, wanted.valid_until),
            action,
        },
        rank: wanted.rank,
        sources,
    })
}
