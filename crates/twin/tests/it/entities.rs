//! Files, addresses and domains over HTTP: what the telemetry and the alerts say.

use serde_json::{Value, json};

use crate::harness::{SHA1, SHA256, TestTwin, machine_id, populated, write_rows};

async fn twin() -> TestTwin {
    let directory = populated();
    let file = |time: &str, machine: u32| {
        json!({"Timestamp": time, "DeviceId": machine_id(machine), "SHA1": "d".repeat(40),
        "SHA256": "e".repeat(64), "FileName": "tool.exe", "FileSize": 1234})
    };
    write_rows(
        directory.path(),
        "DeviceFileEvents",
        &[
            file("2026-10-15T11:00:00Z", 1),
            file("2026-10-01T11:00:00Z", 2),
        ],
    );
    let contact = |time: &str, machine: u32, url: &str| {
        json!({"Timestamp": time, "DeviceId": machine_id(machine),
        "RemoteIP": "198.51.100.9", "RemoteUrl": url, "LocalIP": "10.9.9.9"})
    };
    write_rows(
        directory.path(),
        "DeviceNetworkEvents",
        &[
            contact("2026-10-15T10:00:00Z", 1, "https://cdn.evil.example/x"),
            contact("2026-10-14T10:00:00Z", 3, "notevil.example"),
        ],
    );
    TestTwin::on(directory, |options| {
        options.quota = tesem_twin::QuotaSetting::Off;
    })
    .await
}

fn ids(body: &Value) -> Vec<String> {
    let list = body["value"].as_array().unwrap_or_else(|| panic!("{body}"));
    list.iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_file_is_known_from_the_list_or_the_telemetry() {
    let twin = twin().await;
    let cases = [
        (SHA1.to_owned(), 200, json!("Malware")),
        (SHA256.to_uppercase(), 200, json!("Malware")),
        ("0".repeat(32), 200, json!("Malware")),
        ("d".repeat(40), 200, json!("Unknown")),
        ("e".repeat(64), 200, json!("Unknown")),
        ("f".repeat(40), 404, Value::Null),
        ("nonsense".to_owned(), 400, Value::Null),
    ];
    for (hash, status, determination) in cases {
        let (found, body) = twin.api("GET", &format!("/api/files/{hash}"), None).await;
        assert_eq!(
            (found, &body["determinationType"]),
            (status, &determination),
            "{hash}"
        );
    }
}

#[tokio::test]
async fn prevalence_is_counted_in_the_telemetry() {
    let twin = twin().await;
    let seen = "d".repeat(40);
    let (_, body) = twin
        .api("GET", &format!("/api/files/{seen}/stats"), None)
        .await;
    assert_eq!(
        (&body["orgPrevalence"], &body["organizationPrevalence"]),
        (&json!("2"), &json!(2))
    );
    assert_eq!(
        (&body["orgFirstSeen"], &body["topFileNames"]),
        (&json!("2026-10-01T11:00:00Z"), &json!(["tool.exe"]))
    );
    let (_, body) = twin
        .api(
            "GET",
            &format!("/api/files/{seen}/stats?lookBackHours=24"),
            None,
        )
        .await;
    assert_eq!(body["organizationPrevalence"], 1);
    assert_eq!(
        twin.api(
            "GET",
            &format!("/api/files/{seen}/stats?lookBackHours=721"),
            None
        )
        .await
        .0,
        400
    );
    let (_, body) = twin.api("GET", "/api/ips/198.51.100.9/stats", None).await;
    assert_eq!(
        (&body["ipAddress"], &body["organizationPrevalence"]),
        (&json!("198.51.100.9"), &json!(2))
    );
    let (_, body) = twin.api("GET", "/api/ips/198.51.100.10/stats", None).await;
    assert_eq!(
        (&body["orgPrevalence"], &body["orgFirstSeen"]),
        (&json!("0"), &Value::Null)
    );
    let (status, body) = twin.api("GET", "/api/ips/nonsense/stats", None).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("InvalidIpAddress"))
    );
    let (_, body) = twin
        .api("GET", "/api/domains/evil.example/stats", None)
        .await;
    assert_eq!(
        (&body["host"], &body["organizationPrevalence"]),
        (&json!("evil.example"), &json!(1))
    );
    let (status, body) = twin
        .api("GET", "/api/domains/unknown.example/stats", None)
        .await;
    assert_eq!((status, &body["organizationPrevalence"]), (200, &json!(0)));
}

#[tokio::test]
async fn machines_and_alerts_are_related_by_telemetry_and_evidence() {
    let twin = twin().await;
    let get = async |path: String| twin.api("GET", &path, None).await;
    let (_, body) = get(format!("/api/files/{}/machines", "d".repeat(40))).await;
    assert_eq!(ids(&body), [machine_id(1), machine_id(2)]);
    let (_, body) = get(format!("/api/files/{}/machines", "e".repeat(64))).await;
    assert!(ids(&body).is_empty(), "only SHA-1 finds machines");
    let (_, body) = get(format!("/api/files/{SHA1}/alerts")).await;
    assert_eq!(ids(&body).len(), 3);
    let (_, body) = get("/api/domains/evil.example/machines".to_owned()).await;
    assert_eq!(
        ids(&body),
        [machine_id(1), machine_id(2)],
        "one by telemetry, one by evidence"
    );
    let (_, body) = get("/api/domains/evil.example/alerts".to_owned()).await;
    assert_eq!(ids(&body).len(), 3);
    let (_, body) = get("/api/ips/203.0.113.7/alerts".to_owned()).await;
    assert_eq!(ids(&body).len(), 3);
    let token = twin.token(crate::harness::MDE_AUDIENCE).await;
    let answer = twin
        .send(&token, "GET", "/api/ips/203.0.113.7/machines", None)
        .await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.bytes().await.unwrap().len()
        ),
        (404, 0)
    );
    let (_, body) =
        get("/api/machines/findbyip(ip='10.9.9.9',timestamp=2026-10-15T10:10:00Z)".to_owned())
            .await;
    assert_eq!(ids(&body), [machine_id(1)]);
}
