//! Queries that are not answered.

use std::time::Duration;

use serde_json::json;

use crate::harness::{FACES, TestTwin, parts};

const SYNTAX: &str = ". Fix syntax errors in your query.";
const SEMANTIC: &str = ". Fix semantic errors in your query.";

#[tokio::test]
async fn wrong_queries_are_400_in_the_services_words() {
    let twin = TestTwin::with(|options| options.quota = tesem_twin::QuotaSetting::Off).await;
    let cases = [
        (
            "DeviceInfo | where DeviceName == 'a",
            "A recognition error occurred.",
            SYNTAX,
        ),
        ("DeviceInfo | ", "Query operator expected.", SYNTAX),
        (
            "DeviceInfo | nonsense x",
            "Query operator expected.",
            SYNTAX,
        ),
        (
            "DeviceInfo | where",
            "The incomplete fragment is unexpected.",
            SYNTAX,
        ),
        (".show tables", "A recognition error occurred.", SYNTAX),
        (
            "// hello\n  .drop table DeviceInfo",
            "A recognition error occurred.",
            SYNTAX,
        ),
        (
            "DeviceInfo | project x",
            "'project' operator: Failed to resolve scalar expression named 'x'",
            SEMANTIC,
        ),
        (
            "DeviceInfo | where x == 1",
            "'where' operator: Failed to resolve scalar expression named 'x'",
            SEMANTIC,
        ),
        (
            "Nonsense | where true",
            "'where' operator: Failed to resolve table or column expression named 'Nonsense'",
            SEMANTIC,
        ),
    ];
    for face in FACES {
        let token = twin.token(face.audience).await;
        for (query, words, end) in cases {
            let (status, body) = parts(twin.hunt(face, &token, query).await).await;
            assert_eq!(
                (status, &body["error"]["code"]),
                (400, &json!("BadRequest")),
                "{query}: {body}"
            );
            assert_eq!(body["error"]["message"], format!("{words}{end}"), "{query}");
        }
    }
}

#[tokio::test]
async fn a_body_without_a_query_says_so() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let token = twin.token(face.audience).await;
        for body in [
            json!({}),
            json!({"query": "print 1"}),
            json!({"Query": ""}),
            json!({"Query": " \n"}),
            json!({"Query": 7}),
        ] {
            let (status, answer) = parts(twin.hunt_raw(face, &token, body.to_string()).await).await;
            assert_eq!(status, 400);
            assert_eq!(
                answer["error"]["code"], "InvalidRequestBody",
                "{} {body}",
                face.name
            );
            assert_eq!(answer["error"]["message"], "Missing query.");
        }
    }
}

#[tokio::test]
async fn what_the_twin_cannot_do_is_its_own_fault_and_named() {
    let twin = TestTwin::new().await;
    let query = "DeviceInfo\n| evaluate sql_request('x', 'y')";
    let (status, body) = twin.query(FACES[1], query).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (501, &json!("TwinNotSupported")),
        "{body}"
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("The twin, not the service, does not support"),
        "{message}"
    );
    assert!(message.contains("line 2"), "{message}");
}

#[tokio::test]
async fn too_large_a_result_is_refused() {
    let twin = TestTwin::with(|options| options.limits.result_bytes_max = 10_000).await;
    for face in FACES {
        let (status, body) = twin.query(face, "range n from 1 to 100000 step 1").await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!("BadRequest")),
            "{}",
            face.name
        );
        assert_eq!(
            body["error"]["message"],
            "Query execution has exceeded the allowed result size. Optimize your query by limiting the number of results and try again"
        );
    }
}

#[tokio::test]
async fn a_query_over_its_time_is_a_gateway_timeout() {
    let twin = TestTwin::with(|options| {
        options.limits.endpoint_query_time_max = Duration::ZERO;
        options.limits.tenant_query_time_max = Duration::ZERO;
    })
    .await;
    for face in FACES {
        let (status, body) = twin
            .query(
                face,
                "range n from 1 to 1000000 step 1 | summarize count() by n % 7",
            )
            .await;
        let code = if face.name == "graph" {
            "UnknownError"
        } else {
            "GatewayTimeout"
        };
        assert_eq!(
            (status, &body["error"]["code"]),
            (504, &json!(code)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn deep_and_long_queries_are_refused_and_not_fatal() {
    let twin = TestTwin::new().await;
    let hostile = [
        format!("print {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("print {}", "-".repeat(200_000)),
        format!("print x = {}", "[".repeat(200_000)),
        format!("DeviceInfo {}", "| where true ".repeat(20_000)),
        "|".repeat(300_000),
        "\u{0}\u{1}\u{feff}".to_owned(),
        "'".to_owned(),
    ];
    for query in hostile {
        let start: String = query.chars().take(20).collect();
        let (status, body) = twin.query(FACES[0], &query).await;
        assert!(
            matches!(status, 200 | 400 | 501),
            "{start}: {status} {body}"
        );
    }
}
