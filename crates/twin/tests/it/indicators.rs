//! Custom indicators over HTTP.

use serde_json::{Value, json};
use tesem_twin::{DeletionStatus, IndicatorKey, KeptIndicators, QuotaSetting};

use crate::harness::{APP, OTHER_APP, OTHER_SECRET, TestTwin, directory};

fn indicator(value: &str) -> Value {
    json!({"indicatorValue": value, "indicatorType": "IpAddress", "action": "Block", "title": "t", "description": "d"})
}

async fn twin() -> TestTwin {
    TestTwin::with(|options| options.quota = QuotaSetting::Off).await
}

/// A directory whose second app sees only its own indicators.
fn with_limited_app() -> tempfile::TempDir {
    let directory = directory();
    let tenant = std::fs::read_to_string(directory.path().join("tenant.json")).unwrap();
    let mut tenant: Value = serde_json::from_str(&tenant).unwrap();
    tenant["apps"][2]["roles"] = json!(["Ti.ReadWrite"]);
    std::fs::write(directory.path().join("tenant.json"), tenant.to_string()).unwrap();
    directory
}

async fn values(twin: &TestTwin) -> Vec<String> {
    let (status, body) = twin.api("GET", "/api/indicators", None).await;
    assert_eq!(status, 200);
    let all = body["value"].as_array().unwrap();
    all.iter()
        .map(|one| one["indicatorValue"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn submitting_creates_and_then_updates() {
    let twin = twin().await;
    let mut first = indicator("203.0.113.7");
    first["application"] = json!("feed");
    let (status, created) = twin.api("POST", "/api/indicators", Some(first)).await;
    assert_eq!(status, 200, "{created}");
    for (name, expected) in [
        ("id", json!("1")),
        ("createdBy", json!(APP)),
        ("createdBySource", json!("PublicApi")),
        ("severity", json!("Informational")),
        ("expirationTime", Value::Null),
        ("creationTimeDateTimeUtc", json!("2026-10-15T12:00:00Z")),
    ] {
        assert_eq!(created[name], expected, "{name}");
    }
    twin.advance("PT1M").await;
    let mut second = indicator("203.0.113.7");
    second["action"] = json!("Allowed");
    second["application"] = json!("other");
    let (status, updated) = twin.api("POST", "/api/indicators", Some(second)).await;
    assert_eq!(
        (status, &updated["id"], &updated["action"]),
        (200, &json!("1"), &json!("Allowed"))
    );
    assert_eq!(updated["application"], "feed", "it cannot be changed");
    assert_eq!(updated["lastUpdateTime"], "2026-10-15T12:01:00Z");
    let (_, body) = twin
        .api(
            "GET",
            "/api/indicators?$filter=indicatorValue+eq+'203.0.113.7'&$top=1",
            None,
        )
        .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_update_key_is_a_setting() {
    let twin = TestTwin::with(|options| {
        options.unverified.indicator_key = IndicatorKey::ValueTypeAndAction;
    })
    .await;
    let mut allowed = indicator("203.0.113.7");
    allowed["action"] = json!("Allowed");
    twin.api("POST", "/api/indicators", Some(indicator("203.0.113.7")))
        .await;
    let (_, second) = twin.api("POST", "/api/indicators", Some(allowed)).await;
    assert_eq!(second["id"], "2");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused() {
    let twin = twin().await;
    let with = |name: &str, value: Value| {
        let mut body = indicator("203.0.113.7");
        body[name] = value;
        body
    };
    let cases = [
        (with("title", json!(null)), "MissingRequiredParameter"),
        (with("description", json!(" ")), "MissingRequiredParameter"),
        (with("action", json!("Audit")), "InvalidInput"),
        (
            with("indicatorValue", json!("10.0.0.1")),
            "InvalidIpAddress",
        ),
        (with("severity", json!("Severe")), "InvalidInput"),
        (with("generateAlert", json!("yes")), "InvalidInput"),
        (with("expirationTime", json!("soon")), "InvalidInput"),
    ];
    for (body, code) in cases {
        let (status, answer) = twin
            .api("POST", "/api/indicators", Some(body.clone()))
            .await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!(code)),
            "{body}"
        );
    }
    let past = with("expirationTime", json!("2026-10-15T12:00:00Z"));
    let (status, answer) = twin.api("POST", "/api/indicators", Some(past)).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &json!("BadRequest"))
    );
    assert_eq!(
        answer["error"]["message"],
        "Indicator 203.0.113.7 is inactive. (Expiration time should be set to a future date time)"
    );
}

#[tokio::test]
async fn an_import_tells_of_each_item() {
    let twin = TestTwin::with(|options| {
        options.quota = QuotaSetting::Off;
        options.limits.indicators_max = 2;
    })
    .await;
    let items = json!([
        indicator("203.0.113.1"),
        indicator("10.1.1.1"),
        indicator("203.0.113.1"),
        indicator("203.0.113.2"),
        indicator("203.0.113.3")
    ]);
    let (status, body) = twin
        .api(
            "POST",
            "/api/indicators/import",
            Some(json!({"Indicators": items})),
        )
        .await;
    assert_eq!(status, 200);
    let results = body["value"].as_array().unwrap();
    let failed: Vec<bool> = results
        .iter()
        .map(|result| result["isFailed"].as_bool().unwrap())
        .collect();
    assert_eq!(failed, [false, true, false, false, true]);
    assert_eq!(results[2]["id"], "1", "the same value again is an update");
    assert_eq!(
        results[4]["failureReason"],
        "Max capacity exceeded. Current Total: 2, Limit: 2 (Parameter 'Capacity: 2/2')"
    );
    assert_eq!(values(&twin).await, ["203.0.113.1", "203.0.113.2"]);
}

#[tokio::test]
async fn an_expired_item_spoils_the_import_and_batches_are_limited() {
    let twin = twin().await;
    let mut expired = indicator("203.0.113.9");
    expired["expirationTime"] = json!("2020-01-01T00:00:00Z");
    let import = async |items: Vec<Value>| {
        let (status, body) = twin
            .api(
                "POST",
                "/api/indicators/import",
                Some(json!({"Indicators": items})),
            )
            .await;
        format!(
            "{status} {}",
            body["error"]["code"].as_str().unwrap_or_default()
        )
    };
    assert_eq!(
        import(vec![indicator("203.0.113.1"), expired]).await,
        "400 BadRequest"
    );
    assert!(values(&twin).await.is_empty());
    assert_eq!(import(vec![]).await, "400 MissingRequiredParameter");
    assert_eq!(import(vec![json!(7)]).await, "400 InvalidRequestBody");
    let many = |count: u32| {
        (0..count)
            .map(|n| indicator(&format!("203.0.{}.{}", n / 250, n % 250)))
            .collect()
    };
    assert_eq!(import(many(501)).await, "400 MaximumBatchSizeExceeded");
    assert_eq!(import(many(500)).await, "200 ");
    assert_eq!(values(&twin).await.len(), 500);
}

#[tokio::test]
async fn deletions_are_all_or_nothing() {
    let twin = twin().await;
    for value in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        twin.api("POST", "/api/indicators", Some(indicator(value)))
            .await;
    }
    let batch = async |ids: Value| {
        twin.api(
            "POST",
            "/api/indicators/BatchDelete",
            Some(json!({"IndicatorIds": ids})),
        )
        .await
        .0
    };
    assert_eq!(batch(json!(["1", "9"])).await, 404);
    assert_eq!(batch(json!([])).await, 400);
    assert_eq!(batch(json!(["x"])).await, 400);
    assert_eq!(
        batch(json!((0..501).map(|id| id.to_string()).collect::<Vec<_>>())).await,
        400
    );
    assert_eq!(values(&twin).await.len(), 3);
    assert_eq!(batch(json!(["1", "2"])).await, 204);
    assert_eq!(twin.api("DELETE", "/api/indicators/3", None).await.0, 204);
    assert_eq!(twin.api("DELETE", "/api/indicators/3", None).await.0, 404);
    assert_eq!(twin.api("DELETE", "/api/indicators/x", None).await.0, 400);
    assert!(values(&twin).await.is_empty());
    let twin =
        TestTwin::with(|options| options.unverified.indicator_deletion = DeletionStatus::Ok).await;
    twin.api("POST", "/api/indicators", Some(indicator("203.0.113.1")))
        .await;
    assert_eq!(
        twin.api("DELETE", "/api/indicators/1", None).await,
        (200, Value::Null)
    );
}

