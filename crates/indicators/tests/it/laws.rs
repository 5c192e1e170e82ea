//! Laws of plans.

use proptest::prelude::*;
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::{Change, Key, PlanOptions, Policy, Room, plan};

use crate::model::{Tenant, items, options};

const VALUES: [&str; 12] = [
    "evil.com",
    "a.evil.com",
    "evil.org",
    "https://evil.org/x",
    "203.0.113.7",
    "198.51.100.0/30",
    "2001:4860::1",
    "44d88612fea8a8f36de82e1278abb02f",
    "3395856ce81f2b7382dee72602f798b642f14140",
    "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    "good.net",
    "b.a.evil.com",
];

pub(crate) fn values() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(VALUES.to_vec()), 0..12)
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let actions = [
        IndicatorAction::Block,
        IndicatorAction::Audit,
        IndicatorAction::Warn,
        IndicatorAction::Allowed,
        IndicatorAction::AlertAndBlock,
    ];
    let severities = ["Low", "High"];
    (
        prop::sample::select(actions.to_vec()),
        prop::sample::select(severities.to_vec()),
        any::<bool>(),
        prop::collection::btree_set(
            prop::sample::select(vec!["Servers".to_owned(), "Clients".to_owned()]),
            0..2,
        ),
    )
        .prop_map(|(action, severity, alerts, groups)| Policy {
            action,
            severity: severity.into(),
            generate_alert: alerts,
            groups,
            ..Policy::default()
        })
}

fn room() -> impl Strategy<Value = PlanOptions> {
    (0_usize..20, 0_usize..3).prop_map(|(capacity, reserve)| PlanOptions {
        room: Room { capacity, reserve },
        ..options()
    })
}

/// A tenant that an earlier plan and somebody else have filled.
pub(crate) fn tenant() -> impl Strategy<Value = Tenant> {
    (
        values(),
        policy(),
        prop::collection::btree_set(
            prop::sample::select(vec!["evil.org", "theirs.com", "good.net"]),
            0..3,
        ),
    )
        .prop_map(|(values, policy, foreign)| {
            let mut tenant = Tenant::default();
            for value in foreign {
                tenant.foreign(
                    Key::new(IndicatorType::DomainName, value, []),
                    IndicatorAction::Block,
                );
            }
            let wanted = items(values, policy);
            tenant.apply(&plan(&wanted, &tenant.actual(), &options()));
            tenant
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Once a plan is applied, nothing is left to do; nothing foreign is changed; the capacity is kept.
    #[test]
    fn an_applied_plan_leaves_nothing_to_plan(before in tenant(), values in values(), policy in policy(), options in room()) {
        let wanted = items(values, policy);
        let planned = plan(&wanted, &before.actual(), &options);
        let mut after = before.clone();
        after.apply(&planned);
        let again = plan(&wanted, &after.actual(), &options);
        prop_assert_eq!(&again.steps, &[]);
        prop_assert_eq!(&again.left, &planned.left);
        let foreign = |tenant: &Tenant| -> Vec<_> { tenant.items.iter().filter(|item| !item.is_ours).cloned().collect() };
        prop_assert_eq!(foreign(&before), foreign(&after));
        let ours = after.items.iter().filter(|item| item.is_ours).count();
        prop_assert!(ours <= options.room.ours(planned.foreign));
    }

    /// The order of what is wanted and of what was read does not matter.
    #[test]
    fn shuffled_input_gives_the_same_plan(before in tenant(), values in values(), policy in policy(), options in room(), seed in any::<usize>()) {
        let wanted = items(values.iter().copied(), policy.clone());
        let planned = plan(&wanted, &before.actual(), &options);
        let mut shuffled = wanted.clone();
        let mut items = before.items.clone();
        let (turns, turned) = (seed % (shuffled.len() + 1), seed % (items.len() + 1));
        shuffled.rotate_left(turns);
        items.rotate_left(turned);
        items.reverse();
        let other = plan(&shuffled, &tesem_indicators::Actual::from_items(items), &options);
        let text = |plan| serde_json::to_string(plan).unwrap();
        prop_assert_eq!(text(&planned), text(&other));
    }

    /// A source that did not give all withdraws nothing but what has a better stand-in.
    #[test]
    fn an_incomplete_source_withdraws_nothing(before in tenant(), values in values(), policy in policy()) {
        let mut options = options();
        options.incomplete = [("list".to_owned(), "cut".to_owned())].into();
        let wanted = items(values, policy);
        let planned = plan(&wanted, &before.actual(), &options);
        let is_withdrawal = |change: &Change| matches!(change, Change::Withdraw { because, .. } if because.contains("want"));
        prop_assert!(!planned.steps.iter().any(|step| is_withdrawal(&step.change)), "{:?}", planned.steps);
    }
}
