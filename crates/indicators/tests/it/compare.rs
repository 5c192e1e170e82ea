//! What is created, changed, renewed, withdrawn and left alone.

use jiff::Timestamp;
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::{
    Change, ChangedField, Desired, DesiredItem, Expiry, Keep, Key, Known, LeftBecause, Memory,
    Percent, Plan, PlanFile, PlanFileError, PlanOptions, Policy, ShrinkRule, Step, plan,
};
use tesem_observable::recognise;

use crate::model::{Tenant, blocking, days, items, now, options, source, wanted};

fn does(step: &Step) -> &'static str {
    step.change.verb()
}

fn all(plan: &Plan) -> Vec<(&'static str, &str)> {
    plan.steps
        .iter()
        .map(|step| (does(step), step.key.value.as_str()))
        .collect()
}

fn tenant_with(values: &[&str]) -> Tenant {
    let mut tenant = Tenant::default();
    let wanted = items(values.iter().copied(), blocking());
    tenant.apply(&plan(&wanted, &tenant.actual(), &options()));
    tenant
}

#[test]
fn what_is_new_is_made_and_what_nobody_wants_goes() {
    let tenant = tenant_with(&["evil.com", "203.0.113.7"]);
    let wanted = items(["evil.com", "evil.org"], blocking());
    let plan = plan(&wanted, &tenant.actual(), &options());
    assert_eq!(
        all(&plan),
        [("withdraw", "203.0.113.7"), ("create", "evil.org")]
    );
    assert_eq!(plan.unchanged, 1);
}

#[test]
fn a_changed_policy_changes_what_it_says_and_not_the_end() {
    let tenant = tenant_with(&["evil.com"]);
    let policy = Policy {
        severity: "High".into(),
        ..blocking()
    };
    let later = now() + days(30);
    let mut options = options();
    options.now = later;
    let wanted = wanted(["evil.com"], policy.clone()).items(&[policy], later);
    let plan = plan(&wanted, &tenant.actual(), &options);
    let Change::Change { from, to, fields } = &plan.steps[0].change else {
        panic!("{:?}", plan.steps);
    };
    assert_eq!(fields, &[ChangedField::Severity]);
    assert_eq!(to.expires, from.expires);
}

#[test]
fn an_indicator_is_renewed_before_it_ends_and_not_on_each_run() {
    let tenant = tenant_with(&["evil.com"]);
    let at = |days_later: i64| {
        let mut options = options();
        options.now = now() + days(days_later);
        let wanted = wanted(["evil.com"], blocking()).items(&[blocking()], options.now);
        let plan = plan(&wanted, &tenant.actual(), &options);
        plan.steps.first().map(does)
    };
    assert_eq!((at(1), at(300), at(340)), (None, None, Some("renew")));
}

#[test]
fn an_end_that_its_source_gives_is_kept() {
    let soon = now() + days(10);
    let desired = |until: Option<Timestamp>| {
        let mut desired = Desired::default();
        let mut source = source("list", 0);
        source.valid_until = until;
        let observable = recognise("evil.com").unwrap();
        desired.add(&observable, &source, &[blocking()], 0, now());
        desired
    };
    let made = desired(Some(soon)).items(&[blocking()], now());
    assert_eq!(made[0].content.expires, Some(soon));
    let tenant = tenant_with(&["evil.com"]);
    let plan = plan(&made, &tenant.actual(), &options());
    assert_eq!(all(&plan), [("change", "evil.com")]);
    let over = desired(Some(now()));
    assert!(over.is_empty());
    assert!(
        over.refused()
            .next()
            .unwrap()
            .reason
            .contains("no longer counts")
    );
    let never = Policy {
        expiry: Expiry::Never,
        ..blocking()
    };
    assert_eq!(
        desired(None).items(&[never], now())[0].content.expires,
        None
    );
}

#[test]
fn what_others_made_is_left_alone() {
    let mut tenant = tenant_with(&["evil.com"]);
    let theirs = Key::new(
        IndicatorType::DomainName,
        "evil.org",
        ["Servers".to_owned()],
    );
    tenant.foreign(theirs, IndicatorAction::Allowed);
    let wanted = items(["evil.com", "evil.org"], blocking());
    let plan = plan(&wanted, &tenant.actual(), &options());
    assert!(plan.steps.is_empty());
    assert_eq!(plan.foreign, 1);
    assert!(
        matches!(&plan.left[0].because, LeftBecause::Foreign { made_by, action } if made_by == "portal" && action == "Allowed"),
        "{:?}",
        plan.left
    );
}