#[tokio::test]
async fn an_app_without_the_wider_role_sees_and_deletes_its_own_only() {
    let twin = TestTwin::on(with_limited_app(), |_| {}).await;
    twin.api("POST", "/api/indicators", Some(indicator("203.0.113.1")))
        .await;
    let limited = async |method: &str, path: &str, body: Option<Value>| {
        twin.api_as(OTHER_APP, OTHER_SECRET, method, path, body)
            .await
    };
    let (_, own) = limited("POST", "/api/indicators", Some(indicator("203.0.113.1"))).await;
    assert_eq!(
        own["id"], "2",
        "it does not see the other app's, so this is no update"
    );
    let (_, body) = limited("GET", "/api/indicators", None).await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    assert_eq!(limited("DELETE", "/api/indicators/1", None).await.0, 404);
    assert_eq!(values(&twin).await.len(), 2);
}

#[tokio::test]
async fn indicators_go_when_their_time_is_over() {
    let twin = twin().await;
    let mut short = indicator("203.0.113.1");
    short["expirationTime"] = json!("2026-10-15T13:00:00Z");
    let (_, created) = twin.api("POST", "/api/indicators", Some(short)).await;
    assert_eq!(created["expirationTime"], "2026-10-15T13:00:00Z");
    twin.api("POST", "/api/indicators", Some(indicator("203.0.113.2")))
        .await;
    twin.advance("PT59M59S").await;
    assert_eq!(values(&twin).await.len(), 2);
    twin.advance("PT1S").await;
    assert_eq!(values(&twin).await, ["203.0.113.2"]);
}

