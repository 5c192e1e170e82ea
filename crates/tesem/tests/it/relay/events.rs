//! Sightings of hunting rows, and what of them a limit leaves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ctim::check_sighting;
use super::sightings::{keys, relation, relations};
use super::tenant::{
    DOMAIN, EVENT_MD5, EVENT_SHA1, IP, MD5, PC1, PROCESS_MD5, PROCESS_SHA1, PROCESS_SHA256, SHA1,
    SHA256, URL,
};
use super::{Relay, docs};

const PROCESS: [(&str, &str); 3] = [
    ("sha1", PROCESS_SHA1),
    ("sha256", PROCESS_SHA256),
    ("md5", PROCESS_MD5),
];

fn events(answer: &Value) -> Vec<&Value> {
    docs(answer)
        .iter()
        .filter(|doc| doc.get("data").is_some())
        .collect()
}

fn of_process() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for hash in PROCESS {
        all.insert(relation("File_Name_Of", ("file_name", "p.exe"), hash));
        all.insert(relation("Parent_Of", ("file_name", "explorer.exe"), hash));
        all.insert(relation(
            "File_Path_Of",
            ("file_path", "c:\\p\\p.exe"),
            hash,
        ));
    }
    all
}

fn of_connection(url: (&str, &str), remote: &str) -> BTreeSet<String> {
    let mut all = of_process();
    all.insert(relation("Resolved_To", url, ("ip", remote)));
    all.insert(relation("Connect_To", ("ip", remote), ("ip", "10.0.0.1")));
    for hash in PROCESS {
        all.insert(relation("Connect_To", hash, url));
        all.insert(relation("Connect_To", hash, ("ip", remote)));
    }
    all
}

#[test]
fn a_connection_is_a_sighting() {
    let relay = Relay::new();
    let answer = relay.observe("ip", IP);
    let [event] = events(&answer)[..] else {
        panic!("{answer}")
    };
    check_sighting(event);
    assert_eq!(
        keys(event),
        [
            "confidence",
            "count",
            "data",
            "id",
            "internal",
            "observables",
            "observed_time",
            "relations",
            "schema_version",
            "sensor",
            "source",
            "targets",
            "type",
        ]
    );
    assert_eq!(
        event["data"],
        json!({"columns": [{"name": "ActionType", "type": "string"}], "rows": [["ConnectionSuccess"]]})
    );
    assert_eq!(event["targets"][0]["os"], "Windows11x64 version: 23H2");
    assert_eq!(
        event["targets"][0]["observables"][0],
        json!({"type": "hostname", "value": "pc1.contoso.test"})
    );
    assert_eq!(
        event["targets"][0]["observables"][1],
        json!({"type": "ms_machine_id", "value": PC1})
    );
    let all = relations(event);
    assert_eq!(all, of_connection(("url", URL), IP));
    assert_eq!(all.len(), 17);
    let origins = event["relations"].as_array().unwrap();
    assert!(
        origins
            .iter()
            .all(|relation| relation["origin"] == "Microsoft Defender for Endpoint")
    );
}

#[test]
fn a_domain_is_the_host_of_urls_in_any_case_and_no_look_alike() {
    let relay = Relay::new();
    let answer = relay.observe("domain", DOMAIN);
    let found = events(&answer);
    assert_eq!(found.len(), 2, "{answer}");
    assert_eq!(relations(found[0]), of_connection(("url", URL), IP));
    // The process's other hashes are looked up.
    let port = ("domain", "EVIL.example.com:8080");
    assert_eq!(relations(found[1]), of_connection(port, "198.51.100.9"));
    assert_eq!(found[1]["targets"][0]["os"], "Linux version: 12");
}

#[test]
fn an_address_of_the_newer_kind_has_relations_too() {
    let relay = Relay::new();
    let answer = relay.observe("ipv6", "2001:db8::7");
    let [event] = events(&answer)[..] else {
        panic!("{answer}")
    };
    let remote = ("ipv6", "2001:db8::7");
    let mut expected = of_process();
    expected.insert(relation("Connect_To", remote, ("ipv6", "2001:db8::1")));
    for hash in PROCESS {
        expected.insert(relation("Connect_To", hash, remote));
    }
    assert_eq!(relations(event), expected);
}

