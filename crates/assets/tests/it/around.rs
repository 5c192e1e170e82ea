//! One thing with what it is joined to, from a database.

use std::sync::Arc;

use serde_json::json;
use tesem_assets::around::{Bounds, Found, Matched, Neighbourhood, Question, Style};
use tesem_assets::sink::{Lookup, Sink};
use tesem_assets::{
    Aspect, AssetGraph, Import, Millis, NodeKey, NodeKind, Observed, SavePoint, Source,
};

use crate::database::{Database, databases};
use crate::records::{Record, observed};

fn source(key: &str) -> Source {
    Source::new(
        key,
        if key == "conn-1" {
            "Contoso"
        } else {
            "Fabrikam"
        },
    )
    .unwrap()
}

fn full(records: &[Record]) -> Observed {
    let mut observed = observed(records);
    for aspect in Aspect::ALL {
        observed.covers_all(aspect);
    }
    observed
}

fn machine(id: &str, name: &str, address: &str) -> Record {
    Record::Machine(json!({
        "id": id, "computerDnsName": name, "osPlatform": "Windows11", "version": "23H2", "osBuild": 22631, "healthStatus": "Active",
        "exposureLevel": "High", "riskScore": "Medium", "rbacGroupName": "Clients", "machineTags": ["web", "d\u{1b}mz"],
        "firstSeen": "2026-01-01T00:00:00Z", "lastSeen": "2026-11-28T19:00:00.5Z", "lastIpAddress": address,
        "lastExternalIpAddress": "203.0.113.7",
        "ipAddresses": [{"ipAddress": address, "macAddress": "000C29ABCDEF", "type": "Ethernet", "operationalStatus": "Up"}],
    }))
}

fn weak(machine: &str, version: &str, cve: &str, score: f64) -> Record {
    Record::MachineVulnerability(json!({
        "deviceId": machine, "softwareVendor": "openssl", "softwareName": "OpenSSL", "softwareVersion": version, "cveId": cve,
        "cvssScore": score, "vulnerabilitySeverityLevel": "High", "firstSeenTimestamp": "2026-11-01 00:00:00",
    }))
}

fn logon(machine: &str, name: &str) -> Record {
    Record::Logon(
        machine.to_owned(),
        json!({"id": format!("contoso\\{name}"), "accountName": name, "accountDomain": "contoso",
            "lastSeen": "2026-11-28T10:00:00Z", "logonTypes": "Interactive, Network", "isDomainAdmin": name == "ana"}),
    )
}

fn alert() -> Record {
    Record::Alert(json!({
        "id": "da1_x", "machineId": "m1", "status": "New", "title": "Beacon", "severity": "High", "category": "CommandAndControl",
        "incidentId": 17, "alertCreationTime": "2026-11-02T01:00:00Z", "lastEventTime": "2026-11-02T01:30:00Z", "evidence": [
            {"entityType": "User", "accountName": "ana", "domainName": "contoso", "evidenceCreationTime": "2026-11-02T01:00:00Z"},
            {"entityType": "Ip", "ipAddress": "198.51.100.9"}]}))
}

fn first_day() -> Vec<Record> {
    let mut records = vec![
        machine("m1", "PC-1.contoso.com", "10.0.0.5"),
        machine("m2", "PC-10.contoso.com", "10.0.0.6"),
        logon("m1", "ana"),
        logon("m1", "Ben"),
        logon("m2", "ana"),
        weak("m1", "3.0.1", "CVE-2026-0003", 5.5),
        weak("m1", "3.0.1", "CVE-2026-0002", 9.8),
        weak("m2", "3.0.1", "CVE-2026-0002", 9.8),
        weak("m2", "1.1.1", "CVE-2026-0001", 5.5),
        alert(),
    ];
    for number in 10..18 {
        records.push(weak("m1", "3.0.1", &format!("CVE-2026-00{number}"), 5.5));
    }
    records
}

/// A day later the alert is resolved, Ben is gone from the machine and one vulnerability is mended.
fn second_day() -> Vec<Record> {
    let gone = |record: &Record| match record {
        Record::Alert(_) => true,
        Record::Logon(_, user) => user["accountName"] == "Ben",
        Record::MachineVulnerability(row) => row["cveId"] == "CVE-2026-0003",
        _ => false,
    };
    let mut records = first_day();
    records.retain(|record| !gone(record));
    records
}

