use std::time::Duration;

use serde_json::json;
use tesem_intel::{
    Access, Confidence, FeedKind, HashIndex, Location, MispFeed, MispStaticFeed, SearchIn, Tlp,
};

use crate::service::{Reply, Service};
use crate::support::World;

fn feed(service: &Service, search_in: SearchIn) -> MispFeed {
    MispFeed {
        url: service.at("misp"),
        key: "hunter2".into(),
        search_in,
        to_ids: true,
        enforce_warninglist: true,
        published: Some(true),
        tags: vec!["tlp:green".to_owned(), "!internal".to_owned()],
        types: vec!["domain".to_owned()],
        within: Some("7d".to_owned()),
        limit: 3,
    }
}

fn attribute(kind: &str, value: &str) -> serde_json::Value {
    json!({"id": "1", "uuid": "5e8f0f2c-0001-4000-8000-000000000001", "type": kind, "value": value, "to_ids": true,
        "timestamp": "1772000000", "comment": "seen", "first_seen": null,
        "Tag": [{"name": "tlp:amber"}, {"name": "misp:confidence-level=\"usually-confident\""}],
        "Event": {"uuid": "5e8f0f2c-0001-4000-8000-0000000000ff", "info": "A campaign"}})
}

#[tokio::test]
async fn a_search_is_read_page_by_page() {
    let service = Service::start(|call, before| {
        assert_eq!(
            (call.method.as_str(), call.path.as_str()),
            ("POST", "/misp/attributes/restSearch")
        );
        assert_eq!(call.header("authorization"), Some("hunter2"));
        let attributes = match before {
            0 => json!([
                attribute("domain", "evil.com"),
                attribute("ip-dst|port", "1.2.3.4|443"),
                attribute("filename|sha256", &format!("a.exe|{}", "ab".repeat(32)))
            ]),
            _ => json!([attribute("domain|ip", "bad.com|5.6.7.8")]),
        };
        Reply::ok(json!({"response": {"Attribute": attributes}}).to_string())
    })
    .await;
    let pulled = World::new()
        .pull(FeedKind::Misp(feed(&service, SearchIn::Attributes)))
        .await;
    assert_eq!(
        pulled.values(),
        [
            "evil.com",
            "1.2.3.4",
            &"ab".repeat(32),
            "bad.com",
            "5.6.7.8"
        ],
        "{:?}",
        pulled.end
    );
    let details = pulled.indicators()[0].provenance.details();
    assert_eq!(details.tlp, Some(Tlp::Amber));
    assert_eq!(details.confidence, Confidence::new(75));
    assert_eq!(details.comment.as_deref(), Some("A campaign: seen"));
    assert_eq!(details.last_seen.unwrap().as_second(), 1_772_000_000);
    let body: serde_json::Value = serde_json::from_str(&service.calls()[1].body).unwrap();
    let expected = json!({"returnFormat": "json", "page": 2, "limit": 3, "to_ids": 1, "enforceWarninglist": 1, "published": 1,
        "tags": ["tlp:green", "!internal"], "type": ["domain"], "timestamp": "7d", "includeEventTags": 1, "includeContext": 1});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn events_give_attributes_of_their_objects_too() {
    let service = Service::start(|_, _| {
        let mut quiet = attribute("domain", "quiet.com");
        quiet["to_ids"] = json!(false);
        let mut gone = attribute("domain", "gone.com");
        gone["deleted"] = json!(true);
        gone["uuid"] = json!("5e8f0f2c-0001-4000-8000-000000000002");
        let event = json!({"Event": {"uuid": "5e8f0f2c-0001-4000-8000-0000000000ff", "info": "A campaign", "timestamp": "1772000000",
            "Tag": [{"name": "tlp:red"}],
            "Attribute": [attribute("domain", "evil.com"), quiet, gone, attribute("yara", "rule x"), attribute("domain|ip", "alone.com"), 7],
            "Object": [{"name": "file", "Attribute": [attribute("md5", &"ab".repeat(16)), attribute("filename", "dropper.exe")]}]}});
        Reply::ok(json!({"response": [event]}).to_string())
    })
    .await;
    let pulled = World::new()
        .pull(FeedKind::Misp(feed(&service, SearchIn::Events)))
        .await;
    assert_eq!(
        pulled.values(),
        ["evil.com", &"ab".repeat(16), "dropper.exe"]
    );
    assert_eq!(
        pulled.reasons(),
        [(3, "revoked"), (4, "type"), (5, "form"), (6, "form")]
    );
    assert_eq!(pulled.summary().context["attribute without to_ids"], 1);
    let details = pulled.indicators()[0].provenance.details();
    assert_eq!(details.tlp, Some(Tlp::Red));
    assert_eq!(
        details.references,
        ["event 5e8f0f2c-0001-4000-8000-0000000000ff".into()]
    );
}

#[tokio::test]
async fn a_deleted_attribute_gives_nothing_whichever_of_its_versions_comes_first() {
    let version = |timestamp: &str, deleted: bool| {
        let mut attribute = attribute("domain", "evil.com");
        attribute["timestamp"] = json!(timestamp);
        attribute["deleted"] = json!(deleted);
        attribute
    };
    let old = version("1771000000", false);
    let cases = [
        (version("1772000000", true), "revoked"),
        (version("1771000000", true), "revoked"),
        (version("1770000000", true), "superseded"),
    ];
    for (deleted, reason) in cases {
        for attributes in [[&old, &deleted], [&deleted, &old]] {
            for search_in in [SearchIn::Attributes, SearchIn::Events] {
                let response = match search_in {
                    SearchIn::Attributes => json!({"Attribute": attributes}),
                    SearchIn::Events => json!([{"Event": {"uuid": "x", "Attribute": attributes}}]),
                };
                let service = Service::start(move |_, _| {
                    Reply::ok(json!({"response": response}).to_string())
                })
                .await;
                let pulled = World::new()
                    .pull(FeedKind::Misp(feed(&service, search_in)))
                    .await;
                let is_given = reason == "superseded";
                assert_eq!(pulled.values().is_empty(), !is_given, "{:?}", pulled.end);
                assert!(pulled.reasons().iter().any(|(_, code)| *code == reason));
            }
        }
    }
}

#[tokio::test]
async fn attributes_are_deleted_with_their_object() {
    let service = Service::start(|_, _| {
        let object = json!({"name": "file", "deleted": true, "Attribute": [attribute("md5", &"ab".repeat(16))]});
        let event = json!({"Event": {"uuid": "x", "Object": [object]}});
        Reply::ok(json!({"response": [event]}).to_string())
    })
    .await;
    let pulled = World::new()
        .pull(FeedKind::Misp(feed(&service, SearchIn::Events)))
        .await;
    assert_eq!(pulled.reasons(), [(1, "revoked")]);
}

#[tokio::test]
async fn a_refused_key_is_an_error_that_does_not_show_it() {
    let service = Service::start(|_, _| {
        Reply::new(
            403,
            r#"{"name": "Forbidden", "message": "Authentication failed."}"#,
        )
    })
    .await;
    let kind = FeedKind::Misp(feed(&service, SearchIn::Attributes));
    let shown = format!("{kind:?}");
    let pulled = World::new().pull(kind).await;
    assert!(
        pulled
            .error()
            .ends_with("answered 403: Authentication failed."),
        "{}",
        pulled.error()
    );
    assert!(!shown.contains("hunter2") && !format!("{:?}", pulled.end).contains("hunter2"));
}

const OLD: &str = "5e8f0f2c-0001-4000-8000-000000000001";
const NEW: &str = "5e8f0f2c-0001-4000-8000-000000000002";

fn event(id: &str, value: &str) -> String {
    json!({"Event": {"uuid": id, "info": "x", "Attribute": [{"uuid": id, "type": "domain", "value": value, "to_ids": true}]}}).to_string()
}

fn manifest() -> String {
    json!({OLD: {"info": "old", "timestamp": "1500000000"}, NEW: {"info": "new", "timestamp": 1_772_300_000}, "../../etc/passwd": {"info": "hostile"}})
        .to_string()
}

#[tokio::test]
async fn a_static_feed_is_read_from_a_folder_and_from_an_address() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.json"), manifest()).unwrap();
    for (id, value) in [(OLD, "old.com"), (NEW, "new.com")] {
        std::fs::write(folder.path().join(format!("{id}.json")), event(id, value)).unwrap();
    }
    let service = Service::start(|call, _| match call.path.as_str() {
        "/feed/manifest.json" => Reply::ok(manifest()),
        path if path.contains(OLD) => Reply::ok(event(OLD, "old.com")),
        _ => Reply::ok(event(NEW, "new.com")),
    })
    .await;
    for location in [
        Location::File(folder.path().to_owned()),
        Location::Url(service.at("feed/")),
    ] {
        let feed = |location| {
            FeedKind::MispStatic(MispStaticFeed {
                location,
                access: Access::Open,
                to_ids: true,
            })
        };
        let mut world = World::new();
        let pulled = world.pull(feed(location.clone())).await;
        assert_eq!(pulled.values(), ["old.com", "new.com"], "{:?}", pulled.end);
        assert_eq!(pulled.reasons(), [(1, "form")]);
        world.policy.max_age = Some(Duration::from_secs(7 * 86_400));
        let pulled = world.pull(feed(location)).await;
        assert_eq!(pulled.values(), ["new.com"]);
        assert_eq!(pulled.reasons(), [(1, "form"), (2, "too-old")]);
    }
}