#[tokio::test]
async fn imports_have_a_smaller_quota() {
    let twin = TestTwin::new().await;
    for call in 0..31 {
        let (status, _) = twin
            .api(
                "POST",
                "/api/indicators/import",
                Some(json!({"Indicators": []})),
            )
            .await;
        assert_eq!(status, if call < 30 { 400 } else { 429 }, "{call}");
    }
}

#[tokio::test]
async fn a_later_twin_goes_on_with_the_indicators_of_an_earlier_one() {
    let first = twin().await;
    for value in ["203.0.113.7", "203.0.113.8", "203.0.113.9"] {
        first
            .api("POST", "/api/indicators", Some(indicator(value)))
            .await;
    }
    first.api("DELETE", "/api/indicators/3", None).await;
    let kept = first.twin.indicators();
    assert_eq!(kept.last_id, 3);
    let text = serde_json::to_vec(&kept).unwrap();
    let read: KeptIndicators = serde_json::from_slice(&text).unwrap();
    assert_eq!(read, kept);

    let second = TestTwin::with(|options| options.indicators = Some(read.clone())).await;
    assert_eq!(values(&second).await, ["203.0.113.7", "203.0.113.8"]);
    assert_eq!(second.twin.indicators(), kept, "nothing has changed");
    let new = indicator("203.0.113.10");
    let (_, created) = second.api("POST", "/api/indicators", Some(new)).await;
    assert_eq!(
        created["id"], "4",
        "the id of a deleted one is not given again"
    );
    let mut update = indicator("203.0.113.7");
    update["action"] = json!("Allowed");
    let (_, updated) = second.api("POST", "/api/indicators", Some(update)).await;
    assert_eq!(updated["id"], "1");
}
