//! Graph's alerts and incidents over HTTP.

use serde_json::{Value, json};

use crate::harness::{TestTwin, machine_id, populated};

async fn twin() -> TestTwin {
    TestTwin::on(populated(), |_| {}).await
}

fn ids(body: &Value) -> Vec<&str> {
    let list = body["value"].as_array().unwrap_or_else(|| panic!("{body}"));
    list.iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn alerts_are_those_of_the_endpoint_in_graphs_words() {
    let twin = twin().await;
    let (status, alert) = twin
        .api("GET", "/v1.0/security/alerts_v2/da1_1", None)
        .await;
    assert_eq!(status, 200, "{alert}");
    for (name, expected) in [
        ("severity", json!("high")),
        ("status", json!("new")),
        ("incidentId", json!("11")),
        ("createdDateTime", json!("2026-10-11T00:00:00Z")),
        (
            "@odata.context",
            json!("https://graph.microsoft.com/v1.0/$metadata#security/alerts_v2/$entity"),
        ),
    ] {
        assert_eq!(alert[name], expected, "{name}");
    }
    let kinds: Vec<&str> = alert["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["@odata.type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "#microsoft.graph.security.deviceEvidence",
            "#microsoft.graph.security.fileEvidence",
            "#microsoft.graph.security.ipEvidence",
            "#microsoft.graph.security.urlEvidence",
        ]
    );
    assert_eq!(alert["evidence"][0]["mdeDeviceId"], machine_id(1));
    let (_, body) = twin
        .api(
            "GET",
            "/v1.0/security/alerts_v2?$filter=severity eq 'high' or status eq 'resolved'",
            None,
        )
        .await;
    assert_eq!(ids(&body), ["da1_1", "da2_1"]);
    let (status, body) = twin
        .api(
            "GET",
            "/v1.0/security/alerts_v2?$filter=nonsense eq 1",
            None,
        )
        .await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("BadRequest"))
    );
    assert!(body["error"]["innerError"]["request-id"].is_string());
}

#[tokio::test]
async fn top_is_the_size_of_a_page_in_graph() {
    let twin = twin().await;
    let (_, first) = twin
        .api("GET", "/v1.0/security/alerts_v2?$top=2", None)
        .await;
    assert_eq!(ids(&first), ["da1_1", "da2_1"]);
    let link = first["@odata.nextLink"].as_str().unwrap();
    let token = twin.token(crate::harness::GRAPH_AUDIENCE).await;
    let (_, second) = crate::harness::parts(twin.send(&token, "GET", link, None).await).await;
    assert_eq!(
        (ids(&second), &second["@odata.nextLink"]),
        (vec!["da3_1"], &Value::Null)
    );
}

#[tokio::test]
async fn incidents_gather_alerts_and_keep_their_triage() {
    let twin = twin().await;
    let (_, body) = twin.api("GET", "/v1.0/security/incidents", None).await;
    assert_eq!(ids(&body), ["11", "12"]);
    assert_eq!(
        (&body["value"][0]["severity"], &body["value"][0]["alerts"]),
        (&json!("high"), &Value::Null)
    );
    let (_, body) = twin
        .api(
            "GET",
            "/v1.0/security/incidents?$expand=alerts&$filter=severity eq 'high'",
            None,
        )
        .await;
    assert_eq!(body["value"][0]["alerts"].as_array().unwrap().len(), 2);
    let update = json!({"status": "resolved", "classification": "truePositive", "determination": "malware", "customTags": ["x"]});
    let (status, incident) = twin
        .api("PATCH", "/v1.0/security/incidents/11", Some(update))
        .await;
    assert_eq!(
        (status, &incident["status"], &incident["customTags"]),
        (200, &json!("resolved"), &json!(["x"])),
        "{incident}"
    );
    assert_eq!(incident["lastUpdateDateTime"], "2026-10-15T12:00:00Z");
    let (status, body) = twin
        .api(
            "POST",
            "/v1.0/security/incidents/11/comments",
            Some(json!({"comment": "done"})),
        )
        .await;
    assert_eq!(
        (status, &body["value"][0]["comment"]),
        (200, &json!("done"))
    );
    let (_, incident) = twin
        .api("GET", "/v1.0/security/incidents/11?$expand=alerts", None)
        .await;
    assert_eq!(incident["comments"].as_array().unwrap().len(), 1);
    assert_eq!(
        twin.api("GET", "/v1.0/security/incidents/99", None).await.0,
        404
    );
    assert_eq!(
        twin.api(
            "PATCH",
            "/v1.0/security/incidents/11",
            Some(json!({"status": "Gone"}))
        )
        .await
        .0,
        400
    );
}

#[tokio::test]
async fn an_alert_changed_through_graph_is_changed_for_the_endpoint() {
    let twin = twin().await;
    let update = json!({"status": "resolved", "classification": "falsePositive", "determination": "notMalicious", "assignedTo": "mona"});
    let (status, alert) = twin
        .api("PATCH", "/v1.0/security/alerts_v2/da1_1", Some(update))
        .await;
    assert_eq!(
        (status, &alert["status"]),
        (200, &json!("resolved")),
        "{alert}"
    );
    let (_, body) = twin
        .api(
            "POST",
            "/v1.0/security/alerts_v2/da1_1/comments",
            Some(json!({"comment": "c"})),
        )
        .await;
    assert_eq!(body["value"][0]["comment"], "c");
    let (_, alert) = twin.api("GET", "/api/alerts/da1_1", None).await;
    assert_eq!(
        (&alert["status"], &alert["determination"]),
        (&json!("Resolved"), &json!("NotMalicious"))
    );
    assert_eq!(alert["comments"][0]["comment"], "c");
}
