//! Sinks give back what they were given, and keep what was.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;
use tesem_assets::sink::{JsonSink, ParquetSink, PostgresSink, Sink, SinkError, SqliteSink};
use tesem_assets::{
    AccountIds, Aspect, AssetGraph, EdgeKind, Import, ImportScope, Millis, NodeKind, Observed,
    Passed, SavePoint, Source,
};

use crate::database::{Database, databases};
use crate::records::{Record, observed};
use crate::world::{Event, World, events};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Midnight of a day of November.
fn day(day: i64) -> Millis {
    let first: Millis = "2026-11-01T00:00:00Z".parse().unwrap();
    Millis::new(first.get() + (day - 1) * DAY)
}

fn contoso() -> Source {
    Source::new("conn-1", "Contoso").unwrap()
}

fn import(at: Millis, earlier: &AssetGraph, next: &AssetGraph, passed: Vec<Passed>) -> Arc<Import> {
    Arc::new(Import {
        source: contoso(),
        at,
        earlier: Arc::new(earlier.clone()),
        next: Arc::new(next.clone()),
        passed,
        save_point: SavePoint {
            at,
            scope: Some(ImportScope {
                aspects: Aspect::ALL.into(),
                accounts: AccountIds::Name,
            }),
            ..SavePoint::at(at)
        },
    })
}

fn full(records: &[Record]) -> Observed {
    let mut observed = observed(records);
    for aspect in Aspect::ALL {
        observed.covers_all(aspect);
    }
    observed
}

async fn sinks(folder: &Path, databases: &[Database]) -> Vec<Box<dyn Sink>> {
    let mut all: Vec<Box<dyn Sink>> = vec![
        Box::new(JsonSink::new(&folder.join("json"))),
        Box::new(ParquetSink::new(&folder.join("parquet"))),
        Box::new(ParquetSink::hourly(&folder.join("partitions"))),
    ];
    for database in databases {
        all.push(database.sink().await);
    }
    all
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

/// Whatever the imports, a sink then holds the graph; the same import once more leaves it as it is.
#[test]
fn a_sink_gives_back_what_it_was_given() {
    let (databases, mut runner) = (databases(), TestRunner::new(ProptestConfig::with_cases(8)));
    let number = AtomicU32::new(0);
    let histories = prop::collection::vec(events(), 1..4);
    let law = runner.run(&histories, |steps| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let source = Source::new(&format!("conn-{number}"), "Contoso").unwrap();
        run(gives_back(&databases, &source, &steps))
    });
    law.unwrap();
}

async fn gives_back(
    databases: &[Database],
    source: &Source,
    steps: &[Vec<Event>],
) -> Result<(), TestCaseError> {
    let folder = TempDir::new().unwrap();
    for sink in sinks(folder.path(), databases).await {
        prop_assert_eq!(sink.earlier(source).await.unwrap(), None);
        let (mut world, mut held) = (World::default(), AssetGraph::default());
        for (minute, step) in (1..).zip(steps) {
            world = world.after(step, minute);
            let next = world.full().next(&held).graph;
            let mut import = Import::clone(&import(day(i64::from(minute)), &held, &next, vec![]));
            import.source = source.clone();
            let import = Arc::new(import);
            for _ in 0..2 {
                sink.write(Arc::clone(&import)).await.unwrap();
                let read = sink.earlier(source).await.unwrap().unwrap();
                prop_assert_eq!(&read.graph, &next, "{:?}", sink);
                prop_assert_eq!(read.save_point.as_ref(), Some(&import.save_point));
            }
            held = next;
        }
    }
    Ok(())
}

