//! What a hunting query can see.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tesem_twin::KeyCase;

use crate::harness::{FACES, GRAPH_AUDIENCE, SHA1, TestTwin, parts, populated, rows};

const URLS: &str = "DeviceNetworkEvents | project RemoteUrl | order by RemoteUrl asc";

fn urls(body: &Value) -> Vec<&str> {
    rows(body)
        .iter()
        .map(|row| row["RemoteUrl"].as_str().unwrap())
        .collect()
}

async fn with_timespan(twin: &TestTwin, timespan: Value) -> (u16, Value) {
    let token = twin.token(GRAPH_AUDIENCE).await;
    let body = json!({"Query": URLS, "Timespan": timespan}).to_string();
    parts(twin.hunt_raw(FACES[2], &token, body).await).await
}

#[tokio::test]
async fn only_the_last_thirty_days_are_visible_and_nothing_of_the_future() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let (status, body) = twin.query(face, URLS).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            urls(&body),
            ["day.example", "hour.example", "month.example"],
            "{}",
            face.name
        );
    }
    twin.twin
        .advance_clock(SignedDuration::from_hours(2 * 24))
        .unwrap();
    let (_, body) = twin.query(FACES[0], URLS).await;
    assert_eq!(
        urls(&body),
        ["day.example", "future.example", "hour.example"]
    );
}

#[tokio::test]
async fn a_timespan_narrows_what_graph_sees() {
    let twin = TestTwin::new().await;
    let cases: [(Value, &[&str]); 9] = [
        (
            json!("P30D"),
            &["day.example", "hour.example", "month.example"],
        ),
        (
            json!("P90D"),
            &["day.example", "hour.example", "month.example"],
        ),
        (json!("PT2H"), &["hour.example"]),
        (json!("2026-10-14/2026-10-15"), &["day.example"]),
        (json!("P1D/2026-10-15T00:00:00Z"), &["day.example"]),
        (json!("2026-10-14T11:00:00Z/PT2H"), &["day.example"]),
        (json!("2026-10-15T00:00:00Z"), &["hour.example"]),
        (json!("2026-01-01/2026-01-02"), &[]),
        (
            Value::Null,
            &["day.example", "hour.example", "month.example"],
        ),
    ];
    for (timespan, expected) in cases {
        let (status, body) = with_timespan(&twin, timespan.clone()).await;
        assert_eq!(status, 200, "{timespan}: {body}");
        assert_eq!(urls(&body), expected, "{timespan}");
    }
    for wrong in [json!("a week"), json!(7), json!("2026-10-15/2026-10-14")] {
        let (status, body) = with_timespan(&twin, wrong.clone()).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!("BadRequest")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_defender_apis_know_no_timespan() {
    let twin = TestTwin::new().await;
    let token = twin.token(FACES[1].audience).await;
    let body = json!({"Query": URLS, "Timespan": "PT2H"}).to_string();
    let (_, body) = parts(twin.hunt_raw(FACES[1], &token, body).await).await;
    assert_eq!(urls(&body).len(), 3);
}

#[tokio::test]
async fn the_endpoint_api_reaches_device_tables_only() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let (status, body) = twin.query(face, "EmailEvents | project Subject").await;
        if face.name == "mde" {
            assert_eq!(status, 400);
            let message = body["error"]["message"].as_str().unwrap();
            assert!(
                message
                    .contains("Failed to resolve table or column expression named 'EmailEvents'"),
                "{message}"
            );
        } else {
            assert_eq!(
                (status, rows(&body)),
                (200, &vec![json!({"Subject": "hello"})])
            );
        }
    }
}

#[tokio::test]
async fn a_result_is_cut_at_the_row_limit_without_a_word() {
    let twin = TestTwin::with(|options| options.limits.rows_max = 10).await;
    for face in FACES {
        let (status, body) = twin.query(face, "range n from 1 to 25 step 1").await;
        assert_eq!((status, rows(&body).len()), (200, 10), "{}", face.name);
    }
    assert_eq!(twin.twin.calls().last().unwrap().rows, Some(10));
}

