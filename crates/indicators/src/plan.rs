//! Comparing what should be with what is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::IndicatorType;

use crate::actual::{Actual, Item};
use crate::capacity::{Fate, fates};
use crate::compare::compare;
use crate::content::Content;
use crate::desired::DesiredItem;
use crate::key::Key;
use crate::options::{Known, PlanOptions};
use crate::prevalence::strength;

/// What is to be done, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The steps, by key.
    pub steps: Vec<Step>,
    /// Wanted indicators that are not made, and why, by key.
    pub left: Vec<Left>,
    /// Indicators of ours that stay though they have no place in the plan, and why, by key.
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
    /// Whether somebody else removed or changed what was applied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drift: bool,
}

impl Step {
    /// Whether it takes protection away.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        match &self.change {
            Change::Withdraw { covered_by, .. } => covered_by.is_none(),
            Change::Change { from, to, .. } => {
                let was = from.action.as_ref().map(strength).unwrap_or_default();
                let was_wider = from.key.groups.is_empty() && !self.key.groups.is_empty();
                strength(&to.action) < was || (was > 0 && was_wider)
            }
            Change::Create { .. } | Change::Renew { .. } => false,
        }
    }
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
        /// What stands for it, and must be there first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        covered_by: Option<Key>,
    },
}

impl Change {
    /// The indicator as it will be; nothing where it is withdrawn.
    #[must_use]
    pub fn to(&self) -> Option<&Content> {
        match self {
            Self::Create { to } | Self::Change { to, .. } | Self::Renew { to, .. } => Some(to),
            Self::Withdraw { .. } => None,
        }
    }

    /// The indicator as it is; nothing where it is made.
    #[must_use]
    pub fn from(&self) -> Option<&Item> {
        match self {
            Self::Create { .. } => None,
            Self::Change { from, .. } | Self::Renew { from, .. } | Self::Withdraw { from, .. } => {
                Some(from)
            }
        }
    }

    /// Whether it is taken out of the tenant.
    #[must_use]
    pub fn is_withdrawal(&self) -> bool {
        matches!(self, Self::Withdraw { .. })
    }

    /// What is done, in a word.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Change { .. } => "change",
            Self::Renew { .. } => "renew",
            Self::Withdraw { .. } => "withdraw",
        }
    }
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
    /// Its source has better ones, and may have no more.
    Maximum {
        /// The most that it may have.
        most: usize,
    },
}

impl LeftBecause {
    /// Whether nothing in the tenant does what was wanted, so that it is to be hunted for.
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        matches!(self, Self::NoRoom | Self::Maximum { .. })
    }
}

impl fmt::Display for LeftBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { made_by, action } => {
                write!(f, "{made_by} has one for the same value ({action})")
            }
            Self::Covered { by } => write!(f, "{by} covers it"),
            Self::NoRoom => f.write_str("there is no room, and others are worth more"),
            Self::Maximum { most } => {
                write!(f, "its source may have {most}, and others are worth more")
            }
        }
    }
}

/// An indicator of ours that stays though it has no place in the plan.
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
    /// Somebody else has one for the same value, and a submission could change theirs.
    Foreign {
        /// Who made it.
        made_by: String,
    },
    /// It was withdrawn by a near end.
    Ending {
        /// That end.
        at: Timestamp,
    },
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceIncomplete { source, reason } => {
                write!(f, "{source} is incomplete: {reason}")
            }
            Self::Grace { source, until } => write!(
                f,
                "{source} is no longer a source; its grace ends at {until}"
            ),
            Self::Foreign { made_by } => write!(f, "{made_by} has one for the same value"),
            Self::Ending { at } => write!(f, "it ends at {at}"),
        }
    }
}

/// Withdrawn indicators that end within this are left to end.
const ENDING_SOON: SignedDuration = SignedDuration::from_mins(15);

/// Compares `desired`, each type and value once, with `actual`.
#[must_use]
pub fn plan(desired: &[DesiredItem], actual: &Actual, options: &PlanOptions) -> Plan {
    let mut planner = Planner {
        options,
        targets: Targets::of(actual),
        plan: Plan {
            foreign: actual.foreign(),
            ..Plan::default()
        },
        held: 0,
    };
    let candidates = planner.candidates(desired);
    planner.unwanted(&candidates);
    planner.place(&candidates);
    planner.plan.sorted()
}

impl Plan {
    /// How many steps take protection away: withdrawals, but for those of what something else covers, and changes to a weaker action or to
    /// fewer devices.
    #[must_use]
    pub fn losses(&self) -> usize {
        self.steps.iter().filter(|step| step.is_loss()).count()
    }

    fn sorted(mut self) -> Self {
        self.kept.sort();
        self.left.sort();
        self.steps
            .sort_by(|one, other| (&one.key, order(one)).cmp(&(&other.key, order(other))));
        self
    }
}

/// Tells steps of one key apart, so that their order does not depend on that of the input.
fn order(step: &Step) -> (u8, &str) {
    let id = step.change.from().map_or("", |item| item.id.as_str());
    match step.change {
        Change::Create { .. } => (0, id),
        Change::Change { .. } => (1, id),
        Change::Renew { .. } => (2, id),
        Change::Withdraw { .. } => (3, id),
    }
}

