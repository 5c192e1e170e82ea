//! Applying plans to a tenant that refuses, loses calls and breaks off.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use tesem_indicators::apply::{
    Applied, Apply, ApplyEnding, ApplyError, ApplyFolder, ApplyKind, Began, StepEnd, Withdrawal,
    settled,
};
use tesem_indicators::{
    Actual, DesiredItem, FORMAT_VERSION, Item, Key, Owner, PlanFile, PlanOptions, Policy, Room,
    plan, rollback,
};
use tesem_state::ManualClock;
use tesem_state::journal::RunId;

use crate::fake::{Call, Fake, Trouble, without_ids};
use crate::laws::{policy, tenant, values};
use crate::model::{Tenant, blocking, days, items, now, options};

fn plan_file(wanted: &[DesiredItem], actual: &Actual, options: &PlanOptions) -> PlanFile {
    PlanFile {
        format_version: FORMAT_VERSION,
        tenant: "contoso".to_owned(),
        tenant_id: "id".to_owned(),
        owner: Owner {
            application: "us".to_owned(),
            client_id: None,
        },
        read: actual.items().len(),
        digest: actual.digest(),
        plan: plan(wanted, actual, options),
        refused: Vec::new(),
        lints: Vec::new(),
        prevalence: Vec::new(),
        downgraded: Vec::new(),
    }
}

/// A folder for applying plans in.
struct Bench {
    folder: tempfile::TempDir,
    runs: AtomicUsize,
    withdrawal: Withdrawal,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            runs: AtomicUsize::new(0),
            withdrawal: Withdrawal::Delete,
        }
    }

    fn begin(&self, plan: &PlanFile) -> (ApplyFolder, Began) {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.path().join(number.to_string());
        let run = RunId::new(now(), 7);
        let kind = ApplyKind::Apply;
        let folder = ApplyFolder::create(&path, run, plan.clone(), &kind, now(), "test").unwrap();
        (folder, Began::new(plan, kind))
    }

    fn run(
        &self,
        tenant: &Fake,
        (mut folder, began): (ApplyFolder, Began),
    ) -> Result<Applied, ApplyError> {
        let clock = ManualClock::new(now());
        let apply = Apply {
            tenant,
            clock: &clock,
            withdrawal: self.withdrawal,
            is_cancelled: &|| false,
            on_progress: &|_| {},
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(apply.run(&mut folder, began))
    }

    /// Applies `plan` to the end, killed where the tenant says so, with the last line of its journal torn off half of the times.
    fn run_through(&self, tenant: &Fake, plan: &PlanFile, tears: &[bool]) -> Applied {
        let (folder, began) = self.begin(plan);
        let path = folder.path().to_owned();
        let mut tears = tears.iter().copied().cycle();
        let mut end = self.run(tenant, (folder, began));
        loop {
            match end {
                Ok(applied) if matches!(applied.ending, ApplyEnding::Complete) => return applied,
                Ok(_) => {}
                Err(error) => assert!(matches!(error, ApplyError::Read(_)), "{error:?}"),
            }
            if tears.next().unwrap_or_default() {
                tear(&path);
            }
            tenant.troubles([]);
            end = self.run(tenant, ApplyFolder::open(&path, "test").unwrap());
        }
    }
}

/// Cuts the last line of the journal in half, as a process does that dies while it writes.
fn tear(run: &Path) {
    let path = run.join("journal.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let before = text.trim_end().rfind('\n').map_or(0, |end| end + 1);
    if before > text.find('\n').unwrap() + 1 {
        let cut = before + (text.len() - before) / 2;
        std::fs::write(&path, &text[..cut]).unwrap();
    }
}

fn failures(applied: &Applied, plan: &PlanFile) -> Vec<(String, String)> {
    let all = plan.plan.steps.iter().zip(&applied.ends);
    all.filter_map(|(step, end)| match end {
        StepEnd::Failed { reason } => Some((step.key.value.clone(), reason.clone())),
        _ => None,
    })
    .collect()
}

fn hosts(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("host-{number:05}.evil-{number}.com"))
        .collect()
}

fn wanted(values: &[String]) -> Vec<DesiredItem> {
    items(values.iter().map(String::as_str), blocking())
}