fn machine(more: serde_json::Value) -> Record {
    let mut json = json!({
        "id": "m1", "computerDnsName": "PC-1", "osPlatform": "Windows11", "exposureLevel": "High", "riskScore": "Medium",
        "lastSeen": "2026-11-28T19:00:00.5Z", "osBuild": 22631, "machineTags": ["web", "dmz"], "isAadJoined": true,
        "ipAddresses": [{"ipAddress": "10.0.0.5", "macAddress": "000C29ABCDEF", "type": "Ethernet"}],
    });
    if let serde_json::Value::Object(fields) = more {
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
    Record::Logon(
        "m1".to_owned(),
        json!({"id": "contoso\\ana", "accountName": "ana", "accountDomain": "contoso",
        "lastSeen": "2026-11-28T10:00:00Z", "isDomainAdmin": true}),
    )
}

fn alert(status: &str) -> Record {
    Record::Alert(json!({
        "id": "da1", "machineId": "m1", "status": status, "title": "Beacon", "severity": "High",
        "alertCreationTime": "2026-11-02T01:00:00Z", "resolvedTime": "2026-11-02T02:00:00Z", "lastEventTime": "2026-11-02T01:30:00Z",
    }))
}

fn first_records() -> Vec<Record> {
    vec![
        machine(json!({})),
        logon(),
        weak("CVE-2026-0001"),
        weak("CVE-2026-0002"),
        alert("New"),
        Record::Machine(json!({"id": "m2", "exposureLevel": "Low"})),
    ]
}

/// Names that are syntax somewhere.
const ODD: &str = "a\0'\";--\\\u{1f600}\n\t{}[]$1?1%s\u{202e}NULL";

#[tokio::test]
async fn a_sink_takes_names_of_whatever_letters() {
    let records = [
        Record::Machine(
            json!({"id": ODD, "osPlatform": ODD, "machineTags": [ODD, "b"], "rbacGroupName": ODD}),
        ),
        Record::Logon(
            ODD.to_owned(),
            json!({"id": ODD, "accountName": ODD, "accountDomain": ODD, "logonTypes": ODD}),
        ),
        Record::MachineVulnerability(json!({
            "deviceId": ODD, "softwareVendor": ODD, "softwareName": ODD, "softwareVersion": ODD, "cveId": "CVE-2026-0001",
        })),
        Record::Alert(
            json!({"id": ODD, "machineId": ODD, "title": ODD, "status": "New", "evidence": [
            {"entityType": "User", "accountName": ODD}]}),
        ),
    ];
    let nothing = AssetGraph::default();
    let graph = full(&records).next(&nothing).graph;
    let vulnerabilities = graph.edges(EdgeKind::AssetVulnerability).count();
    assert_eq!((graph.node_count(NodeKind::Asset), vulnerabilities), (1, 2));
    let (folder, databases) = (TempDir::new().unwrap(), databases());
    for sink in sinks(folder.path(), &databases).await {
        sink.write(import(day(1), &nothing, &graph, vec![]))
            .await
            .unwrap();
        let read = sink.earlier(&contoso()).await.unwrap().unwrap();
        assert_eq!(read.graph, graph, "{sink:?}");
    }
}

/// Two imports: in the second the alert is resolved, a vulnerability mended, the user gone, a machine deleted.
async fn two_imports(sink: &dyn Sink) -> AssetGraph {
    let nothing = AssetGraph::default();
    let first = full(&first_records()).next(&nothing).graph;
    let written = sink
        .write(import(day(1), &nothing, &first, vec![]))
        .await
        .unwrap();
    assert_eq!((written.nodes_created, written.edges_created), (12, 14));
    let later = [machine(json!({"riskScore": "High"})), weak("CVE-2026-0001")];
    let next = full(&later).next(&first).graph;
    let written = sink
        .write(import(day(2), &first, &next, vec![]))
        .await
        .unwrap();
    assert_eq!((written.nodes_updated, written.nodes_removed), (1, 5));
    assert_eq!((written.edges_updated, written.edges_closed), (0, 6));
    next
}

const HISTORY: &str = "SELECT collection, machine_id, what, valid_from, valid_to, because FROM edge_history ORDER BY 1, 2, 3, 4";

#[tokio::test]
async fn a_database_keeps_the_past_of_each_edge() {
    for database in databases() {
        let sink = database.sink().await;
        let next = two_imports(&*sink).await;
        insta::assert_snapshot!("past", database.rows(HISTORY).await);
        let again = full(&first_records()).next(&next).graph;
        sink.write(import(day(3), &next, &again, vec![]))
            .await
            .unwrap();
        let back = "SELECT what, valid_from, valid_to FROM edge_history WHERE what IN ('ana', 'da1') ORDER BY 1, 2";
        let back = database.rows(back).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(back, @"
            ana | 2026-11-01T00:00:00Z | 2026-11-02T00:00:00Z
            ana | 2026-11-03T00:00:00Z | -
            da1 | 2026-11-01T00:00:00Z | 2026-11-02T00:00:00Z
            da1 | 2026-11-03T00:00:00Z | -
            ");
        }
        let removed =
            "SELECT key, removed_at IS NULL, created_at = updated_at FROM asset ORDER BY 1";
        assert_eq!(database.rows(removed).await, "m1 | 1 | 0\nm2 | 1 | 0");
    }
}

#[tokio::test]
async fn a_database_has_views_for_what_is_asked_most() {
    for database in databases() {
        let sink = database.sink().await;
        let nothing = AssetGraph::default();
        let first = full(&first_records()).next(&nothing).graph;
        sink.write(import(day(1), &nothing, &first, vec![]))
            .await
            .unwrap();
        let mut shown = Vec::new();
        for (view, order) in [
            ("machines", "machine_id"),
            ("vulnerable_software_on_exposed_machines", "machine_id, cve"),
            ("open_alerts", "alert"),
            ("software_inventory", "product, version"),
            ("machine_accounts", "machine_id, account"),
        ] {
            shown.push(format!("{view}:"));
            let query = format!("SELECT * FROM {view} ORDER BY {order}");
            shown.push(database.rows(&query).await);
        }
        insta::assert_snapshot!("views", shown.join("\n"));
    }
}

#[tokio::test]
async fn a_database_keeps_an_alert_that_came_and_went_in_its_past() {
    for database in databases() {
        let sink = database.sink().await;
        let observed = full(&[machine(json!({})), weak("CVE-2026-0001"), alert("Resolved")]);
        let graph = observed.next(&AssetGraph::default()).graph;
        let passed = observed.passed(day(2), &AssetGraph::default(), &graph);
        let import = import(day(3), &AssetGraph::default(), &graph, passed);
        for _ in 0..2 {
            let written = sink.write(Arc::clone(&import)).await.unwrap();
            assert_eq!(written.alerts_passed, 1);
            let alerts =
                "SELECT what, valid_from, valid_to, because FROM edge_history WHERE what = 'da1'";
            assert_eq!(
                database.rows(alerts).await,
                "da1 | 2026-11-02T01:00:00Z | 2026-11-02T02:00:00Z | alert_resolved"
            );
            assert_eq!(
                sink.earlier(&contoso()).await.unwrap().unwrap().graph,
                graph
            );
        }
    }
}

/// 250 machines with 50 logons each: more than a transaction takes.
fn many() -> Observed {
    let mut records = Vec::new();
    for machine in 0..250 {
        let id = format!("m{machine}");
        records.push(Record::Machine(json!({"id": id, "computerDnsName": id})));
        for account in 0..50 {
            let name = format!("user{}", (machine + account) % 300);
            records.push(Record::Logon(
                id.clone(),
                json!({"id": name, "accountName": name}),
            ));
        }
        records.push(Record::Alert(
            json!({"id": format!("da{machine}"), "machineId": id, "status": "New"}),
        ));
    }
    full(&records)
}

/// A server that knows nothing of new rows would read them back in minutes.
#[tokio::test]
async fn a_server_knows_of_the_rows_that_an_import_has_put() {
    let (nothing, whole) = (AssetGraph::default(), many());
    let whole = whole.next(&nothing).graph;
    for database in databases() {
        if matches!(database, Database::Sqlite { .. }) {
            continue;
        }
        let sink = database.sink().await;
        sink.write(import(day(1), &nothing, &whole, vec![]))
            .await
            .unwrap();
        let known =
            "SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'tesem_assets' ORDER BY 1";
        assert_eq!(
            database.rows(known).await,
            "account_hostname\nasset_account"
        );
    }
}

#[tokio::test]
async fn an_import_into_a_database_that_was_interrupted_is_gone_on_with() {
    let (nothing, observed) = (AssetGraph::default(), many());
    let whole = observed.next(&nothing).graph;
    for database in databases() {
        let sink = database.sink().await;
        database.break_vulnerabilities().await;
        let error = sink.write(import(day(1), &nothing, &whole, vec![])).await;
        assert!(matches!(error, Err(SinkError::Failed { .. })), "{error:?}");
        let left = sink.earlier(&contoso()).await.unwrap().unwrap();
        assert_eq!(left.save_point, None);
        assert!(!left.graph.is_empty() && left.graph != whole);
        assert_eq!(left.graph.dangling().count(), 0);
        database.mend().await;
        let next = observed.next(&left.graph).graph;
        assert!(next == whole);
        sink.write(import(day(2), &left.graph, &next, vec![]))
            .await
            .unwrap();
        let read = sink.earlier(&contoso()).await.unwrap().unwrap();
        assert!(read.graph == whole);
        assert_eq!(read.save_point.map(|point| point.at), Some(day(2)));
        let open = "SELECT count(*), count(DISTINCT from_id || ' ' || to_id) FROM asset_account";
        assert_eq!(database.rows(open).await, "12500 | 12500");
    }
}

/// What is tried again at another time, though the sink holds it already, is there once and says what it says now.
#[tokio::test]
async fn an_import_into_a_database_that_is_tried_again_later_opens_no_edge_twice() {
    for database in databases() {
        let sink = database.sink().await;
        let nothing = AssetGraph::default();
        let first = full(&first_records()).next(&nothing).graph;
        sink.write(import(day(1), &nothing, &first, vec![]))
            .await
            .unwrap();
        let adapter = json!([{"ipAddress": "10.0.0.5", "macAddress": "000C29ABCDEF", "type": "Wireless80211"}]);
        let later = [
            &first_records()[1..],
            &[machine(json!({"ipAddresses": adapter}))],
        ]
        .concat();
        let next = full(&later).next(&nothing).graph;
        assert_ne!(next, first);
        sink.write(import(day(2), &nothing, &next, vec![]))
            .await
            .unwrap();
        assert_eq!(sink.earlier(&contoso()).await.unwrap().unwrap().graph, next);
        let begun = "SELECT DISTINCT valid_from FROM edge_history";
        assert_eq!(database.rows(begun).await, "2026-11-01T00:00:00Z");
    }
}

/// Whatever is tried again at one instant, the edge that it ends with is there.
#[tokio::test]
async fn an_edge_that_was_closed_when_it_was_begun_may_be_opened_again() {
    for database in databases() {
        let sink = database.sink().await;
        let (nothing, at) = (AssetGraph::default(), day(1));
        let with = full(&[machine(json!({})), logon()]).next(&nothing).graph;
        let without = full(&[machine(json!({}))]).next(&with).graph;
        for (earlier, next) in [(&nothing, &with), (&with, &without), (&without, &with)] {
            let import = import(at, earlier, next, vec![]);
            sink.write(import).await.unwrap();
            let read = sink.earlier(&contoso()).await.unwrap().unwrap();
            assert_eq!(&read.graph, next);
        }
        let all = "SELECT valid_from = valid_to, because FROM asset_account";
        assert_eq!(database.rows(all).await, "- | -");
    }
}

/// Tables of the second version may hold an edge that two imports opened at once.
#[tokio::test]
async fn an_edge_that_is_open_twice_on_a_server_is_kept_once() {
    for database in databases() {
        if matches!(database, Database::Sqlite { .. }) {
            continue;
        }
        let sink = database.sink().await;
        let (nothing, records) = (AssetGraph::default(), full(&first_records()));
        let graph = records.next(&nothing).graph;
        sink.write(import(day(2), &nothing, &graph, vec![]))
            .await
            .unwrap();
        let older = "DROP INDEX asset_account_to; UPDATE version SET steps = 2; \
            INSERT INTO asset_account (from_id, to_id, valid_from) SELECT from_id, to_id, valid_from - 1 FROM asset_account";
        database.execute("", older).await;
        let open = "SELECT count(*), min(valid_from) < (SELECT saved_at FROM source) FROM asset_account WHERE valid_to IS NULL";
        assert_eq!(database.rows(open).await, "2 | 1");
        database.sink().await;
        assert_eq!(database.rows(open).await, "1 | 1");
    }
}

/// What a server could lose with its power is no more than what has no save point yet.
#[tokio::test]
async fn the_save_point_waits_for_the_disk_of_a_server() {
    for database in databases() {
        if matches!(database, Database::Sqlite { .. }) {
            continue;
        }
        let sink = database.sink().await;
        let seen = "CREATE TABLE seen (what TEXT, waits TEXT); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS \
            $$ BEGIN INSERT INTO tesem_assets.seen VALUES (TG_TABLE_NAME, current_setting('synchronous_commit')); RETURN NULL; END $$; \
            CREATE TRIGGER see AFTER INSERT ON asset EXECUTE FUNCTION see(); \
            CREATE TRIGGER see AFTER UPDATE OF save_point ON source EXECUTE FUNCTION see()";
        database.execute("", seen).await;
        let nothing = AssetGraph::default();
        let graph = full(&first_records()).next(&nothing).graph;
        sink.write(import(day(1), &nothing, &graph, vec![]))
            .await
            .unwrap();
        let seen = database.rows("SELECT what, waits FROM seen").await;
        assert_eq!(seen, "asset | off\nsource | on");
    }
}

#[tokio::test]
async fn a_database_keeps_sources_apart() {
    for database in databases() {
        let sink = database.sink().await;
        let nothing = AssetGraph::default();
        let ours = full(&first_records()).next(&nothing).graph;
        sink.write(import(day(1), &nothing, &ours, vec![]))
            .await
            .unwrap();
        let theirs = full(&[machine(json!({"riskScore": "None"}))])
            .next(&nothing)
            .graph;
        let other = Source::new("conn-11", "Other").unwrap();
        let mut import = Import::clone(&import(day(1), &nothing, &theirs, vec![]));
        import.source = other.clone();
        sink.write(Arc::new(import)).await.unwrap();
        assert_eq!(sink.earlier(&other).await.unwrap().unwrap().graph, theirs);
        assert_eq!(sink.earlier(&contoso()).await.unwrap().unwrap().graph, ours);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_imports_may_start_at_once() {
    for database in databases() {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (path, address) = match &database {
                Database::Sqlite { path, .. } => (Some(path.clone()), None),
                Database::Postgres { address, .. } => (None, Some(address.clone())),
            };
            tasks.spawn(async move {
                match (path, address) {
                    (Some(path), _) => SqliteSink::open(&path).await.map(drop),
                    (_, Some(address)) => PostgresSink::open(&address).await.map(drop),
                    _ => Ok(()),
                }
            });
        }
        for outcome in tasks.join_all().await {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    for database in databases() {
        database.sink().await;
        let newer = ("PRAGMA user_version = 9", "UPDATE version SET steps = 9");
        database.execute(newer.0, newer.1).await;
        let opened = match &database {
            Database::Sqlite { path, .. } => SqliteSink::open(path).await.map(drop),
            Database::Postgres { address, .. } => PostgresSink::open(address).await.map(drop),
        };
        let error = opened.unwrap_err();
        assert!(
            matches!(error, SinkError::Newer { found: 9, .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn json_lines_hold_the_graph_and_what_changed() {
    let folder = TempDir::new().unwrap();
    let sink = JsonSink::new(folder.path());
    two_imports(&sink).await;
    let text = |name: String| std::fs::read_to_string(folder.path().join(name)).unwrap();
    insta::assert_snapshot!("graph", text("graph.jsonl".to_owned()));
    insta::assert_snapshot!("changes", text(format!("changes-{}.jsonl", day(2).get())));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[tokio::test]
async fn json_lines_tell_of_alerts_that_came_and_went() {
    let folder = TempDir::new().unwrap();
    let sink = JsonSink::new(folder.path());
    let observed = full(&[machine(json!({})), alert("Resolved")]);
    let graph = observed.next(&AssetGraph::default()).graph;
    let passed = observed.passed(day(2), &AssetGraph::default(), &graph);
    sink.write(import(day(3), &graph, &graph, passed))
        .await
        .unwrap();
    let path = folder
        .path()
        .join(format!("changes-{}.jsonl", day(3).get()));
    insta::assert_snapshot!("passed", std::fs::read_to_string(path).unwrap());
}

#[tokio::test]
async fn parquet_has_a_file_for_each_collection_with_typed_columns() {
    let folder = TempDir::new().unwrap();
    let sink = ParquetSink::new(folder.path());
    two_imports(&sink).await;
    let import = folder.path().join(day(2).get().to_string());
    let mut shown = Vec::new();
    for name in ["asset", "asset_account", "vulnerability"] {
        use parquet::file::reader::FileReader;
        let file = std::fs::File::open(import.join(format!("{name}.parquet"))).unwrap();
        let reader = parquet::file::reader::SerializedFileReader::new(file).unwrap();
        let mut text = Vec::new();
        let schema = reader.metadata().file_metadata().schema();
        parquet::schema::printer::print_schema(&mut text, schema);
        shown.push(format!(
            "{name}, {} rows",
            reader.metadata().file_metadata().num_rows()
        ));
        shown.push(String::from_utf8(text).unwrap());
    }
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(std::fs::read_dir(import).unwrap().count(), 20);
}

/// Files with what they lie in, by name.
fn files(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(folder).unwrap();
                all.push(path.display().to_string().replace('\\', "/"));
            }
        }
    }
    all.sort();
    all
}

/// Each import in the layout that it was asked for: what was there stays and is read.
#[tokio::test]
async fn parquet_has_partitions_by_hour_where_they_are_asked_for() {
    let folder = TempDir::new().unwrap();
    let flat = ParquetSink::new(folder.path());
    let hourly = ParquetSink::hourly(folder.path());
    let mut held = AssetGraph::default();
    let hour = 60 * 60 * 1_000;
    let imports = [
        (&hourly, 0, 2),
        (&hourly, 19 * hour + 1, 2),
        (&flat, 20 * hour, 1),
        (&hourly, 24 * hour - 1, 2),
        (&hourly, 24 * hour - 1, 2),
        (&flat, 24 * hour - 1, 1),
    ];
    for (number, (sink, after, version)) in (1..).zip(imports) {
        let at = Millis::new(day(28).get() + after);
        let machine = Record::Machine(json!({"id": format!("m{number}")}));
        let next = full(&[machine]).next(&held).graph;
        sink.write(import(at, &held, &next, vec![])).await.unwrap();
        for reader in [&flat, &hourly] {
            let read = reader.earlier(&contoso()).await.unwrap().unwrap();
            assert_eq!(read.save_point.unwrap().at, at);
            // What is written again under one time is what was written first.
            let is_again = number == 5;
            assert_eq!(read.graph == next, !is_again, "{number}");
        }
        let current = std::fs::read_to_string(folder.path().join("current.json")).unwrap();
        let current: serde_json::Value = serde_json::from_str(&current).unwrap();
        assert_eq!(current["asset_graph"], version);
        held = next;
    }
    let files = files(folder.path());
    let of_assets: Vec<&String> = files
        .iter()
        .filter(|file| file.ends_with("/asset.parquet"))
        .collect();
    assert_eq!(
        of_assets,
        [
            "1795896000000/asset.parquet",
            "1795910399999/asset.parquet",
            "date=2026-11-28/hour=00/1795824000000/asset.parquet",
            "date=2026-11-28/hour=19/1795892400001/asset.parquet",
            "date=2026-11-28/hour=23/1795910399999/asset.parquet",
        ]
    );
    assert_eq!(files.len(), 5 * 20 + 1);
}

#[tokio::test]
async fn parquet_reads_no_folder_that_is_none_of_an_import() {
    let folder = TempDir::new().unwrap();
    let sink = ParquetSink::hourly(folder.path());
    two_imports(&sink).await;
    let path = folder.path().join("current.json");
    let ours = std::fs::read_to_string(&path).unwrap();
    for (place, other) in [("hour=00", "hour=01"), ("date=2026", "../date=2026")] {
        let text = ours.replacen(place, other, 1);
        assert_ne!(text, ours);
        std::fs::write(&path, text).unwrap();
        let error = sink.earlier(&contoso()).await.unwrap_err().to_string();
        assert!(error.contains("is no folder of an import"), "{error}");
    }
}

/// Each kind of folder, with the file that says what it holds.
fn folders(folder: &Path) -> [(Box<dyn Sink>, &'static str); 2] {
    [
        (Box::new(JsonSink::new(folder)), "graph.jsonl"),
        (Box::new(ParquetSink::new(folder)), "current.json"),
    ]
}

#[tokio::test]
async fn a_folder_of_something_else_is_left_alone() {
    for kind in 0..2 {
        let folder = TempDir::new().unwrap();
        let (sink, file) = &folders(folder.path())[kind];
        let path = folder.path().join(file);
        two_imports(&**sink).await;
        let ours = std::fs::read_to_string(&path).unwrap();
        let other = Source::new("conn-2", "Other").unwrap();
        let error = sink.earlier(&other).await.unwrap_err();
        assert!(matches!(error, SinkError::OtherSource { .. }), "{error}");
        let cases = [
            ("{\"theirs\": 1}\n".to_owned(), "belongs to another program"),
            (String::new(), "belongs to another program"),
            (
                ours.replacen("\"asset_graph\": 1", "\"asset_graph\": 7", 1)
                    .replacen("\"asset_graph\":1", "\"asset_graph\":7", 1),
                "use the newer program",
            ),
            (
                ours.replacen("\"save_point\"", "\"saved\"", 1),
                "cannot be read",
            ),
        ];
        for (text, problem) in cases {
            std::fs::write(&path, &text).unwrap();
            let nothing = AssetGraph::default();
            let read = sink.earlier(&contoso()).await.unwrap_err().to_string();
            assert!(read.contains(problem), "{read}");
            let written = sink.write(import(day(9), &nothing, &nothing, vec![])).await;
            let written = written.unwrap_err().to_string();
            assert!(written.contains(problem), "{written}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}

#[tokio::test]
async fn a_graph_that_is_not_whole_is_refused() {
    let folder = TempDir::new().unwrap();
    let sink = JsonSink::new(folder.path());
    two_imports(&sink).await;
    let path = folder.path().join("graph.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let whole: Vec<&str> = text.lines().collect();
    let cases = [
        (whole[..whole.len() - 1].join("\n"), "fewer or more lines"),
        (text[..text.len() - 5].to_owned(), "line"),
        (
            text.replacen("\"node\":\"asset\"", "\"node\":\"asse\"", 1),
            "neither a node nor an edge",
        ),
        (
            text.replacen("\"os_build\":22631", "\"os_build\":\"x\"", 1),
            "`os_build` has a value of another type",
        ),
    ];
    for (text, problem) in cases {
        std::fs::write(&path, text).unwrap();
        let error = sink.earlier(&contoso()).await.unwrap_err().to_string();
        assert!(
            error.contains(problem) && error.contains("graph.jsonl"),
            "{error}"
        );
    }
    let parquet = ParquetSink::new(&folder.path().join("parquet"));
    two_imports(&parquet).await;
    let file = folder
        .path()
        .join(format!("parquet/{}/asset.parquet", day(2).get()));
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = parquet.earlier(&contoso()).await.unwrap_err();
    assert!(matches!(error, SinkError::Damaged { .. }), "{error}");
    std::fs::remove_file(&file).unwrap();
    let error = parquet.earlier(&contoso()).await.unwrap_err();
    assert!(matches!(error, SinkError::Failed { .. }), "{error}");
}

#[tokio::test]
async fn a_file_of_another_program_is_no_sink() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("theirs.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (id INTEGER)")
        .unwrap();
    let error = SqliteSink::open(&path).await.unwrap_err();
    assert!(matches!(error, SinkError::Foreign { .. }), "{error}");
}