struct Planner<'a> {
    options: &'a PlanOptions,
    targets: Targets<'a>,
    plan: Plan,
    /// Indicators of ours that are only renewed, and keep their place.
    held: usize,
}

impl<'a> Planner<'a> {
    /// The wanted items that may have a place.
    fn candidates<'d>(&mut self, desired: &'d [DesiredItem]) -> Vec<&'d DesiredItem> {
        let mut candidates = Vec::with_capacity(desired.len());
        for item in desired {
            if let Some(other) = self.targets.foreign(&item.key) {
                self.leave(item, foreign(other));
            } else if let Some(missing) = self.missing(item) {
                self.hold(item, missing);
            } else if let Some(most) = item.beyond {
                self.leave(item, LeftBecause::Maximum { most });
            } else {
                candidates.push(item);
            }
        }
        candidates.sort_by(|one, other| one.key.cmp(&other.key));
        candidates
    }

    /// A source that wanted `item` before and gave too little to say that it no longer does: another's word alone decides nothing about ours.
    fn missing(&self, item: &DesiredItem) -> Option<Keep> {
        self.targets.ours(&item.key)?;
        let known = self.options.known.get(&item.key.everywhere())?;
        let is_missing = |source: &&String| !item.sources.contains(*source);
        let mut missing = known.sources.iter().filter(is_missing);
        missing.find_map(|source| {
            let reason = self.options.incomplete.get(source)?;
            Some(incomplete(source, reason))
        })
    }

    /// Leaves ours as it is, though it is renewed in time.
    fn hold(&mut self, item: &DesiredItem, because: Keep) {
        let Some(stands) = self.targets.ours(&item.key) else {
            return;
        };
        let key = stands.key.clone();
        let Some(mut to) = Content::of(stands) else {
            return self.plan.kept.push(Kept { key, because });
        };
        to.expires = item.content.expires;
        let same = DesiredItem {
            key: key.clone(),
            content: to,
            ..item.clone()
        };
        match compare(&same, stands, self.options) {
            Some(change @ Change::Renew { .. }) => {
                self.held += 1;
                self.step(&same, change, false);
            }
            _ => self.plan.kept.push(Kept { key, because }),
        }
    }

    fn leave(&mut self, item: &DesiredItem, because: LeftBecause) {
        self.plan.left.push(Left {
            key: item.key.clone(),
            sources: item.sources.clone(),
            because,
        });
    }

    /// What becomes of our indicators that are no candidates.
    fn unwanted(&mut self, candidates: &[&DesiredItem]) {
        let held: Vec<Key> = self
            .plan
            .kept
            .iter()
            .map(|kept| &kept.key)
            .chain(self.plan.steps.iter().map(|step| &step.key))
            .map(Key::everywhere)
            .collect();
        let wanted: BTreeSet<_> = candidates
            .iter()
            .map(|item| item.key.target())
            .chain(held.iter().map(Key::target))
            .collect();
        let beyond: BTreeMap<_, _> = self
            .plan
            .left
            .iter()
            .filter(|left| left.because.is_overflow())
            .map(|left| (left.key.everywhere(), left.because.to_string()))
            .collect();
        let ours: Vec<&Item> = self.targets.all_of_ours().collect();
        for item in ours {
            if wanted.contains(&item.key.target()) {
                continue;
            }
            match self.keep(item, beyond.get(&item.key.everywhere())) {
                Ok(because) => self.withdraw(item, because, None),
                Err(because) => self.plan.kept.push(Kept {
                    key: item.key.clone(),
                    because,
                }),
            }
        }
    }

    /// Why an unwanted indicator of ours is withdrawn, or why it stays.
    fn keep(&self, item: &Item, beyond: Option<&String>) -> Result<String, Keep> {
        if let Some(other) = self.targets.foreign(&item.key) {
            let made_by = other.made_by.clone();
            return Err(Keep::Foreign { made_by });
        }
        if let Some(at) = item.expires.filter(|at| self.is_ending(*at)) {
            return Err(Keep::Ending { at });
        }
        if let Some(because) = beyond {
            return Ok(because.clone());
        }
        match self.options.known.get(&item.key.everywhere()) {
            Some(known) => fate_of_known(known, self.options),
            None => match self.options.incomplete.first_key_value() {
                Some((source, reason)) => Err(incomplete(source, reason)),
                None => Ok("no source wants it".to_owned()),
            },
        }
    }

    fn is_ending(&self, at: Timestamp) -> bool {
        at.duration_since(self.options.now) < ENDING_SOON
    }

    /// Gives the candidates their places.
    fn place(&mut self, candidates: &[&'a DesiredItem]) {
        let kept = self.plan.kept.len() + self.held;
        let room = self.options.room.ours(self.plan.foreign + kept);
        let there: BTreeSet<&Key> = self.targets.all_of_ours().map(|item| &item.key).collect();
        let fates = fates(candidates, room, &there);
        for (item, fate) in candidates.iter().zip(fates) {
            match fate {
                Fate::Placed => self.placed(item),
                Fate::Covered { by } => self.no_place(item, LeftBecause::Covered { by }),
                Fate::Overflow => self.no_place(item, LeftBecause::NoRoom),
            }
        }
    }

    /// Makes one of ours as `item` is wanted, and withdraws others of the same value.
    fn placed(&mut self, item: &DesiredItem) {
        let known = self.options.known.get(&item.key.everywhere());
        let applied = known.and_then(|known| known.applied);
        let Some(stands) = self.stands(item) else {
            let to = item.content.clone();
            let ended = known
                .and_then(|known| known.ends)
                .is_some_and(|at| at <= self.options.now);
            return self.step(item, Change::Create { to }, applied.is_some() && !ended);
        };
        match compare(item, stands, self.options) {
            None => self.plan.unchanged += 1,
            Some(change) => {
                let is_as_applied = applied == Some(item.content.fingerprint());
                let drift = is_as_applied && matches!(change, Change::Change { .. });
                self.step(item, change, drift);
            }
        }
        for other in self.targets.others_of_ours(stands) {
            let because = format!("indicator {} of ours stands for the same value", stands.id);
            self.withdraw(other, because, Some(item.key.clone()));
        }
    }

    /// The one of ours that stands for `item`: one that is as wanted, before one that would have to be changed.
    fn stands(&self, item: &DesiredItem) -> Option<&'a Item> {
        let same = self.targets.same_of_ours(&item.key);
        let is_as_wanted = |ours: &&&Item| compare(item, ours, self.options).is_none();
        let found = same.iter().find(is_as_wanted).copied();
        found.or_else(|| self.targets.ours(&item.key))
    }

    fn no_place(&mut self, item: &DesiredItem, because: LeftBecause) {
        let by = match &because {
            LeftBecause::Covered { by } => Some(by.clone()),
            _ => None,
        };
        for ours in self.targets.same_of_ours(&item.key) {
            self.withdraw(ours, because.to_string(), by.clone());
        }
        self.leave(item, because);
    }

    fn step(&mut self, item: &DesiredItem, change: Change, drift: bool) {
        self.plan.steps.push(Step {
            key: item.key.clone(),
            change,
            sources: item.sources.clone(),
            drift,
        });
    }

    fn withdraw(&mut self, item: &Item, because: String, covered_by: Option<Key>) {
        self.plan.steps.push(Step {
            key: item.key.clone(),
            change: Change::Withdraw {
                from: Box::new(item.clone()),
                because,
                covered_by,
            },
            sources: Vec::new(),
            drift: false,
        });
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
            let target = item.key.target();
            if item.is_ours {
                targets.ours.entry(target).or_default().push(item);
            } else {
                targets.foreign.entry(target).or_insert(item);
            }
        }
        targets
    }

    fn foreign(&self, key: &Key) -> Option<&'a Item> {
        self.foreign.get(&key.target()).copied()
    }

    fn all_of_ours(&self) -> impl Iterator<Item = &'a Item> {
        self.ours.values().flatten().copied()
    }

    /// Those of ours for the value of `key`.
    fn same_of_ours(&self, key: &Key) -> Vec<&'a Item> {
        self.ours.get(&key.target()).cloned().unwrap_or_default()
    }

    /// The one of ours that stands for `key`: that of the same device groups, else the first.
    fn ours(&self, key: &Key) -> Option<&'a Item> {
        let same = self.ours.get(&key.target())?;
        let exact = same.iter().find(|item| item.key.is_same(key));
        exact.or_else(|| same.first()).copied()
    }

    /// Those of ours beside `item` for its value.
    fn others_of_ours(&self, item: &Item) -> Vec<&'a Item> {
        let mut same = self.same_of_ours(&item.key);
        same.retain(|other| other.id != item.id);
        same
    }
}

fn foreign(item: &Item) -> LeftBecause {
    let action = item.action.as_ref();
    LeftBecause::Foreign {
        made_by: item.made_by.clone(),
        action: action.map(ToString::to_string).unwrap_or_default(),
    }
}

fn fate_of_known(known: &Known, options: &PlanOptions) -> Result<String, Keep> {
    for source in &known.sources {
        if let Some(reason) = options.incomplete.get(source) {
            return Err(incomplete(source, reason));
        }
    }
    let since = known.orphaned.unwrap_or(options.now);
    let until = since.checked_add(options.grace).unwrap_or(Timestamp::MAX);
    let gone = known
        .sources
        .iter()
        .find(|source| !options.sources.contains(*source));
    match gone {
        Some(source) if options.now < until => Err(Keep::Grace {
            source: source.clone(),
            until,
        }),
        Some(source) => Ok(format!(
            "{source} is no longer a source, and its grace is over"
        )),
        None => Ok(format!("{} no longer wants it", known.sources.join(", "))),
    }
}

fn incomplete(source: &str, reason: &str) -> Keep {
    Keep::SourceIncomplete {
        source: source.to_owned(),
        reason: reason.to_owned(),
    }
}
