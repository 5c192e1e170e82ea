use serde_json::json;
use tesem_intel::{Access, FeedKind, TaxiiFeed};

use crate::service::{Call, Reply, Service};
use crate::support::{Pulled, World};

const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

fn feed(service: &Service) -> TaxiiFeed {
    TaxiiFeed {
        url: service.at("taxii2"),
        access: Access::Basic {
            user: "me".to_owned(),
            password: "hunter2".into(),
        },
        api_root: None,
        collections: Vec::new(),
        added_after: None,
        limit: 2,
    }
}

fn domain(name: &str) -> serde_json::Value {
    json!({"type": "domain-name", "id": format!("domain-name--{name}"), "value": name})
}

fn reply(json: &serde_json::Value) -> Reply {
    Reply::ok(json.to_string()).with("content-type", MEDIA_TYPE)
}

/// A server with two collections, one of which may be read; three objects on two pages.
fn server(call: &Call) -> Reply {
    assert_eq!(call.header("accept"), Some(MEDIA_TYPE));
    if call.header("authorization") != Some("Basic bWU6aHVudGVyMg==") {
        return Reply::new(401, r#"{"title": "who are you?"}"#);
    }
    match (call.path.as_str(), call.parameter("next")) {
        ("/taxii2/", _) => reply(
            &json!({"title": "x", "default": "/api1/", "api_roots": ["/api1/", "https://other.example/api2/"]}),
        ),
        ("/api1/", _) => {
            reply(&json!({"title": "x", "versions": [MEDIA_TYPE], "max_content_length": 1_000}))
        }
        ("/api1/collections/", _) => reply(&json!({"collections": [
            {"id": "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "title": "C2", "alias": "c2", "can_read": true, "can_write": false},
            {"id": "52892447-4d7e-4f70-b94d-d7f22742ff63", "title": "Inbox", "can_read": false, "can_write": true},
        ]})),
        ("/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/objects/", None) => reply(
            &json!({"more": true, "next": "2", "objects": [domain("a.com"), domain("b.com")]}),
        ),
        (_, Some("2")) => reply(&json!({"more": false, "objects": [domain("c.com")]}))
            .with("x-taxii-date-added-last", "2026-02-01T00:00:00.000000Z"),
        _ => Reply::new(404, ""),
    }
}

async fn pull(feed: TaxiiFeed) -> Pulled {
    World::new().pull(FeedKind::Taxii(feed)).await
}

#[tokio::test]
async fn collections_are_found_and_read_page_by_page() {
    let service = Service::start(|call, _| server(call)).await;
    let pulled = pull(feed(&service)).await;
    assert_eq!(pulled.values(), ["a.com", "b.com", "c.com"]);
    assert_eq!(
        pulled.indicators()[2].provenance.place.to_string(),
        "C2, page 2:1"
    );
    assert_eq!(
        *pulled.summary().left,
        ["the collection `Inbox`: it may not be read".into()]
    );
    let cursor = &pulled.summary().cursors["91a7b528-80eb-42ed-a74d-c6fbd5a26116"];
    assert_eq!(cursor.to_string(), "2026-02-01T00:00:00Z");
}

#[tokio::test]
async fn a_collection_is_named_by_title_alias_or_id_and_time_and_page_size_are_sent() {
    let service = Service::start(|call, _| server(call)).await;
    for name in ["C2", "c2", "91A7B528-80EB-42ED-A74D-C6FBD5A26116"] {
        let mut feed = feed(&service);
        feed.url = service.at("api1/");
        feed.collections = vec![name.to_owned()];
        feed.added_after = Some("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(pull(feed).await.values().len(), 3, "{name}");
        let calls = service.calls();
        let last = calls.last().unwrap();
        assert_eq!(
            (last.parameter("limit"), last.parameter("added_after")),
            (Some("2"), Some("2026-01-01T00:00:00Z"))
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let service = Service::start(|call, _| server(call)).await;
    let mut other = feed(&service);
    other.collections = vec!["Inbox".to_owned()];
    assert!(
        pull(other)
            .await
            .error()
            .contains("`Inbox` is none that may be read; there are: C2")
    );
    let mut other = feed(&service);
    other.api_root = Some("api2".to_owned());
    assert!(
        pull(other)
            .await
            .error()
            .contains("set `url` to https://other.example/api2/")
    );
    let mut other = feed(&service);
    other.api_root = Some("api3".to_owned());
    assert!(
        pull(other)
            .await
            .error()
            .contains("it has: /api1/, https://other.example/api2/")
    );
    let mut other = feed(&service);
    other.access = Access::Bearer("hunter2".into());
    let error = pull(other).await.error();
    assert!(
        error.ends_with("/taxii2/ answered 401: who are you?"),
        "{error}"
    );
}

/// Answers a collection's objects; discovery stays.
async fn with_objects(objects: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Pulled {
    let service = Service::start(move |call, _| match call.path.ends_with("/objects/") {
        true => objects(call),
        false => server(call),
    })
    .await;
    pull(feed(&service)).await
}

#[tokio::test]
async fn without_next_the_time_of_the_last_object_leads_on() {
    let pulled = with_objects(|call| match call.parameter("added_after") {
        None => reply(&json!({"more": true, "objects": [domain("a.com")]}))
            .with("x-taxii-date-added-last", "2026-01-05T00:00:00Z"),
        Some("2026-01-05T00:00:00Z") => reply(&json!({"objects": [domain("b.com")]})),
        Some(other) => panic!("{other}"),
    })
    .await;
    assert_eq!(pulled.values(), ["a.com", "b.com"]);
}

#[tokio::test]
async fn a_server_that_never_ends_is_an_error() {
    let same = with_objects(|_| reply(&json!({"more": true, "next": "1", "objects": []}))).await;
    assert!(
        same.error().contains("does not say how to go on"),
        "{}",
        same.error()
    );
    let empty = with_objects(|call| {
        let next: u32 = call
            .parameter("next")
            .map_or(0, |next| next.parse().unwrap());
        reply(&json!({"more": true, "next": (next + 1).to_string(), "objects": []}))
    })
    .await;
    assert!(
        empty.error().contains("announces more and gives nothing"),
        "{}",
        empty.error()
    );
    let lost = with_objects(|_| reply(&json!({"more": true, "objects": [domain("a.com")]}))).await;
    assert!(
        lost.error().contains("does not say how to go on"),
        "{}",
        lost.error()
    );
}

#[tokio::test]
async fn an_empty_collection_is_no_error() {
    let pulled = with_objects(|_| reply(&json!({}))).await;
    assert!(pulled.values().is_empty());
    assert!(pulled.end.is_ok());
}
