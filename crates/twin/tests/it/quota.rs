//! Call quotas and run-time quotas.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tesem_twin::{QuotaSetting, RunTimeBudget, TwinClock};

use crate::harness::{
    APP, FACES, Face, GRAPH_AUDIENCE, MDE_AUDIENCE, OTHER_APP, OTHER_SECRET, SECRET, TENANT,
    TestTwin, parts,
};

/// How many of `count` calls get past the quota; a body without a query is refused after it.
async fn admitted(twin: &TestTwin, face: Face, token: &str, count: usize) -> usize {
    let mut admitted = 0;
    for _ in 0..count {
        let answer = twin.hunt_raw(face, token, "{}").await;
        match answer.status().as_u16() {
            400 => admitted += 1,
            429 => {}
            other => panic!("unexpected status {other}"),
        }
    }
    admitted
}

#[tokio::test]
async fn the_forty_sixth_call_of_a_minute_is_refused_in_the_faces_words() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let token = twin.token(face.audience).await;
        assert_eq!(admitted(&twin, face, &token, 45).await, 45);
        let answer = twin.hunt_raw(face, &token, "{}").await;
        assert_eq!(answer.headers()["retry-after"], "60");
        let (status, body) = parts(answer).await;
        let code = if face.name == "graph" {
            "TooManyRequests"
        } else {
            "429"
        };
        assert_eq!((status, &body["error"]["code"]), (429, &json!(code)));
        assert_eq!(
            body["error"]["message"],
            "API calls quota exceeded! Maximum allowed 45 per 00:01:00 for the key Destination+TenantID+AppID. You can send requests again in 60 seconds."
        );
        if face.name != "graph" {
            assert_eq!(body["error"]["target"], TENANT);
        }
    }
}

#[tokio::test]
async fn endpoints_and_apps_have_budgets_of_their_own() {
    let twin =
        TestTwin::with(|options| options.quota = QuotaSetting::parse("2/60s").unwrap()).await;
    let mde = twin.token_of(APP, SECRET, MDE_AUDIENCE).await;
    let other = twin.token_of(OTHER_APP, OTHER_SECRET, MDE_AUDIENCE).await;
    let graph = twin.token_of(APP, SECRET, GRAPH_AUDIENCE).await;
    assert_eq!(admitted(&twin, FACES[0], &mde, 3).await, 2);
    assert_eq!(admitted(&twin, FACES[0], &other, 3).await, 2);
    assert_eq!(admitted(&twin, FACES[2], &graph, 3).await, 2);
}

#[tokio::test]
async fn the_hour_window_holds_across_the_hour_boundary() {
    let twin =
        TestTwin::with(|options| options.quota = QuotaSetting::parse("10/1m,15/1h").unwrap()).await;
    let advance = |seconds| {
        twin.twin
            .advance_clock(SignedDuration::from_secs(seconds))
            .unwrap()
    };
    let call = async |count| {
        let token = twin.token(MDE_AUDIENCE).await;
        admitted(&twin, FACES[0], &token, count).await
    };
    advance(3_000);
    assert_eq!(call(12).await, 10, "12:50");
    advance(60);
    assert_eq!(call(12).await, 5, "12:51: the hour is full");
    advance(9 * 60 + 30);
    assert_eq!(
        call(12).await,
        0,
        "13:00:30: a new hour of the clock is no new window"
    );
    advance(49 * 60 + 29);
    assert_eq!(call(1).await, 0, "13:49:59");
    advance(1);
    assert_eq!(call(12).await, 10, "13:50: the first ten have left");
    advance(60);
    assert_eq!(call(12).await, 5, "13:51");
}

#[tokio::test]
async fn off_means_off() {
    let twin = TestTwin::with(|options| options.quota = QuotaSetting::Off).await;
    let token = twin.token(MDE_AUDIENCE).await;
    assert_eq!(admitted(&twin, FACES[0], &token, 120).await, 120);
}

#[tokio::test]
async fn refused_calls_count_only_where_set() {
    for (refused_calls_count, expected) in [(false, 2), (true, 0)] {
        let twin = TestTwin::with(|options| {
            options.quota = QuotaSetting::parse("2/60s").unwrap();
            options.unverified.refused_calls_count = refused_calls_count;
        })
        .await;
        let token = twin.token(MDE_AUDIENCE).await;
        assert_eq!(admitted(&twin, FACES[0], &token, 2).await, 2);
        twin.twin
            .advance_clock(SignedDuration::from_secs(30))
            .unwrap();
        assert_eq!(admitted(&twin, FACES[0], &token, 2).await, 0);
        twin.twin
            .advance_clock(SignedDuration::from_secs(30))
            .unwrap();
        assert_eq!(admitted(&twin, FACES[0], &token, 2).await, expected);
    }
}

#[tokio::test]
async fn refusals_before_the_quota_do_not_count() {
    let twin =
        TestTwin::with(|options| options.quota = QuotaSetting::parse("1/60s").unwrap()).await;
    let wrong = twin.token(GRAPH_AUDIENCE).await;
    for _ in 0..5 {
        assert_eq!(twin.hunt_raw(FACES[0], &wrong, "{}").await.status(), 403);
    }
    let token = twin.token(MDE_AUDIENCE).await;
    assert_eq!(admitted(&twin, FACES[0], &token, 2).await, 1);
}

/// Goes on by a minute each time it is asked, so that every query seems to take long.
#[derive(Debug)]
struct HastyClock(AtomicI64);

impl TwinClock for HastyClock {
    fn now(&self) -> Timestamp {
        let minutes = self.0.fetch_add(1, Ordering::SeqCst);
        "2026-10-15T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }
}

#[tokio::test]
async fn used_up_run_time_is_429_until_the_next_slot() {
    let day = Duration::from_secs(86_400);
    let twin = TestTwin::with(|options| {
        options.clock = Arc::new(HastyClock(AtomicI64::new(0)));
        options.run_time.tenant = vec![RunTimeBudget {
            budget: Duration::from_secs(1),
            slot: day,
        }];
    })
    .await;
    let token = twin.token(GRAPH_AUDIENCE).await;
    let (status, _) = parts(twin.hunt(FACES[2], &token, "print 1").await).await;
    assert_eq!(status, 200);
    let answer = twin.hunt(FACES[2], &token, "print 1").await;
    assert!(answer.headers().contains_key("retry-after"));
    let (status, body) = parts(answer).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (429, &json!("TooManyRequests"))
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("You have exceeded processing resources allocated to this tenant."),
        "{message}"
    );
}