async fn put(sink: &dyn Sink, source: &Source, day: i64, records: &[Record]) {
    let earlier = sink.earlier(source).await.unwrap();
    let earlier = earlier.map_or_else(AssetGraph::default, |earlier| earlier.graph);
    let first: Millis = "2026-11-01T00:00:00Z".parse().unwrap();
    let at = Millis::new(first.get() + day * 86_400_000);
    let next = full(records).next(&earlier).graph;
    let import = Import {
        source: source.clone(),
        at,
        earlier: Arc::new(earlier),
        next: Arc::new(next),
        passed: Vec::new(),
        save_point: SavePoint::at(at),
    };
    sink.write(Arc::new(import)).await.unwrap();
}

/// Two tenants: the second has one machine of a name that the first has as well.
async fn filled(database: &Database) -> Box<dyn Lookup> {
    let sink = database.sink().await;
    put(&*sink, &source("conn-1"), 2, &first_day()).await;
    let other = [machine("f1", "pc-1.contoso.com", "10.0.0.5")];
    put(&*sink, &source("conn-2"), 2, &other).await;
    database.lookup().await
}

async fn around(
    lookup: &dyn Lookup,
    key: &str,
    node: &NodeKey,
    bounds: Bounds,
) -> Option<Neighbourhood> {
    let around = lookup.around(&source(key), node, bounds).await;
    around.unwrap()
}

/// In one tenant.
fn ask(text: &str) -> Question {
    Question {
        source: Some("conn-1".to_owned()),
        ..Question::new(text)
    }
}

fn told(found: &Found) -> Vec<String> {
    let told = found.candidates.iter().map(|one| {
        let (source, NodeKey { kind, key }) = (one.source.key(), &one.node);
        format!("{:?} {kind} {key} {source}", one.matched)
    });
    told.collect()
}

/// `kind key`, for the first tenant.
const TYPED: &[(&str, &[&str])] = &[
    ("m1", &["Key asset m1"]),
    ("M1", &["Key asset m1"]),
    (
        "pc-1.contoso.com",
        &["Key asset m1", "Key hostname pc-1.contoso.com"],
    ),
    (" PC-1.CONTOSO.COM. ", &["Key hostname pc-1.contoso.com"]),
    ("Pc-1", &["Name asset m1", "Name hostname pc-1.contoso.com"]),
    ("10.0.0.5", &["Key ipaddress 10.0.0.5"]),
    ("::ffff:10.0.0.5", &["Key ipaddress 10.0.0.5"]),
    ("00-0c-29-ab-cd-ef", &["Key macaddress 00:0C:29:AB:CD:EF"]),
    ("ana", &["Key user ana", "Key account ana"]),
    ("ANA", &["Key user ana", "Key account ana"]),
    ("CONTOSO\\ana", &["Key user ana", "Key account ana"]),
    ("ben", &["Name user Ben", "Name account Ben"]),
    ("cve-2026-0001", &["Key vulnerability CVE-2026-0001"]),
    ("DA1_X", &["Name vulnerability da1_x"]),
    ("beacon", &["Name vulnerability da1_x"]),
    (
        "openssl:OpenSSL:3.0.1",
        &["Key application openssl:OpenSSL:3.0.1"],
    ),
    (
        "OPENSSL:openssl",
        &[
            "Name application openssl:OpenSSL:1.1.1",
            "Name application openssl:OpenSSL:3.0.1",
        ],
    ),
    (
        "openssl",
        &[
            "Name application openssl:OpenSSL:1.1.1",
            "Name application openssl:OpenSSL:3.0.1",
        ],
    ),
    (
        "opens",
        &[
            "Beginning application openssl:OpenSSL:1.1.1",
            "Beginning application openssl:OpenSSL:3.0.1",
        ],
    ),
    (
        "PC-",
        &[
            "Beginning asset m1",
            "Beginning asset m2",
            "Beginning hostname pc-1.contoso.com",
            "Beginning hostname pc-10.contoso.com",
        ],
    ),
    ("windows11", &["Name application Windows11"]),
];

#[tokio::test]
async fn a_node_is_found_by_what_a_person_types() {
    for database in databases() {
        let lookup = filled(&database).await;
        assert_eq!(
            lookup.sources().await.unwrap(),
            [source("conn-1"), source("conn-2")]
        );
        for (text, expected) in TYPED {
            let found = lookup.find(&ask(text)).await.unwrap();
            let expected: Vec<String> =
                expected.iter().map(|one| format!("{one} conn-1")).collect();
            assert_eq!(told(&found), expected, "{text:?} {lookup:?}");
            assert!(!found.is_cut);
        }
    }
}