#[tokio::test]
async fn a_static_feed_that_lacks_an_event_is_an_error() {
    let service = Service::start(|call, _| match call.path.as_str() {
        "/manifest.json" => Reply::ok(manifest()),
        _ => Reply::new(404, ""),
    })
    .await;
    let kind = FeedKind::MispStatic(MispStaticFeed {
        location: Location::Url(service.url.clone()),
        access: Access::Open,
        to_ids: true,
    });
    assert!(
        World::new()
            .pull(kind)
            .await
            .error()
            .contains("answered 404")
    );
}

#[test]
fn hashes_tell_which_events_hold_a_value() {
    // The MD5 digest of `evil.com`.
    let text = format!(
        "6d3af727a4e7b025fd59a5469b3a9c57,{OLD}\n{},{NEW}\n",
        "ab".repeat(16)
    );
    let index = HashIndex::read(text.as_bytes()).unwrap();
    assert_eq!(index.len(), 2);
    let evil = tesem_observable::recognise("evil.com").unwrap();
    assert_eq!(index.events_of(&evil), [OLD.parse::<uuid::Uuid>().unwrap()]);
    let bad = tesem_observable::recognise("bad.com").unwrap();
    assert!(index.events_of(&bad).is_empty());
    let error = HashIndex::read("nonsense".as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 1 is not `md5,uuid`"), "{error}");
}
