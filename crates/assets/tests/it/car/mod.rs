//! Imports into Connected Assets and Risk, against a small service of it on this computer. Time is a manual clock.

mod failures;
mod fake;
mod laws;
mod protocol;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tesem_assets::sink::car::{CarAccess, CarError, CarSettings, CarSink};
use tesem_assets::sink::{Sink, SinkError};
use tesem_assets::{Aspect, AssetGraph, Import, Millis, Observed, Passed, SavePoint, Source};
use tesem_state::ManualClock;

use crate::records::{Record, now, observed};
use fake::FakeCar;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Midnight of a day of November.
fn day(day: i64) -> Millis {
    let first: Millis = "2026-11-01T00:00:00Z".parse().unwrap();
    Millis::new(first.get() + (day - 1) * DAY)
}

fn contoso() -> Source {
    Source::new("conn-1", "Contoso").unwrap()
}

fn key() -> CarAccess {
    CarAccess::Key {
        key: "k".into(),
        password: "hunter2".into(),
    }
}

fn sink(car: &FakeCar) -> CarSink {
    sink_with(car, key(), |_| ())
}

fn sink_with(car: &FakeCar, access: CarAccess, change: impl FnOnce(&mut CarSettings)) -> CarSink {
    let mut settings = CarSettings::new(car.url.clone(), access);
    change(&mut settings);
    CarSink::new(settings, Arc::new(ManualClock::new(now()))).unwrap()
}

fn import(at: Millis, earlier: &AssetGraph, next: &AssetGraph, passed: Vec<Passed>) -> Arc<Import> {
    Arc::new(Import {
        source: contoso(),
        at,
        earlier: Arc::new(earlier.clone()),
        next: Arc::new(next.clone()),
        passed,
        save_point: SavePoint::at(at),
    })
}

fn full(records: &[Record]) -> Observed {
    let mut observed = observed(records);
    for aspect in Aspect::ALL {
        observed.covers_all(aspect);
    }
    observed
}

fn graph(records: &[Record]) -> AssetGraph {
    full(records).next(&AssetGraph::default()).graph
}

fn car_error(error: &SinkError) -> &CarError {
    CarError::of(error).unwrap()
}

fn machine(id: &str, more: Json) -> Record {
    let mut json = json!({
        "id": id, "computerDnsName": format!("PC-{id}"), "osPlatform": "Windows11", "lastSeen": "2026-11-28T19:00:00Z",
        "ipAddresses": [{"ipAddress": "10.0.0.5", "macAddress": "000C29ABCDEF", "type": "Ethernet"}],
    });
    if let Json::Object(fields) = more {
        json.as_object_mut().unwrap().extend(fields);
    }
    Record::Machine(json)
}

fn weak(cve: &str) -> Record {
    Record::MachineVulnerability(json!({
        "deviceId": "m1", "softwareVendor": "openssl", "softwareName": "openssl", "softwareVersion": "3.0.1", "cveId": cve,
        "cvssScore": 7.5, "vulnerabilitySeverityLevel": "High", "firstSeenTimestamp": "2026-11-01 00:00:00",
    }))
}

fn logon() -> Record {
    let user = json!({"id": "contoso\\ana", "accountName": "ana", "accountDomain": "contoso"});
    Record::Logon("m1".to_owned(), user)
}

fn alert(status: &str, last_event: &str) -> Record {
    Record::Alert(json!({
        "id": "da1", "machineId": "m1", "status": status, "title": "Beacon", "severity": "High",
        "alertCreationTime": "2026-11-02T01:00:00Z", "resolvedTime": "2026-11-02T02:00:00Z", "lastEventTime": last_event,
        "evidence": [{"entityType": "User", "accountName": "eve", "evidenceCreationTime": "2026-11-02T01:00:00Z"}],
    }))
}

fn records() -> Vec<Record> {
    vec![
        machine("m1", json!({})),
        machine("m2", json!({})),
        logon(),
        weak("CVE-2026-0001"),
        weak("CVE-2026-0002"),
        alert("New", "2026-11-02T01:30:00Z"),
    ]
}

/// The first import of [`records`].
async fn imported(car: &FakeCar) -> AssetGraph {
    let graph = graph(&records());
    let first = import(day(2), &AssetGraph::default(), &graph, vec![]);
    sink(car).write(first).await.unwrap();
    car.lines();
    graph
}
