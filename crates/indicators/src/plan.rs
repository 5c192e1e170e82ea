//! Comparing what should be with what is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::IndicatorType;

use crate::actual::{Actual, Item};
use crate::capacity::{Fate, Room, fates};
use crate::content::Content;
use crate::desired::DesiredItem;
use crate::key::Key;

/// How a plan is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOptions {
    /// What time it is.
    pub now: Timestamp,
    /// How much room the tenant has.
    pub room: Room,
    /// Indicators are renewed when less than this is left, or half of their life where that is less.
    pub renew_before: SignedDuration,
    /// Sources that did not give all that they have: nothing of theirs is withdrawn. The reason, by name.
    pub incomplete: BTreeMap<String, String>,
    /// What earlier plans knew of our indicators.
    pub known: BTreeMap<Key, Known>,
    /// How long an indicator stays after its source no longer is configured.
    pub grace: SignedDuration,
    /// The sources that are configured.
    pub sources: BTreeSet<String>,
}

/// What earlier plans knew of an indicator of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The sources that wanted it.
    pub sources: Vec<String>,
    /// When one last did.
    pub wanted: Timestamp,
}

/// A month.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A week.
const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Ends that differ by less are the same.
const EXPIRY_SLACK: SignedDuration = SignedDuration::from_hours(24);

impl PlanOptions {
    /// The defaults at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            room: Room::default(),
            renew_before: RENEW_BEFORE,
            incomplete: BTreeMap::new(),
            known: BTreeMap::new(),
            grace: GRACE,
            sources: BTreeSet::new(),
        }
    }
}

/// What is to be done, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The steps, by key.
    pub steps: Vec<Step>,
    /// Wanted indicators that are not made, and why, by key.
    pub left: Vec<Left>,
    /// Indicators of ours that nobody wants and that stay, and why, by key.
    pub kept: Vec<Kept>,
    /// Indicators of ours that are as they should be.
    pub unchanged: usize,
    /// Indicators of others.
    pub foreign: usize,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The indicator.
    pub key: Key,
    /// What is done.
    pub change: Change,
    /// The sources that want it so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

/// What is done to an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Change {
    /// It is made.
    Create {
        /// As it will be.
        to: Content,
    },
    /// It is changed.
    Change {
        /// As it is.
        from: Box<Item>,
        /// As it will be.
        to: Content,
        /// What differs.
        fields: Vec<ChangedField>,
    },
    /// It gets a later end and is otherwise as it should be.
    Renew {
        /// As it is.
        from: Box<Item>,
        /// As it will be.
        to: Content,
    },
    /// It is taken out of the tenant.
    Withdraw {
        /// As it is.
        from: Box<Item>,
        /// Why.
        because: String,
    },
}

/// A field that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedField {
    /// What happens on a match.
    Action,
    /// How bad that is.
    Severity,
    /// Title.
    Title,
    /// Description.
    Description,
    /// What to do about a match.
    RecommendedActions,
    /// A page that is shown.
    EducateUrl,
    /// Whether a match raises an alert.
    GenerateAlert,
    /// When it ends.
    Expires,
    /// For which devices it holds.
    Groups,
}

/// A wanted indicator that is not made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// The indicator.
    pub key: Key,
    /// The sources that want it.
    pub sources: Vec<String>,
    /// Why it is not made.
    pub because: LeftBecause,
}

/// Why a wanted indicator is not made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum LeftBecause {
    /// Somebody else has one for the same value, and a submission could change theirs.
    Foreign {
        /// Who made it.
        made_by: String,
        /// What it does.
        action: String,
    },
    /// Another one covers it.
    Covered {
        /// That one.
        by: Key,
    },
    /// There is no room; it is to be hunted for instead.
    NoRoom,
}

/// An indicator of ours that nobody wants and that stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The indicator.
    pub key: Key,
    /// Why it stays.
    pub because: Keep,
}

/// Why an indicator stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Keep {
    /// Its source, or one that may be its source, did not give all that it has.
    SourceIncomplete {
        /// The source.
        source: String,
        /// What was wrong with it.
        reason: String,
    },
    /// Its source is no longer configured, and its grace is not over.
    Grace {
        /// The source.
        source: String,
        /// Until when.
        until: Timestamp,
    },
}

