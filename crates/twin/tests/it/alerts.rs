//! Alerts over HTTP.

use serde_json::{Value, json};

use crate::harness::{SHA1, TestTwin, machine_id, populated, write_rows};

async fn twin() -> TestTwin {
    TestTwin::on(populated(), |options| {
        options.quota = tesem_twin::QuotaSetting::Off;
    })
    .await
}

#[tokio::test]
async fn evidence_comes_only_when_asked_for() {
    let twin = twin().await;
    for (path, expected) in [
        ("/api/alerts?$filter=id eq 'da1_1'", 0),
        ("/api/alerts?$filter=id eq 'da1_1'&$expand=evidence", 3),
        ("/api/alerts?$filter=incidentId eq 12&$expand=evidence", 3),
        ("/api/alerts?$filter=IncidentId eq 12", 0),
    ] {
        let (status, body) = twin.api("GET", path, None).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["value"].as_array().unwrap().len(), 1, "{path}");
        let evidence = body["value"][0]["evidence"].as_array().unwrap();
        assert_eq!(evidence.len(), expected, "{path}");
    }
    let (_, alert) = twin.api("GET", "/api/alerts/da1_1", None).await;
    assert_eq!(
        (&alert["evidence"], &alert["title"]),
        (&json!([]), &json!("Alert 1"))
    );
}

#[tokio::test]
async fn triage_is_kept_and_dated() {
    let twin = twin().await;
    let update = json!({"status": "Resolved", "assignedTo": "mona@contoso.example", "classification": "TruePositive",
                        "determination": "Malware", "comment": "done"});
    let (status, alert) = twin.api("PATCH", "/api/alerts/da1_1", Some(update)).await;
    assert_eq!(status, 200, "{alert}");
    for (name, expected) in [
        ("status", json!("Resolved")),
        ("resolvedTime", json!("2026-10-15T12:00:00Z")),
        ("lastUpdateTime", json!("2026-10-15T12:00:00Z")),
        ("classification", json!("TruePositive")),
    ] {
        assert_eq!(alert[name], expected, "{name}");
    }
    assert_eq!(alert["comments"][0]["comment"], "done");
    let (_, body) = twin
        .api(
            "GET",
            "/api/alerts?$filter=lastUpdateTime ge 2026-10-15T12:00:00Z",
            None,
        )
        .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    for (update, code) in [
        (json!({"status": "Closed"}), "InvalidInput"),
        (json!({"Status": "New"}), "InvalidRequestBody"),
        (json!({}), "InvalidRequestBody"),
    ] {
        let (status, body) = twin.api("PATCH", "/api/alerts/da1_1", Some(update)).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(code)));
    }
    let (status, _) = twin
        .api("PATCH", "/api/alerts/none", Some(json!({"status": "New"})))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_batch_updates_all_or_nothing() {
    let twin = twin().await;
    let update = |ids: Value| json!({"alertIds": ids, "status": "InProgress"});
    let (status, _) = twin
        .api(
            "POST",
            "/api/alerts/batchUpdate",
            Some(update(json!(["da1_1", "none"]))),
        )
        .await;
    assert_eq!(status, 404);
    let (_, alert) = twin.api("GET", "/api/alerts/da1_1", None).await;
    assert_eq!(alert["status"], "New");
    let (status, body) = twin
        .api(
            "POST",
            "/api/alerts/batchUpdate",
            Some(update(json!(["da1_1", "da3_1"]))),
        )
        .await;
    assert_eq!((status, body), (200, Value::Null));
    let (_, body) = twin
        .api("GET", "/api/alerts?$filter=status eq 'InProgress'", None)
        .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_alert_is_made_by_reference_to_an_event_that_is_there() {
    let directory = populated();
    let event = json!({"Timestamp": "2026-10-15T10:00:00.1234567Z", "DeviceId": machine_id(1), "ReportId": 777});
    write_rows(directory.path(), "DeviceEvents", &[event]);
    let twin = TestTwin::on(directory, |_| {}).await;
    let body = |report: &str| {
        json!({"machineId": machine_id(1), "severity": "Medium", "title": "t", "description": "d",
        "recommendedAction": "r", "eventTime": "2026-10-15T10:00:00.1234567Z", "reportId": report, "category": "Malware"})
    };
    let (status, _) = twin
        .api(
            "POST",
            "/api/alerts/CreateAlertByReference",
            Some(body("778")),
        )
        .await;
    assert_eq!(status, 404);
    let (status, alert) = twin
        .api(
            "POST",
            "/api/alerts/CreateAlertByReference",
            Some(body("777")),
        )
        .await;
    assert_eq!((status, &alert["status"]), (200, &json!("New")), "{alert}");
    let (_, found) = twin
        .api(
            "GET",
            &format!("/api/alerts/{}", alert["id"].as_str().unwrap()),
            None,
        )
        .await;
    assert_eq!(found["title"], "t");
    let (status, _) = twin
        .api(
            "POST",
            "/api/alerts/CreateAlertByReference",
            Some(json!({"machineId": "none"})),
        )
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_alert_leads_to_what_it_is_about() {
    let twin = twin().await;
    let get = async |rest: &str| {
        twin.api("GET", &format!("/api/alerts/da1_1/{rest}"), None)
            .await
    };
    assert_eq!(
        get("domains").await.1["value"],
        json!([{"host": "a.evil.example"}])
    );
    assert_eq!(get("ips").await.1["value"], json!([{"id": "203.0.113.7"}]));
    assert_eq!(get("files").await.1["value"][0]["sha1"], SHA1);
    assert_eq!(get("machine").await.1["id"], machine_id(1));
    assert_eq!(get("user").await.1["accountName"], "mona");
    let (status, body) = twin.api("GET", "/api/alerts/da2_1/user", None).await;
    assert_eq!(status, 404);
    assert_eq!(
        body["error"]["message"],
        "There is no User related to alert da2_1"
    );
}
