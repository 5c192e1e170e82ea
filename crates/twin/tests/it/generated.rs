//! A generated tenant behind the hunting endpoints.

use std::sync::Arc;

use serde_json::Value;
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{TwinOptions, TwinSource};

use crate::harness::{FACES, NOW, TestTwin, parts, rows};

fn generated(options: &mut TwinOptions) {
    let until = NOW.parse().unwrap();
    let size = GenerateOptions {
        seed: 7,
        devices: 12,
        days: 30,
        until,
        activity: 0,
    };
    options.source = TwinSource::Generated(size);
}

async fn token(twin: &TestTwin, audience: &str) -> String {
    let tenant = twin.twin.tenant().clone();
    let app = &tenant.apps[0];
    let secret = secrecy::ExposeSecret::expose_secret(&app.client_secret);
    twin.token_in(&tenant.tenant_id, &app.client_id, secret, audience)
        .await
}

#[tokio::test]
async fn what_is_planted_is_found_through_every_face() {
    let twin = TestTwin::with(generated).await;
    let (status, planted) = parts(twin.get("/_twin/planted").await).await;
    assert_eq!(status, 200);
    let is_address = |planted: &&Value| {
        planted["kind"] == "ipv4"
            && planted["tables"]
                .to_string()
                .contains("DeviceNetworkEvents")
    };
    let address = planted.as_array().unwrap().iter().find(is_address).unwrap();
    let address = address["value"].as_str().unwrap();
    let query = format!(
        "DeviceNetworkEvents | where RemoteIP == '{address}' | summarize Events = count() by DeviceName"
    );
    let mut answers: Vec<Value> = Vec::new();
    for face in FACES {
        let token = token(&twin, face.audience).await;
        let (status, body) = parts(twin.hunt(face, &token, &query).await).await;
        assert_eq!(status, 200, "{body}");
        let mut found: Vec<(String, u64)> = rows(&body)
            .iter()
            .map(|row| {
                (
                    row["DeviceName"].to_string(),
                    row["Events"].as_u64().unwrap(),
                )
            })
            .collect();
        found.sort();
        assert!(!found.is_empty(), "{address} through {}", face.name);
        answers.push(serde_json::to_value(found).unwrap());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn a_generated_tenant_can_be_shared() {
    let first = TestTwin::with(generated).await;
    let prepared = Arc::clone(first.twin.prepared());
    let second = TestTwin::with(|options| options.source = TwinSource::Prepared(prepared)).await;
    assert_eq!(
        first.twin.tenant().tenant_id,
        second.twin.tenant().tenant_id
    );
    assert!(!second.twin.prepared().planted().is_empty());
}
