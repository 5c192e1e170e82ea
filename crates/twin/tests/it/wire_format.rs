//! How every type looks on the wire.

use serde_json::Value;
use tesem_twin::{BoolCells, DynamicCells};

use crate::harness::{FACES, TestTwin, parts, rows};

/// One row of values, one of nulls.
const EVERY_TYPE: &str = r#"datatable(B: bool, I: int, L: long, R: real, M: decimal, S: string, D: datetime, T: timespan, G: guid, O: dynamic)[
    true, 7, 9000000000, 2.5, decimal(12.5), 'a "b"\n', datetime(2026-10-01T08:00:00.1234567Z), 1d, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic({"n": 1, "ok": true, "in": {"s": "x"}, "list": ["a", {"k": 1}]}),
    bool(null), int(null), long(null), real(null), decimal(null), '', datetime(null), timespan(null), guid(null), dynamic(null)
]"#;

const LISTS: &str = r#"print texts = dynamic(["a", "b"]), longs = dynamic([1, 2]), none = dynamic([]), mixed = dynamic(["a", 1]), word = dynamic("w"), round = real(3), late = datetime(2026-10-01)"#;

/// The answer as text, so that the order of keys counts; pretty-printed.
async fn pretty(twin: &TestTwin, face: usize, query: &str) -> String {
    let token = twin.token(FACES[face].audience).await;
    let (status, body) = parts(twin.hunt(FACES[face], &token, query).await).await;
    assert_eq!(status, 200, "{body}");
    serde_json::to_string_pretty(&body).unwrap()
}

#[tokio::test]
async fn the_defender_apis_write_stats_schema_and_results() {
    let twin = TestTwin::new().await;
    let mde = pretty(&twin, 0, EVERY_TYPE).await;
    insta::assert_snapshot!("every_type_defender", mde);
    assert_eq!(pretty(&twin, 1, EVERY_TYPE).await, mde);
}

#[tokio::test]
async fn graph_writes_schema_and_results_with_annotations() {
    let twin = TestTwin::new().await;
    insta::assert_snapshot!("every_type_graph", pretty(&twin, 2, EVERY_TYPE).await);
}

#[tokio::test]
async fn lists_and_scalars_in_dynamics() {
    let twin = TestTwin::new().await;
    insta::assert_snapshot!("lists_graph", pretty(&twin, 2, LISTS).await);
    insta::assert_snapshot!("lists_defender", pretty(&twin, 0, LISTS).await);
}

#[tokio::test]
async fn no_rows_still_have_a_schema() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let (_, body) = twin
            .query(face, "DeviceInfo | project Timestamp, DeviceName")
            .await;
        let schema = body.get("Schema").or_else(|| body.get("schema")).unwrap();
        let expected = if face.name == "graph" {
            r#"[{"name":"Timestamp","type":"DateTime"},{"name":"DeviceName","type":"String"}]"#
        } else {
            r#"[{"Name":"Timestamp","Type":"DateTime"},{"Name":"DeviceName","Type":"String"}]"#
        };
        assert_eq!(
            (schema.to_string().as_str(), rows(&body).len()),
            (expected, 0)
        );
    }
}

#[tokio::test]
async fn content_types_are_those_of_the_face() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let token = twin.token(face.audience).await;
        let answer = twin.hunt(face, &token, "print 1").await;
        let content_type = answer.headers()["content-type"].to_str().unwrap();
        let expected = if face.name == "graph" {
            "application/json;odata.metadata=minimal"
        } else {
            "application/json; charset=utf-8"
        };
        assert!(content_type.starts_with(expected), "{content_type}");
    }
}

#[tokio::test]
async fn what_is_not_settled_can_be_set() {
    let twin = TestTwin::with(|options| {
        options.unverified.bool_cells = BoolCells::Literal;
        options.unverified.dynamic_cells = DynamicCells::Text;
    })
    .await;
    let (_, body) = twin
        .query(FACES[0], "print b = true, o = dynamic({\"a\": [1]})")
        .await;
    assert_eq!(rows(&body)[0]["b"], Value::Bool(true));
    assert_eq!(rows(&body)[0]["o"], "{\"a\":[1]}");
}