#[test]
fn a_row_of_which_little_is_known_is_a_smaller_sighting() {
    let relay = Relay::new();
    let answer = relay.observe("ip", "198.51.100.12");
    let [event] = docs(&answer) else {
        panic!("{answer}")
    };
    check_sighting(event);
    assert_eq!(event["data"], json!({"columns": [], "rows": []}));
    assert_eq!(event["relations"], json!([]));
    assert_eq!(
        event["targets"][0]["observables"].as_array().unwrap().len(),
        2
    );
    assert_eq!(event["targets"][0]["os"], "Windows10");
}

#[test]
fn file_events_are_sightings() {
    let relay = Relay::new();
    let answer = relay.observe("sha256", SHA256);
    let [renamed, created] = events(&answer)[..] else {
        panic!("{answer}")
    };
    let files = [("sha1", SHA1), ("sha256", SHA256), ("md5", MD5)];
    let mut expected = of_process();
    for file in files {
        expected.insert(relation("File_Name_Of", ("file_name", "x.exe"), file));
        expected.insert(relation(
            "File_Path_Of",
            ("file_path", "C:\\x\\x.exe"),
            file,
        ));
        for process in PROCESS {
            expected.insert(relation("Parent_Of", file, process));
        }
    }
    assert_eq!(relations(created), expected);
    let origin = ("url", "http://origin.example.com/x");
    expected.insert(relation(
        "Refers_To",
        origin,
        ("url", "http://referrer.example.com/"),
    ));
    expected.insert(relation(
        "Renamed_To",
        ("file_name", "y.exe"),
        ("file_name", "x.exe"),
    ));
    for file in files {
        expected.insert(relation("Downloaded_From", origin, file));
    }
    assert_eq!(relations(renamed), expected);
}

#[test]
fn a_file_that_only_events_know_is_found_by_any_of_its_hashes() {
    let relay = Relay::new();
    for (kind, value) in [("md5", EVENT_MD5), ("sha1", EVENT_SHA1)] {
        let answer = relay.observe(kind, value);
        let [event] = docs(&answer) else {
            panic!("{kind}: {answer}")
        };
        let all = relations(event);
        assert!(
            all.contains(&relation(
                "File_Name_Of",
                ("file_name", "z.exe"),
                ("md5", EVENT_MD5)
            )),
            "{all:?}"
        );
        assert!(
            !all.iter()
                .any(|relation| relation.contains(":null") || relation.ends_with(':'))
        );
    }
}

#[test]
fn a_limit_holds_for_each_observable() {
    let both = json!([{"type": "domain", "value": DOMAIN}, {"type": "ip", "value": IP}]);
    // The domain has one alert and two events, the address one of each.
    let cases = [
        ("1", [1, 1], [1, 1]),
        ("2", [2, 2], [2, 2]),
        ("3", [3, 2], [3, 2]),
        ("many", [3, 2], [3, 2]),
    ];
    for (limit, sightings, counts) in cases {
        let relay = Relay::over(super::world(), "", &[("CTR_ENTITIES_LIMIT", limit)]);
        let answer = relay.answer("/observe/observables", &both);
        for (place, observable) in ["domain", "ip"].into_iter().enumerate() {
            let of = docs(&answer)
                .iter()
                .filter(|doc| doc["observables"][0]["type"] == observable);
            let of: Vec<&Value> = of.collect();
            assert_eq!(of.len(), sightings[place], "{limit} {observable}");
            assert!(
                of.iter().all(|doc| doc["count"] == counts[place]),
                "{limit} {observable}"
            );
        }
        assert_eq!(
            answer["data"]["sightings"]["count"],
            sightings[0] + sightings[1]
        );
    }
}

#[test]
fn observables_keep_their_order_and_alerts_come_first() {
    let relay = Relay::new();
    let list = json!([
        {"type": "ip", "value": IP}, {"type": "user", "value": "ann"}, {"type": "sha1", "value": SHA1},
        {"type": "ip", "value": "not an address"}, {"type": "sha1", "value": "short"}, {"type": "domain", "value": "-"},
        {"type": "domain", "value": DOMAIN},
    ]);
    let answer = relay.answer("/observe/observables", &list);
    assert!(answer.get("errors").is_none(), "{answer}");
    let told: Vec<(&str, bool)> = docs(&answer)
        .iter()
        .map(|doc| {
            (
                doc["observables"][0]["type"].as_str().unwrap(),
                doc.get("data").is_some(),
            )
        })
        .collect();
    let expected = [
        ("ip", false),
        ("ip", true),
        ("sha1", false),
        ("sha1", false),
        ("sha1", true),
        ("sha1", true),
        ("domain", false),
        ("domain", true),
        ("domain", true),
    ];
    assert_eq!(told, expected);
}
