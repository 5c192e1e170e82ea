//! What a block would have touched, asked before it is made.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_observable::{Observable, ObservableKind, recognise_as};

use crate::actual::{Actual, Item};
use crate::desired::DesiredItem;
use crate::key::Key;

/// A block or warning that would have touched too many devices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downgraded {
    /// The indicator.
    pub key: Key,
    /// What it would have done.
    pub action: IndicatorAction,
    /// The devices that it would have touched.
    pub devices: u64,
    /// The sources that want it.
    pub sources: Vec<String>,
    /// What becomes of it.
    pub instead: Instead,
}

/// What becomes of an indicator that would have touched too many devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instead {
    /// It raises alerts and stops nobody.
    Audit,
    /// It is not made, because its type has no Audit.
    Nothing,
}

/// The devices that a new block would have touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prevalence {
    /// The indicator.
    pub key: Key,
    /// The devices that it was seen on; more where it is [unknown](Self::unknown), too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<u64>,
    /// Why it was not searched for, or not everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// Makes those of `items` that stop users and were seen on more than `above` devices raise alerts instead, and takes out those whose type
/// has no such action: certificates. Items that `devices` does not name stay as they are. Reports in the order of `items`.
pub fn downgrade(
    items: &mut Vec<DesiredItem>,
    devices: &BTreeMap<Key, u64>,
    above: u64,
) -> Vec<Downgraded> {
    let mut downgraded = Vec::new();
    items.retain_mut(|item| {
        let touched = devices.get(&item.key).copied().unwrap_or_default();
        if strength(&item.content.action) == 0 || touched <= above {
            return true;
        }
        let has_audit = item.key.kind != IndicatorType::CertificateThumbprint;
        downgraded.push(Downgraded {
            key: item.key.clone(),
            action: item.content.action.clone(),
            devices: touched,
            sources: item.sources.clone(),
            instead: if has_audit {
                Instead::Audit
            } else {
                Instead::Nothing
            },
        });
        item.content.action = IndicatorAction::Audit;
        item.content.generate_alert = true;
        item.content.educate_url = None;
        has_audit
    });
    downgraded
}

/// The items that will stop users and do not yet: none of ours does as much to the same devices. What somebody else has, or what is
/// beyond the most that its source may have, is not made and so not asked for.
#[must_use]
pub fn needs_asking(items: &[DesiredItem], actual: &Actual) -> Vec<Key> {
    let mut there: HashMap<_, Vec<&Item>> = HashMap::new();
    for item in actual.items() {
        there.entry(item.key.target()).or_default().push(item);
    }
    let is_new = |item: &&DesiredItem| {
        let same = there.get(&item.key.target());
        let mut same = same.into_iter().flatten();
        !same.any(|other| !other.is_ours || does_as_much(other, item))
    };
    items
        .iter()
        .filter(|item| strength(&item.content.action) > 0 && item.beyond.is_none())
        .filter(is_new)
        .map(|item| item.key.clone())
        .collect()
}

/// Whether an indicator that is there stops what `item` would, on all of its devices.
fn does_as_much(there: &Item, item: &DesiredItem) -> bool {
    let (has, wanted) = (&there.key.groups, &item.key.groups);
    let is_on_all = has.is_empty() || (!wanted.is_empty() && wanted.is_subset(has));
    let does = there.action.as_ref().map_or(0, strength);
    is_on_all && does >= strength(&item.content.action)
}

/// How much an action takes from a user.
pub(crate) fn strength(action: &IndicatorAction) -> u8 {
    match action {
        IndicatorAction::Warn => 1,
        IndicatorAction::Block | IndicatorAction::AlertAndBlock => 2,
        IndicatorAction::BlockAndRemediate => 3,
        _ => 0,
    }
}

/// What to search for to find what an indicator matches; nothing for types that are no observables.
#[must_use]
pub fn observable(key: &Key) -> Option<Observable> {
    let kind = match key.kind {
        IndicatorType::FileSha256 => ObservableKind::Sha256,
        IndicatorType::FileSha1 => ObservableKind::Sha1,
        IndicatorType::FileMd5 => ObservableKind::Md5,
        IndicatorType::CertificateThumbprint => ObservableKind::CertificateThumbprint,
        IndicatorType::IpAddress if key.value.contains(':') => ObservableKind::Ipv6,
        IndicatorType::IpAddress => ObservableKind::Ipv4,
        IndicatorType::DomainName => ObservableKind::Domain,
        IndicatorType::Url => ObservableKind::Url,
        _ => return None,
    };
    recognise_as(kind, &key.value).ok()
}