#[tokio::test]
async fn a_node_is_looked_for_where_it_is_asked_for() {
    for database in databases() {
        let lookup = filled(&database).await;
        let everywhere = lookup.find(&Question::new("PC-1.contoso.com")).await;
        let everywhere = everywhere.unwrap();
        assert_eq!(
            told(&everywhere),
            [
                "Key asset f1 conn-2",
                "Key asset m1 conn-1",
                "Key hostname pc-1.contoso.com conn-1",
                "Key hostname pc-1.contoso.com conn-2",
            ]
        );
        let meant = everywhere.meant().unwrap();
        let meant: Vec<&str> = meant.iter().map(|one| &*one.node.key).collect();
        assert_eq!(meant, ["m1", "f1"]);
        let hostname = Question {
            kind: Some(NodeKind::Hostname),
            ..ask("pc-1")
        };
        let hostname = lookup.find(&hostname).await.unwrap();
        assert_eq!(told(&hostname), ["Name hostname pc-1.contoso.com conn-1"]);
        let nowhere = Question {
            source: Some("conn-3".to_owned()),
            ..ask("pc-1")
        };
        assert_eq!(lookup.find(&nowhere).await.unwrap(), Found::default());
        let few = Question {
            most: 3,
            ..ask("CVE-2026-")
        };
        let few = lookup.find(&few).await.unwrap();
        let keys: Vec<&str> = few.candidates.iter().map(|one| &*one.node.key).collect();
        let first = ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"];
        assert_eq!((keys, few.is_cut), (first.to_vec(), true));
        assert_eq!(few.meant(), None);
    }
}

#[tokio::test]
async fn hostile_letters_find_nothing() {
    let typed = [
        "",
        " ",
        "'",
        "\"",
        "' OR '1'='1",
        "m1' --",
        "m1\0",
        "\0",
        "%",
        "_",
        "m_",
        "m%",
        "da1%x",
        "da1.x",
        "pc-1.contoso.com%",
        "\\",
        "contoso\\",
        "?1",
        "$1",
        "\u{10ffff}",
        "\u{202e}",
        "*",
        "[a-z]",
        &"m1".repeat(100_000),
    ];
    for database in databases() {
        let lookup = filled(&database).await;
        for text in typed {
            for past in [false, true] {
                let question = Question {
                    past,
                    source: None,
                    ..Question::new(text)
                };
                let found = lookup.find(&question).await.unwrap();
                assert_eq!(found, Found::default(), "{text:?}");
            }
            let of_source = Question {
                source: Some(text.to_owned()),
                ..Question::new("m1")
            };
            let found = lookup.find(&of_source).await.unwrap();
            assert_eq!(found, Found::default(), "{text:?}");
            let node = NodeKey::new(NodeKind::Asset, text);
            let around = around(&*lookup, "conn-1", &node, Bounds::default()).await;
            assert_eq!(around, None, "{text:?}");
        }
    }
}

/// Keys and names of whatever letters are found by themselves, however long.
#[tokio::test]
async fn odd_names_are_found() {
    let odd = "a\0'\";--\\\u{1f600}\n\t{}[]$1?1%s\u{202e}NULL";
    let long = format!("{}%", "Ä".repeat(400));
    for database in databases() {
        let sink = database.sink().await;
        let records = [
            Record::Machine(json!({"id": odd, "osPlatform": long})),
            Record::Alert(
                json!({"id": "x", "machineId": odd, "status": "New", "title": long.repeat(20)}),
            ),
        ];
        put(&*sink, &source("conn-1"), 2, &records).await;
        let lookup = database.lookup().await;
        let cases = [
            (
                odd,
                vec![
                    "Key asset a\u{fffd}'\";--\\\u{1f600}\n\t{}[]$1?1%s\u{202e}NULL conn-1"
                        .to_owned(),
                ],
            ),
            (&*long, vec![format!("Key application {long} conn-1")]),
            (
                &long[..20],
                vec![
                    format!("Beginning application {long} conn-1"),
                    "Beginning vulnerability x conn-1".to_owned(),
                ],
            ),
            (&long[..600], vec![]),
        ];
        for (text, expected) in cases {
            let found = lookup.find(&Question::new(text)).await.unwrap();
            assert_eq!(told(&found), expected, "{text:?}");
        }
    }
}

