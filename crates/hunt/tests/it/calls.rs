//! How many calls a hunt takes, against one query for each indicator.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use tesem_hunt::{BackendRows, CancelToken, HuntReport, PlanOptions, Stage, plan};

use crate::backend::{Planted, Question, Scripted, answer};
use crate::support::{begin, go, intake_of, options};

/// One indicator in a hundred is present.
const PRESENT_EVERY: u64 = 100;

/// The quota of the hunting API. Source: "Advanced hunting API", learn.microsoft.com.
const CALLS_A_MINUTE: u64 = 45;
const CALLS_AN_HOUR: u64 = 1_500;

/// An indicator of a public feed: of twenty, seven SHA-256, three MD5, two SHA-1, four addresses, two domains, two URLs. With it, how it is
/// found: the form, the value and the table and column.
fn indicator(n: u64) -> (String, [String; 2], [&'static str; 2]) {
    let file = |column| ["DeviceFileEvents", column];
    let network = |column| ["DeviceNetworkEvents", column];
    let form = |form: &str, value: String| [form.to_owned(), value];
    let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match n % 20 {
        0..7 => {
            let hash = format!("{spread:032x}{n:032x}");
            (hash.clone(), form("sha256", hash), file("SHA256"))
        }
        7..10 => {
            let hash = format!("{spread:016x}{n:016x}");
            (hash.clone(), form("md5", hash), file("MD5"))
        }
        10..12 => {
            let hash = format!("{spread:020x}{n:020x}");
            (hash.clone(), form("sha1", hash), file("SHA1"))
        }
        12..16 => {
            let address = format!("{}.{}.{}.7", 11 + n / 65_536, n / 256 % 256, n % 256);
            let found = form("address_remote", address.clone());
            (address, found, network("RemoteIP"))
        }
        16..18 => {
            let domain = format!("host-{n}.example-{}.com", n % 7_919);
            let found = form("domains3", domain.clone());
            (domain, found, network("RemoteUrl"))
        }
        _ => {
            let path = format!("site-{}.org/path/{n}/file.exe", n % 104_729);
            (
                format!("https://{path}"),
                form("links", path),
                network("RemoteUrl"),
            )
        }
    }
}

fn list(count: u64) -> String {
    let mut list = String::new();
    for n in 0..count {
        writeln!(list, "{}", indicator(n).0).unwrap();
    }
    list
}

/// What is present, by the value that stands in a query.
fn present(count: u64) -> HashMap<String, Planted> {
    // A prime step goes through all kinds.
    let numbers = (0..count / PRESENT_EVERY).map(|n| n * 101 % count);
    numbers
        .map(|n| {
            let (_, [form, value], [table, column]) = indicator(n);
            let planted = Planted {
                form: form.leak(),
                value: value.clone().leak(),
                table,
                column,
                device: format!("ws-{}", n % 50).leak(),
                times: vec!["2026-11-01T10:00:00Z", "2026-11-02T11:00:00Z"],
            };
            (value, planted)
        })
        .collect()
}

/// Answers from `present`, looking only at the values that stand in the query.
fn respond(present: &HashMap<String, Planted>, question: &Question) -> BackendRows {
    let values = question.text.split('"').skip(1).step_by(2);
    let found: Vec<Planted> = values
        .filter_map(|value| present.get(value))
        .cloned()
        .collect();
    answer(question, &found)
}

fn hunt(count: u64, query_bytes_max: usize) -> HuntReport {
    let options = PlanOptions {
        query_bytes_max,
        ..options()
    };
    let results = tempfile::tempdir().unwrap();
    let plan = plan(intake_of(&list(count)), options).unwrap();
    let mut folder = begin(results.path(), &plan);
    let present = present(count);
    let wanted = present.len();
    let backend = Scripted::new(move |question| Ok(respond(&present, question)));
    let report = go(&plan, &mut folder, &backend, CancelToken::never());
    let longest = backend.texts().iter().map(String::len).max();
    assert!(longest <= Some(query_bytes_max), "{longest:?} bytes");
    assert_eq!(report.verdicts.len() as u64, count);
    assert_eq!(
        report.hits().count(),
        wanted,
        "all that is present is found"
    );
    report
}

fn calls(report: &HuntReport, stage: Stage) -> u64 {
    report
        .queries
        .iter()
        .filter(|query| query.stage == stage)
        .count() as u64
}

/// The least time that so many calls take within the quota.
fn quota_time(calls: u64) -> String {
    let last = calls.saturating_sub(1);
    let minutes = last % CALLS_AN_HOUR / CALLS_A_MINUTE;
    let seconds = last / CALLS_AN_HOUR * 3_600 + minutes * 60;
    let time = Duration::from_secs(seconds);
    format!(
        "{} h {:02} min",
        time.as_secs() / 3_600,
        time.as_secs() / 60 % 60
    )
}

fn table(counts: &[u64]) -> String {
    let mut table = String::from(
        "| indicators | bytes a query | summary calls | details calls | all | quota time | one query each | its quota time |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for &count in counts {
        for bytes in [100_000, 400_000, 700_000] {
            let report = hunt(count, bytes);
            let (summary, details) = (
                calls(&report, Stage::Summary),
                calls(&report, Stage::Details),
            );
            let all = summary + details;
            writeln!(
                table,
                "| {count} | {bytes} | {summary} | {details} | {all} | {} | {count} | {} |",
                quota_time(all),
                quota_time(count),
            )
            .unwrap();
        }
    }
    table
}

#[test]
fn calls_by_indicators_and_bytes() {
    insta::assert_snapshot!("calls", table(&[1_000, 10_000]));
}

#[test]
#[ignore = "takes two minutes unoptimised"]
fn calls_for_a_hundred_thousand_indicators() {
    insta::assert_snapshot!("calls_large", table(&[100_000]));
}

#[test]
fn ten_thousand_indicators_take_a_thousandth_of_the_calls() {
    let report = hunt(10_000, options().query_bytes_max);
    let calls = calls(&report, Stage::Summary) + calls(&report, Stage::Details);
    assert!(calls * 1_000 <= 10_000, "{calls} calls");
}