#[test]
fn fifteen_thousand_are_made_by_thirty_calls_and_nothing_is_left_to_plan() {
    let tenant = Fake::new(Vec::new(), 15_000);
    let wanted = wanted(&hosts(15_000));
    let plan_file = plan_file(&wanted, &Actual::default(), &options());
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    assert!(applied.ends.iter().all(StepEnd::is_done));
    let calls = tenant.calls();
    let imports = calls.iter().filter(|call| matches!(call, Call::Import(_)));
    assert_eq!((imports.count(), calls.len()), (30, 31));
    let again = plan(&wanted, &Actual::from_items(tenant.items()), &options());
    assert_eq!((again.steps.len(), again.unchanged), (0, 15_000));
}

#[test]
fn a_tenant_that_changed_is_not_touched() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(3)), &before.actual(), &options()));
    let plan_file = plan_file(&wanted(&hosts(5)), &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 100);
    tenant.remove("host-00001.evil-1.com");
    let bench = Bench::new();
    let error = bench.run(&tenant, bench.begin(&plan_file)).unwrap_err();
    assert!(
        matches!(error, ApplyError::Stale { then: 3, now: 2 }),
        "{error}"
    );
    assert_eq!(tenant.calls(), [Call::List]);
}

#[test]
fn one_bad_indicator_does_not_harm_its_neighbours() {
    let values = hosts(700);
    let bad = values[123].as_str();
    for (reason, is_in_answer) in [("InvalidInput", true), ("something in it is wrong", false)] {
        let tenant = Fake::new(Vec::new(), 1_000);
        match is_in_answer {
            true => tenant.refuses(bad),
            false => tenant.breaks(bad),
        }
        let plan_file = plan_file(&wanted(&values), &Actual::default(), &options());
        let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
        assert_eq!(
            failures(&applied, &plan_file),
            [(bad.to_owned(), reason.to_owned())]
        );
        assert_eq!(tenant.items().len(), 699, "{reason}");
    }
}

#[test]
fn what_the_service_names_is_left_out_and_the_rest_sent_again() {
    let values = hosts(700);
    let tenant = Fake::new(Vec::new(), 1_000);
    tenant.has_ended(&values[123]);
    tenant.has_ended(&values[600]);
    let plan_file = plan_file(&wanted(&values), &Actual::default(), &options());
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    let failures = failures(&applied, &plan_file);
    let named: Vec<&str> = failures.iter().map(|(value, _)| value.as_str()).collect();
    assert_eq!(named, [&values[123], &values[600]]);
    assert!(
        failures
            .iter()
            .all(|(_, reason)| reason.contains("is inactive"))
    );
    assert_eq!(
        tenant.calls().len(),
        1 + 2 + 2,
        "a list, and each batch twice"
    );
}

#[test]
fn new_ones_come_before_old_ones_go_and_the_journal_knows_all() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(3)), &before.actual(), &options()));
    let new = ["a.com".to_owned(), "b.com".to_owned()];
    let plan_file = plan_file(&wanted(&new), &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 100);
    let bench = Bench::new();
    let begun = bench.begin(&plan_file);
    let path = begun.0.path().to_owned();
    let applied = bench.run(&tenant, begun).unwrap();
    assert_eq!(
        tenant.calls(),
        [Call::List, Call::Import(new.to_vec()), Call::Delete(3)]
    );
    let (_, kept) = ApplyFolder::open(&path, "test").unwrap();
    assert_eq!(kept.ends, applied.ends);
    assert!(kept.is_ended && kept.is_checked);
}

#[test]
fn many_bad_neighbours_are_found_one_by_one() {
    let values = hosts(600);
    let tenant = Fake::new(Vec::new(), 1_000);
    for value in &values[100..120] {
        tenant.breaks(value);
    }
    let plan_file = plan_file(&wanted(&values), &Actual::default(), &options());
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    assert_eq!(failures(&applied, &plan_file).len(), 20);
    assert_eq!(tenant.items().len(), 580);
}

#[test]
fn a_service_that_refuses_everything_is_not_asked_for_ever() {
    let values = hosts(2_000);
    let tenant = Fake::new(Vec::new(), 5_000);
    for value in &values {
        tenant.breaks(value);
    }
    let plan_file = plan_file(&wanted(&values), &Actual::default(), &options());
    let bench = Bench::new();
    let applied = bench.run(&tenant, bench.begin(&plan_file)).unwrap();
    assert!(
        matches!(&applied.ending, ApplyEnding::Stopped { reason, .. } if reason.contains("is wrong"))
    );
    assert!(tenant.calls().len() < 200, "{}", tenant.calls().len());
}

