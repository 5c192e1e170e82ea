//! Blocks that would have touched many devices.

use std::collections::BTreeMap;

use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::{
    Actual, Desired, DesiredItem, Instead, Key, Policy, downgrade, entries, needs_asking,
    observable, plan,
};
use tesem_observable::{ObservableKind, recognise, recognise_as};

use crate::model::{Tenant, blocking, items, now, options, source};

const THUMBPRINT: &str = "3395856ce81f2b7382dee72602f798b642f14140";

/// A domain, a file and a certificate under one policy.
fn three(policy: Policy) -> Vec<DesiredItem> {
    let mut desired = Desired::default();
    let certificate = recognise_as(ObservableKind::CertificateThumbprint, THUMBPRINT).unwrap();
    let policies = [policy];
    for observable in [
        recognise("evil.com").unwrap(),
        recognise("44d88612fea8a8f36de82e1278abb02f").unwrap(),
        certificate,
    ] {
        desired.add(&observable, &source("list", 0), &policies, 0, now());
    }
    desired.items(&policies, now())
}

fn seen_on(items: &[DesiredItem], devices: u64) -> BTreeMap<Key, u64> {
    let keys = items.iter().map(|item| item.key.clone());
    keys.map(|key| (key, devices)).collect()
}

#[test]
fn what_would_touch_many_devices_raises_alerts_instead() {
    let quiet = Policy {
        generate_alert: false,
        educate_url: Some("https://e.example/".to_owned()),
        ..blocking()
    };
    let before = three(quiet);
    let mut items = before.clone();
    assert!(downgrade(&mut items, &seen_on(&before, 10), 10).is_empty());
    assert!(downgrade(&mut items, &BTreeMap::new(), 0).is_empty());
    assert_eq!(
        items, before,
        "ten are not more than ten, and what was not asked stays"
    );
    let found = downgrade(&mut items, &seen_on(&before, 11), 10);
    let told: Vec<_> = found
        .iter()
        .map(|one| (&one.key.kind, &one.action, one.devices, one.instead))
        .collect();
    use IndicatorAction::{Audit, Block, BlockAndRemediate};
    use IndicatorType::{CertificateThumbprint, DomainName, FileMd5};
    assert_eq!(
        told,
        [
            (&FileMd5, &BlockAndRemediate, 11, Instead::Audit),
            (
                &CertificateThumbprint,
                &BlockAndRemediate,
                11,
                Instead::Nothing
            ),
            (&DomainName, &Block, 11, Instead::Audit),
        ]
    );
    assert_eq!(items.len(), 2);
    for item in &items {
        assert_eq!(item.content.action, Audit);
        assert!(item.content.generate_alert && item.content.educate_url.is_none());
    }
    assert!(
        downgrade(&mut items, &seen_on(&before, 99), 10).is_empty(),
        "Audit stops nobody"
    );
}

#[test]
fn only_new_blocks_are_asked_for() {
    use IndicatorAction::{Allowed, Audit, Block, Warn};
    let scoped = |action: &IndicatorAction, groups: &[&str]| Policy {
        action: action.clone(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Policy::default()
    };
    let (all, one, both): (&[&str], &[&str], &[&str]) = (&[], &["A"], &["A", "B"]);
    let cases = [
        (None, (Block, all), true),
        (None, (Warn, one), true),
        (None, (Audit, all), false),
        (None, (Allowed, all), false),
        (Some((Block, all)), (Block, all), false),
        (Some((Block, all)), (Warn, all), false),
        (Some((Warn, all)), (Block, all), true),
        (Some((Audit, all)), (Block, all), true),
        (Some((Block, one)), (Block, all), true),
        (Some((Block, one)), (Block, both), true),
        (Some((Block, both)), (Block, one), false),
        (Some((Block, all)), (Block, one), false),
    ];
    for (there, (action, groups), expected) in cases {
        let mut tenant = Tenant::default();
        if let Some((action, groups)) = &there {
            let made = items(["evil.com"], scoped(action, groups));
            tenant.apply(&plan(&made, &Actual::default(), &options()));
        }
        let wanted = items(["evil.com"], scoped(&action, groups));
        let asked = needs_asking(&wanted, &tenant.actual());
        assert_eq!(
            !asked.is_empty(),
            expected,
            "{action} for {groups:?} over {there:?}"
        );
    }
}

#[test]
fn what_is_not_made_is_not_asked_for() {
    let mut tenant = Tenant::default();
    let theirs = Key::new(IndicatorType::DomainName, "evil.com", ["A".to_owned()]);
    tenant.foreign(theirs, IndicatorAction::Audit);
    let policy = Policy {
        maximum: Some(2),
        ..blocking()
    };
    let wanted = items(["evil.com", "evil.net", "evil.org"], policy);
    let asked = needs_asking(&wanted, &tenant.actual());
    let asked: Vec<&str> = asked.iter().map(|key| key.value.as_str()).collect();
    assert_eq!(asked, ["evil.net"]);
}

#[test]
fn what_an_indicator_matches_can_be_searched_for() {
    let values = [
        "evil.com",
        "203.0.113.7",
        "2001:4860::8888",
        "https://evil.com/",
        "https://Evil.com/Path?q",
        "44d88612fea8a8f36de82e1278abb02f",
        "3395856ce81f2b7382dee72602f798b642f14140",
        "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    ];
    for value in values {
        let wanted = recognise(value).unwrap();
        let (kind, text) = entries(&wanted, 1).unwrap().remove(0);
        assert_eq!(
            observable(&Key::new(kind, &text, [])),
            Some(wanted),
            "{value}"
        );
    }
    let certificate = Key::new(IndicatorType::CertificateThumbprint, THUMBPRINT, []);
    let kind = observable(&certificate).map(|found| found.kind());
    assert_eq!(kind, Some(ObservableKind::CertificateThumbprint));
    for (kind, value) in [
        (IndicatorType::WebCategory, "gambling"),
        (IndicatorType::DomainName, "no name"),
    ] {
        assert_eq!(observable(&Key::new(kind, value, [])), None);
    }
}
