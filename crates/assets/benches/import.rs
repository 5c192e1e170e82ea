//! Imports at the size of a large tenant: 10,000 machines with 50 logons and 200 vulnerabilities each.
//!
//! `TESEM_BENCH_MACHINES` sets another number of machines.

use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use jiff::Timestamp;
use serde_json::{Value, json};
use tesem_assets::sink::{Sink, SinkError, SqliteSink};
use tesem_assets::{
    Aspect, AssetGraph, Delta, Import, MappingOptions, Millis, Observed, SavePoint, Source,
};
use tesem_defender::endpoint::{Machine, User, VulnerabilityRecord};
use tesem_defender::{Entity, MachineId};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const LOGONS: u32 = 50;
const VULNERABILITIES: u32 = 200;

fn machines() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "set by hand for a smaller run")]
    let asked = std::env::var("TESEM_BENCH_MACHINES").ok();
    asked
        .and_then(|number| number.parse().ok())
        .unwrap_or(10_000)
}

fn entity<T: Entity>(json: Value) -> Option<T> {
    match json {
        Value::Object(object) => T::read(object).ok(),
        _ => None,
    }
}

/// An instant of its own for each number.
fn instant(number: u32) -> String {
    let instant = Timestamp::from_second(1_790_000_000 + i64::from(number));
    instant.unwrap_or_default().to_string()
}

fn id(number: u32) -> String {
    format!("{number:040x}")
}

/// A tenant on one day: each day one machine in a hundred has another address, a user less and a vulnerability more.
fn observed(machines: u32, day: u32) -> Observed {
    let options = MappingOptions::new("2026-11-28T20:00:00Z".parse().unwrap_or_default());
    let mut observed = Observed::new(options);
    for number in 0..machines {
        read(&mut observed, number, u32::from(number % 100 == 0) * day);
    }
    for aspect in Aspect::ALL {
        observed.covers_all(aspect);
    }
    observed
}

fn read(observed: &mut Observed, number: u32, day: u32) {
    let machine = id(number);
    if let Some(machine) = entity::<Machine>(json!({
        "id": machine, "computerDnsName": format!("pc-{number}.contoso.com"), "osPlatform": "Windows11", "healthStatus": "Active",
        "firstSeen": "2026-01-01T00:00:00Z", "lastSeen": format!("2026-11-{:02}T00:00:00Z", 10 + day),
        "lastIpAddress": format!("10.{day}.{}.{}", number / 250 % 250, number % 250), "exposureLevel": "High",
        "ipAddresses": [{"ipAddress": format!("10.{day}.{}.{}", number / 250 % 250, number % 250), "macAddress": format!("{:012X}", number + 1)}],
    })) {
        observed.machine(&machine);
    }
    for logon in 0..LOGONS - day {
        let account = (number * 7 + logon * 31) % 20_000;
        let user = json!({"id": format!("contoso\\user{account}"), "accountName": format!("user{account}"), "accountDomain": "contoso",
            "firstSeen": instant(number * LOGONS + logon), "lastSeen": "2026-11-28T00:00:00Z", "logonTypes": "Interactive, Network"});
        if let Some(user) = entity::<User>(user) {
            observed.logon(&MachineId::new(&*machine), &user);
        }
    }
    for vulnerability in 0..VULNERABILITIES + day {
        let row = (number % 50) * 100 + vulnerability;
        let record = json!({"id": format!("{machine}{row}"), "deviceId": machine, "softwareVendor": "contoso",
            "softwareName": format!("product-{}", row / 10), "softwareVersion": "1.2.3", "cveId": format!("CVE-2026-{row:05}"),
            "cvssScore": 7.5, "vulnerabilitySeverityLevel": "High", "exploitabilityLevel": "NoExploit",
            "firstSeenTimestamp": instant(number * 100 + row / 10), "lastSeenTimestamp": "2026-11-28 00:00:00"});
        if let Some(record) = entity::<VulnerabilityRecord>(record) {
            observed.machine_vulnerability(&record);
        }
    }
}

/// Reading the records of a whole tenant and mapping them; making the JSON that they come from is part of it.
#[divan::bench(sample_count = 1)]
fn records_are_mapped(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| observed(machines(), 0));
}

/// From what a full import read to the graph.
#[divan::bench(sample_count = 3)]
fn the_next_graph(bencher: Bencher<'_, '_>) {
    let earlier = observed(machines(), 0).next(&AssetGraph::default()).graph;
    let read = observed(machines(), 1);
    bencher.bench_local(|| read.next(&earlier));
}

/// What changed from one day to the other.
#[divan::bench(sample_count = 5)]
fn the_delta_of_a_day(bencher: Bencher<'_, '_>) {
    let earlier = observed(machines(), 0).next(&AssetGraph::default()).graph;
    let next = observed(machines(), 1).next(&earlier).graph;
    bencher.bench_local(|| Delta::new(&earlier, &next).changes().count());
}

fn import(at: i64, earlier: &Arc<AssetGraph>, next: &Arc<AssetGraph>) -> Option<Arc<Import>> {
    let at = Millis::new(at);
    Some(Arc::new(Import {
        source: Source::new("conn-1", "Contoso").ok()?,
        at,
        earlier: Arc::clone(earlier),
        next: Arc::clone(next),
        passed: Vec::new(),
        save_point: SavePoint::at(at),
    }))
}

fn wait<T>(work: impl Future<Output = Result<T, SinkError>>) -> Option<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().ok()?.block_on(work).ok()
}

/// A database in a folder, with what is written into it first.
fn database(first: &[Arc<Import>]) -> Option<(tempfile::TempDir, SqliteSink)> {
    let folder = tempfile::TempDir::new().ok()?;
    let sink = wait(SqliteSink::open(&folder.path().join("assets.db")))?;
    for import in first {
        wait(sink.write(Arc::clone(import)))?;
    }
    Some((folder, sink))
}

/// A full import and the one of the day after.
fn two_days() -> Option<[Arc<Import>; 2]> {
    let nothing = Arc::new(AssetGraph::default());
    let first = Arc::new(observed(machines(), 0).next(&nothing).graph);
    let next = Arc::new(observed(machines(), 1).next(&first).graph);
    Some([import(1, &nothing, &first)?, import(2, &first, &next)?])
}

/// A full import into an empty database.
#[divan::bench(sample_count = 1)]
fn sqlite_full_import(bencher: Bencher<'_, '_>) {
    let (Some([first, _]), Some((_folder, sink))) = (two_days(), database(&[])) else {
        return;
    };
    bencher.bench_local(|| wait(sink.write(Arc::clone(&first))));
}

/// The import of the day after.
#[divan::bench(sample_count = 1)]
fn sqlite_import_of_a_day(bencher: Bencher<'_, '_>) {
    let Some([first, second]) = two_days() else {
        return;
    };
    let Some((_folder, sink)) = database(&[first]) else {
        return;
    };
    bencher.bench_local(|| wait(sink.write(Arc::clone(&second))));
}

/// Reading the graph back, from which the next import starts.
#[divan::bench(sample_count = 1)]
fn sqlite_graph_read_back(bencher: Bencher<'_, '_>) {
    let Some([first, _]) = two_days() else {
        return;
    };
    let source = first.source.clone();
    let Some((_folder, sink)) = database(&[first]) else {
        return;
    };
    bencher.bench_local(|| wait(sink.earlier(&source)));
}