const SHOWN: [(&str, NodeKind, &str); 8] = [
    ("machine", NodeKind::Asset, "m1"),
    ("host_name", NodeKind::Hostname, "pc-1.contoso.com"),
    ("user", NodeKind::User, "ana"),
    ("account", NodeKind::Account, "ana"),
    ("cve", NodeKind::Vulnerability, "CVE-2026-0002"),
    (
        "application",
        NodeKind::Application,
        "openssl:OpenSSL:3.0.1",
    ),
    ("address", NodeKind::IpAddress, "10.0.0.5"),
    ("alert", NodeKind::Vulnerability, "da1_x"),
];

#[tokio::test]
async fn a_node_is_shown_with_its_neighbours() {
    for database in databases() {
        let lookup = filled(&database).await;
        let bounds = Bounds {
            neighbours: 4,
            below: 2,
            past: false,
        };
        for (name, kind, key) in SHOWN {
            let node = NodeKey::new(kind, key);
            let around = around(&*lookup, "conn-1", &node, bounds).await.unwrap();
            let tree = around.tree();
            insta::assert_snapshot!(format!("around_{name}"), tree.render(Style::Unicode));
            if kind == NodeKind::Asset {
                insta::assert_snapshot!("around_machine_ascii", tree.render(Style::Ascii));
                let json = serde_json::to_string_pretty(&around).unwrap();
                insta::assert_snapshot!("around_machine_json", json);
            }
        }
        for (source, key) in [("conn-1", "m3"), ("conn-2", "m1"), ("conn-3", "m1")] {
            let node = NodeKey::new(NodeKind::Asset, key);
            assert_eq!(around(&*lookup, source, &node, bounds).await, None);
        }
    }
}

#[tokio::test]
async fn the_past_is_shown_where_it_is_asked_for() {
    for database in databases() {
        let sink = database.sink().await;
        put(&*sink, &source("conn-1"), 2, &first_day()).await;
        put(&*sink, &source("conn-1"), 3, &second_day()).await;
        let lookup = database.lookup().await;
        let bounds = |past| Bounds {
            neighbours: 3,
            below: 1,
            past,
        };
        for (name, kind, key) in [
            ("machine", NodeKind::Asset, "m1"),
            ("alert", NodeKind::Vulnerability, "da1_x"),
        ] {
            let node = NodeKey::new(kind, key);
            let with_past = around(&*lookup, "conn-1", &node, bounds(true)).await;
            let with_past = with_past.unwrap();
            let text = with_past.tree().render(Style::Unicode);
            insta::assert_snapshot!(format!("past_{name}"), text);
            let now = around(&*lookup, "conn-1", &node, bounds(false)).await;
            let mut expected = with_past;
            expected.groups.retain(|group| !group.is_past);
            assert_eq!(now, Some(expected));
        }
        let resolved = |past| Question {
            past,
            ..ask("da1_x")
        };
        assert_eq!(
            lookup.find(&resolved(false)).await.unwrap(),
            Found::default()
        );
        let found = lookup.find(&resolved(true)).await.unwrap();
        let found = found.candidates.first().unwrap();
        let at: Millis = "2026-11-04T00:00:00Z".parse().unwrap();
        assert_eq!((found.matched, found.removed_at), (Matched::Key, Some(at)));
    }
}

/// Tables that an earlier program made get the indexes that they lack.
#[tokio::test]
async fn tables_of_the_first_version_are_searched_as_well() {
    for database in databases() {
        let before = filled(&database).await;
        let expected = before.find(&Question::new("pc-")).await.unwrap();
        assert_eq!(expected.candidates.len(), 6);
        let indexes = match database {
            Database::Sqlite { .. } => {
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND (name LIKE '%_by_%' OR name LIKE '%_past_to') ORDER BY 1"
            }
            Database::Postgres { .. } => {
                "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%_by_%' OR indexname LIKE '%_past_to' ORDER BY 1"
            }
        };
        let there = database.rows(indexes).await;
        assert_eq!(there.lines().count(), 26, "{there}");
        let drop: String = there
            .lines()
            .map(|name| format!("DROP INDEX {name};"))
            .collect();
        let sqlite = format!("{drop} PRAGMA user_version = 1");
        let postgres = format!("{drop} UPDATE version SET steps = 1");
        database.execute(&sqlite, &postgres).await;
        assert_eq!(database.rows(indexes).await, "");
        let lookup = database.lookup().await;
        assert_eq!(database.rows(indexes).await, there);
        let found = lookup.find(&Question::new("pc-")).await.unwrap();
        assert_eq!(found, expected);
    }
}
