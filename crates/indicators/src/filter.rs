//! Choosing among a tenant's indicators.

use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity, IndicatorType};

use crate::listing::Listed;

/// Which indicators are wanted: those that fit every part; a part without content lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these types.
    pub kinds: Vec<IndicatorType>,
    /// One of these actions.
    pub actions: Vec<IndicatorAction>,
    /// One of these severities.
    pub severities: Vec<IndicatorSeverity>,
    /// Ours, or those of others.
    pub ours: Option<bool>,
    /// Text within value, title or description; letter case is not told apart.
    pub text: Option<String>,
    /// They end by themselves within this span; one without an end never does.
    pub ends_within: Option<SignedDuration>,
    /// They hold for one of these device groups by name; one for all devices holds for none by name. Letter case is not told apart.
    pub groups: Vec<String>,
}

impl Filter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `item` fits at `now`.
    #[must_use]
    pub fn lets_through(&self, item: &Listed, now: Timestamp) -> bool {
        let indicator = &item.indicator;
        is_one_of(&self.kinds, Some(&item.key.kind))
            && is_one_of(&self.actions, indicator.action.as_ref())
            && is_one_of(&self.severities, indicator.severity.as_ref())
            && self.ours.is_none_or(|ours| ours == item.is_ours)
            && self.has_text(item)
            && self
                .ends_within
                .is_none_or(|span| item.ends_within(span, now))
            && self.has_group(item)
    }

    fn has_text(&self, item: &Listed) -> bool {
        let Some(wanted) = self.text.as_deref().map(str::to_lowercase) else {
            return true;
        };
        let indicator = &item.indicator;
        let texts = [&indicator.value, &indicator.title, &indicator.description];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| text.to_lowercase().contains(&wanted))
    }

    fn has_group(&self, item: &Listed) -> bool {
        let is_wanted = |group: &String| {
            let group = group.to_lowercase();
            self.groups
                .iter()
                .any(|wanted| wanted.to_lowercase() == group)
        };
        self.groups.is_empty() || item.indicator.rbac_group_names.iter().any(is_wanted)
    }
}

fn is_one_of<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{listing, now};

    fn values(filter: &Filter) -> Vec<String> {
        let wire = [
            json!({"id": "1", "indicatorValue": "a.com", "indicatorType": "DomainName", "action": "Block", "severity": "High",
                "application": "Tesem", "title": "Beacon", "description": "seen by us",
                "expirationTime": "2026-12-08T20:00:00Z", "rbacGroupNames": ["Servers", "Pilot"]}),
            json!({"id": "2", "indicatorValue": "203.0.113.7", "indicatorType": "IpAddress", "action": "Audit", "severity": "Low",
                "application": "OpenCTI", "title": "scanner", "description": "BEACONS of somebody",
                "expirationTime": "2026-12-08T20:00:01Z"}),
            json!({"id": "3", "indicatorValue": "b.com", "indicatorType": "DomainName", "action": "Allowed", "title": "ours"}),
        ];
        let listing = listing(wire).filtered(filter, now());
        let values = listing.items().iter().map(|item| item.key.value.clone());
        values.collect()
    }

    fn of(fill: impl FnOnce(&mut Filter)) -> Filter {
        let mut filter = Filter::default();
        fill(&mut filter);
        filter
    }

    #[test]
    fn each_part_lets_through_what_fits_and_nothing_else() {
        use IndicatorType::{DomainName, IpAddress};
        let ten_days = SignedDuration::from_hours(240);
        let text = |text: &str| of(|filter| filter.text = Some(text.to_owned()));
        let group = |name: &str| of(|filter| filter.groups = vec![name.to_owned()]);
        let kinds = |kinds: &[IndicatorType]| of(|filter| filter.kinds = kinds.to_vec());
        let ours = |ours| of(|filter| filter.ours = Some(ours));
        let theirs = Filter {
            kinds: vec![DomainName],
            ..ours(false)
        };
        let cases: [(Filter, &[&str]); 13] = [
            (Filter::default(), &["203.0.113.7", "a.com", "b.com"]),
            (kinds(&[DomainName]), &["a.com", "b.com"]),
            (
                kinds(&[DomainName, IpAddress]),
                &["203.0.113.7", "a.com", "b.com"],
            ),
            (
                of(|filter| filter.actions = vec![IndicatorAction::Audit]),
                &["203.0.113.7"],
            ),
            (
                of(|filter| filter.severities = vec![IndicatorSeverity::High]),
                &["a.com"],
            ),
            (ours(true), &["a.com"]),
            (ours(false), &["203.0.113.7", "b.com"]),
            (text("beacon"), &["203.0.113.7", "a.com"]),
            (text("B.COM"), &["b.com"]),
            (of(|filter| filter.ends_within = Some(ten_days)), &["a.com"]),
            (group("servers"), &["a.com"]),
            (group("serv"), &[]),
            (theirs, &["b.com"]),
        ];
        for (filter, expected) in cases {
            assert_eq!(values(&filter), expected, "{filter:?}");
        }
        assert!(Filter::default().is_open() && !text("").is_open());
    }
}
