use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
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

fn domain(name: &str) -> Value {
    json!({"type": "domain-name", "id": format!("domain-name--{name}"), "value": name})
}

fn reply(json: &Value) -> Reply {
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

fn indicator(id: &str, value: &str, modified: &str) -> Value {
    json!({"type": "indicator", "id": format!("indicator--{id}"), "pattern_type": "stix",
        "pattern": format!("[domain-name:value = '{value}']"), "created": "2026-01-01T00:00:00Z", "modified": modified})
}

fn revoked(id: &str, modified: &str) -> Value {
    let mut object = indicator(id, "gone.com", modified);
    object["revoked"] = json!(true);
    object
}

const JANUARY: &str = "2026-01-10T00:00:00Z";
const FEBRUARY: &str = "2026-02-10T00:00:00Z";

#[tokio::test]
async fn the_newest_version_of_all_pages_counts() {
    let old = indicator("1", "old.com", JANUARY);
    let new = indicator("1", "new.com", FEBRUARY);
    let other = indicator("2", "other.com", JANUARY);
    let gone = revoked("1", FEBRUARY);
    let cases = [
        (
            json!([[old, other], [new]]),
            vec!["other.com", "new.com"],
            vec!["superseded"],
        ),
        (
            json!([[new], [other, old]]),
            vec!["new.com", "other.com"],
            vec!["superseded"],
        ),
        (
            json!([[old], [gone]]),
            vec![],
            vec!["superseded", "revoked"],
        ),
        (
            json!([[gone], [old]]),
            vec![],
            vec!["revoked", "superseded"],
        ),
        (
            json!([[old], [other]]),
            vec!["old.com", "other.com"],
            vec![],
        ),
    ];
    for (pages, values, reasons) in cases {
        let pulled = with_objects(move |call| match call.parameter("next") {
            None => reply(&json!({"more": true, "next": "2", "objects": pages[0]})),
            Some(_) => reply(&json!({"objects": pages[1]})),
        })
        .await;
        assert_eq!(pulled.values(), values, "{:?}", pulled.end);
        let given: Vec<_> = pulled.reasons().into_iter().map(|(_, code)| code).collect();
        assert_eq!(given, reasons);
    }
}

#[tokio::test]
async fn a_collection_that_breaks_off_gives_nothing_that_a_later_page_may_withdraw() {
    let pulled = with_objects(|call| match call.parameter("next") {
        None => reply(&json!({"more": true, "next": "2", "objects": [domain("a.com")]})),
        Some(_) => Reply::new(403, ""),
    })
    .await;
    assert!(pulled.error().contains("answered 403"));
    assert!(pulled.values().is_empty());
}

/// A collection that grows: each object with the time at which it was added.
#[derive(Clone, Default)]
struct Growing(Arc<Mutex<Vec<(String, Value)>>>);

impl Growing {
    fn add(&self, added: &str, object: Value) {
        self.0.lock().unwrap().push((added.to_owned(), object));
    }

    fn delete_all(&self) {
        self.0.lock().unwrap().clear();
    }

    /// One page: what was added after the time that is asked for.
    fn page(&self, call: &Call) -> Reply {
        let after = call.parameter("added_after").unwrap_or_default();
        let all = self.0.lock().unwrap();
        let given: Vec<_> = all.iter().filter(|(added, _)| **added > *after).collect();
        let objects: Vec<&Value> = given.iter().map(|(_, object)| object).collect();
        let page = reply(&json!({"objects": objects}));
        match given.last() {
            Some((added, _)) => page.with("x-taxii-date-added-last", added),
            None => page,
        }
    }

    async fn service(&self) -> Service {
        let growing = self.clone();
        Service::start(move |call, _| match call.path.ends_with("/objects/") {
            true => growing.page(call),
            false => server(call),
        })
        .await
    }
}

/// The values of `added_after` that the service was asked with.
fn asked(service: &Service) -> Vec<Option<String>> {
    let calls = service.calls();
    let objects = calls.iter().filter(|call| call.path.ends_with("/objects/"));
    objects
        .map(|call| call.parameter("added_after").map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn a_later_pull_asks_for_what_was_added_and_gives_all() {
    let growing = Growing::default();
    let service = growing.service().await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    let pull = || world.pull(FeedKind::Taxii(feed(&service)));

    growing.add("2026-02-01T00:00:00Z", indicator("1", "one.com", JANUARY));
    growing.add("2026-02-02T00:00:00Z", indicator("2", "two.com", JANUARY));
    growing.add(
        "2026-02-04T00:00:00Z",
        json!({"type": "marking-definition", "id": "marking-definition--x", "name": "TLP:RED"}),
    );
    growing.add(
        "2026-02-04T00:00:00Z",
        json!({"type": "domain-name", "value": "a.com"}),
    );
    let first = pull().await;
    assert_eq!(first.values(), ["one.com", "two.com", "a.com"]);

    growing.add("2026-02-05T00:00:00Z", revoked("1", FEBRUARY));
    growing.add(
        "2026-02-05T00:00:00Z",
        indicator("3", "three.com", FEBRUARY),
    );
    let second = pull().await;
    // What is given again within the overlap is given once.
    assert_eq!(second.values(), ["two.com", "a.com", "three.com"]);
    assert_eq!(second.reasons(), [(1, "superseded"), (3, "revoked")]);
    let third = pull().await;
    assert_eq!(third.values(), ["two.com", "a.com", "three.com"]);
    assert_eq!(third.reasons(), [(1, "revoked")]);
    assert_eq!(third.summary().stale, None);
    assert_eq!(
        asked(&service),
        [
            None,
            Some("2026-02-03T23:50:00Z".to_owned()),
            Some("2026-02-04T23:50:00Z".to_owned())
        ]
    );
}

#[tokio::test]
async fn nobody_gets_what_was_kept_for_another() {
    let service = Service::start(|call, _| match call.path.ends_with("/objects/") {
        true => reply(&json!({"objects": [domain("a.com")]})),
        false if call.path.ends_with("/collections/") => reply(&json!({"collections": [
            {"id": "1", "title": "C2", "can_read": true}]})),
        false => reply(&json!({"title": "x", "versions": [MEDIA_TYPE]})),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new().with_cache(folder.path());
    world.freshness.fresh_for = Duration::from_secs(3_600);
    let access = [
        Access::Open,
        Access::Bearer("one".into()),
        Access::Bearer("two".into()),
    ];
    for access in access {
        let feed = TaxiiFeed {
            access,
            ..feed(&service)
        };
        for _ in 0..2 {
            let pulled = world.pull(FeedKind::Taxii(feed.clone())).await;
            assert_eq!(pulled.values(), ["a.com"], "{:?}", pulled.end);
        }
    }
    assert_eq!(asked(&service).len(), 3);
}

#[tokio::test]
async fn all_is_fetched_again_after_a_while_and_where_a_refresh_is_wanted() {
    let growing = Growing::default();
    let service = growing.service().await;
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new().with_cache(folder.path());
    growing.add("2026-02-01T00:00:00Z", indicator("1", "one.com", JANUARY));
    let values = async |world: &World| {
        let pulled = world.pull(FeedKind::Taxii(feed(&service))).await;
        pulled.values()
    };
    assert_eq!(values(&world).await, ["one.com"]);
    growing.delete_all();
    world.clock.advance(Duration::from_secs(86_399));
    assert_eq!(values(&world).await, ["one.com"]);
    world.clock.advance(Duration::from_secs(1));
    assert!(values(&world).await.is_empty());

    growing.add("2026-02-01T00:00:00Z", indicator("1", "one.com", JANUARY));
    world.freshness.refresh = true;
    assert_eq!(values(&world).await, ["one.com"]);
    growing.delete_all();
    assert!(values(&world).await.is_empty());
}

#[tokio::test]
async fn what_was_kept_is_taken_while_it_is_fresh_and_stands_in_for_a_server_that_fails() {
    let failing = Arc::new(Mutex::new(false));
    let is_failing = Arc::clone(&failing);
    let service = Service::start(move |call, _| match call.path.ends_with("/objects/") {
        true if *is_failing.lock().unwrap() => Reply::new(500, ""),
        true => reply(&json!({"objects": [domain("a.com"), {"type": "relationship"}]})),
        false => server(call),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new().with_cache(folder.path());
    let first = world.pull(FeedKind::Taxii(feed(&service))).await;
    assert_eq!(first.values(), ["a.com"]);

    world.freshness.fresh_for = Duration::from_secs(3_600);
    let fresh = world.pull(FeedKind::Taxii(feed(&service))).await;
    assert_eq!(fresh.values(), ["a.com"]);
    assert_eq!(asked(&service), [None]);

    *failing.lock().unwrap() = true;
    world.clock.advance(Duration::from_secs(3_600));
    let stale = world.pull(FeedKind::Taxii(feed(&service))).await;
    assert_eq!(stale.values(), ["a.com"]);
    assert!(
        stale
            .summary()
            .stale
            .as_ref()
            .unwrap()
            .because
            .contains("answered 500")
    );
}

#[tokio::test]
async fn a_server_that_cannot_go_on_is_read_from_the_start() {
    let service = Service::start(|call, _| {
        match (
            call.path.ends_with("/objects/"),
            call.parameter("added_after"),
        ) {
            (true, None) => reply(&json!({"objects": [domain("a.com")]}))
                .with("x-taxii-date-added-last", "2026-02-01T00:00:00Z"),
            (true, Some(_)) => Reply::new(400, "what?"),
            (false, _) => server(call),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().with_cache(folder.path());
    for _ in 0..2 {
        let pulled = world.pull(FeedKind::Taxii(feed(&service))).await;
        assert_eq!(pulled.values(), ["a.com"], "{:?}", pulled.end);
    }
    assert_eq!(asked(&service).len(), 3);
}

/// Pulls between which objects are added: versions of a few indicators, some of them withdrawals.
fn additions() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let one = (0..4_u8, 1..6_u8).prop_map(|(id, day)| {
        let (id, modified) = (id.to_string(), format!("2026-01-0{day}T00:00:00Z"));
        match day {
            4 => revoked(&id, &modified),
            _ => indicator(&id, &format!("evil{id}{day}.com"), &modified),
        }
    });
    let between_pulls = proptest::collection::vec(one, 0..6);
    proptest::collection::vec(between_pulls, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pulls_that_go_on_give_what_a_whole_pull_gives(additions in additions(), minutes in 1..30_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (went_on, whole) = runtime.block_on(async {
            let growing = Growing::default();
            let service = growing.service().await;
            let folder = tempfile::tempdir().unwrap();
            let world = World::new().with_cache(folder.path());
            let mut went_on = BTreeSet::new();
            let mut minute = 0;
            for objects in additions {
                for object in objects {
                    minute += minutes;
                    growing.add(&format!("2026-02-01T{:02}:{:02}:00Z", minute / 60, minute % 60), object);
                }
                let pulled = world.pull(FeedKind::Taxii(feed(&service))).await;
                went_on = pulled.values().into_iter().collect();
            }
            let pulled = World::new().pull(FeedKind::Taxii(feed(&service))).await;
            (went_on, pulled.values().into_iter().collect::<BTreeSet<_>>())
        });
        prop_assert_eq!(went_on, whole);
    }
}
