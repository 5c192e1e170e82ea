use proptest::prelude::*;
use serde_json::json;
use tesem_intel::{Access, Confidence, DocumentFeed, FeedKind, Format, Location, Tlp};

use crate::support::{Pulled, World};

async fn read(objects: &serde_json::Value) -> Pulled {
    let bundle = json!({"type": "bundle", "id": "bundle--1", "objects": objects});
    World::new()
        .read(Format::Stix, bundle.to_string().as_bytes())
        .await
}

fn indicator(id: &str, pattern: &str) -> serde_json::Value {
    json!({"type": "indicator", "spec_version": "2.1", "id": id, "pattern_type": "stix", "pattern": pattern,
        "created": "2026-01-01T00:00:00Z", "modified": "2026-02-01T00:00:00.000Z", "valid_from": "2026-01-01T00:00:00Z"})
}

#[tokio::test]
async fn an_indicator_keeps_what_its_source_says() {
    let mut object = indicator("indicator--1", "[domain-name:value = 'evil.com']");
    let more = json!({"name": "C2 of a group", "confidence": 85, "labels": ["c2"], "indicator_types": ["malicious-activity"],
        "valid_until": "2027-01-01T00:00:00Z",
        "object_marking_refs": ["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"],
        "external_references": [{"source_name": "report", "url": "https://reports.example/1"}, {"source_name": "x", "external_id": "T1071"}]});
    object
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let pulled = read(&json!([object])).await;
    let details = pulled.indicators()[0].provenance.details();
    assert_eq!(details.object_id.as_deref(), Some("indicator--1"));
    assert_eq!(details.confidence, Confidence::new(85));
    assert_eq!(details.tlp, Some(Tlp::AmberStrict));
    assert_eq!(details.labels, ["c2".into(), "malicious-activity".into()]);
    assert_eq!(details.comment.as_deref(), Some("C2 of a group"));
    assert_eq!(
        details.references,
        ["https://reports.example/1".into(), "T1071".into()]
    );
    assert_eq!(
        details.valid_until.unwrap().to_string(),
        "2027-01-01T00:00:00Z"
    );
    assert_eq!(
        details.last_seen.unwrap().to_string(),
        "2026-02-01T00:00:00Z"
    );
}

#[tokio::test]
async fn every_tlp_marking_of_both_versions_is_known() {
    let cases = [
        ("613f2e26-407d-48c7-9eca-b8e91df99dc9", Tlp::Clear),
        ("34098fce-860f-48ae-8e50-ebd3cc5e41da", Tlp::Green),
        ("f88d31f6-486f-44da-b317-01333bde0b82", Tlp::Amber),
        ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Tlp::Red),
        ("94868c89-83c2-464b-929b-a1a8aa3c8487", Tlp::Clear),
        ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Tlp::Green),
        ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", Tlp::Amber),
        ("939a9414-2ddd-4d32-a0cd-375ea402b003", Tlp::AmberStrict),
        ("e828b379-4e03-4974-9ac4-e53a884c97c1", Tlp::Red),
    ];
    for (id, label) in cases {
        let object = json!({"type": "ipv4-addr", "value": "1.2.3.4", "object_marking_refs": [format!("marking-definition--{id}")]});
        let pulled = read(&json!([object])).await;
        assert_eq!(
            pulled.indicators()[0].provenance.details().tlp,
            Some(label),
            "{id}"
        );
    }
    let own = json!([
        {"type": "marking-definition", "id": "marking-definition--x", "definition_type": "tlp", "definition": {"tlp": "red"}},
        {"type": "ipv4-addr", "value": "1.2.3.4", "object_marking_refs": ["marking-definition--x"]},
    ]);
    assert_eq!(
        read(&own).await.indicators()[0].provenance.details().tlp,
        Some(Tlp::Red)
    );
}

