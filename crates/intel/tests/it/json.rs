use proptest::prelude::*;
use serde_json::{Value, json};
use tesem_intel::{Confidence, Format, JsonFeed, Tlp};

use crate::support::{Pulled, World, gzip, zip};

fn path(path: &str) -> Option<String> {
    Some(path.to_owned())
}

fn of(values: &[&str]) -> JsonFeed {
    JsonFeed {
        values: values.iter().map(|&value| value.to_owned()).collect(),
        ..JsonFeed::default()
    }
}

fn within(entries: &str, values: &[&str]) -> JsonFeed {
    JsonFeed {
        entries: path(entries),
        ..of(values)
    }
}

async fn read(feed: JsonFeed, text: &str) -> Pulled {
    World::new()
        .read(Format::Json(Box::new(feed)), text.as_bytes())
        .await
}

#[tokio::test]
async fn entries_are_found_where_the_path_leads() {
    let cases = [
        (of(&[]), json!(["evil.com", "bad.com"])),
        (
            of(&["ioc"]),
            json!([{"ioc": "evil.com"}, {"ioc": "bad.com"}]),
        ),
        (
            of(&["iocs"]),
            json!({"iocs": ["evil.com", "bad.com"], "other": [1]}),
        ),
        (
            within("data.iocs", &["v"]),
            json!({"other": {"iocs": [{"v": "no.com"}]}, "data": {"iocs": [{"v": "evil.com"}, {"v": "bad.com"}], "x": {}}}),
        ),
        (
            within("pulses.indicators", &["indicator"]),
            json!({"pulses": [{"indicators": [{"indicator": "evil.com"}]}, {"indicators": [{"indicator": "bad.com"}]}]}),
        ),
        // Lists under ids, as abuse.ch exports them.
        (
            within("*", &["ioc_value"]),
            json!({"41": [{"ioc_value": "evil.com"}], "42": [{"ioc_value": "bad.com"}]}),
        ),
        (
            within("data.list", &[]),
            json!({"data.list": ["evil.com", "bad.com"]}),
        ),
        (
            of(&["a.b", "c"]),
            json!([{"a": {"b": "evil.com"}, "c": "bad.com"}]),
        ),
    ];
    for (feed, document) in cases {
        let pulled = read(feed.clone(), &document.to_string()).await;
        assert_eq!(pulled.values(), ["evil.com", "bad.com"], "{document}");
        let lines = JsonFeed {
            lines: true,
            ..feed
        };
        let pulled = read(lines, &format!("\n{document}\n")).await;
        assert_eq!(pulled.values(), ["evil.com", "bad.com"], "{document}");
        assert_eq!(pulled.indicators()[0].provenance.place.number, 2);
    }
}

#[tokio::test]
async fn members_become_details() {
    let feed = JsonFeed {
        kind_path: path("type"),
        confidence: path("score"),
        first_seen: path("seen.first"),
        last_seen: path("seen.last"),
        valid_until: path("until"),
        comment: path("threat.name"),
        labels: path("tags"),
        id: path("id"),
        tlp: path("tlp"),
        reference: path("links.url"),
        ..of(&["ioc"])
    };
    let document = json!([
        {"ioc": "1.2.3.4:443", "type": "ip:port", "score": 80.0, "seen": {"first": "2026-01-01 10:00:00 UTC", "last": 1_769_860_800},
            "until": "2027-01-01", "threat": {"name": "A loader"}, "tags": ["c2", "a, b"], "id": 7, "tlp": "amber",
            "links": [{"url": "https://reports.example/1"}, {"url": "https://reports.example/2"}, {"url": null}]},
        {"ioc": "evil.com", "type": "domain", "score": "very"},
        {"ioc": "evil.com", "type": "unheard"},
        {"ioc": null, "type": "domain"},
        {"ioc": "evil", "type": "domain"},
        7,
        null,
    ]);
    let pulled = read(feed, &document.to_string()).await;
    assert_eq!(pulled.values(), ["1.2.3.4", "evil.com"], "{:?}", pulled.end);
    let reasons = pulled.reasons();
    assert_eq!(reasons[..2], [(3, "type"), (4, "form")]);
    assert_eq!(reasons[3..], [(6, "form"), (7, "form")]);
    assert_eq!(pulled.summary().unread_fields["confidence"], 1);
    let details = pulled.indicators()[0].provenance.details();
    assert_eq!(details.confidence, Confidence::new(80));
    assert_eq!(
        details.first_seen.unwrap().to_string(),
        "2026-01-01T10:00:00Z"
    );
    assert_eq!(
        details.last_seen.unwrap().to_string(),
        "2026-01-31T12:00:00Z"
    );
    assert_eq!(
        details.valid_until.unwrap().to_string(),
        "2027-01-01T00:00:00Z"
    );
    assert_eq!(details.comment.as_deref(), Some("A loader"));
    assert_eq!(details.labels, ["c2".into(), "a".into(), "b".into()]);
    assert_eq!(details.object_id.as_deref(), Some("7"));
    assert_eq!(details.tlp, Some(Tlp::Amber));
    assert_eq!(
        details.references,
        [
            "https://reports.example/1".into(),
            "https://reports.example/2".into()
        ]
    );
}

