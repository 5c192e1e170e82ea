//! The twin's clock over HTTP.

use serde_json::json;

use crate::harness::{TestTwin, parts};

#[tokio::test]
async fn the_clock_can_be_moved_and_set() {
    let twin = TestTwin::new().await;
    let cases = [
        (json!({"advance": "PT1H"}), "2026-10-15T13:00:00Z"),
        (json!({"advance": 90}), "2026-10-15T13:01:30Z"),
        (json!({"advance": "P1DT30S"}), "2026-10-16T13:02:00Z"),
        (json!({"seconds": -120}), "2026-10-16T13:00:00Z"),
        (
            json!({"set": "2026-12-24T18:00:00Z"}),
            "2026-12-24T18:00:00Z",
        ),
    ];
    for (body, now) in cases {
        let (status, answer) = parts(twin.post_json("/_twin/clock", &body).await).await;
        assert_eq!((status, &answer["now"]), (200, &json!(now)), "{body}");
    }
    let (_, answer) = parts(twin.get("/_twin/clock").await).await;
    assert_eq!(answer["now"], "2026-12-24T18:00:00Z");
    assert_eq!(twin.now().to_string(), "2026-12-24T18:00:00Z");
}

#[tokio::test]
async fn what_is_no_time_is_refused() {
    let twin = TestTwin::new().await;
    let wrong = [
        json!({}),
        json!({"advance": "1h"}),
        json!({"advance": true}),
        json!({"advance": 1e300}),
        json!({"advance": 1, "seconds": 1}),
        json!({"set": "tomorrow"}),
        json!({"set": "9999-12-31T00:00:00Z"}),
        json!({"advnace": 1}),
        json!([]),
    ];
    for body in wrong {
        let (status, answer) = parts(twin.post_json("/_twin/clock", &body).await).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!("BadRequest")),
            "{body}"
        );
    }
    assert_eq!(twin.now().to_string(), crate::harness::NOW);
}