#[tokio::test]
async fn keys_are_case_sensitive_unless_graph_is_set_otherwise() {
    for (graph_keys, expected) in [(KeyCase::Exact, 400), (KeyCase::Any, 200)] {
        let twin = TestTwin::with(|options| options.unverified.graph_keys = graph_keys).await;
        let token = twin.token(GRAPH_AUDIENCE).await;
        let answer = twin
            .hunt_raw(FACES[2], &token, json!({"query": "print 1"}).to_string())
            .await;
        assert_eq!(answer.status(), expected);
        let token = twin.token(FACES[0].audience).await;
        let answer = twin
            .hunt_raw(FACES[0], &token, json!({"query": "print 1"}).to_string())
            .await;
        assert_eq!(answer.status(), 400);
    }
}

#[tokio::test]
async fn now_is_the_twins_now() {
    let twin = TestTwin::new().await;
    twin.twin
        .advance_clock(SignedDuration::from_hours(1))
        .unwrap();
    let (_, body) = twin.query(FACES[1], "print t = now()").await;
    assert_eq!(rows(&body)[0]["t"], "2026-10-15T13:00:00.0000000Z");
}

#[tokio::test]
async fn the_visible_time_is_a_setting() {
    let twin =
        TestTwin::with(|options| options.limits.visible = Duration::from_secs(2 * 3_600)).await;
    let (_, body) = twin.query(FACES[0], URLS).await;
    assert_eq!(urls(&body), ["hour.example"]);
}

#[tokio::test]
async fn external_data_comes_from_the_data_directory_alone() {
    let directory = crate::harness::directory();
    let external = directory.path().join("external");
    std::fs::create_dir(&external).unwrap();
    std::fs::write(external.join("hosts.csv"), "host\nday.example\n").unwrap();
    std::fs::write(
        external.join("snapshots.json"),
        r#"{"https://lists.example/hosts.csv": "hosts.csv"}"#,
    )
    .unwrap();
    let twin = TestTwin::on(directory, |_| {}).await;
    let query = |url: &str| {
        format!(
            "let hosts = externaldata(host:string)['{url}'] with (ignoreFirstRecord=true);
             DeviceNetworkEvents | where RemoteUrl in (hosts) | project RemoteUrl"
        )
    };
    let known = query("https://lists.example/hosts.csv");
    let (status, body) = twin.query(FACES[2], &known).await;
    assert_eq!((status, urls(&body)), (200, vec!["day.example"]), "{body}");
    let unknown = query("https://lists.example/other.csv");
    let (status, body) = twin.query(FACES[2], &unknown).await;
    assert_eq!(status, 501, "{body}");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("https://lists.example/other.csv: there is no snapshot of it"),
        "{message}"
    );
}

#[tokio::test]
async fn the_tenants_files_are_the_file_profiles() {
    let query = format!(
        "print SHA1 = '{SHA1}' | union (print SHA1 = '{}') | invoke FileProfile(SHA1, 10)
         | project Prevalence = tostring(GlobalPrevalence), ProfileAvailability | order by ProfileAvailability asc",
        "c".repeat(40)
    );
    let twin = TestTwin::on(populated(), |_| {}).await;
    for face in FACES {
        let (status, body) = twin.query(face, &query).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            rows(&body).as_slice(),
            [
                json!({"Prevalence": "12", "ProfileAvailability": "Available"}),
                json!({"Prevalence": "", "ProfileAvailability": "Missing"}),
            ],
            "{}",
            face.name
        );
    }
    let without = TestTwin::new().await;
    let (status, body) = without.query(FACES[2], &query).await;
    assert_eq!(status, 501, "{body}");
    assert!(body.to_string().contains("without file profiles"), "{body}");
}
