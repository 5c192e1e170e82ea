//! Sightings of alerts and events.

use serde_json::{Value, json};
use tesem_defender::endpoint::Alert;
use tesem_relay::ctim::{Sighting, Vocabulary};
use tesem_relay::request::SentObservable;
use tesem_relay::sighting::{Adapter, EventTable, Facts, Hashes, Maker, Row, Style};

use crate::ctim::check_sighting;
use crate::service::{MD5, SHA1, SHA256, alert, file, file_row, machine, network_row, rows, with};

struct Bench {
    observable: SentObservable,
    facts: Facts,
    style: Style,
}

impl Bench {
    fn new(vocabulary: Vocabulary) -> Self {
        Self {
            observable: SentObservable {
                kind: "sha1".to_owned(),
                value: "AbC".to_owned(),
            },
            facts: Facts::default(),
            style: Style {
                vocabulary,
                portal: "https://security.example.com".parse().unwrap(),
                count_each: false,
            },
        }
    }

    fn maker(&self) -> Maker<'_> {
        Maker {
            observable: &self.observable,
            count: 7,
            facts: &self.facts,
            style: &self.style,
            now: "2026-11-20T10:00:00Z".parse().unwrap(),
        }
    }

    fn alert(&self, alert: &Alert) -> Value {
        checked(self.maker().alert(alert))
    }

    fn event(&self, table: EventTable, row: &Value) -> Value {
        let result = rows(std::slice::from_ref(row));
        let row = Row::all(&result).next().unwrap();
        checked(self.maker().event(table, &row))
    }
}

fn checked(sighting: Sighting) -> Value {
    let sighting = serde_json::to_value(sighting).unwrap();
    check_sighting(&sighting);
    sighting
}

