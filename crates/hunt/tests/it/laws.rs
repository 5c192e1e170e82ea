//! Laws of plans.

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;
use tesem_hunt::{
    BackendLimits, IndicatorId, Plan, PlanError, QUERY_BYTES_MIN, TableReach, TimeWindow, plan,
};
use tesem_state::Window;

use crate::support::{MIXED, intake_of, now, options, plan_of};

/// An indicator of some kind, different for each number.
fn indicator(kind: usize, n: u64) -> String {
    match kind % 8 {
        0 => format!("{n:064x}"),
        1 => format!("{:040x}", n + (1 << 40)),
        2 => format!("{:032x}", n + (1 << 40)),
        3 => format!(
            "{}.{}.{}.{}",
            11 + n / 65_536 % 80,
            n / 256 % 256,
            n % 256,
            7
        ),
        4 => format!("host-{n}.example-{}.com", n % 7_919),
        5 => format!("https://site-{}.org/path/{n}/file.exe", n % 104_729),
        6 => format!("user-{n}@mail-{}.net", n % 997),
        _ => format!("{}.{}.0.0/{}", 100 + n % 20, n / 20 % 256, 17 + n % 12),
    }
}

fn mixed(count: u64) -> String {
    let mut list = String::new();
    for n in 0..count {
        let kind = usize::try_from(n % 7).unwrap();
        writeln!(list, "{}", indicator(kind, n)).unwrap();
    }
    list
}

fn assert_lawful(plan: &Plan) {
    let mut placed: Vec<IndicatorId> = plan
        .batches
        .iter()
        .flat_map(|batch| batch.indicators.clone())
        .collect();
    placed.sort_unstable();
    let searchable: Vec<IndicatorId> = plan
        .intake
        .with_ids()
        .map(|(id, _)| id)
        .filter(|id| plan.not_searchable[id.index()].is_none())
        .collect();
    assert_eq!(
        placed, searchable,
        "every searchable indicator is in exactly one batch"
    );
    for query in plan.queries() {
        assert!(
            query.text.len() <= plan.options.query_bytes_max,
            "{} bytes",
            query.text.len()
        );
        let parsed = tesem_kql::parse(&query.text);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_complete_and_within_its_budget(
        items in prop::collection::vec((0_usize..8, 0_u64..1_000_000), 1..3_000),
        budget in QUERY_BYTES_MIN..2 * QUERY_BYTES_MIN,
    ) {
        let list: Vec<String> = items.iter().map(|(kind, n)| indicator(*kind, *n)).collect();
        let mut options = options();
        options.query_bytes_max = budget;
        assert_lawful(&plan(intake_of(&list.join("\n")), options).unwrap());
    }
}

#[test]
fn ten_thousand_indicators_take_few_calls() {
    let plan = plan_of(&mixed(10_000));
    let explanation = plan.explain(&BackendLimits::service(TableReach::All));
    assert_eq!(explanation.indicators, 10_000);
    assert!(explanation.calls_with_hits <= 4, "{explanation}");
    assert_lawful(&plan);
}

#[test]
fn a_hundred_thousand_indicators_take_few_calls() {
    let plan = plan_of(&mixed(100_000));
    let explanation = plan.explain(&BackendLimits::service(TableReach::All));
    assert_eq!(explanation.indicators, 100_000);
    assert!(explanation.calls_with_hits <= 25, "{explanation}");
}

#[test]
fn a_plan_is_the_same_each_time() {
    let texts = |plan: &Plan| plan.queries().map(|query| query.text).collect::<Vec<_>>();
    assert_eq!(texts(&plan_of(MIXED)), texts(&plan_of(MIXED)));
}

#[test]
fn an_explanation_says_what_a_run_will_cost() {
    let plan = plan_of(&format!("{MIXED}127.0.0.1\nnonsense\n"));
    insta::assert_snapshot!(
        "explain",
        plan.explain(&BackendLimits::service(TableReach::All))
    );
}

#[test]
fn an_explanation_reckons_the_quota() {
    let plan = plan_of(&mixed(20_000));
    let mut limits = BackendLimits::service(TableReach::All);
    limits.windows = vec![Window {
        limit: 2,
        length: Duration::from_secs(60),
    }];
    let explanation = plan.explain(&limits);
    let calls = explanation.calls_with_hits;
    assert!(calls > 3, "{calls}");
    assert_eq!(explanation.seconds_min, (calls as u64 - 1) / 2 * 60);
    assert_eq!(explanation.quota[0].calls, 2);
}

#[test]
fn a_range_over_the_limit_is_named() {
    let mut options = options();
    options.tables = TableReach::EndpointOnly;
    let plan = plan(intake_of("0.0.0.0/4\n2001:db8::/32\nevil.com\n"), options).unwrap();
    let reasons: Vec<String> = plan
        .not_searchable
        .iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        reasons,
        [
            "the range has 268435456 addresses; ranges of up to 16777216 are searched",
            "the IPv6 range has 79228162514264337593543950336 addresses; \
             IPv6 ranges are searched address by address, up to 256",
        ]
    );
    assert_eq!(plan.batches.len(), 1);
    assert_eq!(plan.batches[0].indicators, [IndicatorId(2)]);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let refused = |change: fn(&mut tesem_hunt::PlanOptions)| {
        let mut options = options();
        change(&mut options);
        plan(intake_of("evil.com"), options).unwrap_err()
    };
    assert_eq!(
        refused(|options| options.query_bytes_max = 5),
        PlanError::SmallBudget { given: 5 }
    );
    assert_eq!(
        refused(|options| options.rows_per_indicator = 0),
        PlanError::NoRows
    );
    let empty = refused(|options| {
        options.window = TimeWindow {
            start: now(),
            end: now(),
        }
    });
    assert!(matches!(empty, PlanError::EmptyWindow { .. }));
}
