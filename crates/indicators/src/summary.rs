//! How full a tenant is, and who filled it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::capacity::CAPACITY;
use crate::listing::Listing;

/// Within what span an indicator is said to end soon: a month.
pub const ENDS_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How full a tenant is, and who filled it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Indicators of the tenant, each of which takes a place.
    pub total: usize,
    /// Those that we made.
    pub ours: usize,
    /// Those of ours that end by themselves within [`ENDS_SOON`].
    pub ours_ending_soon: usize,
    /// Other makers and how many indicators each has, most first.
    pub others: Vec<(String, usize)>,
}

impl Summary {
    /// Counts all that a tenant has at `now`.
    #[must_use]
    pub fn of(listing: &Listing, now: Timestamp) -> Self {
        let mut summary = Self::default();
        let mut makers: BTreeMap<&str, usize> = BTreeMap::new();
        for item in listing.items() {
            summary.total += 1;
            if item.is_ours {
                summary.ours += 1;
                summary.ours_ending_soon += usize::from(item.ends_within(ENDS_SOON, now));
            } else {
                *makers.entry(&item.made_by).or_default() += 1;
            }
        }
        let others = makers.into_iter();
        summary.others = others
            .map(|(maker, count)| (maker.to_owned(), count))
            .collect();
        summary.others.sort_by_key(|(_, count)| Reverse(*count));
        summary
    }

    /// Places that are left of [`CAPACITY`].
    #[must_use]
    pub fn free(&self) -> usize {
        CAPACITY.saturating_sub(self.total)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{listing, now};

    #[test]
    fn makers_are_counted_most_first_and_only_our_ends_matter() {
        let one = |id: &str, label: &str, by: Option<&str>, ends: Option<&str>| {
            json!({"id": id, "indicatorValue": id, "indicatorType": "Url", "application": label, "createdByDisplayName": by,
                "expirationTime": ends})
        };
        let soon = Some("2026-12-28T20:00:00Z");
        let summary = Summary::of(
            &listing([
                one("1", "Tesem", None, soon),
                one("2", "Tesem", None, Some("2026-12-28T20:00:01Z")),
                one("3", "Tesem", None, None),
                one("4", "x", Some("ann"), soon),
                one("5", "x", Some("zoe"), soon),
                one("6", "x", Some("zoe"), None),
                one("7", "x", Some("bob"), None),
            ]),
            now(),
        );
        let others = [("zoe", 2), ("ann", 1), ("bob", 1)];
        assert_eq!(
            summary,
            Summary {
                total: 7,
                ours: 3,
                ours_ending_soon: 1,
                others: others.map(|(name, count)| (name.to_owned(), count)).into(),
            }
        );
        assert_eq!(summary.free(), 14_993);
    }
}
