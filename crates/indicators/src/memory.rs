//! What plans and applies remember of a tenant, beside the tenant: which source wants what, and how much each source gave.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::actual::Actual;
use crate::content::Content;
use crate::desired::DesiredItem;
use crate::key::Key;
use crate::limit::Percent;
use crate::options::{Known, PlanOptions};
use crate::plan::{Change, Step};

/// What is remembered of a tenant. Without it a source that is gone has no grace, and one that shrank or failed in part is not noticed: then
/// the plan's reader and the limit on withdrawals are what stands between a short list and the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Our indicators, by [`Key::everywhere`].
    #[serde(with = "pairs")]
    known: BTreeMap<Key, Known>,
    /// What feeds gave when they last gave all, by name.
    sources: BTreeMap<String, Pulls>,
}

/// What a source gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pulls {
    /// Indicators, when it last gave as much as was to be expected.
    count: usize,
    /// Since when it gives far fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shrunk: Option<Timestamp>,
}

impl Pulls {
    fn new(count: usize) -> Self {
        Self {
            count,
            shrunk: None,
        }
    }
}

/// How a source that shrinks is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkRule {
    /// The share of its indicators that a source may lose at once.
    pub share: Percent,
    /// After so long a smaller source is believed.
    pub grace: SignedDuration,
}

/// Smaller sources may lose any number but all: a few lines more or less are nothing unusual.
const SHRINK_COUNT_MIN: usize = 20;

impl Memory {
    /// What plans are to know.
    #[must_use]
    pub fn known(&self) -> &BTreeMap<Key, Known> {
        &self.known
    }

    /// Whether `source` is a feed that was pulled before.
    #[must_use]
    pub fn is_feed(&self, source: &str) -> bool {
        self.sources.contains_key(source)
    }

    /// Notes that `source` gave all it has, `count` indicators, at `now`. Gives the reason why that is not believed, where it is far
    /// less than before; a source that stays so is believed in the end.
    pub fn pulled(
        &mut self,
        source: &str,
        count: usize,
        rule: ShrinkRule,
        now: Timestamp,
    ) -> Option<String> {
        // A source of which nothing is known, and that gives nothing, is as suspicious as one that gave something before.
        let pulls = self
            .sources
            .entry(source.to_owned())
            .or_insert_with(|| Pulls::new(count.max(1)));
        let lost = pulls.count.saturating_sub(count);
        let is_far_less =
            pulls.count >= SHRINK_COUNT_MIN && rule.share.is_exceeded(lost, pulls.count);
        let is_shrunk = is_far_less || (count == 0 && lost > 0);
        let since = *pulls.shrunk.get_or_insert(now);
        if !is_shrunk || now.duration_since(since) >= rule.grace {
            *pulls = Pulls::new(count);
            return None;
        }
        Some(match count {
            0 => "it gave nothing".to_owned(),
            _ => format!("it gave {count} indicators, and {} before", pulls.count),
        })
    }

    /// Believes `source`, however few it gives.
    pub fn believe(&mut self, source: &str) {
        self.sources.insert(source.to_owned(), Pulls::new(0));
    }

    /// Notes what a plan under `options` found: what is wanted by whom, and which sources are gone.
    pub fn planned(&mut self, desired: &[DesiredItem], actual: &Actual, options: &PlanOptions) {
        let wanted: BTreeMap<Key, &DesiredItem> = desired
            .iter()
            .map(|item| (item.key.everywhere(), item))
            .collect();
        self.keep_those_of(&wanted, actual);
        for (key, item) in &wanted {
            let known = self.known.entry(key.clone()).or_default();
            known.wanted_by(&item.sources, options);
        }
        for known in self.known.values_mut() {
            let is_gone = |source: &String| !options.sources.contains(source);
            known.orphaned = match known.sources.iter().any(is_gone) {
                true => known.orphaned.or(Some(options.now)),
                false => None,
            };
        }
        for item in actual.items().iter().filter(|item| item.is_ours) {
            let known = self.known.get_mut(&item.key.everywhere());
            if let (Some(known), Some(content)) = (known, Content::of(item)) {
                known.applied = known.applied.or(Some(content.fingerprint()));
                known.ends = item.expires;
            }
        }
    }

    /// Forgets what is neither wanted nor there.
    fn keep_those_of(&mut self, wanted: &BTreeMap<Key, &DesiredItem>, actual: &Actual) {
        let there: BTreeSet<Key> = actual
            .items()
            .iter()
            .filter(|item| item.is_ours)
            .map(|item| item.key.everywhere())
            .collect();
        self.known
            .retain(|key, _| wanted.contains_key(key) || there.contains(key));
    }

    /// Notes that a step was done.
    pub fn applied(&mut self, step: &Step) {
        let key = step.key.everywhere();
        match &step.change {
            Change::Withdraw {
                covered_by: None, ..
            } => {
                self.known.remove(&key);
            }
            Change::Withdraw { .. } => {
                self.known.entry(key).or_default().applied = None;
            }
            Change::Create { to } | Change::Change { to, .. } | Change::Renew { to, .. } => {
                let known = self.known.entry(key).or_default();
                known.applied = Some(to.fingerprint());
                known.ends = to.expires;
            }
        }
    }
}

impl Known {
    /// Notes that `sources` want it. Others that did before are not forgotten while it cannot be said that they no longer do.
    fn wanted_by(&mut self, sources: &[String], options: &PlanOptions) {
        let since = self.orphaned.unwrap_or(options.now);
        let has_grace = options.now.duration_since(since) < options.grace;
        let is_open = |source: &String| {
            options.incomplete.contains_key(source)
                || (has_grace && !options.sources.contains(source))
        };
        self.sources
            .retain(|source| !sources.contains(source) && is_open(source));
        self.sources.splice(0..0, sources.iter().cloned());
    }
}

/// JSON objects have texts for keys only.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::key::Key;
    use crate::options::Known;

    #[derive(Serialize, Deserialize)]
    struct Pair<K, V> {
        indicator: K,
        known: V,
    }

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<Key, Known>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(
            map.iter()
                .map(|(indicator, known)| Pair { indicator, known }),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Key, Known>, D::Error> {
        let pairs: Vec<Pair<Key, Known>> = Vec::deserialize(from)?;
        Ok(pairs
            .into_iter()
            .map(|Pair { indicator, known }| (indicator, known))
            .collect())
    }
}