#[test]
fn what_a_plan_names_must_be_there_and_ours() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(2)), &before.actual(), &options()));
    before.foreign(
        Key::new(IndicatorType::DomainName, "theirs.com", []),
        IndicatorAction::Block,
    );
    let mut plan_file = plan_file(&[], &before.actual(), &options());
    let mut theirs = before.items[2].clone();
    theirs.is_ours = true;
    if let tesem_indicators::Change::Withdraw { from, .. } = &mut plan_file.plan.steps[0].change {
        **from = theirs;
    }
    let tenant = Fake::new(before.items.clone(), 100);
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    assert_eq!(failures(&applied, &plan_file).len(), 1);
    assert_eq!(
        tenant.items().len(),
        2,
        "theirs, and the one that was not named"
    );
}

#[test]
fn what_an_interrupted_apply_did_without_an_answer_is_undone_too() {
    let plan_file = plan_file(&wanted(&hosts(3)), &Actual::default(), &options());
    let tenant = Fake::new(Vec::new(), 100);
    tenant.troubles([(0, Trouble::KilledAfter)]);
    let bench = Bench::new();
    let applied = bench.run(&tenant, bench.begin(&plan_file)).unwrap();
    assert!(applied.ends.iter().all(StepEnd::is_pending));
    let actual = Actual::from_items(tenant.items());
    let ends = settled(&plan_file.plan, &applied.ends, &actual);
    let undo = rollback(&plan_file.plan, &ends, &actual, now());
    assert_eq!((undo.plan.steps.len(), undo.skipped.len()), (3, 0));
}

#[test]
fn what_others_changed_since_is_not_undone() {
    let plan_file = plan_file(&wanted(&hosts(4)), &Actual::default(), &options());
    let tenant = Fake::new(Vec::new(), 100);
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    let mut items = tenant.items();
    items[0].severity = Some("Low".into());
    items[1].is_ours = false;
    items.remove(2);
    let undo = rollback(
        &plan_file.plan,
        &applied.ends,
        &Actual::from_items(items),
        now(),
    );
    let reasons: Vec<&str> = undo
        .skipped
        .iter()
        .map(|skipped| skipped.reason.as_str())
        .collect();
    let changed = "it was changed since";
    assert_eq!(reasons, [changed, changed, "it is no longer there"]);
    assert_eq!(undo.plan.steps.len(), 1);
}

#[test]
fn an_indicator_that_has_ended_is_not_sent() {
    let mut plan_file = plan_file(&wanted(&hosts(3)), &Actual::default(), &options());
    let change = &mut plan_file.plan.steps[1].change;
    if let tesem_indicators::Change::Create { to } = change {
        to.expires = Some(now() + jiff::SignedDuration::from_secs(5));
    }
    let tenant = Fake::new(Vec::new(), 10);
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    let failures = failures(&applied, &plan_file);
    assert!(failures[0].1.contains("plan again"), "{failures:?}");
    assert_eq!(tenant.items().len(), 2);
    assert_eq!(tenant.calls().len(), 2);
}

/// Both as different as they can be, in a tenant that is full.
#[test]
fn in_a_full_tenant_old_ones_go_as_far_as_new_ones_need_it() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(1_200)), &before.actual(), &options()));
    let new: Vec<String> = (0..1_200)
        .map(|number| format!("new-{number}.org"))
        .collect();
    let plan_file = plan_file(&wanted(&new), &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 1_200);
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    assert_eq!(failures(&applied, &plan_file), []);
    let values: Vec<String> = tenant
        .items()
        .iter()
        .map(|item| item.key.value.clone())
        .collect();
    assert_eq!(values.len(), 1_200);
    assert!(values.iter().all(|value| value.starts_with("new-")));
}

#[test]
fn what_stands_for_others_is_there_before_they_go() {
    let mut before = Tenant::default();
    let many = ["a.evil.com", "b.evil.com", "https://evil.com/x"];
    before.apply(&plan(
        &items(many, blocking()),
        &before.actual(),
        &options(),
    ));
    let room = PlanOptions {
        room: Room {
            capacity: 2,
            reserve: 0,
        },
        ..options()
    };
    let all = items(
        many.into_iter().chain(["evil.com", "other.org"]),
        blocking(),
    );
    let plan_file = plan_file(&all, &before.actual(), &room);
    // Room for one more: the stand-in comes first. None: one has to go first, and only one.
    for (capacity, gaps) in [(4, 0), (3, 1)] {
        let tenant = Fake::new(before.items.clone(), capacity);
        let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
        assert_eq!(failures(&applied, &plan_file), []);
        let evil = (IndicatorType::DomainName, "evil.com".to_owned());
        let lacking = |there: &std::collections::BTreeSet<_>| {
            if there.contains(&evil) {
                0
            } else {
                3 - there.len()
            }
        };
        let history = tenant.history();
        let most = history.iter().map(lacking).max();
        assert_eq!(most, Some(gaps), "{capacity}: {history:?}");
    }
    let tenant = Fake::new(before.items.clone(), 4);
    tenant.refuses("evil.com");
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    assert_eq!(
        failures(&applied, &plan_file).len(),
        4,
        "they stay where it failed"
    );
    assert_eq!(tenant.items().len(), 4);
}

