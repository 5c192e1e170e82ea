//! Where an indicator does less, or more, than it says.

use proptest::prelude::*;
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::{
    Actual, Content, Key, Lint, LintKind, Policy, lint, lint_plan, plan, time_to_act,
};

use crate::model::{Tenant, blocking, items, options};

use IndicatorAction::{Allowed, Audit, Block, BlockAndRemediate, Warn};
use IndicatorType::{CertificateThumbprint, DomainName, FileMd5, FileSha256, IpAddress, Url};

/// An indicator: its type, value, action and device group, if it is for one.
type Short = (
    IndicatorType,
    &'static str,
    IndicatorAction,
    Option<&'static str>,
);

fn key((kind, value, _, group): &Short) -> Key {
    Key::new(kind.clone(), value, group.map(str::to_owned))
}

fn content(action: &IndicatorAction) -> Content {
    let mut items = items(["evil.com"], Policy::default());
    Content {
        action: action.clone(),
        ..items.remove(0).content
    }
}

fn lints(ours: &[Short], theirs: &[Short]) -> Vec<Lint> {
    let mut tenant = Tenant::default();
    for other in theirs {
        tenant.foreign(key(other), other.2.clone());
    }
    let ours: Vec<(Key, Content)> = ours.iter().map(|one| (key(one), content(&one.2))).collect();
    lint(
        ours.iter().map(|(key, content)| (key, content)),
        &tenant.actual(),
    )
}

fn kinds(ours: &[Short], theirs: &[Short]) -> Vec<LintKind> {
    lints(ours, theirs).iter().map(|lint| lint.kind).collect()
}

#[test]
fn an_indicator_alone_may_do_less_or_more_than_it_says() {
    let cases = [
        (
            (Url, "https://evil.com/x", Block, None),
            Some(LintKind::EdgeOnly),
        ),
        (
            (Url, "https://evil.com?x", Warn, None),
            Some(LintKind::EdgeOnly),
        ),
        ((Url, "https://evil.com/x", Audit, None), None),
        ((Url, "https://evil.com/x", Allowed, None), None),
        ((Url, "https://evil.com/", Block, None), None),
        ((Url, "http://evil.com/x", Block, None), None),
        (
            (DomainName, "github.io", Block, None),
            Some(LintKind::SharedHost),
        ),
        (
            (DomainName, "duckdns.org", Audit, None),
            Some(LintKind::SharedHost),
        ),
        (
            (DomainName, "duckdns.org", Allowed, None),
            Some(LintKind::SharedHost),
        ),
        ((DomainName, "evil.github.io", Block, None), None),
        ((DomainName, "evil.com", Block, None), None),
        ((DomainName, "no domain", Block, None), None),
        (
            (FileMd5, "44d88612fea8a8f36de82e1278abb02f", Audit, None),
            Some(LintKind::Md5),
        ),
        ((FileSha256, "aa", BlockAndRemediate, None), None),
        ((CertificateThumbprint, "aa", BlockAndRemediate, None), None),
    ];
    for (one, expected) in cases {
        let found = kinds(std::slice::from_ref(&one), &[]);
        assert_eq!(found, Vec::from_iter(expected), "{one:?}");
    }
}

/// Each of ours beside one of somebody else's.
fn check(cases: impl IntoIterator<Item = (Short, Short, Option<LintKind>)>) {
    for (ours, theirs, expected) in cases {
        let found = kinds(std::slice::from_ref(&ours), std::slice::from_ref(&theirs));
        assert_eq!(
            found,
            Vec::from_iter(expected),
            "{ours:?} beside {theirs:?}"
        );
    }
}

fn evil(action: IndicatorAction, group: Option<&'static str>) -> Short {
    (DomainName, "a.evil.com", action, group)
}

fn allowed(kind: IndicatorType, value: &'static str) -> Short {
    (kind, value, Allowed, None)
}

const HTTP: Short = (Url, "http://a.evil.com/x", Block, None);

const ADDRESS: Short = (IpAddress, "203.0.113.7", Block, None);