/// Compares `desired`, each key once, with `actual`.
#[must_use]
pub fn plan(desired: &[DesiredItem], actual: &Actual, options: &PlanOptions) -> Plan {
    let targets = Targets::of(actual);
    let mut planned = Plan {
        foreign: actual.foreign(),
        ..Plan::default()
    };
    let mut candidates: Vec<DesiredItem> = Vec::new();
    for item in desired {
        match targets.foreign(&item.key) {
            Some(other) => planned.left.push(left(item, foreign(other))),
            None => candidates.push(item.clone()),
        }
    }
    candidates.sort_by(|one, other| one.key.cmp(&other.key));
    let room = options.room.ours(planned.foreign);
    let there: BTreeSet<&Key> = targets
        .ours
        .values()
        .flatten()
        .map(|item| &item.key)
        .collect();
    let fates = fates(&candidates, room, &there);
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    for (item, fate) in candidates.iter().zip(fates) {
        match fate {
            Fate::Placed => {
                let same = targets.ours(&item.key);
                placed.extend(same.map(|same| same.id.as_str()));
                match same {
                    Some(same) => compare(item, same, options, &mut planned),
                    None => planned.steps.push(create(item)),
                }
            }
            Fate::Covered { by } => planned.left.push(left(item, LeftBecause::Covered { by })),
            Fate::Overflow => planned.left.push(left(item, LeftBecause::NoRoom)),
        }
    }
    let fates: BTreeMap<&Key, &LeftBecause> = planned
        .left
        .iter()
        .map(|left| (&left.key, &left.because))
        .collect();
    let mut withdrawals = Vec::new();
    let mut kept = Vec::new();
    for item in targets.ours.values().flatten() {
        if placed.contains(item.id.as_str()) {
            continue;
        }
        match fate_of_unwanted(item, fates.get(&item.key).copied(), options) {
            Ok(because) => withdrawals.push(withdraw(item, because)),
            Err(because) => kept.push(Kept {
                key: item.key.clone(),
                because,
            }),
        }
    }
    planned.steps.extend(withdrawals);
    planned.kept = kept;
    planned.kept.sort();
    planned.left.sort();
    planned
        .steps
        .sort_by(|one, other| (&one.key, order(one)).cmp(&(&other.key, order(other))));
    planned
}

/// Tells steps of one key apart, so that their order does not depend on that of the input.
fn order(step: &Step) -> (u8, &str) {
    match &step.change {
        Change::Create { .. } => (0, ""),
        Change::Change { from, .. } => (1, from.id.as_str()),
        Change::Renew { from, .. } => (2, from.id.as_str()),
        Change::Withdraw { from, .. } => (3, from.id.as_str()),
    }
}

/// What the tenant has, by type and value.
struct Targets<'a> {
    ours: BTreeMap<(&'a IndicatorType, &'a str), Vec<&'a Item>>,
    foreign: BTreeMap<(&'a IndicatorType, &'a str), &'a Item>,
}

impl<'a> Targets<'a> {
    fn of(actual: &'a Actual) -> Self {
        let mut targets = Self {
            ours: BTreeMap::new(),
            foreign: BTreeMap::new(),
        };
        for item in actual.items() {
            if item.is_ours {
                targets
                    .ours
                    .entry(item.key.target())
                    .or_default()
                    .push(item);
            } else {
                targets.foreign.entry(item.key.target()).or_insert(item);
            }
        }
        targets
    }

    fn foreign(&self, key: &Key) -> Option<&'a Item> {
        self.foreign.get(&key.target()).copied()
    }

    /// The one of ours that stands for `key`: that of the same device groups, else the first.
    fn ours(&self, key: &Key) -> Option<&'a Item> {
        let same = self.ours.get(&key.target())?;
        let exact = same.iter().find(|item| item.key == *key);
        exact.or_else(|| same.first()).copied()
    }
}