#[test]
fn what_the_tenant_has_no_place_for_is_reported() {
    let plan_file = plan_file(&wanted(&hosts(12)), &Actual::default(), &options());
    let tenant = Fake::new(Vec::new(), 10);
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    let failures = failures(&applied, &plan_file);
    assert_eq!(failures.len(), 2);
    assert!(
        failures[0].1.contains("Max capacity exceeded"),
        "{failures:?}"
    );
    assert_eq!(tenant.items().len(), 10);
}

#[test]
fn an_indicator_that_must_not_be_deleted_does_not_hold_up_others() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(40)), &before.actual(), &options()));
    let plan_file = plan_file(&[], &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 100);
    tenant.forbids("host-00017.evil-17.com");
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    let failures = failures(&applied, &plan_file);
    assert_eq!(
        failures,
        [(
            "host-00017.evil-17.com".to_owned(),
            "not yours to see".to_owned()
        )]
    );
    assert_eq!(tenant.items().len(), 1);
}

#[test]
fn where_deleting_is_not_allowed_indicators_are_given_a_near_end() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(3)), &before.actual(), &options()));
    let plan_file = plan_file(&wanted(&hosts(1)), &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 100);
    let bench = Bench {
        withdrawal: Withdrawal::Expire,
        ..Bench::new()
    };
    let applied = bench.run_through(&tenant, &plan_file, &[]);
    assert_eq!(failures(&applied, &plan_file), []);
    let ends = |item: &Item| item.expires.unwrap() < now() + jiff::SignedDuration::from_mins(10);
    assert_eq!(tenant.items().iter().filter(|item| ends(item)).count(), 2);
    let again = plan(
        &wanted(&hosts(1)),
        &Actual::from_items(tenant.items()),
        &options(),
    );
    assert_eq!((again.steps.len(), again.kept.len()), (0, 2));
}

#[test]
fn a_service_that_keeps_actions_apart_is_left_with_one_indicator() {
    let mut before = Tenant::default();
    before.apply(&plan(&wanted(&hosts(3)), &before.actual(), &options()));
    let warning = Policy {
        action: IndicatorAction::Warn,
        ..Policy::default()
    };
    let values = hosts(3);
    let wanted = items(values.iter().map(String::as_str), warning);
    let plan_file = plan_file(&wanted, &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 100);
    tenant.tells_actions_apart();
    let applied = Bench::new().run_through(&tenant, &plan_file, &[]);
    assert_eq!((applied.left_behind.len(), tenant.items().len()), (0, 3));
    let again = plan(&wanted, &Actual::from_items(tenant.items()), &options());
    assert_eq!(again.steps, []);
}

