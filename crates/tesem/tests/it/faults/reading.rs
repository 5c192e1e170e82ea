//! Ten thousand requests, of which one in twenty fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tesem_twin::TwinLimits;

use super::bench::Bench;
use super::known::Known;
use super::table::{Call, calls};
use super::writing::WRITES;
use super::{behave, fail_at_random};

const REQUESTS: usize = 10_000;

/// Eleven kinds of faults, together one in twenty.
pub(super) const RATE: f64 = 0.004_65;

/// What each call answers while the tenant behaves.
pub(super) async fn answers(calls: &[Call<'_>]) -> BTreeMap<&'static str, Vec<Value>> {
    let mut answers = BTreeMap::new();
    for call in calls {
        let answer = call.run().await;
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", call.name));
        answers.insert(call.name, answer);
    }
    let may_be_empty = |name: &&str| ["Alerts.ips", "Alerts.domains"].contains(name);
    let empty: Vec<_> = answers
        .iter()
        .filter(|(name, own)| own.is_empty() && !may_be_empty(name))
        .collect();
    assert!(empty.is_empty(), "nothing could be missed: {empty:?}");
    assert_eq!(answers.len(), calls.len(), "each has its own name");
    answers
}

#[tokio::test]
async fn of_ten_thousand_requests_one_in_twenty_fails_and_no_item_is_lost() {
    let bench = Bench::new(TwinLimits::default()).await;
    let known = Known::find(&bench).await;
    let reader = bench.client.reader();
    let calls = calls(&bench.client, &reader, &known, 5);
    let whole = answers(&calls).await;
    let before = bench.twin.calls().len();

    fail_at_random(&bench.twin, "*", RATE).await;
    let (mut answered, mut failed) = (0_usize, BTreeMap::<&str, usize>::new());
    while bench.twin.calls().len() - before < REQUESTS {
        for call in &calls {
            match call.run().await {
                Ok(answer) => {
                    let expected = &whole[call.name];
                    let counts = (answer.len(), expected.len());
                    assert!(answer == *expected, "{}: {counts:?}", call.name);
                    answered += 1;
                }
                Err(_) => *failed.entry(call.name).or_default() += 1,
            }
        }
    }
    behave(&bench.twin).await;
    let failures: usize = failed.values().sum();
    assert!(answered > failures * 9, "{answered}, failed: {failed:?}");
    assert!(failures > 0, "some cannot be mended");

    let log = bench.twin.calls();
    let faulted = log.iter().filter(|call| call.faulted).count();
    let share = faulted * 100 / (log.len() - before);
    assert!((4..=6).contains(&share), "{faulted} of {}", log.len());
    bench.twin.shutdown().await;
}

/// What only tells of something that is already here.
const WITHOUT_A_CALL: [&str; 4] = [
    "ExportFiles.count",
    "ExportFiles.generated",
    "Hunting.api",
    "Hunting.quota",
];

/// `Type.method` of every public method in a source file's own `impl` blocks.
fn public_methods(source: &str) -> Vec<String> {
    let mut kind = None;
    let mut methods = Vec::new();
    for line in source
        .lines()
        .take_while(|line| !line.contains("mod tests"))
    {
        if line.starts_with("impl") && !line.contains(" for ") {
            let name = line.split_once("> ").map_or(&line[4..], |(_, rest)| rest);
            let name = name.trim().split(['<', ' ']).next().unwrap();
            kind = Some(name.to_owned());
        } else if line.starts_with('}') {
            kind = None;
        }
        let function = line.trim().strip_prefix("pub ");
        let function = function.map(|rest| rest.trim_start_matches("async "));
        if let (Some(kind), Some(rest)) = (&kind, function.and_then(|f| f.strip_prefix("fn "))) {
            let name = rest.split(['(', '<']).next().unwrap();
            methods.push(format!("{kind}.{name}"));
        }
    }
    methods
}

/// What a generated tenant holds nothing for: tasks that somebody asked for, and events that alerts are made of.
const WITHOUT_A_SUBJECT: [&str; 4] = [
    "AlertWriter.create",
    "RemediationTasks.get",
    "RemediationTasks.list",
    "RemediationTasks.machines",
];

/// The methods of the client's services.
fn methods_of_services() -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../defender/src");
    let folders = ["endpoint", "graph"].map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let files = folders
        .into_iter()
        .flatten()
        .map(|file| file.unwrap().path());
    let files = files.chain([root.join("hunting/mod.rs")]);
    let sources = files.map(|file| std::fs::read_to_string(file).unwrap());
    sources.flat_map(|source| public_methods(&source)).collect()
}

#[tokio::test]
async fn every_call_of_the_client_stands_in_the_table() {
    let bench = Bench::new(TwinLimits::default()).await;
    let known = Known::find(&bench).await;
    let reader = bench.client.reader();
    let calls = calls(&bench.client, &reader, &known, 5);
    // What follows the name says which of several ways it is called.
    let reads = calls.iter().filter_map(|call| call.name.split(' ').next());
    let made: BTreeSet<String> = reads
        .chain(WRITES)
        .chain(WITHOUT_A_CALL)
        .chain(WITHOUT_A_SUBJECT)
        // The records of files are read with each kind of them.
        .chain(["ExportFiles.records", "ExportFiles.records_of"])
        .map(str::to_owned)
        .collect();
    let there = methods_of_services();
    let missing: Vec<_> = there.difference(&made).collect();
    let gone: Vec<_> = made.difference(&there).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "missing: {missing:?}, gone: {gone:?}"
    );
    bench.twin.shutdown().await;
}
