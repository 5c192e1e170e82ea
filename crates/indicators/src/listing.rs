//! What the tenant has, with every field.

use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::Indicator;

use crate::actual::{Owner, made_by};
use crate::filter::Filter;
use crate::key::Key;

/// An indicator of the tenant, with every field that the service wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// What it is.
    pub key: Key,
    /// Whether we made it.
    pub is_ours: bool,
    /// Who made it, for people; empty where the service says nothing.
    pub made_by: String,
    /// As the service wrote it.
    pub indicator: Indicator,
}

/// A day, as ends are counted.
const DAY_SECONDS: i64 = 24 * 3_600;

impl Listed {
    fn new(indicator: Indicator, owner: &Owner) -> Self {
        Self {
            key: Key::of(&indicator),
            is_ours: owner.owns(&indicator),
            made_by: made_by(&indicator).to_owned(),
            indicator,
        }
    }

    /// Whole days until it ends; negative where that was before `now`, nothing where it never ends.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> Option<i64> {
        let left = now.duration_until(self.indicator.expires?);
        Some(left.as_secs().div_euclid(DAY_SECONDS))
    }

    /// Whether it ends by itself within `span` of `now`, or should have ended.
    #[must_use]
    pub fn ends_within(&self, span: SignedDuration, now: Timestamp) -> bool {
        let ends = self.indicator.expires;
        ends.is_some_and(|ends| now.duration_until(ends) <= span)
    }
}

/// Indicators of one tenant, by key and id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    items: Vec<Listed>,
}

impl Listing {
    /// What was read, in whatever order. Only a reading of the whole list may come here: what is missing would be taken for gone.
    #[must_use]
    pub fn new(indicators: Vec<Indicator>, owner: &Owner) -> Self {
        let listed = |indicator| Listed::new(indicator, owner);
        let mut items: Vec<Listed> = indicators.into_iter().map(listed).collect();
        items.sort_by(|one, other| {
            (&one.key, &one.indicator.id).cmp(&(&other.key, &other.indicator.id))
        });
        Self { items }
    }

    /// All, by key and id.
    #[must_use]
    pub fn items(&self) -> &[Listed] {
        &self.items
    }

    /// Those that `filter` lets through at `now`.
    #[must_use]
    pub fn filtered(mut self, filter: &Filter, now: Timestamp) -> Self {
        self.items.retain(|item| filter.lets_through(item, now));
        self
    }
}
