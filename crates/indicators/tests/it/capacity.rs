//! What has room.

use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::{Desired, Key, LeftBecause, PlanOptions, Room, plan};
use tesem_observable::recognise;

use crate::model::{Tenant, blocking, items, now, options, source};

fn room_for(capacity: usize, reserve: usize) -> PlanOptions {
    PlanOptions {
        room: Room { capacity, reserve },
        ..options()
    }
}

#[test]
fn subdomains_and_urls_give_way_to_their_domain_where_room_is_short() {
    let values = [
        "evil.com",
        "a.evil.com",
        "https://b.evil.com/x",
        "other.org",
        "notevil.com",
    ];
    let wanted = items(values, blocking());
    let tenant = Tenant::default();
    let enough = plan(&wanted, &tenant.actual(), &room_for(5, 0));
    assert_eq!((enough.steps.len(), enough.left.len()), (5, 0));
    let short = plan(&wanted, &tenant.actual(), &room_for(3, 0));
    let made: Vec<&str> = short
        .steps
        .iter()
        .map(|step| step.key.value.as_str())
        .collect();
    assert_eq!(made, ["evil.com", "notevil.com", "other.org"]);
    let evil = Key::new(IndicatorType::DomainName, "evil.com", []);
    assert!(
        short
            .left
            .iter()
            .all(|left| left.because == LeftBecause::Covered { by: evil.clone() })
    );
}

#[test]
fn others_and_the_reserve_count_and_the_best_have_the_room() {
    let mut desired = Desired::default();
    for (value, confidence) in [("a.com", 10), ("b.com", 90), ("c.com", 50)] {
        let mut source = source("list", 0);
        source.confidence = Some(confidence);
        desired.add(&recognise(value).unwrap(), &source, &[blocking()], 0, now());
    }
    let wanted = desired.items(&[blocking()], now());
    let mut tenant = Tenant::default();
    tenant.foreign(
        Key::new(IndicatorType::DomainName, "theirs.com", []),
        IndicatorAction::Block,
    );
    let plan = plan(&wanted, &tenant.actual(), &room_for(4, 1));
    let made: Vec<&str> = plan
        .steps
        .iter()
        .map(|step| step.key.value.as_str())
        .collect();
    assert_eq!(made, ["b.com", "c.com"]);
    assert_eq!(plan.left[0].because, LeftBecause::NoRoom);
}

#[test]
fn what_is_covered_by_something_without_room_has_no_room() {
    let mut desired = Desired::default();
    for (value, confidence) in [("evil.com", 10), ("a.evil.com", 20), ("other.org", 90)] {
        let mut source = source("list", 0);
        source.confidence = Some(confidence);
        desired.add(&recognise(value).unwrap(), &source, &[blocking()], 0, now());
    }
    let wanted = desired.items(&[blocking()], now());
    let plan = plan(&wanted, &Tenant::default().actual(), &room_for(1, 0));
    assert!(
        plan.left
            .iter()
            .all(|left| left.because == LeftBecause::NoRoom),
        "{:?}",
        plan.left
    );
}
