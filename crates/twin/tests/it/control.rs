//! The rest of `/_twin/`.

use serde_json::{Value, json};

use crate::harness::{APP, BARE_APP, FACES, MDE_AUDIENCE, NOW, SECRET, TENANT, TestTwin, parts};

#[tokio::test]
async fn the_tenant_shows_its_credentials() {
    let twin = TestTwin::new().await;
    let (status, tenant) = parts(twin.get("/_twin/tenant").await).await;
    assert_eq!(status, 200);
    assert_eq!(tenant["tenant_id"], TENANT);
    assert_eq!(tenant["apps"][0]["client_id"], APP);
    assert_eq!(tenant["apps"][0]["client_secret"], SECRET);
    assert!(
        tenant["apps"][0]["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("ThreatHunting.Read.All"))
    );
    assert_eq!(
        (&tenant["apps"][1]["client_id"], &tenant["apps"][1]["roles"]),
        (&json!(BARE_APP), &json!([]))
    );
}

#[tokio::test]
async fn capabilities_print_the_route_table() {
    let twin = TestTwin::new().await;
    let (_, body) = parts(twin.get("/_twin/capabilities").await).await;
    let find = |list: &str, path: &str| {
        let routes = body[list].as_array().unwrap();
        routes
            .iter()
            .find(|route| route["path"] == path)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(
        find("emulated", "/api/advancedqueries/run"),
        json!({"method": "POST", "path": "/api/advancedqueries/run", "service": "Defender for Endpoint",
               "permissions": ["AdvancedQuery.Read.All"], "quota": ["45/60s", "1500/3600s"]})
    );
    assert_eq!(
        find("emulated", "/api/machines")["quota"],
        json!(["100/60s", "1500/3600s"])
    );
    assert_eq!(
        find("not_emulated", "/api/advancedqueries/run"),
        Value::Null
    );
    assert_eq!(body["tables"]["DeviceNetworkEvents"], 5);
    assert_eq!(body["quota"], "documented");
}

#[tokio::test]
async fn a_reset_takes_everything_back() {
    let twin =
        TestTwin::with(|options| options.quota = tesem_twin::QuotaSetting::parse("1/1h").unwrap())
            .await;
    let token = twin.token(MDE_AUDIENCE).await;
    assert_eq!(twin.hunt_raw(FACES[0], &token, "{}").await.status(), 400);
    assert_eq!(twin.hunt_raw(FACES[0], &token, "{}").await.status(), 429);
    twin.post_json("/_twin/clock", &json!({"advance": "P1D"}))
        .await;
    twin.post_json("/_twin/faults", &json!({"status": 500, "calls": 9}))
        .await;
    let (status, answer) = parts(twin.post_json("/_twin/reset", &json!(null)).await).await;
    assert_eq!((status, answer), (200, json!({"now": NOW})));
    assert!(twin.twin.calls().is_empty());
    assert_eq!(twin.hunt_raw(FACES[0], &token, "{}").await.status(), 400);
}

#[tokio::test]
async fn unknown_parts_of_the_own_face_are_404_and_wrong_verbs_405() {
    let twin = TestTwin::new().await;
    assert_eq!(twin.get("/_twin/nonsense").await.status(), 404);
    assert_eq!(twin.get("/_twin").await.status(), 404);
    let answer = twin.get("/_twin/reset").await;
    assert_eq!(
        (
            answer.status().as_u16(),
            answer.headers()["allow"].to_str().unwrap()
        ),
        (405, "POST")
    );
    assert!(twin.twin.calls().is_empty(), "the own face is not logged");
}
