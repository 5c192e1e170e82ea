//! Sightings of alerts, field by field.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ctim::check_sighting;
use super::tenant::{
    DOMAIN, IP, IPV6, MD5, PARENT_SHA1, PARENT_SHA256, PC1, SEVERITIES, SHA1, SHA256, URL,
};
use super::{Relay, docs};

/// The relations of a sighting, as `name type:value -> type:value`.
pub(super) fn relations(sighting: &Value) -> BTreeSet<String> {
    let end = |end: &Value| {
        format!(
            "{}:{}",
            end["type"].as_str().unwrap(),
            end["value"].as_str().unwrap()
        )
    };
    let relations = sighting["relations"].as_array().unwrap();
    let all: BTreeSet<String> = relations
        .iter()
        .map(|relation| {
            let name = relation["relation"].as_str().unwrap();
            format!(
                "{name} {} -> {}",
                end(&relation["source"]),
                end(&relation["related"])
            )
        })
        .collect();
    assert_eq!(all.len(), relations.len(), "each is told once");
    all
}

/// The names of a sighting's members, in order.
pub(super) fn keys(sighting: &Value) -> Vec<&str> {
    let members = sighting.as_object().unwrap();
    let mut keys: Vec<&str> = members.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// As [`relations`] writes it.
pub(super) fn relation(name: &str, source: (&str, &str), related: (&str, &str)) -> String {
    format!(
        "{name} {}:{} -> {}:{}",
        source.0, source.1, related.0, related.1
    )
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn an_alert_is_a_sighting() {
    let relay = Relay::new();
    let answer = relay.observe("Domain", DOMAIN);
    let portal = relay.world.twin().base_url();
    let alert = &docs(&answer)[0];
    check_sighting(alert);
    assert_eq!(
        keys(alert),
        [
            "confidence",
            "count",
            "description",
            "id",
            "internal",
            "observables",
            "observed_time",
            "relations",
            "schema_version",
            "sensor",
            "severity",
            "source",
            "source_uri",
            "targets",
            "timestamp",
            "title",
            "type",
        ]
    );
    let time = alert["observed_time"]["start_time"].as_str().unwrap();
    // As the service wrote it, seven digits and all.
    assert_eq!(time.len(), "2026-11-20T10:00:00.1234567Z".len(), "{time}");
    let at = json!({"start_time": time, "end_time": time});
    for (name, value) in [
        ("type", json!("sighting")),
        ("schema_version", json!("1.0.17")),
        ("source", json!("Microsoft Defender for Endpoint")),
        ("sensor", json!("endpoint")),
        ("confidence", json!("High")),
        ("internal", json!(true)),
        ("count", json!(3)),
        ("observables", json!([{"type": "domain", "value": DOMAIN}])),
        ("observed_time", at.clone()),
        ("title", json!("Alert da1_1")),
        ("description", json!("It **happened**.")),
        ("severity", json!("High")),
        (
            "source_uri",
            json!(format!("{portal}/alerts/da1_1/details")),
        ),
        (
            "targets",
            json!([{
                "type": "endpoint",
                "os": "Windows11x64 version: 23H2",
                "observed_time": at,
                "observables": [
                    {"type": "hostname", "value": "pc1.contoso.test"},
                    {"type": "ms_machine_id", "value": PC1},
                    {"type": "mac_address", "value": "000C29000001"},
                    {"type": "ip", "value": "10.0.0.1"},
                    {"type": "ipv6", "value": "fe80::1"},
                    {"type": "mac_address", "value": "000C29000002"},
                    {"type": "ip", "value": "10.0.0.2"},
                    {"type": "ip", "value": "127.0.0.1"},
                    {"type": "ipv6", "value": "::1"},
                ],
            }]),
        ),
    ] {
        let told = sorted_targets(&alert[name]);
        assert_eq!(told, sorted_targets(&value), "{name}");
    }
    let id = alert["id"].as_str().unwrap();
    assert!(id.starts_with("transient-sighting:"), "{id}");
}

/// Of adapters without an order, the observables in one.
fn sorted_targets(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(observables) = value
        .pointer_mut("/0/observables")
        .and_then(Value::as_array_mut)
    {
        observables[2..].sort_by_key(ToString::to_string);
    }
    value
}

#[test]
fn the_relations_of_an_alert_are_those_of_its_evidence() {
    let relay = Relay::new();
    let answer = relay.observe("ip", IP);
    let hashes = [("sha1", SHA1), ("sha256", SHA256), ("md5", MD5)];
    let parents = [("sha1", PARENT_SHA1), ("sha256", PARENT_SHA256)];
    let mut expected = BTreeSet::new();
    for hash in hashes {
        expected.insert(relation("File_Name_Of", ("file_name", "x.exe"), hash));
        expected.insert(relation("File_Path_Of", ("file_path", "C:\\x"), hash));
    }
    for hash in parents {
        expected.insert(relation("File_Name_Of", ("file_name", "parent.exe"), hash));
        expected.insert(relation("File_Path_Of", ("file_path", "C:\\p"), hash));
    }
    for own in &hashes[..2] {
        for parent in parents {
            expected.insert(relation("Injected_Into", *own, parent));
        }
    }
    let addresses = [("ip", IP), ("ipv6", IPV6)];
    for address in addresses {
        expected.insert(relation("Resolved_To", ("url", URL), address));
    }
    for hash in hashes.into_iter().chain(parents) {
        expected.insert(relation("Connect_To", hash, ("url", URL)));
        for address in addresses {
            expected.insert(relation("Connect_To", hash, address));
        }
    }
    assert_eq!(relations(&docs(&answer)[0]), expected);
    let origins = docs(&answer)[0]["relations"].as_array().unwrap().iter();
    assert!(
        origins.clone().count() > 0
            && origins
                .into_iter()
                .all(|r| r["origin"] == "WindowsDefenderAtp")
    );
}

#[test]
fn an_alert_of_a_machine_without_a_name_has_no_target() {
    let relay = Relay::new();
    let answer = relay.observe("sha1", SHA1);
    let bare = docs(&answer)
        .iter()
        .find(|doc| doc["title"] == "Alert da2_1")
        .unwrap();
    check_sighting(bare);
    assert_eq!(bare["targets"], json!([]));
    // The look-up completes what is missing, and gives the file without hashes none of another's.
    let all = relations(bare);
    assert!(all.contains(&relation(
        "File_Name_Of",
        ("file_name", "x.exe"),
        ("md5", MD5)
    )));
    assert!(
        !all.iter().any(|relation| relation.contains("unhashed.txt")),
        "{all:?}"
    );
}

#[test]
fn severities_are_those_of_the_model() {
    let relay = Relay::new();
    let answer = relay.observe("domain", SEVERITIES);
    let told: Vec<Value> = docs(&answer)
        .iter()
        .map(|doc| json!([doc["title"], doc["severity"]]))
        .collect();
    // Newest first.
    let expected = ["Info", "Low", "Medium", "High", "Unknown"]
        .iter()
        .enumerate();
    let expected: Vec<Value> = expected
        .map(|(n, level)| json!([format!("Alert da5_{n}"), level]))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn every_type_finds_the_same_alerts_by_any_spelling() {
    let relay = Relay::new();
    let cases = [
        ("sha1", SHA1.to_owned(), vec!["da1_1", "da2_1"]),
        ("SHA256", SHA256.to_uppercase(), vec!["da1_1", "da2_1"]),
        ("md5", format!(" {MD5} "), vec!["da1_1", "da2_1"]),
        ("ip", IP.to_owned(), vec!["da1_1"]),
        ("ipv6", IPV6.to_owned(), vec!["da1_1"]),
        ("ipv6", "2001:DB8:0:0::7".to_owned(), vec!["da1_1"]),
        ("domain", "EVIL.Example.COM".to_owned(), vec!["da1_1"]),
        ("domain", "notevil.example.com".to_owned(), vec![]),
        ("ip", "203.0.113.77".to_owned(), vec![]),
    ];
    for (kind, value, ids) in cases {
        let answer = relay.observe(kind, &value);
        let alerts = docs(&answer)
            .iter()
            .filter(|doc| doc.get("title").is_some());
        let titles: Vec<String> = alerts
            .map(|doc| doc["title"].as_str().unwrap().to_owned())
            .collect();
        let expected: Vec<String> = ids.iter().map(|id| format!("Alert {id}")).collect();
        assert_eq!(titles, expected, "{kind} {value}: {answer}");
        for doc in docs(&answer) {
            check_sighting(doc);
            // As it was sent, but for the letter case of the type.
            assert_eq!(
                doc["observables"],
                json!([{"type": kind.to_lowercase(), "value": value}])
            );
        }
    }
}

#[test]
fn the_models_own_words_are_a_setting() {
    let relay = Relay::configured("vocabulary = \"ctim\"\ncount = \"each\"\n");
    let answer = relay.observe("ip", IP);
    for doc in docs(&answer) {
        check_sighting(doc);
        assert_eq!(doc["count"], 1);
        assert!(
            doc["id"]
                .as_str()
                .unwrap()
                .starts_with("transient:sighting-")
        );
        assert!(
            !relations(doc)
                .iter()
                .any(|relation| relation.starts_with("Connect_To"))
        );
    }
    assert!(relations(&docs(&answer)[0]).contains(&relation(
        "Connected_To",
        ("sha1", SHA1),
        ("ip", IP)
    )));
}