#[test]
fn what_others_change_during_an_interruption_is_left_to_them() {
    let mut before = Tenant::default();
    let values = ["a.com", "b.com", "c.com"];
    before.apply(&plan(
        &items(values, blocking()),
        &before.actual(),
        &options(),
    ));
    let high = Policy {
        severity: "High".into(),
        ..blocking()
    };
    let wanted = items(["a.com", "b.com", "d.com", "e.com"], high);
    let plan_file = plan_file(&wanted, &before.actual(), &options());
    let tenant = Fake::new(before.items.clone(), 100);
    tenant.troubles([(0, Trouble::KilledBefore)]);
    let bench = Bench::new();
    let begun = bench.begin(&plan_file);
    let path = begun.0.path().to_owned();
    assert!(matches!(
        bench.run(&tenant, begun).unwrap().ending,
        ApplyEnding::Stopped { .. }
    ));
    tenant.troubles([]);
    let mut portal = Tenant::default();
    for value in ["b.com", "c.com", "d.com"] {
        tenant.remove(value);
    }
    portal.foreign(
        Key::new(IndicatorType::DomainName, "d.com", []),
        IndicatorAction::Allowed,
    );
    tenant.add(portal.items[0].clone());
    let applied = bench
        .run(&tenant, ApplyFolder::open(&path, "test").unwrap())
        .unwrap();
    let failures = failures(&applied, &plan_file);
    let words: Vec<(&str, bool)> = failures
        .iter()
        .map(|(value, reason)| (value.as_str(), reason.contains("since the plan was made")))
        .collect();
    assert_eq!(words, [("b.com", true), ("d.com", true)]);
    assert_eq!(tenant.items().len(), 3, "a.com, theirs and e.com");
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop::sample::select(vec![
        Trouble::LostBefore,
        Trouble::LostAfter,
        Trouble::KilledBefore,
        Trouble::KilledAfter,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// However often a run is killed and however many calls are lost: in the end the tenant is as after an undisturbed run.
    #[test]
    fn a_disturbed_run_ends_as_an_undisturbed_one(
        before in tenant(), values in values(), policy in policy(), expires in any::<bool>(),
        troubles in prop::collection::vec((0_usize..5, trouble()), 1..5), tears in prop::collection::vec(any::<bool>(), 1..5),
    ) {
        let wanted = items(values, policy);
        let plan_file = plan_file(&wanted, &before.actual(), &options());
        let bench = Bench { withdrawal: if expires { Withdrawal::Expire } else { Withdrawal::Delete }, ..Bench::new() };
        let (calm, disturbed) = (Fake::new(before.items.clone(), 100), Fake::new(before.items.clone(), 100));
        disturbed.troubles(troubles);
        let undisturbed = bench.run_through(&calm, &plan_file, &[]);
        let applied = bench.run_through(&disturbed, &plan_file, &tears);
        prop_assert_eq!(without_ids(&calm.items()), without_ids(&disturbed.items()));
        prop_assert!(applied.ends.iter().all(StepEnd::is_done), "{:?}", applied.ends);
        prop_assert!(undisturbed.ends.iter().all(StepEnd::is_done));
        let mut options = options();
        options.now = now() + if expires { days(0) } else { days(1) };
        let again = plan(&wanted, &Actual::from_items(disturbed.items()), &options);
        prop_assert_eq!(again.steps, []);
    }

    /// An apply that is undone leaves the tenant as it was.
    #[test]
    fn an_undone_apply_leaves_the_tenant_as_it_was(before in tenant(), values in values(), policy in policy(), expires in any::<bool>()) {
        let wanted = items(values, policy);
        let plan_file = plan_file(&wanted, &before.actual(), &options());
        let bench = Bench { withdrawal: if expires { Withdrawal::Expire } else { Withdrawal::Delete }, ..Bench::new() };
        let tenant = Fake::new(before.items.clone(), 100);
        let applied = bench.run_through(&tenant, &plan_file, &[]);
        let after = Actual::from_items(tenant.items());
        let undo = rollback(&plan_file.plan, &applied.ends, &after, now());
        prop_assert_eq!(&undo.skipped, &[]);
        let undo = PlanFile { read: after.items().len(), digest: after.digest(), plan: undo.plan, ..plan_file };
        Bench::new().run_through(&tenant, &undo, &[]);
        prop_assert_eq!(without_ids(&before.items), without_ids(&tenant.items()));
    }

    /// What is there before and after is there in between; so is what is foreign.
    #[test]
    fn protection_never_drops(before in tenant(), values in values(), policy in policy(), free in 0_usize..4) {
        let wanted = items(values, policy);
        let plan_file = plan_file(&wanted, &before.actual(), &options());
        let tenant = Fake::new(before.items.clone(), before.items.len() + free + 20);
        Bench::new().run_through(&tenant, &plan_file, &[]);
        let of = |items: &[Item]| -> std::collections::BTreeSet<(IndicatorType, String)> {
            let ours = items.iter().filter(|item| item.is_ours);
            ours.map(|item| (item.key.kind.clone(), item.key.value.clone())).collect()
        };
        let (first, last) = (of(&before.items), of(&tenant.items()));
        for there in tenant.history() {
            prop_assert!(first.intersection(&last).all(|one| there.contains(one)));
        }
        let foreign = |items: &[Item]| -> Vec<Item> { items.iter().filter(|item| !item.is_ours).cloned().collect() };
        prop_assert_eq!(foreign(&before.items), foreign(&tenant.items()));
    }
}
