//! What has room in a tenant that takes 15,000 indicators.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{INDICATORS_MAX, IndicatorAction, IndicatorType};

use crate::desired::DesiredItem;
use crate::key::Key;
use crate::names::above;

/// Most active indicators of a tenant.
pub const CAPACITY: usize = INDICATORS_MAX;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Most active indicators of the tenant.
    pub capacity: usize,
    /// Places that are left for people and other tools.
    pub reserve: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            capacity: CAPACITY,
            reserve: 0,
        }
    }
}

impl Room {
    /// How many indicators of ours there may be beside so many of others.
    #[must_use]
    pub fn ours(&self, foreign: usize) -> usize {
        self.capacity
            .saturating_sub(foreign)
            .saturating_sub(self.reserve)
    }
}

/// What becomes of a wanted indicator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// It has a place.
    Placed,
    /// Another one that has a place does the same and more: a domain stands for those below it and for their URLs.
    Covered {
        /// That one.
        by: Key,
    },
    /// It has no place: it is worth less than all that have one. It is to be hunted for instead.
    Overflow,
}

/// The fates of `items`, in their order, where `room` of them have a place. Those that are `there` already win among equals. Nothing is
/// left out as covered unless there is too little room.
pub(crate) fn fates(items: &[&DesiredItem], room: usize, there: &BTreeSet<&Key>) -> Vec<Fate> {
    if items.len() <= room {
        return vec![Fate::Placed; items.len()];
    }
    let covers = covers(items);
    let mut standing: Vec<usize> = (0..items.len())
        .filter(|index| !covers.contains_key(index))
        .collect();
    standing.sort_by_key(|index| {
        let item = items.get(*index);
        item.map(|item| (item.rank, !there.contains(&item.key), &item.key))
    });
    let placed: BTreeSet<usize> = standing.into_iter().take(room).collect();
    let fate = |(index, _): (usize, &&DesiredItem)| match covers.get(&index) {
        _ if placed.contains(&index) => Fate::Placed,
        Some(by) if placed.contains(by) => match items.get(*by) {
            Some(by) => Fate::Covered { by: by.key.clone() },
            None => Fate::Overflow,
        },
        _ => Fate::Overflow,
    };
    items.iter().enumerate().map(fate).collect()
}

/// By index of a covered item the index of the topmost item that covers it.
fn covers(items: &[&DesiredItem]) -> BTreeMap<usize, usize> {
    let domains: BTreeMap<&str, Vec<usize>> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.key.kind == IndicatorType::DomainName)
        .fold(BTreeMap::new(), |mut domains, (index, item)| {
            let of: &mut Vec<usize> = domains.entry(item.key.value.as_str()).or_default();
            of.push(index);
            domains
        });
    let cover = |(index, item): (usize, &&DesiredItem)| {
        let above = above(&item.key)?;
        let found = above
            .into_iter()
            .flat_map(|name| domains.get(name).into_iter().flatten().copied())
            .filter(|other| *other != index)
            .rfind(|other| items.get(*other).is_some_and(|other| does_all(other, item)))?;
        Some((index, found))
    };
    items.iter().enumerate().filter_map(cover).collect()
}

/// Whether `one` does to everybody what `other` does: the same action, for the same device groups or for all.
fn does_all(one: &DesiredItem, other: &DesiredItem) -> bool {
    let is_for_all = one.key.groups.is_empty() || one.key.groups == other.key.groups;
    let (does, asked) = (&one.content, &other.content);
    let is_action_ok = does.action == asked.action && does.action != IndicatorAction::Allowed;
    is_for_all && is_action_ok && (does.generate_alert || !asked.generate_alert)
}