#[test]
fn a_source_that_failed_withdraws_nothing() {
    let tenant = tenant_with(&["evil.com", "evil.org", "evil.net"]);
    let mut options = options();
    options.incomplete = [("c2".to_owned(), "timed out".to_owned())].into();
    options.sources = ["c2".to_owned(), "misp".to_owned()].into();
    let known = |sources: &[&str]| Known {
        sources: sources.iter().map(|source| (*source).to_owned()).collect(),
        ..Known::default()
    };
    let key = |value: &str| Key::new(IndicatorType::DomainName, value, []);
    options
        .known
        .insert(key("evil.com"), known(&["c2", "misp"]));
    options.known.insert(key("evil.org"), known(&["misp"]));
    let plan = plan(&[], &tenant.actual(), &options);
    assert_eq!(
        all(&plan),
        [("withdraw", "evil.org")],
        "its source gave all that it has"
    );
    let kept: Vec<&str> = plan
        .kept
        .iter()
        .map(|kept| kept.key.value.as_str())
        .collect();
    assert_eq!(kept, ["evil.com", "evil.net"]);
    assert!(
        matches!(&plan.kept[1].because, Keep::SourceIncomplete { source, .. } if source == "c2")
    );
}

#[test]
fn a_source_that_is_gone_keeps_its_indicators_until_its_grace_ends() {
    let tenant = tenant_with(&["evil.com"]);
    let after = |days_later: i64| {
        let mut options = options();
        let key = Key::new(IndicatorType::DomainName, "evil.com", []);
        let known = Known {
            sources: vec!["old".to_owned()],
            orphaned: Some(now()),
            ..Known::default()
        };
        options.known.insert(key, known);
        options.now = now() + days(days_later);
        plan(&[], &tenant.actual(), &options)
    };
    assert!(after(6).steps.is_empty());
    assert!(matches!(after(6).kept[0].because, Keep::Grace { .. }));
    assert_eq!(all(&after(8)), [("withdraw", "evil.com")]);
}

#[test]
fn what_the_service_would_refuse_is_refused_with_a_reason() {
    let cases = [
        ("10.0.0.1", "takes addresses of the internet only"),
        (
            "http://192.168.1.1/x",
            "takes addresses of the internet only",
        ),
        ("203.0.112.0/20", "ranges of up to 256"),
        ("ana@evil.com", "no indicators of type email"),
    ];
    for (value, reason) in cases {
        let desired = wanted([value], blocking());
        let refused: Vec<_> = desired.refused().collect();
        assert!(desired.is_empty(), "{value}");
        assert!(refused[0].reason.contains(reason), "{value}: {refused:?}");
    }
    let range = wanted(["203.0.113.0/30"], blocking());
    assert_eq!(range.len(), 4);
    let ipv6 = items(["2001:4860::8888"], blocking());
    assert_eq!(ipv6[0].key.value, "2001:4860:0000:0000:0000:0000:0000:8888");
}

#[test]
fn several_sources_want_the_same_value() {
    let scoped = |action: IndicatorAction, groups: &[&str]| Policy {
        action,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Policy::default()
    };
    use IndicatorAction::{Allowed, Block};
    let cases: [([Policy; 2], &[&str]); 4] = [
        ([scoped(Block, &["A"]), scoped(Block, &["B"])], &["A", "B"]),
        ([scoped(Block, &["A"]), scoped(Block, &[])], &[]),
        ([scoped(Block, &[]), scoped(Block, &["B"])], &[]),
        ([scoped(Block, &["A"]), scoped(Allowed, &["B"])], &["A"]),
    ];
    for (policies, groups) in cases {
        for order in [[0, 1], [1, 0]] {
            let mut desired = Desired::default();
            for index in order {
                let source = source(["first", "second"][index], index);
                let observable = recognise("evil.com").unwrap();
                desired.add(&observable, &source, &policies, index, now());
            }
            let items = desired.items(&policies, now());
            assert_eq!(items.len(), 1);
            assert_eq!(items[0].key.groups.iter().collect::<Vec<_>>(), groups);
            assert_eq!(items[0].content.action, Block, "the first source decides");
            assert_eq!(items[0].sources, ["first", "second"]);
        }
    }
}

