//! Runs against a service that limits run time and the size of answers.

use std::time::Duration;

use jiff::SignedDuration;
use tesem_hunt::{
    BackendError, BackendLimits, BackendRows, Budget, CancelToken, CostModel, Ending, HuntReport,
    Plan, QueryOutcome, Stage, Status, TableReach, plan,
};

use crate::backend::{Planted, Scripted, answer, empty_summary};
use crate::support::{begin, go, go_within, intake_of, now, options};

/// What each query runs in a tenant that is searched for many hashes.
const RUN: Duration = Duration::from_secs(110);

fn many_hashes(costs: CostModel) -> Plan {
    let hashes: String = (0..26_000).map(|n| format!("{n:032x}\n")).collect();
    let mut options = options();
    options.tables = TableReach::EndpointOnly;
    options.query_bytes_max = 100_000;
    options.costs = costs;
    let plan = plan(intake_of(&hashes), options).unwrap();
    assert!(
        (7..11).contains(&plan.batches.len()),
        "{}",
        plan.batches.len()
    );
    plan
}

fn endpoint() -> Scripted {
    let limits = BackendLimits::service(TableReach::EndpointOnly);
    Scripted::new(|_| {
        Ok(BackendRows {
            run_time: Some(RUN),
            ..empty_summary()
        })
    })
    .with_limits(limits)
}

fn search(plan: &Plan, budget: Budget) -> (HuntReport, usize) {
    let results = tempfile::tempdir().unwrap();
    let mut folder = begin(results.path(), plan);
    let backend = endpoint();
    let report = go_within(plan, &mut folder, &backend, budget);
    (report, backend.calls())
}

#[test]
fn a_run_waits_for_the_run_time_that_the_service_allows_in_an_hour() {
    let plan = many_hashes(CostModel::default());
    let (report, calls) = search(&plan, Budget::default());
    assert_eq!(report.ending, Ending::Complete);
    assert_eq!(calls, plan.batches.len());
    assert!(
        report
            .verdicts
            .iter()
            .all(|verdict| verdict.status == Status::Clear)
    );
    let times: Vec<_> = report.queries.iter().map(|query| query.started).collect();
    let early = times.iter().filter(|time| **time == now()).count();
    assert_eq!(
        early, 5,
        "five runs of 110 s are under ten minutes, six are not"
    );
    assert_eq!(times[5], now() + SignedDuration::from_hours(1));
}

#[test]
fn a_run_ends_where_it_would_have_to_wait_for_run_time_beyond_its_own_time() {
    let plan = many_hashes(CostModel::default());
    let budget = Budget {
        until: Some(now() + SignedDuration::from_mins(30)),
        ..Budget::default()
    };
    let (report, calls) = search(&plan, budget);
    assert_eq!(calls, 5);
    let spent = "the run time that the service allows the tenant before 2026-11-21T05:00:00Z";
    assert_eq!(
        report.ending,
        Ending::Budget {
            spent: spent.to_owned()
        }
    );
}

#[test]
fn run_time_that_an_earlier_run_spent_counts() {
    let (report, _) = search(&many_hashes(CostModel::default()), Budget::default());
    let first = report.queries.len() - 5;
    let mut options = options();
    options.tables = TableReach::EndpointOnly;
    options.window.end = report.finished;
    options.costs = report.costs;
    let next = plan(intake_of("evil.com"), options).unwrap();
    let explanation = next.explain(&BackendLimits::service(TableReach::EndpointOnly));
    let used: Vec<_> = explanation
        .run_time
        .iter()
        .map(|one| (one.limit, one.seconds, one.spent))
        .collect();
    let run = RUN.as_secs();
    assert_eq!(
        used,
        [
            (600, 3_600, first as u64 * run),
            (10_800, 86_400, report.queries.len() as u64 * run)
        ]
    );
    assert!(explanation.to_string().contains("Run time     "));
    let other = next.explain(&BackendLimits::service(TableReach::All));
    assert!(
        other.run_time.is_empty(),
        "other services do not say how much they allow"
    );
}

/// Domains that were seen, with so many events each.
fn seen(domains: usize) -> Vec<Planted> {
    let one = |n: usize| Planted {
        form: "domains2",
        value: String::leak(format!("seen-{n}.com")),
        table: "DeviceNetworkEvents",
        column: "RemoteUrl",
        device: "desk-1",
        times: vec!["2026-11-01T10:00:00Z"; 10],
    };
    (0..domains).map(one).collect()
}

/// A service whose answers have at most so many bytes.
fn narrow(bytes_max: u64) -> Scripted {
    let mut limits = BackendLimits::service(TableReach::All);
    limits.bytes_max = Some(bytes_max);
    let planted = seen(200);
    Scripted::new(move |question| {
        let rows = answer(question, &planted);
        let bytes = serde_json::to_vec(&rows.rows).unwrap().len() as u64;
        if question.stage == Stage::Details && bytes > bytes_max {
            return Err(BackendError::ResultTooLarge("too many bytes".to_owned()));
        }
        Ok(rows)
    })
    .with_limits(limits)
}

fn fetch(costs: CostModel) -> HuntReport {
    let results = tempfile::tempdir().unwrap();
    let domains: Vec<&str> = seen(200).iter().map(|one| one.value).collect();
    let mut options = options();
    options.costs = costs;
    let plan = plan(intake_of(&domains.join("\n")), options).unwrap();
    let mut folder = begin(results.path(), &plan);
    let report = go(&plan, &mut folder, &narrow(100_000), CancelToken::never());
    assert_eq!(report.hits().count(), 200);
    assert!(!report.is_incomplete());
    report
}

fn refused(report: &HuntReport) -> usize {
    let split = |outcome: &QueryOutcome| matches!(outcome, QueryOutcome::Split { .. });
    let queries = report.queries.iter();
    queries
        .filter(|query| query.too_large && split(&query.outcome))
        .count()
}

#[test]
fn events_are_fetched_in_answers_that_are_not_too_large() {
    let report = fetch(CostModel::default());
    assert!(
        (1..4).contains(&refused(&report)),
        "what was refused tells of the others"
    );
    let again = fetch(report.costs);
    assert_eq!(refused(&again), 0);
    let sizes: Vec<u64> = again
        .queries
        .iter()
        .filter_map(|query| query.answer_bytes)
        .collect();
    assert!(
        sizes.len() > 2 && sizes.iter().all(|bytes| *bytes <= 100_000),
        "{sizes:?}"
    );
}