#[tokio::test]
async fn each_object_is_accounted_for() {
    let mut revoked = indicator("indicator--revoked", "[ipv4-addr:value = '1.1.1.1']");
    revoked["revoked"] = json!(true);
    let mut expired = indicator("indicator--expired", "[ipv4-addr:value = '1.1.1.1']");
    expired["valid_until"] = json!("2026-03-01T12:00:00Z");
    let mut yara = indicator("indicator--yara", "rule x {}");
    yara["pattern_type"] = json!("yara");
    let objects = json!([
        revoked,
        expired,
        yara,
        indicator("indicator--broken", "[ipv4-addr:value = "),
        indicator("indicator--regex", "[url:value MATCHES 'x']"),
        {"type": "malware", "id": "malware--1"},
        {"type": "relationship"},
        {"type": "mutex", "id": "mutex--1", "name": "x"},
        {"id": "x"},
        7,
        {"type": "file", "name": "a.exe", "hashes": {"MD5": "44d88612fea8a8f36de82e1278abb02f", "SSDEEP": "3:x"}},
        {"type": "file", "name": "dropper.exe"},
        {"type": "observed-data", "objects": {"0": {"type": "domain-name", "value": "evil.com"}}},
        {"type": "url", "value": "http://evil.com/x", "confidence": 300},
    ]);
    let pulled = read(&objects).await;
    assert_eq!(
        pulled.values(),
        [
            "44d88612fea8a8f36de82e1278abb02f",
            "dropper.exe",
            "evil.com",
            "http://evil.com/x"
        ]
    );
    let reasons = [
        (1, "revoked"),
        (2, "expired"),
        (3, "pattern"),
        (4, "pattern"),
        (5, "pattern"),
        (8, "type"),
        (9, "form"),
        (10, "form"),
    ];
    assert_eq!(pulled.reasons(), reasons);
    assert_eq!(pulled.summary().context["malware"], 1);
    assert_eq!(pulled.summary().unread_fields["confidence"], 1);
}