/// Two feeds want the same value; what one of them says does not count for the other, which cannot be asked.
#[test]
fn a_feed_that_fails_is_not_overruled_by_another() {
    let policies = [blocking(), Policy::default()];
    let wanted_by = |feeds: &[usize]| {
        let mut desired = Desired::default();
        for feed in feeds {
            let source = source(["c2", "partners"][*feed], *feed);
            desired.add(
                &recognise("evil.com").unwrap(),
                &source,
                &policies,
                *feed,
                now(),
            );
        }
        desired.items(&policies, now())
    };
    let mut tenant = Tenant::default();
    let mut memory = Memory::default();
    let mut round = |tenant: &mut Tenant, feeds: &[usize], has_failed: bool| {
        let mut options = options();
        options.sources = ["c2".to_owned(), "partners".to_owned()].into();
        options.known = memory.known().clone();
        if has_failed {
            options.incomplete = [("c2".to_owned(), "timed out".to_owned())].into();
        }
        let wanted = wanted_by(feeds);
        let plan = plan(&wanted, &tenant.actual(), &options);
        memory.planned(&wanted, &tenant.actual(), &options);
        tenant.apply(&plan);
        plan.steps.iter().map(does).collect::<Vec<_>>()
    };
    assert_eq!(round(&mut tenant, &[0, 1], false), ["create"]);
    assert!(
        round(&mut tenant, &[1], true).is_empty(),
        "Audit does not take its place"
    );
    assert!(
        round(&mut tenant, &[], true).is_empty(),
        "nor is it withdrawn"
    );
    assert_eq!(tenant.items[0].action, Some(IndicatorAction::Block));
    assert_eq!(round(&mut tenant, &[1], false), ["change"]);
    assert_eq!(round(&mut tenant, &[], false), ["withdraw"]);
}

#[test]
fn what_a_source_has_no_place_for_is_another_ones() {
    let policies = [
        Policy {
            maximum: Some(1),
            ..blocking()
        },
        Policy::default(),
    ];
    let mut desired = Desired::default();
    for value in ["a.com", "b.com"] {
        let observable = recognise(value).unwrap();
        desired.add(&observable, &source("first", 0), &policies, 0, now());
    }
    let second = source("second", 1);
    desired.add(&recognise("b.com").unwrap(), &second, &policies, 1, now());
    let items = desired.items(&policies, now());
    let found: Vec<_> = items
        .iter()
        .map(|item| (&item.content.action, item.beyond))
        .collect();
    assert_eq!(
        found,
        [
            (&IndicatorAction::Block, None),
            (&IndicatorAction::Audit, None)
        ]
    );
}

#[test]
fn ranges_are_not_written_out_without_end() {
    let policies = [blocking()];
    let mut desired = Desired::default();
    for number in 0..300 {
        let range = format!("203.{}.{}.0/24", number / 200, number % 200);
        let observable = recognise(&range).unwrap();
        desired.add(&observable, &source("list", 0), &policies, 0, now());
    }
    assert_eq!(desired.len(), 65_536);
    assert_eq!(desired.refused().count(), 300 - 256);
}

#[test]
fn device_groups_are_the_same_in_any_letter_case() {
    let scoped = |group: &str| Policy {
        groups: [group.to_owned()].into(),
        ..blocking()
    };
    let mut tenant = Tenant::default();
    let wanted = items(["evil.com"], scoped("Servers"));
    tenant.apply(&plan(&wanted, &tenant.actual(), &options()));
    let does = |group: &str| {
        let plan = plan(
            &items(["evil.com"], scoped(group)),
            &tenant.actual(),
            &options(),
        );
        plan.steps.len()
    };
    assert_eq!((does("servers"), does("Clients")), (0, 1));
}

