//! Planning at the size of a full tenant.

use divan::Bencher;
use tesem_defender::IndicatorId;
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::{
    Actual, Change, Desired, DesiredItem, Item, Key, PlanOptions, Policy, Source, lint_plan, plan,
};

fn main() {
    divan::main();
}

const NOW: &str = "2026-11-28T20:00:00Z";

fn wanted(count: u32) -> Vec<DesiredItem> {
    let policies = [Policy {
        action: IndicatorAction::Block,
        ..Policy::default()
    }];
    let source = Source {
        name: "list".to_owned(),
        rank: 0,
        valid_until: None,
        last_seen: None,
        confidence: None,
        tlp: None,
        labels: Vec::new(),
        seen: false,
    };
    let now = NOW.parse().unwrap_or_default();
    let mut desired = Desired::default();
    for number in 0..count {
        let value = match number % 3 {
            0 => format!("host-{number}.evil.example.com"),
            1 => format!("{number:064x}"),
            _ => format!("http://evil-{number}.example.org/x"),
        };
        if let Ok(observable) = tesem_observable::recognise(&value) {
            desired.add(&observable, &source, &policies, 0, now);
        }
    }
    desired.items(&policies, now)
}

fn made(items: &[DesiredItem]) -> Actual {
    let options = PlanOptions::new(NOW.parse().unwrap_or_default());
    let first = plan(items, &Actual::default(), &options);
    let item = |(number, step): (usize, &tesem_indicators::Step)| match &step.change {
        Change::Create { to } => Some(Item {
            key: step.key.clone(),
            id: IndicatorId::new(number.to_string()),
            action: Some(to.action.clone()),
            severity: Some(to.severity.clone()),
            title: to.title.clone(),
            description: to.description.clone(),
            recommended_actions: None,
            educate_url: None,
            generate_alert: to.generate_alert,
            expires: to.expires,
            is_ours: true,
            made_by: String::new(),
        }),
        _ => None,
    };
    Actual::from_items(first.steps.iter().enumerate().filter_map(item).collect())
}

/// 15,000 wanted against the same 15,000 that are there.
#[divan::bench(sample_count = 20)]
fn nothing_to_do(bencher: Bencher<'_, '_>) {
    let items = wanted(15_000);
    let actual = made(&items);
    let options = PlanOptions::new(NOW.parse().unwrap_or_default());
    bencher.bench_local(|| plan(&items, &actual, &options).steps.len());
}

/// 60,000 wanted, so that 45,000 have no room.
#[divan::bench(sample_count = 10)]
fn four_times_too_many(bencher: Bencher<'_, '_>) {
    let items = wanted(60_000);
    let actual = made(&wanted(15_000));
    let options = PlanOptions::new(NOW.parse().unwrap_or_default());
    bencher.bench_local(|| plan(&items, &actual, &options).steps.len());
}

/// 15,000 that are new beside 15,000 of others that allow the domains above.
#[divan::bench(sample_count = 20)]
fn lint_of_a_full_tenant(bencher: Bencher<'_, '_>) {
    let items = wanted(15_000);
    let planned = plan(
        &items,
        &Actual::default(),
        &PlanOptions::new(NOW.parse().unwrap_or_default()),
    );
    let others = (0..15_000_u32).map(|number| Item {
        key: Key::new(
            IndicatorType::DomainName,
            &format!("evil-{number}.example.org"),
            [],
        ),
        id: IndicatorId::new(number.to_string()),
        action: Some(IndicatorAction::Allowed),
        severity: None,
        title: String::new(),
        description: String::new(),
        recommended_actions: None,
        educate_url: None,
        generate_alert: false,
        expires: None,
        is_ours: false,
        made_by: "portal".to_owned(),
    });
    let actual = Actual::from_items(others.collect());
    bencher.bench_local(|| lint_plan(&planned, &actual).len());
}
