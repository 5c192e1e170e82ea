//! A tenant that does what a plan says.

use jiff::{SignedDuration, Timestamp};
use tesem_defender::IndicatorId;
use tesem_defender::endpoint::IndicatorAction;
use tesem_indicators::{
    Actual, Change, Content, Desired, DesiredItem, Item, Key, Plan, PlanOptions, Policy, Source,
    Step,
};
use tesem_observable::recognise;

pub(crate) fn now() -> Timestamp {
    "2026-11-28T20:00:00Z".parse().unwrap()
}

pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

pub(crate) fn options() -> PlanOptions {
    PlanOptions {
        sources: ["list".to_owned()].into(),
        ..PlanOptions::new(now())
    }
}

pub(crate) fn blocking() -> Policy {
    Policy {
        action: IndicatorAction::Block,
        ..Policy::default()
    }
}

pub(crate) fn source(name: &str, rank: usize) -> Source {
    Source {
        name: name.to_owned(),
        rank,
        valid_until: None,
        last_seen: None,
        confidence: None,
        tlp: None,
        labels: Vec::new(),
        seen: false,
    }
}

/// What `values` come to under one policy.
pub(crate) fn wanted<'a>(values: impl IntoIterator<Item = &'a str>, policy: Policy) -> Desired {
    let mut desired = Desired::default();
    let policies = [policy];
    for value in values {
        let observable = recognise(value).unwrap();
        desired.add(&observable, &source("list", 0), &policies, 0, now());
    }
    desired
}

pub(crate) fn items<'a>(
    values: impl IntoIterator<Item = &'a str>,
    policy: Policy,
) -> Vec<DesiredItem> {
    wanted(values, policy.clone()).items(&[policy], now())
}

/// A tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tenant {
    pub(crate) items: Vec<Item>,
    next: u32,
}

impl Tenant {
    pub(crate) fn actual(&self) -> Actual {
        Actual::from_items(self.items.clone())
    }

    /// Adds what somebody else made.
    pub(crate) fn foreign(&mut self, key: Key, action: IndicatorAction) {
        let content = Content {
            action,
            severity: "High".into(),
            title: "theirs".to_owned(),
            description: String::new(),
            recommended_actions: None,
            educate_url: None,
            generate_alert: false,
            expires: None,
        };
        self.put(key, content, false);
    }

    fn put(&mut self, key: Key, content: Content, is_ours: bool) {
        self.next += 1;
        self.items.push(Item {
            key,
            id: IndicatorId::new(self.next.to_string()),
            action: Some(content.action),
            severity: Some(content.severity),
            title: content.title,
            description: content.description,
            recommended_actions: content.recommended_actions,
            educate_url: content.educate_url,
            generate_alert: content.generate_alert,
            expires: content.expires,
            is_ours,
            made_by: if is_ours { "us" } else { "portal" }.to_owned(),
        });
    }

    pub(crate) fn apply(&mut self, plan: &Plan) {
        for step in &plan.steps {
            self.take(step);
        }
    }

    fn take(&mut self, step: &Step) {
        match &step.change {
            Change::Create { to } => self.put(step.key.clone(), to.clone(), true),
            Change::Withdraw { from, .. } => self.remove(from),
            Change::Change { from, to, .. } | Change::Renew { from, to } => {
                self.remove(from);
                self.put(step.key.clone(), to.clone(), true);
            }
        }
    }

    fn remove(&mut self, item: &Item) {
        let before = self.items.len();
        self.items.retain(|other| other.id != item.id);
        assert_eq!(self.items.len() + 1, before, "{item:?} was there");
    }
}