#[tokio::test]
async fn a_type_may_hold_for_all_values() {
    let feed = JsonFeed {
        kind: Some("domain".to_owned()),
        ..of(&["ioc"])
    };
    let pulled = read(feed, r#"[{"ioc": "evil.com"}, {"ioc": "1.2.3.4"}]"#).await;
    assert_eq!(pulled.values(), ["evil.com"]);
    assert_eq!(pulled.reasons().len(), 1);
}

#[tokio::test]
async fn each_line_is_accounted_for() {
    let feed = JsonFeed {
        lines: true,
        ..within("list", &["ioc"])
    };
    let long = "a".repeat(2 << 20);
    let text = format!(
        "\u{feff}{{\"list\": [{{\"ioc\": \"evil.com\"}}]}}\r\n\u{1e}{{\"list\": []}}\n\n{{broken\n\"{long}\"\n{{\"list\": {{}}}}"
    );
    let pulled = read(feed, &text).await;
    assert_eq!(pulled.values(), ["evil.com"], "{:?}", pulled.end);
    assert_eq!(
        pulled.reasons(),
        [(4, "form"), (5, "too-long"), (6, "form")]
    );
    assert_eq!(pulled.summary().context["line without entries"], 1);
    assert_eq!(pulled.summary().context["empty line"], 1);
}

#[tokio::test]
async fn a_document_that_is_not_what_the_settings_say_is_an_error() {
    let cases = [
        (of(&["ioc"]), r#"[{"ioc": "evil.com"}, {"io"#, "breaks off"),
        (of(&["ioc"]), "", "breaks off"),
        (of(&["ioc"]), "nonsense", "breaks off"),
        (of(&["ioc"]), "<html>", "it is an HTML page"),
        (
            of(&["ioc"]),
            "{\"ioc\": \"evil.com\"}\n{\"ioc\": \"bad.com\"}",
            "for JSON Lines set `lines`",
        ),
        (
            within("data.iocs", &["ioc"]),
            r#"{"data": {"ioc": []}}"#,
            "there is nothing at `data.iocs`",
        ),
        (
            within("data", &["ioc"]),
            r#"["data"]"#,
            "there is nothing at `data`",
        ),
    ];
    for (feed, text, expected) in cases {
        let error = read(feed, text).await.error();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let empty = read(within("data", &["ioc"]), r#"{"data": []}"#).await;
    assert!(empty.end.is_ok() && empty.items.is_empty());
}

#[tokio::test]
async fn what_would_be_in_memory_as_a_whole_has_a_limit_and_what_is_skipped_has_none() {
    let long = "a".repeat(5 << 20);
    let cases = [
        (of(&[]), format!("[\"{long}\"]")),
        (of(&["ioc"]), format!("[{{\"ioc\": \"{long}\"}}]")),
        (
            of(&["ioc"]),
            format!("{{\"data\": [{}]}}", "1,".repeat(5 << 19)),
        ),
        (within("data", &["ioc"]), format!("{{\"{long}\": 1}}")),
    ];
    for (feed, text) in cases {
        let error = read(feed, &text).await.error();
        assert!(error.contains("longer than 4194304 bytes"), "{error}");
    }
    let skipped =
        format!(r#"{{"other": "{long}", "data": [{{"ioc": "evil.com"}}], "more": ["{long}"]}}"#);
    let pulled = read(within("data", &["ioc"]), &skipped).await;
    assert_eq!(pulled.values(), ["evil.com"], "{:?}", pulled.end);
    let one = format!(r#"{{"padding": "{}", "ioc": "1.2.3.4"}}"#, &long[..1 << 10]);
    let many = vec![one; 5 << 10].join(",");
    let pulled = read(of(&["ioc"]), &format!("[{many}]")).await;
    assert_eq!(pulled.values().len(), 5 << 10);
}

#[tokio::test]
async fn json_may_be_packed() {
    let text = br#"["evil.com"]"#;
    for bytes in [gzip(text), zip(&["full.json"], text)] {
        let format = Format::Json(Box::new(of(&[])));
        assert_eq!(
            World::new().read(format, &bytes).await.values(),
            ["evil.com"]
        );
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_entry_is_accounted_for(entries in proptest::collection::vec(prop_oneof![
        "[ -~]{0,20}".prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
        "[ -~]{0,20}".prop_map(|text| json!({"ioc": text})),
    ], 0..30)) {
        let pulled = block(read(of(&["ioc"]), &json!(entries).to_string()));
        let summary = pulled.summary();
        prop_assert_eq!(summary.indicators + summary.refused_count(), entries.len() as u64);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), lines in any::<bool>()) {
        let feed = JsonFeed { lines, ..within("*.a", &["b"]) };
        block(World::new().read(Format::Json(Box::new(feed)), &bytes));
    }
}
