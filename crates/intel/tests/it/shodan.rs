use std::time::Duration;

use serde_json::json;
use tesem_intel::{FeedKind, ShodanFeed};

use crate::service::{Call, Reply, Service};
use crate::support::World;

fn feed(service: &Service, credits_max: u64) -> FeedKind {
    FeedKind::Shodan(ShodanFeed {
        url: service.url.clone(),
        key: "hunter2".into(),
        queries: [(
            "beacon".to_owned(),
            "product:\"Cobalt Strike Beacon\"".to_owned(),
        )]
        .into(),
        credits_max,
    })
}

fn banner(number: u64, timestamp: &str) -> serde_json::Value {
    json!({"ip_str": format!("1.2.{}.{}", number / 200, number % 200), "port": 443, "timestamp": timestamp,
        "product": "Cobalt Strike Beacon", "hostnames": ["c2.evil.com"]})
}

/// 250 hosts; what is left is in the answer of `api-info`.
fn answer(call: &Call, left: u64) -> Reply {
    if call.path == "/api-info" {
        return Reply::ok(
            json!({"query_credits": left, "scan_credits": 0, "plan": "dev"}).to_string(),
        );
    }
    let page: u64 = call.parameter("page").unwrap().parse().unwrap();
    let numbers = (page - 1) * 100..(page * 100).min(250);
    let matches: Vec<_> = numbers
        .map(|number| banner(number, "2026-02-28T21:33:49.154513"))
        .collect();
    Reply::ok(json!({"matches": matches, "total": 250}).to_string())
}

#[tokio::test]
async fn all_pages_are_read_and_their_credits_counted() {
    let service = Service::start(|call, _| answer(call, 100)).await;
    let world = World::new();
    let pulled = world.pull(feed(&service, 10)).await;
    assert_eq!(pulled.values().len(), 250);
    assert_eq!(pulled.summary().credits, 3);
    assert!(pulled.summary().left.is_empty());
    let first = pulled.indicators()[0];
    let details = first.provenance.details();
    assert_eq!(details.object_id.as_deref(), Some("1.2.0.0:443"));
    assert_eq!(details.labels, ["beacon".into()]);
    assert_eq!(
        details.last_seen.unwrap().to_string(),
        "2026-02-28T21:33:49.154513Z"
    );
    assert_eq!(
        details.comment.as_deref(),
        Some("Cobalt Strike Beacon, port 443, c2.evil.com")
    );
    let calls = service.calls();
    assert!(
        calls
            .iter()
            .all(|call| call.parameter("key") == Some("hunter2"))
    );
    assert_eq!(
        calls[1].parameter("query"),
        Some("product:\"Cobalt Strike Beacon\"")
    );
    assert!(
        world
            .clock
            .waits()
            .iter()
            .all(|wait| *wait == Duration::from_secs(1))
    );
}

#[tokio::test]
async fn a_pull_spends_no_more_than_its_limit_nor_than_is_left() {
    for (limit, left) in [(2, 100), (10, 2)] {
        let service = Service::start(move |call, _| answer(call, left)).await;
        let pulled = World::new().pull(feed(&service, limit)).await;
        assert_eq!(pulled.values().len(), 200);
        assert_eq!(pulled.summary().credits, 2);
        assert_eq!(
            *pulled.summary().left,
            ["the search `beacon` from page 3 on: the limit of query credits is reached".into()]
        );
    }
}

#[tokio::test]
async fn a_banner_counts_by_its_age_in_utc() {
    let service = Service::start(|call, _| match call.path.as_str() {
        "/api-info" => answer(call, 5),
        _ => {
            let matches = json!([
                banner(1, "2026-02-22T12:00:00.000000"),
                banner(2, "2026-02-22T11:59:59.000000"),
                {"ip_str": "1.2.3.4", "port": 80},
                {"port": 80, "timestamp": "2026-02-28T00:00:00"},
                {"ip_str": 7},
            ]);
            Reply::ok(json!({"matches": matches, "total": 5}).to_string())
        }
    })
    .await;
    let mut world = World::new();
    world.policy.max_age = Some(Duration::from_secs(7 * 86_400));
    // Shodan's pause moves the clock by a second; the banner of the edge is the first one.
    let pulled = world.pull(feed(&service, 5)).await;
    assert_eq!(pulled.values(), ["1.2.0.1"]);
    assert_eq!(
        pulled.reasons(),
        [(2, "too-old"), (3, "form"), (4, "form"), (5, "form")]
    );
}

#[tokio::test]
async fn paging_ends_where_all_is_too_old() {
    let service = Service::start(|call, _| match call.path.as_str() {
        "/api-info" => answer(call, 50),
        _ => {
            let matches: Vec<_> = (0..100)
                .map(|number| banner(number, "2020-01-01T00:00:00"))
                .collect();
            Reply::ok(json!({"matches": matches, "total": 5_000}).to_string())
        }
    })
    .await;
    let mut world = World::new();
    world.policy.max_age = Some(Duration::from_secs(86_400));
    let pulled = world.pull(feed(&service, 50)).await;
    assert_eq!(pulled.summary().credits, 1);
    assert!(pulled.summary().left[0].contains("older than `max_age`"));
}

#[tokio::test]
async fn a_refused_key_is_an_error_that_does_not_show_it() {
    let service = Service::start(|_, _| Reply::new(401, r#"{"error": "Invalid API key"}"#)).await;
    let kind = feed(&service, 5);
    let shown = format!("{kind:?}");
    let pulled = World::new().pull(kind).await;
    assert!(
        pulled
            .error()
            .ends_with("/api-info answered 401: Invalid API key"),
        "{}",
        pulled.error()
    );
    for text in [shown, pulled.error(), format!("{:?}", pulled.end)] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_key_follows_no_redirect_to_another_host() {
    let service = Service::start(|_, _| {
        Reply::new(302, "").with("location", "https://other.example/api-info")
    })
    .await;
    let pulled = World::new().pull(feed(&service, 5)).await;
    assert!(
        pulled.error().contains("which another host must not see"),
        "{}",
        pulled.error()
    );
}