#[test]
fn what_takes_protection_away_is_counted() {
    let tenant = tenant_with(&["a.com", "b.com", "c.com"]);
    let cases = [
        (Policy::default(), 3),
        (
            Policy {
                groups: ["A".to_owned()].into(),
                ..blocking()
            },
            3,
        ),
        (
            Policy {
                severity: "High".into(),
                ..blocking()
            },
            0,
        ),
    ];
    for (policy, losses) in cases {
        let wanted = items(["a.com", "b.com", "c.com"], policy);
        assert_eq!(plan(&wanted, &tenant.actual(), &options()).losses(), losses);
    }
    assert_eq!(plan(&[], &tenant.actual(), &options()).losses(), 3);
}

#[test]
fn of_two_of_ours_for_one_value_the_one_that_is_as_wanted_stays() {
    let mut tenant = tenant_with(&["evil.com"]);
    let mut second = tenant.items[0].clone();
    second.id = tesem_defender::IndicatorId::new("77".to_owned());
    tenant.items[0].action = Some(IndicatorAction::Audit);
    tenant.items.push(second);
    let plan = plan(
        &items(["evil.com"], blocking()),
        &tenant.actual(),
        &options(),
    );
    assert_eq!(all(&plan), [("withdraw", "evil.com")]);
    let gone = plan.steps[0].change.from().unwrap();
    assert_eq!(gone.action, Some(IndicatorAction::Audit));
}

#[test]
fn of_two_of_ours_for_one_value_one_stays() {
    let mut tenant = tenant_with(&["evil.com"]);
    let mut second = tenant.items[0].clone();
    second.id = tesem_defender::IndicatorId::new("77".to_owned());
    second.key.groups.insert("Servers".to_owned());
    tenant.items.push(second);
    let plan = plan(
        &items(["evil.com"], blocking()),
        &tenant.actual(),
        &options(),
    );
    assert_eq!(all(&plan), [("withdraw", "evil.com")]);
    assert!(matches!(
        &plan.steps[0].change,
        Change::Withdraw { from, covered_by: Some(_), .. } if from.id.as_str() == "77"
    ));
}

#[test]
fn what_is_kept_takes_room() {
    let tenant = tenant_with(&["a.com", "b.com"]);
    let mut options = options();
    options.incomplete = [("c2".to_owned(), "timed out".to_owned())].into();
    options.room.capacity = 3;
    let plan = plan(
        &items(["c.com", "d.com"], blocking()),
        &tenant.actual(),
        &options,
    );
    assert_eq!(all(&plan), [("create", "c.com")]);
    assert_eq!((plan.kept.len(), plan.left.len()), (2, 1));
}

#[test]
fn a_source_has_no_more_than_its_maximum_and_the_rest_is_told() {
    let policy = Policy {
        maximum: Some(1),
        ..blocking()
    };
    let mut desired = Desired::default();
    for (value, seen) in [("a.com", false), ("b.com", true), ("c.com", false)] {
        let mut source = source("list", 0);
        source.seen = seen;
        let observable = recognise(value).unwrap();
        desired.add(
            &observable,
            &source,
            std::slice::from_ref(&policy),
            0,
            now(),
        );
    }
    let wanted = desired.items(&[policy], now());
    let plan = plan(&wanted, &tenant_with(&["c.com"]).actual(), &options());
    assert_eq!(
        all(&plan),
        [("create", "b.com"), ("withdraw", "c.com")],
        "what was found in the tenant comes first"
    );
    let left: Vec<_> = plan.left.iter().map(|left| &left.because).collect();
    assert_eq!(left, [&LeftBecause::Maximum { most: 1 }; 2]);
}

#[test]
fn what_others_did_to_ours_is_drift() {
    let mut tenant = tenant_with(&["a.com", "b.com", "c.com"]);
    let wanted = items(["a.com", "b.com", "c.com"], blocking());
    let mut memory = Memory::default();
    memory.planned(&wanted, &tenant.actual(), &options());
    tenant.items.remove(0);
    tenant.items[0].severity = Some("Low".into());
    let drift = |memory: &Memory, wanted: &[DesiredItem], tenant: &Tenant| -> Vec<bool> {
        let options = PlanOptions {
            known: memory.known().clone(),
            ..options()
        };
        let plan = plan(wanted, &tenant.actual(), &options);
        plan.steps.iter().map(|step| step.drift).collect()
    };
    assert_eq!(drift(&memory, &wanted, &tenant), [true, true]);
    assert_eq!(drift(&Memory::default(), &wanted, &tenant), [false, false]);
    let high = Policy {
        severity: "High".into(),
        ..blocking()
    };
    let other = items(["b.com", "c.com"], high);
    assert_eq!(
        drift(&memory, &other, &tenant_with(&["b.com", "c.com"])),
        [false, false]
    );
}