#[test]
fn an_allowed_value_name_above_host_or_address_undoes_a_block() {
    let by_allow = Some(LintKind::OverriddenByAllow);
    let numbered = (Url, "http://[2001:db8::7]:81/x", Block, None);
    check([
        (
            evil(Block, None),
            allowed(DomainName, "a.evil.com"),
            by_allow,
        ),
        (
            evil(Warn, None),
            allowed(DomainName, "a.evil.com"),
            by_allow,
        ),
        (evil(Block, None), allowed(DomainName, "EVIL.com"), by_allow),
        (evil(Block, None), allowed(DomainName, "com"), by_allow),
        (HTTP, allowed(DomainName, "a.evil.com"), by_allow),
        (HTTP, allowed(DomainName, "evil.com"), by_allow),
        (numbered, allowed(IpAddress, "2001:db8::7"), by_allow),
        (ADDRESS, allowed(IpAddress, "203.0.113.7"), by_allow),
    ]);
}

#[test]
fn something_else_or_below_undoes_nothing_and_audit_cannot_be_undone() {
    check([
        (evil(Block, None), allowed(DomainName, "b.a.evil.com"), None),
        (evil(Block, None), allowed(DomainName, "aevil.com"), None),
        (evil(Block, None), allowed(Url, "http://a.evil.com"), None),
        (ADDRESS, allowed(IpAddress, "203.0.113.8"), None),
        (HTTP, allowed(Url, "http://a.evil.com"), None),
        (evil(Audit, None), evil(Allowed, None), None),
        (evil(Allowed, None), evil(Block, None), None),
    ]);
}

#[test]
fn what_undoes_a_block_shares_devices_with_it() {
    let (by_allow, by_warn) = (LintKind::OverriddenByAllow, LintKind::OverriddenByWarn);
    let (servers, clients) = (Some("Servers"), Some("Clients"));
    check([
        (evil(Block, servers), evil(Allowed, servers), Some(by_allow)),
        (evil(Block, servers), evil(Allowed, None), Some(by_allow)),
        (evil(Block, None), evil(Allowed, servers), Some(by_allow)),
        (evil(Block, servers), evil(Allowed, clients), None),
        (evil(Block, None), evil(Warn, None), Some(by_warn)),
        (HTTP, (DomainName, "evil.com", Warn, None), Some(by_warn)),
        (evil(Warn, None), evil(Block, None), None),
        (evil(Warn, None), evil(Warn, servers), None),
    ]);
}

#[test]
fn a_groups_own_indicator_comes_before_one_for_all_devices() {
    let in_groups = Some(LintKind::OverriddenInGroups);
    let servers = Some("Servers");
    let file = |action, group| (FileSha256, "aa", action, group);
    let above = (DomainName, "evil.com", Audit, servers);
    check([
        (evil(Block, None), evil(Audit, servers), in_groups),
        (evil(Warn, None), evil(Block, servers), in_groups),
        (evil(Block, servers), evil(Audit, None), None),
        (evil(Block, None), above, None),
        (
            file(BlockAndRemediate, None),
            file(Allowed, servers),
            in_groups,
        ),
        (
            file(BlockAndRemediate, None),
            file(BlockAndRemediate, servers),
            None,
        ),
        // A file that is blocked is not allowed.
        (file(BlockAndRemediate, None), file(Allowed, None), None),
        (file(BlockAndRemediate, servers), file(Allowed, None), None),
    ]);
}

#[test]
fn what_undoes_it_is_named_with_its_maker_the_strongest_and_nearest_first() {
    let ours = (DomainName, "b.a.evil.com", Block, None);
    let theirs = [
        (DomainName, "b.a.evil.com", Warn, None),
        (DomainName, "evil.com", Allowed, None),
        (DomainName, "a.evil.com", Allowed, Some("Servers")),
    ];
    let found = lints(std::slice::from_ref(&ours), &theirs);
    let expected =
        "portal has Allowed for DomainName a.evil.com (Servers), which comes before a block";
    assert_eq!(found[0].text, expected);
    let own = [ours, (DomainName, "evil.com", Allowed, None)];
    let found = lints(&own, &[]);
    let expected = "this program has Allowed for DomainName evil.com, which comes before a block";
    assert_eq!((found.len(), found[0].text.as_str()), (1, expected));
    let mut own = [
        own[0].clone(),
        (DomainName, "evil.com", Allowed, Some("Clients")),
        (DomainName, "evil.com", Allowed, Some("Servers")),
    ];
    let found = lints(&own, &[]);
    assert!(found[0].text.contains("(Clients)"), "{found:?}");
    own.reverse();
    assert_eq!(lints(&own, &[]), found);
}

