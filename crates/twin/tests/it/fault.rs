//! Injected faults.

use serde_json::{Value, json};

use crate::harness::{FACES, GRAPH_AUDIENCE, MDE_AUDIENCE, TestTwin, parts};

async fn inject(twin: &TestTwin, rule: Value) {
    let (status, body) = parts(twin.post_json("/_twin/faults", &rule).await).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn an_answer_can_be_replaced_for_the_next_calls() {
    let twin = TestTwin::new().await;
    inject(
        &twin,
        json!({"path": "/api/advancedqueries/*", "status": 429, "headers": {"Retry-After": "7"},
               "body": {"error": {"code": "429", "message": "slow down"}}, "calls": 2}),
    )
    .await;
    let token = twin.token(MDE_AUDIENCE).await;
    for _ in 0..2 {
        let answer = twin.hunt_raw(FACES[0], &token, "{}").await;
        assert_eq!(answer.headers()["retry-after"], "7");
        let (status, body) = parts(answer).await;
        assert_eq!(
            (status, &body["error"]["message"]),
            (429, &json!("slow down"))
        );
    }
    assert_eq!(twin.hunt_raw(FACES[0], &token, "{}").await.status(), 400);
    let faulted: Vec<bool> = twin.twin.calls().iter().map(|call| call.faulted).collect();
    assert_eq!(faulted, [false, true, true, false]);
}

#[tokio::test]
async fn without_a_body_the_face_answers_in_its_own_shape() {
    let twin = TestTwin::new().await;
    inject(&twin, json!([{"path": "/v1.0/*", "status": 504}, {"path": "*/token", "status": 503}, {"path": "/api/*", "status": 500, "body": "<html>"}])).await;
    let (status, body) = parts(twin.post_json(FACES[2].path, &json!({})).await).await;
    assert_eq!(
        (status, &body["error"]["code"], &body["error"]["message"]),
        (504, &json!("UnknownError"), &json!(""))
    );
    let (status, body) = parts(twin.sign_in("contoso.example", &[]).await).await;
    assert_eq!(
        (status, &body["error"]),
        (503, &json!("temporarily_unavailable"))
    );
    let answer = twin.post_json(FACES[0].path, &json!({})).await;
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap()),
        (500, "<html>".to_owned())
    );
}

#[tokio::test]
async fn a_connection_can_be_dropped_before_and_after_the_work() {
    let twin =
        TestTwin::with(|options| options.quota = tesem_twin::QuotaSetting::parse("1/60s").unwrap())
            .await;
    let token = twin.token(MDE_AUDIENCE).await;
    let send = || {
        twin.client
            .post(twin.url(FACES[0].path))
            .bearer_auth(&token)
            .body("{}")
            .send()
    };
    inject(&twin, json!({"path": "/api/*", "drop": "before"})).await;
    assert!(send().await.is_err());
    inject(&twin, json!({"path": "/api/*", "drop": "after"})).await;
    assert!(send().await.is_err());
    assert_eq!(
        send().await.unwrap().status(),
        429,
        "only the dropped call whose work was done counts"
    );
    let statuses: Vec<Option<u16>> = twin.twin.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200), None, None, Some(429)]);
}

#[tokio::test]
async fn an_answer_can_be_replaced_after_the_work() {
    let twin =
        TestTwin::with(|options| options.quota = tesem_twin::QuotaSetting::parse("1/60s").unwrap())
            .await;
    let token = twin.token(MDE_AUDIENCE).await;
    inject(
        &twin,
        json!({"path": "/api/*", "status": 502, "when": "after"}),
    )
    .await;
    assert_eq!(twin.hunt_raw(FACES[0], &token, "{}").await.status(), 502);
    assert_eq!(twin.hunt_raw(FACES[0], &token, "{}").await.status(), 429);
}

#[tokio::test]
async fn a_delay_changes_nothing_else() {
    let twin = TestTwin::new().await;
    let token = twin.token(GRAPH_AUDIENCE).await;
    inject(&twin, json!({"delay_ms": 1})).await;
    assert_eq!(twin.hunt_raw(FACES[2], &token, "{}").await.status(), 400);
}

#[tokio::test]
async fn a_seeded_rate_hits_the_same_calls_again() {
    let twin = TestTwin::new().await;
    let statuses = async || {
        inject(
            &twin,
            json!({"path": "/api/*", "status": 500, "rate": 0.3, "seed": 11}),
        )
        .await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(twin.get("/api/nonsense").await.status().as_u16());
        }
        twin.client
            .delete(twin.url("/_twin/faults"))
            .send()
            .await
            .unwrap();
        statuses
    };
    let first = statuses().await;
    let hits = first.iter().filter(|status| **status == 500).count();
    assert!((4..=20).contains(&hits), "{hits}");
    assert_eq!(statuses().await, first);
}

#[tokio::test]
async fn rules_are_listed_and_wrong_ones_refused() {
    let twin = TestTwin::new().await;
    inject(&twin, json!({"path": "/api/*", "status": 503, "calls": 3})).await;
    twin.get("/api/x").await;
    let (_, rules) = parts(twin.get("/_twin/faults").await).await;
    assert_eq!(
        rules,
        json!([{"rule": {"path": "/api/*", "status": 503, "calls": 3}, "calls_left": 2}])
    );
    let wrong = [
        json!({}),
        json!({"status": 1}),
        json!({"stauts": 500}),
        json!([{"status": 500}, {}]),
        json!(7),
        json!("x"),
    ];
    for rule in wrong {
        let (status, body) = parts(twin.post_json("/_twin/faults", &rule).await).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!("BadRequest")),
            "{rule}"
        );
    }
    let (_, rules) = parts(twin.get("/_twin/faults").await).await;
    assert_eq!(
        rules.as_array().unwrap().len(),
        1,
        "a list with a wrong rule adds none of its rules"
    );
}