#[test]
fn a_memory_knows_since_when_a_source_is_gone_and_whether_one_shrank() {
    let tenant = tenant_with(&["a.com"]);
    let wanted = items(["a.com"], blocking());
    let mut memory = Memory::default();
    let on = |day: i64, sources: &[&str]| PlanOptions {
        now: now() + days(day),
        sources: sources.iter().map(|source| (*source).to_owned()).collect(),
        ..options()
    };
    memory.planned(&wanted, &tenant.actual(), &on(0, &["list"]));
    memory.planned(&[], &tenant.actual(), &on(3, &[]));
    memory.planned(&[], &tenant.actual(), &on(4, &[]));
    let known: Vec<_> = memory.known().values().collect();
    assert_eq!(known[0].orphaned, Some(now() + days(3)));
    let text = serde_json::to_string(&memory).unwrap();
    assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
    memory.planned(&[], &Tenant::default().actual(), &on(5, &[]));
    assert!(memory.known().is_empty(), "neither wanted nor there");

    let rule = ShrinkRule {
        share: Percent::new(50).unwrap(),
        grace: days(7),
    };
    // Day, indicators, and whether that is too few after what was believed last.
    let cases = [
        (0, 100, false),
        (1, 51, false),
        (2, 20, true),
        (5, 19, true),
        (9, 20, false),
        (10, 9, true),
        (11, 60, false),
        (12, 0, true),
        (19, 0, false),
        (20, 15, false),
        (21, 0, true),
    ];
    for (day, count, is_shrunk) in cases {
        let told = memory.pulled("c2", count, rule, now() + days(day));
        assert_eq!(told.is_some(), is_shrunk, "day {day}: {count}: {told:?}");
    }
    let mut told = |count| memory.pulled("new", count, rule, now()).is_some();
    assert_eq!([0, 3, 1, 0].map(&mut told), [true, false, false, true]);
    assert!(memory.pulled("new", 0, rule, now() + days(7)).is_none());
    assert!(memory.pulled("new", 0, rule, now() + days(8)).is_none());
}

#[test]
fn a_hosts_name_may_be_wanted_and_a_registrys_never() {
    for registry in ["com", "co.uk", "a.kobe.jp"] {
        assert!(recognise(registry).is_err(), "{registry}");
    }
    for host in ["github.io", "duckdns.org", "evil.duckdns.org"] {
        let wanted = items([host], blocking());
        assert_eq!(wanted[0].key.value, host);
        assert_eq!(wanted[0].content.action, IndicatorAction::Block);
    }
}

#[test]
fn a_plan_file_is_read_back_and_others_are_refused() {
    let tenant = tenant_with(&["evil.com"]);
    let wanted = items(["evil.org"], blocking());
    let file = PlanFile {
        format_version: tesem_indicators::FORMAT_VERSION,
        tenant: "contoso".to_owned(),
        tenant_id: "id".to_owned(),
        owner: tesem_indicators::Owner {
            application: "tesem".to_owned(),
            client_id: None,
        },
        read: 1,
        digest: tenant.actual().digest(),
        plan: plan(&wanted, &tenant.actual(), &options()),
        refused: Vec::new(),
        lints: Vec::new(),
        prevalence: Vec::new(),
        downgraded: Vec::new(),
    };
    let mut bytes = Vec::new();
    file.write(&mut bytes).unwrap();
    assert_eq!(PlanFile::read(bytes.as_slice()).unwrap(), file);
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 3] {
        let error = PlanFile::read(&bytes[..cut]).unwrap_err();
        assert!(matches!(error, PlanFileError::Format(_)));
    }
    let other = String::from_utf8(bytes).unwrap().replacen(
        "\"format_version\": 1",
        "\"format_version\": 9",
        1,
    );
    let error = PlanFile::read(other.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("plan again"), "{error}");
}
