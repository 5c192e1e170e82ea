//! Where an indicator does less, or more, than it says.
//!
//! Sources, learn.microsoft.com: `defender-endpoint/indicators-overview`, `defender-endpoint/indicator-ip-domain` (what is enforced where, how
//! long it takes, that Allow comes before Warn and Warn before Block), `defender-endpoint/indicator-file` (that an indicator of the device's
//! group wins over one for all devices; that files are blocked before they are allowed), `defender-endpoint/indicator-certificates`.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_observable::DomainName;

use crate::actual::{Actual, Item};
use crate::content::Content;
use crate::key::Key;
use crate::names::{above, host, path};
use crate::plan::Plan;
use crate::policy::is_file;

/// Something about an indicator that a person should know before it is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lint {
    /// The indicator.
    pub key: Key,
    /// What kind of thing.
    pub kind: LintKind,
    /// The same in words, without the indicator's value.
    pub text: String,
}

/// What kind of thing should be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LintKind {
    /// A block or warning of an https address with a path, which only Edge sees.
    EdgeOnly,
    /// A block or warning that another indicator's Allowed undoes.
    OverriddenByAllow,
    /// A block that another indicator's Warn turns into a warning.
    OverriddenByWarn,
    /// A block or warning for all devices that another indicator undoes for a device group.
    OverriddenInGroups,
    /// A name under which a host's customers choose theirs: it matches all of them.
    SharedHost,
    /// An MD5, which the service documents, and which clients report as refused.
    Md5,
}

/// An indicator that stands in the tenant beside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing<'a> {
    key: &'a Key,
    action: &'a IndicatorAction,
    /// Who made it; nobody where it is ours.
    made_by: Option<&'a str>,
}

/// What stands in the tenant, by type and value, each in one order.
struct Neighbours<'a>(HashMap<(&'a IndicatorType, &'a str), Vec<Standing<'a>>>);

/// What should be known about `items`, which are ours and will stand beside what `actual` has, by key and kind. What the tenant has of ours
/// for the value of one of `items` is taken for replaced.
#[must_use]
pub fn lint<'a>(
    items: impl IntoIterator<Item = (&'a Key, &'a Content)>,
    actual: &'a Actual,
) -> Vec<Lint> {
    let items: Vec<_> = items.into_iter().collect();
    all(&items, actual, &BTreeSet::new())
}

/// What should be known about that which `plan` makes, changes and renews.
#[must_use]
pub fn lint_plan(plan: &Plan, actual: &Actual) -> Vec<Lint> {
    let steps = plan.steps.iter();
    let items: Vec<_> = steps
        .filter_map(|step| Some((&step.key, step.change.to()?)))
        .collect();
    let steps = plan.steps.iter();
    let gone = steps.filter_map(|step| step.change.from().map(|item| item.id.as_str()));
    all(&items, actual, &gone.collect())
}

fn all<'a>(
    items: &[(&'a Key, &'a Content)],
    actual: &'a Actual,
    gone: &BTreeSet<&str>,
) -> Vec<Lint> {
    let replaced: BTreeSet<_> = items.iter().map(|(key, _)| key.target()).collect();
    let goes = |item: &&Item| {
        let is_replaced = item.is_ours && replaced.contains(&item.key.target());
        is_replaced || gone.contains(item.id.as_str())
    };
    let theirs = actual
        .items()
        .iter()
        .filter(|item| !goes(item))
        .filter_map(standing);
    let ours = items.iter().map(|(key, content)| Standing {
        key,
        action: &content.action,
        made_by: None,
    });
    let neighbours = Neighbours::of(ours.chain(theirs));
    let mut lints: Vec<Lint> = items
        .iter()
        .flat_map(|(key, content)| of(key, &content.action, &neighbours))
        .collect();
    lints.sort();
    lints.dedup();
    lints
}

fn standing(item: &Item) -> Option<Standing<'_>> {
    Some(Standing {
        key: &item.key,
        action: item.action.as_ref()?,
        made_by: (!item.is_ours).then_some(item.made_by.as_str()),
    })
}

fn of(key: &Key, action: &IndicatorAction, neighbours: &Neighbours<'_>) -> Vec<Lint> {
    let found = [
        (LintKind::EdgeOnly, edge_only(key, action)),
        (LintKind::SharedHost, shared_host(key, action)),
        (LintKind::Md5, md5(key)),
    ];
    let overridden = overridden(key, action, neighbours);
    let to_lint = |(kind, text): (LintKind, Option<String>)| {
        Some(Lint {
            key: key.clone(),
            kind,
            text: text?,
        })
    };
    let overridden = overridden.map(|(kind, text)| (kind, Some(text)));
    found
        .into_iter()
        .chain(overridden)
        .filter_map(to_lint)
        .collect()
}

fn edge_only(key: &Key, action: &IndicatorAction) -> Option<String> {
    let does = stops(action)?;
    let is_plain = key.value.starts_with("http://");
    let is_path_seen = is_plain || matches!(path(&key.value), "" | "/");
    if key.kind != IndicatorType::Url || is_path_seen {
        return None;
    }
    Some(format!(
        "the {does} holds in Edge only: elsewhere an https address shows its host alone"
    ))
}