#[test]
fn a_plan_is_judged_by_what_will_be_there() {
    let mut tenant = Tenant::default();
    let allowing = Policy {
        action: Allowed,
        ..Policy::default()
    };
    let before = items(["evil.com", "evil.org"], allowing);
    tenant.apply(&plan(&before, &Actual::default(), &options()));
    let wanted = items(["a.evil.com", "evil.org", "github.io"], blocking());
    let planned = plan(&wanted, &tenant.actual(), &options());
    let found = lint_plan(&planned, &tenant.actual());
    assert_eq!(
        found.len(),
        1,
        "what goes and what is changed undoes nothing: {found:?}"
    );
    assert_eq!(found[0].kind, LintKind::SharedHost);
    let mut kept = options();
    kept.incomplete = [("list".to_owned(), "cut".to_owned())].into();
    let planned = plan(&wanted, &tenant.actual(), &kept);
    let found = lint_plan(&planned, &tenant.actual());
    let kinds: Vec<LintKind> = found.iter().map(|lint| lint.kind).collect();
    assert_eq!(
        kinds,
        [LintKind::OverriddenByAllow, LintKind::SharedHost],
        "what stays undoes a block"
    );
    assert_eq!(
        serde_json::to_value(kinds[0]).unwrap(),
        "overridden_by_allow"
    );
}

#[test]
fn the_time_to_act_is_told_once_for_each_kind() {
    let keys = [
        key(&(CertificateThumbprint, "aa", Allowed, None)),
        key(&(DomainName, "evil.com", Block, None)),
        key(&(Url, "http://evil.com", Block, None)),
    ];
    let told = time_to_act(&keys);
    assert_eq!(told.len(), 2);
    assert!(
        told[0].contains("48 hours") && told[1].contains("3 hours"),
        "{told:?}"
    );
    assert!(time_to_act([]).is_empty());
}

fn indicator() -> impl Strategy<Value = (Key, IndicatorAction)> {
    let values = [
        "evil.com",
        "a.evil.com",
        "github.io",
        "https://evil.com/x",
        "http://[::1]/",
        "https://",
        "203.0.113.7",
        "",
        "@:/[",
        "é.com",
        "..",
    ];
    let kinds = [
        DomainName,
        Url,
        IpAddress,
        FileMd5,
        FileSha256,
        CertificateThumbprint,
    ];
    let actions = [
        Allowed,
        Audit,
        Block,
        Warn,
        BlockAndRemediate,
        IndicatorAction::Other("New".to_owned()),
    ];
    let value = prop_oneof![4 => prop::sample::select(values.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"];
    let groups = prop::collection::btree_set(
        prop::sample::select(vec!["A".to_owned(), "B".to_owned()]),
        0..3,
    );
    (
        prop::sample::select(kinds.to_vec()),
        value,
        prop::sample::select(actions.to_vec()),
        groups,
    )
        .prop_map(|(kind, value, action, groups)| (Key::new(kind, &value, groups), action))
}

proptest! {
    /// Whatever comes, in whatever order, is judged the same, each indicator alone and once of each kind.
    #[test]
    fn shuffled_indicators_give_the_same_lints(
        ours in prop::collection::btree_map(indicator().prop_map(|(key, _)| key), indicator().prop_map(|(_, action)| action), 0..12),
        theirs in prop::collection::vec(indicator(), 0..12),
        turns in any::<usize>(),
    ) {
        let mut tenant = Tenant::default();
        for (key, action) in theirs {
            tenant.foreign(key, action);
        }
        let mut ours: Vec<(Key, Content)> = ours.into_iter().map(|(key, action)| (key, content(&action))).collect();
        let of = |ours: &[(Key, Content)], tenant: &Tenant| lint(ours.iter().map(|(key, content)| (key, content)), &tenant.actual());
        let found = of(&ours, &tenant);
        let mut once: Vec<_> = found.iter().map(|lint| (&lint.key, lint.kind)).collect();
        once.dedup();
        prop_assert_eq!(once.len(), found.len());
        prop_assert!(found.is_sorted());
        let turned = turns % (ours.len() + 1);
        ours.rotate_left(turned);
        tenant.items.reverse();
        prop_assert_eq!(of(&ours, &tenant), found);
    }
}
