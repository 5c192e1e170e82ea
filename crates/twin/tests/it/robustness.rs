//! Hostile input and impatient neighbours.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{FACES, GRAPH_AUDIENCE, MDE_AUDIENCE, TENANT, TestTwin, parts};

/// Sends bytes as they are and reads until the twin closes the connection.
async fn raw(twin: &TestTwin, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(twin.twin.address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // The twin may also reset the connection.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bodies_that_are_no_json_are_400() {
    let twin = TestTwin::new().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"Query\"",
        b"\xff\xfe{\"Query\"}",
        b"{\"Query\": \"\xff\"}",
        b"{\"Query\": \"\\ud800\"}",
        deep.as_bytes(),
    ];
    for face in FACES {
        let token = twin.token(face.audience).await;
        for body in bodies {
            let (status, answer) = parts(twin.hunt_raw(face, &token, body.to_vec()).await).await;
            let code = if face.name == "graph" {
                "BadRequest"
            } else {
                "InvalidRequestBody"
            };
            let start = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            assert_eq!(
                (status, &answer["error"]["code"]),
                (400, &json!(code)),
                "{} {start}",
                face.name
            );
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let twin = TestTwin::with(|options| options.limits.body_bytes_max = 1_000).await;
    let token = twin.token(MDE_AUDIENCE).await;
    for length in [1_001, 3_000_000] {
        let (status, answer) =
            parts(twin.hunt_raw(FACES[0], &token, vec![b' '; length]).await).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (413, &json!("RequestEntityTooLarge")),
            "{length}"
        );
    }
    let answer = twin.hunt_raw(FACES[0], &token, vec![b' '; 1_000]).await;
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn a_query_over_the_limit_is_refused() {
    let twin = TestTwin::with(|options| options.limits.query_bytes_max = 100).await;
    let (status, body) = twin.query(FACES[0], &"x".repeat(101)).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("BadRequest"))
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("exceeds the allowed size limit"),
        "{message}"
    );
}

#[tokio::test]
async fn broken_http_gets_no_500() {
    let twin = TestTwin::new().await;
    let long_path = format!(
        "GET /{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "a/".repeat(20_000)
    );
    let many_headers = format!(
        "GET / HTTP/1.1\r\n{}\r\n",
        (0..500).map(|n| format!("h{n}: x\r\n")).collect::<String>()
    );
    let cases: [(&[u8], &[&str]); 7] = [
        (b"nonsense\r\n\r\n", &["HTTP/1.1 400"]),
        (b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n", &["HTTP/1.1 400"]),
        (b"GET /%00%ff/oauth2/token HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 405"]),
        (b"POST /%00%ff/oauth2/token HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", &["HTTP/1.1 400"]),
        (b"GET /api/machines/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", &["HTTP/1.1 401"]),
        (long_path.as_bytes(), &["HTTP/1.1 404", "HTTP/1.1 414"]),
        (many_headers.as_bytes(), &["HTTP/1.1 431"]),
    ];
    for (bytes, expected) in cases {
        let answer = raw(&twin, bytes).await;
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        assert!(
            expected.iter().any(|status| answer.starts_with(status)),
            "{start}: {answer}"
        );
    }
    assert_eq!(
        twin.get("/_twin/clock").await.status(),
        200,
        "it still answers"
    );
}

#[tokio::test]
async fn a_client_that_does_not_finish_is_not_waited_for() {
    let twin = TestTwin::with(|options| options.limits.patience = Duration::from_millis(50)).await;
    let head = format!(
        "POST /{TENANT}/oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf"
    );
    let answer = raw(&twin, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(
        raw(&twin, b"GET / HTTP/1.1\r\nhos").await,
        "",
        "an unfinished head ends the connection"
    );
}

#[tokio::test]
async fn a_shutdown_closes_the_port() {
    let twin = TestTwin::new().await;
    let url = twin.url("/_twin/clock");
    assert_eq!(twin.get("/_twin/clock").await.status(), 200);
    let TestTwin { twin, client, .. } = twin;
    twin.shutdown().await;
    assert!(client.get(url).send().await.is_err());
}

#[tokio::test]
async fn many_callers_at_once_are_all_answered() {
    let twin = TestTwin::with(|options| {
        options.quota = tesem_twin::QuotaSetting::Off;
        options.limits.concurrent_queries = 2;
    })
    .await;
    let token = twin.token(GRAPH_AUDIENCE).await;
    let calls = (0..50).map(|n| {
        let request = twin
            .client
            .post(twin.url(FACES[2].path))
            .bearer_auth(&token)
            .json(&json!({"Query": format!("print {n}")}));
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 200);
    }
}
