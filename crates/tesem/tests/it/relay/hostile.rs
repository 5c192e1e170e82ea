//! Bodies and values that mean harm.

use reqwest::Method;
use serde_json::{Value, json};

use super::tenant::{DOMAIN, IP, PC1, SHA1};
use super::{Relay, docs, failed, one};

const LISTS: &[&str] = &[
    "/observe/observables",
    "/refer/observables",
    "/respond/observables",
];

#[test]
fn large_and_deep_bodies() {
    let relay = Relay::new();
    let wrong = r#"Invalid JSON payload received. {"_schema": ["Invalid input type."]}."#;
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let bodies = [
        "x".repeat(1 << 20),
        deep("[", "]"),
        deep("{\"a\":", "}"),
        format!("[{}", "[".repeat(1 << 20)),
        "\u{0}".repeat(1 << 20),
    ];
    for path in LISTS.iter().chain(&["/respond/trigger"]) {
        for body in &bodies {
            let answer = relay.answer_unknown(path, body.clone());
            assert_eq!(
                answer["errors"],
                failed("invalid payload", wrong)["errors"],
                "{path}"
            );
        }
        let huge = relay.send(Method::POST, path, &[], "x".repeat(3 << 20));
        assert_eq!(huge.status(), 413, "{path}");
    }
    let long = "x".repeat(1 << 20);
    let answer = relay.observe("domain", &long);
    assert_eq!(answer, json!({"data": {}}));
    assert_eq!(
        relay.calls_since(0),
        [""; 0],
        "no value of a megabyte is asked for"
    );
}

#[test]
fn ten_thousand_observables_cost_few_calls_or_none() {
    let relay = Relay::new();
    let same = vec![json!({"type": "domain", "value": DOMAIN}); 10_000];
    let answer = relay.answer("/observe/observables", &json!(same));
    assert_eq!(docs(&answer).len(), 3);
    let before = relay.world.twin().calls().len();
    let unusable: Vec<Value> = (0..10_000)
        .map(|n| json!({"type": "sha1", "value": format!("x{n}")}))
        .collect();
    let answer = relay.answer("/observe/observables", &json!(unusable));
    assert_eq!(answer, json!({"data": {}}));
    let unknown: Vec<Value> = (0..10_000)
        .map(|n| json!({"type": format!("t{n}"), "value": "x"}))
        .collect();
    assert_eq!(
        relay.answer("/observe/observables", &json!(unknown)),
        json!({"data": {}})
    );
    assert_eq!(relay.calls_since(before), [""; 0]);
    let refer: Vec<Value> = (0..10_000)
        .map(|n| json!({"type": "ip", "value": format!("x{n}")}))
        .collect();
    let answer = relay.answer("/refer/observables", &json!(refer));
    assert_eq!(answer["data"].as_array().unwrap().len(), 10_000);
}

#[test]
fn ten_thousand_different_observables_end_in_time() {
    let relay = Relay::configured("request_time = \"20s\"\n");
    let list: Vec<Value> = (0..10_000_u32)
        .map(|n| json!({"type": "ip", "value": format!("198.{}.{}.{}", 18 + n / 62_500, n / 250 % 250, n % 250)}))
        .chain([json!({"type": "ip", "value": IP})])
        .collect();
    let answer = relay.answer("/observe/observables", &json!(list));
    // All of it, or what the time allowed with a word about the rest.
    let is_whole = answer.get("errors").is_none();
    assert!(
        is_whole || answer["errors"][0]["code"] == "unknown",
        "{:?}",
        answer["errors"]
    );
    assert!(!is_whole || docs(&answer).len() == 2);
    let most = relay.world.twin().calls().len();
    assert!(most < 10_100, "{most} calls");
}

#[test]
fn values_are_values_wherever_they_go() {
    let relay = Relay::new();
    let hostile = [
        "evil.example.com' or '1'=='1",
        "evil.example.com\" | take 1 //",
        "evil.example.com'; drop",
        "x' or indicatorValue ne '",
        "x&$filter=true",
        "../../machines",
        "..%2f..%2fmachines",
        "x/alerts#",
        "x?$top=1",
        "a b",
        "a\r\nHost: evil.test",
        "a\u{0}b",
        "\u{202e}moc.live",
        "{{indicators.ip}}",
        "%00",
        "<script>alert(1)</script>",
        "@'",
        "\\",
    ];
    for value in hostile {
        for kind in ["domain", "ip", "ipv6", "sha1", "sha256", "md5"] {
            let answer = relay.observe(kind, value);
            assert_eq!(answer, json!({"data": {}}), "{kind} {value:?}");
            let offered = relay.answer("/respond/observables", &one(kind, value));
            assert_eq!(offered, json!({"data": []}), "{kind} {value:?}");
        }
    }
    assert_eq!(relay.calls_since(0), [""; 0]);
}

#[test]
fn a_machines_id_is_one_part_of_a_path() {
    let relay = Relay::new();
    let machine = |id: &str| one("ms_machine_id", id);
    for id in [
        "../indicators",
        "x/../../alerts",
        "x?y=1",
        "x#y",
        "a'b",
        "%2e%2e/indicators",
        "..",
        ".",
        " ",
        "a\r\nb",
    ] {
        let before = relay.world.twin().calls().len();
        let offered = relay.answer("/respond/observables", &machine(id));
        assert_eq!(
            offered["errors"][0]["code"], "invalid request",
            "{id:?}: {offered}"
        );
        let form = json!({"action-id": "microsoft-defender-FullIsolation", "observable_type": "ms_machine_id", "observable_value": id});
        let answer = relay.answer("/respond/trigger", &form);
        assert_eq!(
            answer["data"],
            json!({"status": "failure"}),
            "{id:?}: {answer}"
        );
        for call in relay.calls_since(before) {
            let is_of_machine =
                call.contains("/api/machines/") || call.contains("/api/machineactions");
            assert!(is_of_machine, "{id:?}: {call}");
            let ends = ["/availableMachineActions", "/isolate"];
            assert!(ends.iter().any(|end| call.ends_with(end)), "{id:?}: {call}");
        }
    }
    let answer = relay.answer("/respond/observables", &machine(PC1));
    assert!(answer.get("errors").is_none());
}

#[test]
fn values_in_a_body_that_json_cannot_hold_twice() {
    let relay = Relay::new();
    let token = relay.token().signed();
    // The last of members with one name counts, as in the public relay.
    let twice = format!(r#"[{{"type": "user", "type": "sha1", "value": "x", "value": "{SHA1}"}}]"#);
    let answer = relay.answer_as(&token, "/observe/observables", twice);
    assert_eq!(docs(&answer).len(), 4, "{answer}");
    for body in [
        r#"[{"type": "ip", "value": "\ud800"}]"#,
        "[{\"type\": \"ip\", \"value\": \"\u{1}\"}]",
    ] {
        let answer = relay.answer_as(&token, "/observe/observables", body);
        assert!(
            answer.get("data").is_some() || answer["errors"][0]["code"] == "invalid payload",
            "{answer}"
        );
    }
    let not_text = [
        b"[{\"type\": \"ip\", \"value\": \"".as_slice(),
        &[0xff, 0xfe],
        b"\"}]",
    ]
    .concat();
    let answer = relay.answer_as(&token, "/observe/observables", not_text);
    assert_eq!(answer["errors"][0]["code"], "invalid payload");
}