fn foreign(item: &Item) -> LeftBecause {
    LeftBecause::Foreign {
        made_by: item.made_by.clone(),
        action: item
            .action
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}

fn left(item: &DesiredItem, because: LeftBecause) -> Left {
    Left {
        key: item.key.clone(),
        sources: item.sources.clone(),
        because,
    }
}

fn create(item: &DesiredItem) -> Step {
    Step {
        key: item.key.clone(),
        change: Change::Create {
            to: item.content.clone(),
        },
        sources: item.sources.clone(),
    }
}

fn withdraw(item: &Item, because: String) -> Step {
    Step {
        key: item.key.clone(),
        change: Change::Withdraw {
            from: Box::new(item.clone()),
            because,
        },
        sources: Vec::new(),
    }
}

fn compare(item: &DesiredItem, actual: &Item, options: &PlanOptions, plan: &mut Plan) {
    let mut fields = changed(item, actual);
    let expiry = expiry(item, actual, options);
    if expiry == ExpiryChange::Other {
        fields.push(ChangedField::Expires);
    }
    let from = Box::new(actual.clone());
    let mut to = item.content.clone();
    let change = match (fields.is_empty(), expiry) {
        (true, ExpiryChange::None) => {
            plan.unchanged += 1;
            return;
        }
        (true, _) => Change::Renew { from, to },
        (false, expiry) => {
            if expiry == ExpiryChange::None {
                to.expires = actual.expires;
            }
            Change::Change { from, to, fields }
        }
    };
    plan.steps.push(Step {
        key: item.key.clone(),
        change,
        sources: item.sources.clone(),
    });
}

fn changed(item: &DesiredItem, actual: &Item) -> Vec<ChangedField> {
    let wanted = &item.content;
    let is_empty = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
    let differ = |one: &Option<String>, other: &Option<String>| {
        !(is_empty(one) && is_empty(other)) && one != other
    };
    let all = [
        (
            ChangedField::Action,
            actual.action.as_ref() != Some(&wanted.action),
        ),
        (
            ChangedField::Severity,
            actual.severity.as_ref() != Some(&wanted.severity),
        ),
        (ChangedField::Title, actual.title != wanted.title),
        (
            ChangedField::Description,
            actual.description != wanted.description,
        ),
        (
            ChangedField::RecommendedActions,
            differ(&actual.recommended_actions, &wanted.recommended_actions),
        ),
        (
            ChangedField::EducateUrl,
            differ(&actual.educate_url, &wanted.educate_url),
        ),
        (
            ChangedField::GenerateAlert,
            actual.generate_alert != wanted.generate_alert,
        ),
        (ChangedField::Groups, actual.key.groups != item.key.groups),
    ];
    let differing = all.into_iter().filter(|(_, differs)| *differs);
    differing.map(|(field, _)| field).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpiryChange {
    None,
    Renew,
    Other,
}

/// An end that is far enough away stays as it is: each run would move it otherwise.
fn expiry(item: &DesiredItem, actual: &Item, options: &PlanOptions) -> ExpiryChange {
    match (item.content.expires, actual.expires) {
        (None, None) => ExpiryChange::None,
        (None, Some(_)) | (Some(_), None) => ExpiryChange::Other,
        (Some(wanted), Some(is)) => {
            let life = wanted.duration_since(options.now);
            let threshold = options.renew_before.min(life / 2);
            let left = is.duration_since(options.now);
            let gain = wanted.duration_since(is);
            if gain > SignedDuration::ZERO && left < threshold {
                ExpiryChange::Renew
            } else if gain < -EXPIRY_SLACK {
                ExpiryChange::Other
            } else {
                ExpiryChange::None
            }
        }
    }
}

/// Why an indicator of ours that has no place is withdrawn, or why it stays.
fn fate_of_unwanted(
    item: &Item,
    left: Option<&LeftBecause>,
    options: &PlanOptions,
) -> Result<String, Keep> {
    match left {
        Some(LeftBecause::Covered { by }) => return Ok(format!("{by} covers it")),
        Some(LeftBecause::NoRoom) => {
            return Ok("there is no room, and others are worth more".to_owned());
        }
        Some(LeftBecause::Foreign { made_by, .. }) => {
            return Ok(format!("{made_by} has one for the same value"));
        }
        None => {}
    }
    match options.known.get(&item.key) {
        None => match options.incomplete.first_key_value() {
            Some((source, reason)) => Err(incomplete(source, reason)),
            None => Ok("no source wants it".to_owned()),
        },
        Some(known) => fate_of_known(known, options),
    }
}

fn fate_of_known(known: &Known, options: &PlanOptions) -> Result<String, Keep> {
    for source in &known.sources {
        if let Some(reason) = options.incomplete.get(source) {
            return Err(incomplete(source, reason));
        }
    }
    let until = known
        .wanted
        .checked_add(options.grace)
        .unwrap_or(Timestamp::MAX);
    let gone = known
        .sources
        .iter()
        .find(|source| !options.sources.contains(*source));
    match gone {
        Some(source) if options.now < until => Err(Keep::Grace {
            source: source.clone(),
            until,
        }),
        _ => Ok(format!("{} no longer wants it", known.sources.join(", "))),
    }
}

fn incomplete(source: &str, reason: &str) -> Keep {
    Keep::SourceIncomplete {
        source: source.to_owned(),
        reason: reason.to_owned(),
    }
}