/// `relation: type value -> type value`, in order.
fn relations(sighting: &Value) -> Vec<String> {
    let side = |side: &Value| format!("{} {}", text(side, "type"), text(side, "value"));
    let one = |relation: &Value| {
        format!(
            "{}: {} -> {}",
            text(relation, "relation"),
            side(&relation["source"]),
            side(&relation["related"])
        )
    };
    sighting["relations"]
        .as_array()
        .unwrap()
        .iter()
        .map(one)
        .collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[test]
fn an_alert_becomes_a_sighting_member_by_member() {
    let mut bench = Bench::new(Vocabulary::Legacy);
    bench
        .facts
        .machines
        .insert("m1".to_owned(), machine(json!({})));
    bench.facts.adapters.insert(
        "m1".to_owned(),
        vec![
            Adapter {
                mac: Some("AA-BB".to_owned()),
                addresses: ["10.0.0.1", "fe80::1", "::ffff:1.2.3.4", "x", "10.0.0.1"]
                    .map(str::to_owned)
                    .to_vec(),
            },
            Adapter {
                mac: None,
                addresses: vec!["10.0.0.1".to_owned()],
            },
        ],
    );
    let mut sighting = bench.alert(&alert(json!({})));
    let id = sighting["id"].take();
    assert!(id.as_str().unwrap().starts_with("transient-sighting:"));
    let time = "2026-11-19T07:00:00.1234567Z";
    let observed = json!({"start_time": time, "end_time": time});
    assert_eq!(
        sighting,
        json!({
            "type": "sighting",
            "id": null,
            "schema_version": "1.0.17",
            "source": "Microsoft Defender for Endpoint",
            "sensor": "endpoint",
            "confidence": "High",
            "internal": true,
            "count": 7,
            "observables": [{"type": "sha1", "value": "AbC"}],
            "observed_time": observed,
            "timestamp": "2026-11-19T09:00:00Z",
            "title": "Suspicious",
            "description": "Something **happened**",
            "severity": "Medium",
            "source_uri": "https://security.example.com/alerts/da637_1/details",
            "relations": [],
            "targets": [{
                "type": "endpoint",
                "os": "Windows10x64 version: 1903",
                "observed_time": observed,
                "observables": [
                    {"type": "hostname", "value": "pc1.example.com"},
                    {"type": "ms_machine_id", "value": "m1"},
                    {"type": "mac_address", "value": "AA-BB"},
                    {"type": "ip", "value": "10.0.0.1"},
                    {"type": "ipv6", "value": "fe80::1"},
                    {"type": "ipv6", "value": "::ffff:1.2.3.4"},
                ],
            }],
        })
    );
}

#[test]
fn severities_and_what_is_not_known() {
    let bench = Bench::new(Vocabulary::Legacy);
    for (severity, expected) in [
        (json!("Informational"), json!("Info")),
        (json!("Low"), json!("Low")),
        (json!("Medium"), json!("Medium")),
        (json!("High"), json!("High")),
        (json!("UnSpecified"), json!("Unknown")),
        (json!("Terrible"), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let sighting = bench.alert(&alert(json!({"severity": severity})));
        let found = sighting.get("severity").cloned().unwrap_or_default();
        assert_eq!(found, expected, "{severity}");
    }
    for nameless in [
        json!({"computerDnsName": null}),
        json!({"computerDnsName": ""}),
    ] {
        assert_eq!(bench.alert(&alert(nameless))["targets"], json!([]));
    }
    let bare: Alert = crate::service::entity(json!({"id": "x/y"}));
    let sighting = bench.alert(&bare);
    assert_eq!(
        sighting["observed_time"]["start_time"],
        "2026-11-20T10:00:00Z"
    );
    assert_eq!(
        sighting["source_uri"],
        "https://security.example.com/alerts/x%2Fy/details"
    );
    let long = "é".repeat(6000);
    bench.alert(&alert(json!({"title": long, "description": long})));
}

#[test]
fn systems_of_machines() {
    let mut facts = Facts::default();
    for (more, expected) in [
        (json!({}), Some("Windows10x64 version: 1903")),
        (json!({"version": null}), Some("Windows10x64")),
        (
            json!({"osProcessor": null, "version": "9"}),
            Some("Windows10 version: 9"),
        ),
        (json!({"osPlatform": null}), None),
    ] {
        facts.machines.insert("m1".to_owned(), machine(more));
        assert_eq!(facts.os("m1").as_deref(), expected);
    }
    assert_eq!(facts.os("m2"), None);
}

#[test]
fn an_id_is_the_same_for_the_same_facts_and_another_for_others() {
    let bench = Bench::new(Vocabulary::Legacy);
    let id = |alert: &Alert| bench.alert(alert)["id"].clone();
    assert_eq!(id(&alert(json!({}))), id(&alert(json!({"title": "x"}))));
    assert_ne!(id(&alert(json!({}))), id(&alert(json!({"id": "2"}))));
    let event = |more| bench.event(EventTable::File, &file_row(more))["id"].clone();
    assert_eq!(event(json!({})), event(json!({})));
    assert_ne!(event(json!({})), event(json!({"FileName": "c.exe"})));
    let mut other = Bench::new(Vocabulary::Legacy);
    other.observable.value = "abc".to_owned();
    assert_ne!(other.alert(&alert(json!({})))["id"], id(&alert(json!({}))));
}

#[test]
fn evidence_of_an_alert_is_related() {
    let mut bench = Bench::new(Vocabulary::Legacy);
    bench.facts.hashes.note(&Hashes::from(&file()));
    let evidence = json!([
        {"entityType": "Process", "sha1": SHA1, "fileName": "a.exe", "filePath": "c:\\a",
         "processId": 5, "parentProcessId": 4},
        {"entityType": "Process", "sha256": "b2", "fileName": "", "processId": 4, "parentProcessId": 0},
        {"entityType": "File", "fileName": "no-hash.txt"},
        {"entityType": "User", "sha1": "u1", "fileName": "u"},
        {"entityType": "Url", "url": "http://evil.example.com/x"},
        {"entityType": "Url", "url": null},
        {"entityType": "Ip", "ipAddress": "192.0.2.1"},
        {"entityType": "Ip", "ipAddress": "2001:db8::1"},
        {"entityType": "Ip", "ipAddress": null},
    ]);
    let sighting = bench.alert(&alert(json!({"evidence": evidence})));
    let mut expected = Vec::new();
    for hash in [
        format!("sha1 {SHA1}"),
        format!("sha256 {SHA256}"),
        format!("md5 {MD5}"),
    ] {
        expected.push(format!("File_Name_Of: file_name a.exe -> {hash}"));
        expected.push(format!("File_Path_Of: file_path c:\\a -> {hash}"));
    }
    for hash in [format!("sha1 {SHA1}"), format!("sha256 {SHA256}")] {
        expected.push(format!("Injected_Into: {hash} -> sha256 b2"));
    }
    let (url, ip, ipv6) = (
        "url http://evil.example.com/x",
        "ip 192.0.2.1",
        "ipv6 2001:db8::1",
    );
    expected.push(format!("Resolved_To: {url} -> {ip}"));
    expected.push(format!("Resolved_To: {url} -> {ipv6}"));
    for hash in [
        format!("sha1 {SHA1}"),
        format!("sha256 {SHA256}"),
        format!("md5 {MD5}"),
        "sha256 b2".to_owned(),
    ] {
        for address in [url, ip, ipv6] {
            expected.push(format!("Connect_To: {hash} -> {address}"));
        }
    }
    assert_eq!(sorted(relations(&sighting)), sorted(expected));
    let origins = sighting["relations"].as_array().unwrap().iter();
    assert!(
        origins
            .clone()
            .all(|relation| relation["origin"] == "WindowsDefenderAtp")
    );
}

#[test]
fn relations_do_not_leak_from_one_alert_to_the_next_and_come_once() {
    let bench = Bench::new(Vocabulary::Legacy);
    let process = json!({"entityType": "Process", "sha1": "a1", "fileName": "a.exe"});
    let first = alert(json!({"evidence": [process, process]}));
    assert_eq!(
        relations(&bench.alert(&first)),
        ["File_Name_Of: file_name a.exe -> sha1 a1"]
    );
    let orphan =
        json!({"entityType": "Process", "sha1": "a2", "processId": 0, "parentProcessId": 0});
    assert!(relations(&bench.alert(&alert(json!({"evidence": [orphan]})))).is_empty());
    let url = json!({"entityType": "Url", "url": "evil.example.com"});
    assert!(relations(&bench.alert(&alert(json!({"evidence": [url]})))).is_empty());
}

#[test]
fn a_full_connection_has_17_relations() {
    let bench = Bench::new(Vocabulary::Legacy);
    let sighting = bench.event(EventTable::Network, &network_row(json!({})));
    let url = "url https://evil.example.com/x";
    let mut expected = vec![
        format!("Resolved_To: {url} -> ip 192.0.2.1"),
        "Connect_To: ip 192.0.2.1 -> ip 10.0.0.1".to_owned(),
    ];
    for hash in [
        format!("sha1 {SHA1}"),
        format!("sha256 {SHA256}"),
        format!("md5 {MD5}"),
    ] {
        expected.push(format!("Connect_To: {hash} -> {url}"));
        expected.push(format!("Connect_To: {hash} -> ip 192.0.2.1"));
        expected.push(format!("File_Name_Of: file_name a.exe -> {hash}"));
        expected.push(format!("Parent_Of: file_name parent.exe -> {hash}"));
        expected.push(format!("File_Path_Of: file_path c:\\a -> {hash}"));
    }
    assert_eq!(relations(&sighting), expected);
    assert_eq!(
        sighting["relations"][0]["origin"],
        "Microsoft Defender for Endpoint"
    );
    assert_eq!(
        sighting["data"],
        json!({
            "columns": [{"name": "ActionType", "type": "string"}],
            "rows": [["ConnectionSuccess"]],
        })
    );
    let time = "2026-11-19T07:00:00.1234560Z";
    assert_eq!(
        sighting["observed_time"],
        json!({"start_time": time, "end_time": time})
    );
    for name in [
        "title",
        "description",
        "severity",
        "timestamp",
        "source_uri",
    ] {
        assert!(sighting.get(name).is_none(), "{name}");
    }
}

#[test]
fn each_relation_of_a_connection_has_its_condition() {
    let bench = Bench::new(Vocabulary::Legacy);
    let cases = [
        (json!({"RemoteUrl": ""}), 13),
        (json!({"RemoteIP": ""}), 12),
        (json!({"LocalIP": null}), 16),
        (json!({"InitiatingProcessFileName": ""}), 11),
        (json!({"InitiatingProcessParentFileName": ""}), 14),
        (json!({"InitiatingProcessFolderPath": ""}), 14),
        (json!({"InitiatingProcessMD5": ""}), 12),
        (
            json!({"RemoteUrl": null, "RemoteIP": null, "LocalIP": null}),
            9,
        ),
    ];
    for (more, count) in cases {
        let sighting = bench.event(EventTable::Network, &network_row(more.clone()));
        assert_eq!(
            sighting["relations"].as_array().unwrap().len(),
            count,
            "{more}"
        );
    }
    for (url, kind) in [
        ("http://x/y", "url"),
        ("ftp://h", "url"),
        ("x.com/path", "domain"),
        ("//x", "domain"),
        ("javascript:1", "domain"),
        ("x.com", "domain"),
    ] {
        let row =
            network_row(json!({"RemoteUrl": url, "RemoteIP": "2001:db8::1", "LocalIP": "fe80::1"}));
        let sighting = bench.event(EventTable::Network, &row);
        assert_eq!(
            relations(&sighting)[..2],
            [
                format!("Resolved_To: {kind} {url} -> ipv6 2001:db8::1"),
                "Connect_To: ipv6 2001:db8::1 -> ipv6 fe80::1".to_owned()
            ]
        );
    }
}

#[test]
fn a_full_file_event_has_24_relations() {
    let bench = Bench::new(Vocabulary::Legacy);
    let row = file_row(json!({"FileOriginUrl": "", "FileOriginReferrerUrl": ""}));
    let sighting = bench.event(EventTable::File, &row);
    let mut expected = Vec::new();
    for file in ["sha1 a1", "sha256 a2", "md5 a3"] {
        expected.push(format!("File_Name_Of: file_name b.exe -> {file}"));
        expected.push(format!("File_Path_Of: file_path c:\\b -> {file}"));
    }
    for process in ["sha1 p1", "sha256 p2", "md5 p3"] {
        expected.push(format!("File_Name_Of: file_name a.exe -> {process}"));
        expected.push(format!("Parent_Of: file_name parent.exe -> {process}"));
        expected.push(format!("File_Path_Of: file_path c:\\a -> {process}"));
    }
    for file in ["sha1 a1", "sha256 a2", "md5 a3"] {
        for process in ["sha1 p1", "sha256 p2", "md5 p3"] {
            expected.push(format!("Parent_Of: {file} -> {process}"));
        }
    }
    assert_eq!(relations(&sighting), expected);
    assert_eq!(expected.len(), 24);
}

#[test]
fn each_relation_of_a_file_event_has_its_condition() {
    let bench = Bench::new(Vocabulary::Legacy);
    let found = |more| relations(&bench.event(EventTable::File, &file_row(more)));
    let all = found(json!({}));
    for file in ["sha1 a1", "sha256 a2", "md5 a3"] {
        let origin = format!("Downloaded_From: url http://o.example.com -> {file}");
        assert!(all.contains(&origin));
    }
    let referrer = "Refers_To: url http://o.example.com -> url http://r.example.com";
    assert_eq!(all.iter().filter(|one| *one == referrer).count(), 1);
    assert_eq!(all.len(), 28);
    assert_eq!(found(json!({"FileOriginUrl": ""})).len(), 24);
    assert_eq!(found(json!({"FileOriginReferrerUrl": ""})).len(), 27);
    let renamed = found(json!({"ActionType": "FileRenamed"}));
    assert!(renamed.contains(&"Renamed_To: file_name old.exe -> file_name b.exe".to_owned()));
    assert_eq!(
        found(json!({"ActionType": "FileRenamed", "PreviousFileName": ""})).len(),
        28
    );
    assert_eq!(found(json!({"FileName": ""})).len(), 25);
    assert_eq!(found(json!({"FolderPath": ""})).len(), 25);
}

#[test]
fn missing_hashes_are_filled_and_known_ones_stay() {
    let mut bench = Bench::new(Vocabulary::Legacy);
    let upper = SHA1.to_uppercase();
    bench
        .facts
        .hashes
        .note(&Hashes::of(Some(&upper), Some(SHA256), None));
    let row = json!({
        "InitiatingProcessSHA1": SHA1, "InitiatingProcessSHA256": "", "InitiatingProcessMD5": MD5,
        "RemoteUrl": "", "RemoteIP": "192.0.2.1", "LocalIP": "",
        "InitiatingProcessFileName": "", "InitiatingProcessFolderPath": "",
    });
    let sighting = bench.event(EventTable::Network, &network_row(row));
    assert_eq!(
        relations(&sighting),
        [
            format!("Connect_To: sha1 {SHA1} -> ip 192.0.2.1"),
            format!("Connect_To: sha256 {SHA256} -> ip 192.0.2.1"),
            format!("Connect_To: md5 {MD5} -> ip 192.0.2.1"),
        ]
    );
    let all = |sha1, sha256, md5| Hashes::of(sha1, sha256, md5);
    for (hashes, by) in [
        (all(Some("a"), Some("b"), Some("c")), None),
        (all(Some("a"), Some(""), Some("c")), Some("a")),
        (all(None, Some("b"), Some("c")), Some("b")),
        (all(None, None, Some("c")), None),
    ] {
        assert_eq!(hashes.to_look_up(), by);
    }
}

#[test]
fn an_event_without_a_machine_or_an_action_is_still_a_sighting() {
    let bench = Bench::new(Vocabulary::Legacy);
    let sighting = bench.event(EventTable::File, &json!({"SHA1": "a1"}));
    assert_eq!(sighting["data"], json!({"columns": [], "rows": []}));
    assert_eq!(sighting["targets"][0]["observables"], json!([]));
    assert_eq!(sighting["relations"], json!([]));
    assert_eq!(
        sighting["observed_time"]["end_time"],
        "2026-11-20T10:00:00Z"
    );
}

#[test]
fn adapters_are_read_from_lists_and_from_texts() {
    let list =
        json!([{"IPAddress": "10.0.0.1"}, {"IPAddress": ""}, {"x": 1}, 3, {"IPAddress": null}]);
    for cell in [list.clone(), json!(list.to_string())] {
        let result = rows(&[json!({"MacAddress": "AA", "IPAddresses": cell})]);
        let adapter = Adapter::of(&Row::all(&result).next().unwrap());
        assert_eq!(adapter.mac.as_deref(), Some("AA"));
        assert_eq!(adapter.addresses, ["10.0.0.1"]);
    }
    for cell in [json!(""), json!("x"), Value::Null, json!({})] {
        let result = rows(&[json!({"MacAddress": "", "IPAddresses": cell})]);
        let adapter = Adapter::of(&Row::all(&result).next().unwrap());
        assert_eq!(adapter, Adapter::default());
    }
}

#[test]
fn the_words_of_the_model_have_its_names_and_directions() {
    let mut bench = Bench::new(Vocabulary::Ctim);
    bench.style.count_each = true;
    let evidence = json!([
        {"entityType": "Process", "sha1": "c", "processId": 5, "parentProcessId": 4},
        {"entityType": "Process", "sha1": "p", "processId": 4},
        {"entityType": "Ip", "ipAddress": "192.0.2.1"},
    ]);
    let sighting = bench.alert(&alert(json!({"evidence": evidence})));
    assert_eq!(sighting["schema_version"], "1.3.29");
    assert_eq!(sighting["count"], 1);
    assert!(text(&sighting, "id").starts_with("transient:sighting-"));
    assert_eq!(
        relations(&sighting),
        [
            "Parent_Of: sha1 p -> sha1 c",
            "Connected_To: sha1 c -> ip 192.0.2.1",
            "Connected_To: sha1 p -> ip 192.0.2.1",
        ]
    );
    let event = bench.event(EventTable::Network, &network_row(json!({"RemoteUrl": ""})));
    assert_eq!(
        relations(&event)[0],
        "Connected_To: ip 10.0.0.1 -> ip 192.0.2.1"
    );
    let event = bench.event(EventTable::File, &file_row(json!({})));
    let found = relations(&event);
    assert!(found.contains(&"Created: sha1 p1 -> sha1 a1".to_owned()));
    assert!(
        !found
            .iter()
            .any(|one| one.starts_with("Parent_Of: sha1 a1"))
    );
    let renamed = with(file_row(json!({})), json!({"ActionType": "FileRenamed"}));
    bench.event(EventTable::File, &renamed);
}