#[tokio::test]
async fn a_torn_bundle_gives_what_came_and_an_error() {
    let text = r#"{"objects": [{"type": "domain-name", "value": "evil.com"}, {"type": "do"#;
    let pulled = World::new().read(Format::Stix, text.as_bytes()).await;
    assert_eq!(pulled.values(), ["evil.com"]);
    assert!(
        pulled.error().contains("breaks off or is damaged"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn what_is_no_bundle_is_an_error() {
    let deep = format!("{{\"objects\": [{}", "[".repeat(500_000));
    for text in [
        "{}",
        "{\"error\": \"no\"}",
        "",
        "7",
        "<html>",
        "{\"objects\": 7}",
        "{\"objects\": []} x",
        &deep,
    ] {
        let pulled = World::new().read(Format::Stix, text.as_bytes()).await;
        assert!(pulled.end.is_err(), "{}", &text[..text.len().min(20)]);
    }
    let nested = format!(
        "{{\"objects\": [{}{}]}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let pulled = World::new().read(Format::Stix, nested.as_bytes()).await;
    assert_eq!(pulled.reasons(), [(1, "form")]);
}

fn version(modified: &str, value: &str, more: &serde_json::Value) -> serde_json::Value {
    let mut object = indicator("indicator--1", &format!("[domain-name:value = '{value}']"));
    object["modified"] = json!(modified);
    object
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    object
}

#[tokio::test]
async fn of_the_versions_of_an_object_the_newest_counts() {
    let none = json!({});
    let old = version("2026-01-10T00:00:00Z", "old.com", &none);
    let cases = [
        (
            version("2026-01-10T00:00:00.001Z", "new.com", &none),
            vec!["new.com"],
            vec!["superseded"],
        ),
        (
            version("2026-01-11T00:00:00Z", "new.com", &json!({"revoked": true})),
            vec![],
            vec!["revoked", "superseded"],
        ),
        (
            version(
                "2026-01-11T00:00:00Z",
                "new.com",
                &json!({"valid_until": "2026-02-01T00:00:00Z"}),
            ),
            vec![],
            vec!["expired", "superseded"],
        ),
        // The same time, which the standard rules out: the withdrawal counts, else all.
        (
            version("2026-01-10T00:00:00Z", "new.com", &json!({"revoked": true})),
            vec![],
            vec!["revoked", "superseded"],
        ),
        (
            version("2026-01-10T02:00:00+02:00", "new.com", &none),
            vec!["new.com", "old.com"],
            vec![],
        ),
        // Without a time there is nothing to go by but when it was made.
        (
            version("yesterday", "new.com", &none),
            vec!["old.com"],
            vec!["superseded"],
        ),
    ];
    for (new, values, codes) in cases {
        for objects in [[&old, &new], [&new, &old]] {
            let pulled = read(&json!(objects)).await;
            let mut given = pulled.values();
            given.sort();
            assert_eq!(given, values, "{objects:?}");
            let mut reasons: Vec<_> = pulled.reasons().into_iter().map(|(_, code)| code).collect();
            reasons.sort_unstable();
            assert_eq!(reasons, codes, "{objects:?}");
        }
    }
}

#[tokio::test]
async fn a_bundle_may_withdraw_what_another_one_of_the_feed_gave() {
    let folder = tempfile::tempdir().unwrap();
    let old = version("2026-01-10T00:00:00Z", "old.com", &json!({}));
    let gone = version("2026-01-11T00:00:00Z", "old.com", &json!({"revoked": true}));
    let locations = [("1.json", old), ("2.json", gone)].map(|(name, object)| {
        let path = folder.path().join(name);
        std::fs::write(&path, json!({"objects": [object]}).to_string()).unwrap();
        Location::File(path)
    });
    let feed = DocumentFeed {
        locations: locations.to_vec(),
        access: Access::Open,
        format: Format::Stix,
    };
    let pulled = World::new().pull(FeedKind::Documents(feed)).await;
    assert_eq!(pulled.reasons(), [(1, "superseded"), (1, "revoked")]);
    assert!(pulled.values().is_empty());
}

#[tokio::test]
async fn a_marking_may_stand_after_what_it_marks() {
    let objects = json!([
        {"type": "ipv4-addr", "value": "1.2.3.4", "object_marking_refs": ["marking-definition--x"]},
        {"type": "marking-definition", "id": "marking-definition--x", "definition_type": "tlp", "definition": {"tlp": "red"}},
    ]);
    let pulled = read(&objects).await;
    assert_eq!(
        pulled.indicators()[0].provenance.details().tlp,
        Some(Tlp::Red)
    );
}

/// Versions of a few objects, in any order, with times that may be equal.
fn versions() -> impl Strategy<Value = Vec<serde_json::Value>> {
    let one = (0..4_u8, 1..6_u8, any::<bool>(), 0..100_u8).prop_map(
        |(object, day, is_revoked, number)| {
            let mut one = version(
                &format!("2026-01-0{day}T00:00:00Z"),
                &format!("evil{number}.com"),
                &json!({"revoked": is_revoked}),
            );
            one["id"] = json!(format!("indicator--{object}"));
            one
        },
    );
    proptest::collection::vec(one, 1..16)
}

fn sorted_values(objects: &[serde_json::Value]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut values = runtime.block_on(read(&json!(objects))).values();
    values.sort();
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_of_versions_gives_the_same_indicators((objects, shuffled) in versions().prop_flat_map(|objects| {
        (Just(objects.clone()), Just(objects).prop_shuffle())
    })) {
        prop_assert_eq!(sorted_values(&objects), sorted_values(&shuffled));
    }

    #[test]
    fn values_of_a_bundle_come_back(hosts in proptest::collection::vec("[a-z]{3,12}", 1..20), quote in any::<bool>()) {
        let path = if quote { "/it's\\\\x" } else { "/x" };
        let objects: Vec<_> = hosts.iter().map(|host| {
            let escaped = format!("http://{host}.com{path}").replace('\\', "\\\\").replace('\'', "\\'");
            indicator("indicator--1", &format!("[url:value = '{escaped}']"))
        }).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let pulled = runtime.block_on(read(&json!(objects)));
        let expected: Vec<String> = hosts.iter().map(|host| {
            tesem_observable::recognise(&format!("http://{host}.com{path}")).unwrap().to_string()
        }).collect();
        prop_assert_eq!(pulled.values(), expected);
    }
}
