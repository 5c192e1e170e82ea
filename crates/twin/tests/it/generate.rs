//! The generated tenant as the engine sees it.

use std::sync::Arc;

use jiff::Timestamp;
use tesem_engine::{Database, Engine, EngineOptions, RunOptions, Value};
use tesem_twin::generate::{GenerateOptions, Planted, PlantedKind, Story, generate};

const UNTIL: &str = "2026-11-20T09:30:00Z";
/// The tables that the generator fills.
const FILLED: [&str; 19] = [
    "AlertEvidence",
    "AlertInfo",
    "CloudAppEvents",
    "DeviceEvents",
    "DeviceFileCertificateInfo",
    "DeviceFileEvents",
    "DeviceImageLoadEvents",
    "DeviceInfo",
    "DeviceLogonEvents",
    "DeviceNetworkEvents",
    "DeviceNetworkInfo",
    "DeviceProcessEvents",
    "DeviceRegistryEvents",
    "DeviceTvmSoftwareInventory",
    "EmailAttachmentInfo",
    "EmailEvents",
    "EmailUrlInfo",
    "IdentityLogonEvents",
    "UrlClickEvents",
];

fn until() -> Timestamp {
    UNTIL.parse().unwrap()
}

/// Twelve devices, enough for every story to be told.
fn tenant() -> (Engine, Vec<Planted>) {
    let options = GenerateOptions {
        devices: 12,
        ..GenerateOptions::demo(until())
    };
    let generated = generate(&options).unwrap();
    (engine(generated.tables), generated.planted)
}

fn engine(database: Database) -> Engine {
    Engine::new(Arc::new(database), EngineOptions::default()).unwrap()
}

async fn rows(engine: &Engine, query: &str) -> Vec<Vec<Value>> {
    let result = engine.run(query, &RunOptions::at(until())).await;
    result
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .rows()
        .collect()
}

async fn number(engine: &Engine, query: &str) -> i64 {
    rows(engine, query).await[0][0].as_long().unwrap()
}

fn value(planted: &[Planted], story: Story, kind: PlantedKind) -> &Planted {
    let wanted = |planted: &&Planted| planted.story == story && planted.kind == kind;
    planted.iter().find(wanted).unwrap()
}

#[tokio::test]
async fn every_table_that_the_generator_knows_has_rows() {
    let (engine, _) = tenant();
    for table in FILLED {
        let rows = engine
            .database()
            .table(table)
            .and_then(tesem_engine::Table::rows);
        assert!(rows.is_some_and(|rows| rows > 0), "{table}: {rows:?}");
    }
}

#[tokio::test]
async fn queries_find_the_stories() {
    let (engine, planted) = tenant();
    let domain = value(&planted, Story::InvoiceMacro, PlantedKind::Domain);
    let devices = number(
        &engine,
        &format!(
            "DeviceNetworkEvents | where RemoteUrl endswith '.{}' | summarize dcount(DeviceId)",
            domain.value
        ),
    )
    .await;
    assert_eq!(usize::try_from(devices).unwrap(), domain.devices);

    let sha256 = value(&planted, Story::SupplyChain, PlantedKind::Sha256);
    for table in &sha256.tables {
        let query = format!("{table} | where SHA256 == '{}' | count", sha256.value);
        assert!(number(&engine, &query).await > 0, "{table}");
    }

    let certificate = value(
        &planted,
        Story::TrojanisedInstaller,
        PlantedKind::Certificate,
    );
    let query = format!(
        "DeviceFileCertificateInfo | where SignerHash == '{}' | summarize dcount(DeviceId)",
        certificate.value
    );
    assert_eq!(number(&engine, &query).await, 2);
}

#[tokio::test]
async fn columns_hold_what_their_types_say() {
    let (engine, _) = tenant();
    let cases = [
        (
            "json text can be read",
            "DeviceNetworkInfo | where isnotempty(tostring(parse_json(IPAddresses)[0].IPAddress)) | count",
        ),
        (
            "additional fields are dynamic",
            "DeviceEvents | where isnotempty(tostring(AdditionalFields.PipeName)) | count",
        ),
        (
            "raw events are dynamic",
            "CloudAppEvents | where isnotempty(tostring(RawEventData.Operation)) | count",
        ),
        (
            "ports are numbers",
            "DeviceNetworkEvents | where RemotePort == 443 | count",
        ),
        (
            "failed logons tell no rights",
            "DeviceLogonEvents | where ActionType == 'LogonFailed' and isnull(IsLocalAdmin) | count",
        ),
        (
            "times are times",
            "DeviceProcessEvents | where Timestamp - ProcessCreationTime between (0s .. 1s) | count",
        ),
        (
            "the newest row is recent",
            "DeviceNetworkEvents | where Timestamp > ago(1d) | count",
        ),
        (
            "the oldest row is old",
            "DeviceNetworkEvents | where Timestamp < ago(29d) | count",
        ),
        (
            "some rows have seven digits",
            "DeviceEvents | where tostring(Timestamp) matches regex @'[1-9]Z$' | count",
        ),
    ];
    for (name, query) in cases {
        assert!(number(&engine, query).await > 0, "{name}");
    }
}

#[tokio::test]
async fn rows_of_different_tables_tell_of_the_same_things() {
    let (engine, _) = tenant();
    let orphans = [
        (
            "attachments belong to mails",
            "EmailAttachmentInfo | join kind=leftanti EmailEvents on NetworkMessageId | count",
        ),
        (
            "links belong to mails",
            "EmailUrlInfo | join kind=leftanti EmailEvents on NetworkMessageId | count",
        ),
        (
            "evidence belongs to alerts",
            "AlertEvidence | join kind=leftanti AlertInfo on AlertId | count",
        ),
        (
            "devices are known",
            "DeviceNetworkEvents | join kind=leftanti DeviceInfo on DeviceId, DeviceName | count",
        ),
        (
            "software is of known devices",
            "DeviceTvmSoftwareInventory | join kind=leftanti DeviceInfo on DeviceId | count",
        ),
    ];
    for (name, query) in orphans {
        assert_eq!(number(&engine, query).await, 0, "{name}");
    }
}

#[tokio::test]
async fn two_runs_store_the_same_rows() {
    let query =
        "DeviceNetworkEvents | order by DeviceId asc, Timestamp asc, ReportId asc | take 2000";
    let (one, other) = (tenant().0, tenant().0);
    assert_eq!(rows(&one, query).await, rows(&other, query).await);
}