fn shared_host(key: &Key, action: &IndicatorAction) -> Option<String> {
    if key.kind != IndicatorType::DomainName {
        return None;
    }
    let name: DomainName = key.value.parse().ok()?;
    name.is_shared_suffix().then(|| {
        format!(
            "anybody can register names below it, and {} is for all of them",
            action.as_str()
        )
    })
}

fn md5(key: &Key) -> Option<String> {
    (key.kind == IndicatorType::FileMd5).then(|| {
        "MD5 is documented, but clients report that the service refuses it; the file's SHA-256 is safer".to_owned()
    })
}

/// By what a block or warning is undone: the first of what matches all that it matches. Of kinds the one that says most.
fn overridden(
    key: &Key,
    action: &IndicatorAction,
    neighbours: &Neighbours<'_>,
) -> Option<(LintKind, String)> {
    let does = stops(action)?;
    let others = || neighbours.over(key).into_iter();
    if is_network(&key.kind) {
        let rank = precedence(action);
        let stronger = others().filter(|other| precedence(other.action) < rank);
        if let Some(other) = stronger.min_by_key(|other| precedence(other.action)) {
            let kind = match other.action {
                IndicatorAction::Allowed => LintKind::OverriddenByAllow,
                _ => LintKind::OverriddenByWarn,
            };
            let text = format!("{}, which comes before a {does}", other.told());
            return Some((kind, text));
        }
    }
    let same = others().find(|other| {
        let is_narrower = key.groups.is_empty() && !other.key.groups.is_empty();
        is_narrower && other.key.target() == key.target() && other.action != action
    })?;
    let text = format!(
        "{}, which there comes before a {does} for all devices",
        same.told()
    );
    Some((LintKind::OverriddenInGroups, text))
}

/// What a user whom it stops is up against; nothing where it stops nobody.
fn stops(action: &IndicatorAction) -> Option<&'static str> {
    match action {
        IndicatorAction::Warn => Some("warning"),
        IndicatorAction::Block
        | IndicatorAction::BlockAndRemediate
        | IndicatorAction::AlertAndBlock => Some("block"),
        _ => None,
    }
}

/// The order in which actions of the network take effect; those that stop nobody come last.
fn precedence(action: &IndicatorAction) -> u8 {
    match (action, stops(action)) {
        (IndicatorAction::Allowed, _) => 0,
        (IndicatorAction::Warn, _) => 1,
        (_, Some(_)) => 2,
        (_, None) => 3,
    }
}

fn is_network(kind: &IndicatorType) -> bool {
    matches!(
        kind,
        IndicatorType::DomainName | IndicatorType::Url | IndicatorType::IpAddress
    )
}

impl<'a> Neighbours<'a> {
    fn of(standing: impl Iterator<Item = Standing<'a>>) -> Self {
        let mut by_target: HashMap<_, Vec<Standing<'a>>> = HashMap::new();
        for one in standing {
            by_target.entry(one.key.target()).or_default().push(one);
        }
        for same in by_target.values_mut() {
            same.sort_unstable();
        }
        Self(by_target)
    }

    /// What matches all that `key` matches, for some of its devices: of its own value, then of its host and names above, the nearest first.
    fn over(&self, key: &Key) -> Vec<Standing<'a>> {
        let own = std::iter::once(key.target());
        let names = above(key).unwrap_or_default();
        let domains = names.iter().map(|name| (&IndicatorType::DomainName, *name));
        let address = address(key);
        let address = address
            .as_deref()
            .map(|address| (&IndicatorType::IpAddress, address));
        own.chain(address)
            .chain(domains)
            .filter_map(|target| self.0.get(&target))
            .flatten()
            .filter(|other| other.made_by.is_some() || other.key != key)
            .filter(|other| share_devices(key, other.key))
            .copied()
            .collect()
    }
}

/// The address that a URL has for a host, spelled as that of an indicator.
fn address(key: &Key) -> Option<String> {
    if key.kind != IndicatorType::Url {
        return None;
    }
    let address = host(&key.value)?.parse().ok()?;
    Some(crate::value::address_text(address))
}

fn share_devices(one: &Key, other: &Key) -> bool {
    let is_for_all = one.groups.is_empty() || other.groups.is_empty();
    is_for_all || !one.groups.is_disjoint(&other.groups)
}

impl Standing<'_> {
    /// Who does what to which: `ana@contoso.com has Allowed for DomainName evil.com`.
    fn told(&self) -> String {
        let who = match self.made_by {
            None => "this program",
            Some("") => "somebody else",
            Some(name) => name,
        };
        format!("{who} has {} for {}", self.action, self.key)
    }
}

/// How long the service takes until indicators act, one sentence for each kind of them.
pub fn time_to_act<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Vec<&'static str> {
    let told: BTreeSet<(u8, &str)> = keys.into_iter().filter_map(delay).collect();
    told.into_iter().map(|(_, text)| text).collect()
}

fn delay(key: &Key) -> Option<(u8, &'static str)> {
    match &key.kind {
        kind if is_network(kind) => Some((
            0,
            "Addresses, domains and URLs act on devices in under 2 hours for the most part, and after up to 48 hours.",
        )),
        kind if is_file(kind) => Some((
            1,
            "Files are blocked within minutes for the most part, and after up to 30 minutes.",
        )),
        IndicatorType::CertificateThumbprint => {
            Some((2, "Certificates act on devices after up to 3 hours."))
        }
        _ => None,
    }
}
