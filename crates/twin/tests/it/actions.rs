//! Machine actions over HTTP.

use serde_json::{Value, json};
use tesem_twin::{QuotaSetting, RepeatedAction};

use crate::harness::{SHA1, TestTwin, machine_id, populated};

async fn twin() -> TestTwin {
    TestTwin::on(populated(), |options| options.quota = QuotaSetting::Off).await
}

fn path(machine: u32, action: &str) -> String {
    format!("/api/machines/{}/{action}", machine_id(machine))
}

async fn begin(twin: &TestTwin, machine: u32, action: &str, body: Value) -> String {
    let (status, begun) = twin.api("POST", &path(machine, action), Some(body)).await;
    assert_eq!(
        (status, &begun["status"]),
        (201, &json!("Pending")),
        "{action}: {begun}"
    );
    begun["id"].as_str().unwrap().to_owned()
}

async fn status(twin: &TestTwin, id: &str) -> String {
    let (_, action) = twin
        .api("GET", &format!("/api/machineactions/{id}"), None)
        .await;
    action["status"].as_str().unwrap_or_default().to_owned()
}

/// Path, body, type and scope of every action.
fn every_action() -> Vec<(&'static str, Value, &'static str, Value)> {
    let note = json!({"Comment": "c"});
    vec![
        (
            "isolate",
            json!({"Comment": "c", "IsolationType": "Full"}),
            "Isolate",
            json!("Full"),
        ),
        ("unisolate", note.clone(), "Unisolate", Value::Null),
        (
            "restrictCodeExecution",
            note.clone(),
            "RestrictCodeExecution",
            Value::Null,
        ),
        (
            "unrestrictCodeExecution",
            note.clone(),
            "UnrestrictCodeExecution",
            Value::Null,
        ),
        (
            "runAntiVirusScan",
            json!({"Comment": "c", "ScanType": "Quick"}),
            "RunAntiVirusScan",
            json!("Quick"),
        ),
        (
            "collectInvestigationPackage",
            note.clone(),
            "CollectInvestigationPackage",
            Value::Null,
        ),
        (
            "StopAndQuarantineFile",
            json!({"Comment": "c", "Sha1": SHA1}),
            "StopAndQuarantineFile",
            Value::Null,
        ),
        ("offboard", note, "Offboard", Value::Null),
    ]
}

#[tokio::test]
async fn every_action_runs_through_its_states() {
    let twin = twin().await;
    let mut ids = Vec::new();
    for (action, body, kind, scope) in every_action() {
        let id = begin(&twin, 1, action, body).await;
        let (_, shown) = twin
            .api("GET", &format!("/api/machineactions/{id}"), None)
            .await;
        assert_eq!((&shown["type"], &shown["scope"]), (&json!(kind), &scope));
        assert_eq!(shown["lastUpdateDateTimeUtc"], "2026-10-15T12:00:00Z");
        ids.push(id);
    }
    for (step, expected) in [
        ("PT4S", "Pending"),
        ("PT1S", "InProgress"),
        ("PT54S", "InProgress"),
        ("PT1S", "Succeeded"),
    ] {
        twin.advance(step).await;
        for id in &ids {
            assert_eq!(status(&twin, id).await, expected, "{step}");
        }
    }
    let (_, machine) = twin
        .api("GET", &format!("/api/machines/{}", machine_id(1)), None)
        .await;
    assert_eq!(
        (&machine["healthStatus"], &machine["onboardingStatus"]),
        (&json!("Inactive"), &json!("CanBeOnboarded")),
        "it was offboarded"
    );
    let filter = "/api/machineactions?$filter=type in ('Isolate','Unisolate') and status eq 'Succeeded'&$top=1";
    let (_, body) = twin.api("GET", filter, None).await;
    assert_eq!(
        body["value"][0]["type"], "Unisolate",
        "the newest comes first"
    );
    let (_, body) = twin
        .api("GET", &path(1, "latestMachineActions"), None)
        .await;
    assert_eq!(body["value"].as_array().unwrap().len(), 8);
}

type WrongRequest = (u32, &'static str, Value, u16, &'static str);

fn wrong_sessions() -> Vec<WrongRequest> {
    vec![
        (
            1,
            "runliveresponse",
            json!({"Comment": "c", "Commands": []}),
            400,
            "MissingRequiredParameter",
        ),
        (
            1,
            "runliveresponse",
            json!({"Comment": "c", "Commands": [{"type": "GetFile", "params": []}]}),
            400,
            "MissingRequiredParameter",
        ),
        (
            1,
            "runliveresponse",
            json!({"Comment": "c", "Commands": [{"type": "Dance", "params": []}]}),
            400,
            "InvalidInput",
        ),
        (
            1,
            "runliveresponse",
            json!({"Comment": "c", "Commands": [{"type": "GetFile", "params": {"Path": "x"}}]}),
            400,
            "InvalidRequestBody",
        ),
        (
            1,
            "runliveresponse",
            json!({"Comment": "c", "Commands": [{"type": "GetFile", "params": [
                {"key": "Path", "value": "x"}, {"key": "Path", "value": 7}]}]}),
            400,
            "InvalidRequestBody",
        ),
    ]
}

/// Machine, path, body, and the refusal's status and code.
fn wrong_requests(note: &Value) -> Vec<WrongRequest> {
    vec![
        (
            1,
            "unisolate",
            note.clone(),
            400,
            "ActiveRequestAlreadyExists",
        ),
        (1, "isolate", note.clone(), 400, "MissingRequiredParameter"),
        (
            1,
            "isolate",
            json!({"IsolationType": "Full"}),
            400,
            "MissingRequiredParameter",
        ),
        (
            1,
            "isolate",
            json!({"comment": "c", "IsolationType": "Full"}),
            400,
            "MissingRequiredParameter",
        ),
        (
            1,
            "isolate",
            json!({"Comment": "c", "IsolationType": "Half"}),
            400,
            "InvalidInput",
        ),
        (
            1,
            "runAntiVirusScan",
            json!({"Comment": "c", "ScanType": "Slow"}),
            400,
            "InvalidInput",
        ),
        (
            1,
            "StopAndQuarantineFile",
            json!({"Comment": "c", "Sha1": "x"}),
            400,
            "InvalidHashValue",
        ),
        (
            2,
            "restrictCodeExecution",
            note.clone(),
            400,
            "OsPlatformNotSupported",
        ),
        (2, "offboard", note.clone(), 400, "OsPlatformNotSupported"),
        (9, "offboard", note.clone(), 404, "ResourceNotFound"),
    ]
}

#[tokio::test]
async fn conflicts_and_wrong_requests_are_refused() {
    let twin = twin().await;
    let note = json!({"Comment": "c"});
    begin(&twin, 1, "unisolate", note.clone()).await;
    let all = wrong_requests(&note).into_iter().chain(wrong_sessions());
    for (machine, action, body, status, code) in all {
        let (found, answer) = twin
            .api("POST", &path(machine, action), Some(body.clone()))
            .await;
        assert_eq!(
            (found, &answer["error"]["code"]),
            (status, &json!(code)),
            "{action} {body}"
        );
    }
    twin.advance("PT2M").await;
    begin(&twin, 1, "unisolate", note).await;
}

#[tokio::test]
async fn a_repeated_action_can_be_answered_with_the_pending_one() {
    let twin = TestTwin::on(populated(), |options| {
        options.unverified.repeated_action = RepeatedAction::PendingOne;
    })
    .await;
    let first = begin(&twin, 1, "unisolate", json!({"Comment": "c"})).await;
    assert_eq!(
        begin(&twin, 1, "unisolate", json!({"Comment": "d"})).await,
        first
    );
}

#[tokio::test]
async fn a_device_that_does_not_report_lets_its_actions_time_out_and_an_unknown_file_fails() {
    let twin = twin().await;
    let waiting = begin(&twin, 3, "unisolate", json!({"Comment": "c"})).await;
    let failing = begin(
        &twin,
        1,
        "StopAndQuarantineFile",
        json!({"Comment": "c", "Sha1": "c".repeat(40)}),
    )
    .await;
    twin.advance("P2D").await;
    assert_eq!(status(&twin, &waiting).await, "Pending");
    assert_eq!(status(&twin, &failing).await, "Failed");
    twin.advance("P1D").await;
    assert_eq!(status(&twin, &waiting).await, "TimeOut");
}

#[tokio::test]
async fn an_action_can_be_cancelled_until_it_ends() {
    let twin = twin().await;
    let id = begin(&twin, 1, "unisolate", json!({"Comment": "c"})).await;
    let cancel = format!("/api/machineactions/{id}/cancel");
    let (status, action) = twin
        .api("POST", &cancel, Some(json!({"Comment": "stop"})))
        .await;
    assert_eq!(
        (status, &action["status"], &action["cancellationComment"]),
        (200, &json!("Cancelled"), &json!("stop"))
    );
    assert_eq!(
        twin.api("POST", &cancel, Some(json!({"Comment": "stop"})))
            .await
            .0,
        400
    );
    let (status, body) = twin
        .api("GET", "/api/machineactions/not-a-guid", None)
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        body["error"]["message"],
        "The key value (not-a-guid) from request is not valid. The key value should be format of type 'Edm.Guid'."
    );
}

#[tokio::test]
async fn packages_and_results_lie_behind_signed_addresses_for_half_an_hour() {
    let twin = twin().await;
    let package = begin(
        &twin,
        1,
        "collectInvestigationPackage",
        json!({"Comment": "c"}),
    )
    .await;
    let package_uri = format!("/api/machineactions/{package}/getPackageUri");
    assert_eq!(
        twin.api("GET", &package_uri, None).await.0,
        404,
        "not ready yet"
    );
    let (status, body) = twin
        .api(
            "GET",
            "/api/machineactions/00000000-0000-4000-8000-000000000000/getPackageUri",
            None,
        )
        .await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("InvalidInput"))
    );
    twin.advance("PT1M").await;
    let (_, body) = twin.api("GET", &package_uri, None).await;
    let uri = body["value"].as_str().unwrap().to_owned();
    let archive = twin
        .client
        .get(&uri)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert!(archive.starts_with(b"PK\x03\x04") && archive.ends_with(&[0; 2]));
    let with_token = twin.client.get(&uri).bearer_auth("x").send().await.unwrap();
    assert_eq!(with_token.status(), 400, "a token does not belong there");
    let changed = twin
        .client
        .get(uri.replace("sig=", "sig=x"))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 403);
    twin.advance("PT31M").await;
    let late = twin.client.get(&uri).send().await.unwrap();
    assert_eq!(late.status(), 403);
    assert!(
        late.text()
            .await
            .unwrap()
            .contains("<Code>AuthenticationFailed</Code>")
    );
}

#[tokio::test]
async fn availability_follows_the_platform() {
    let twin = twin().await;
    let (_, body) = twin
        .api("GET", &path(2, "availableMachineActions"), None)
        .await;
    let actions = body["value"].as_array().unwrap();
    let find = |name: &str| {
        actions
            .iter()
            .find(|action| action["action"] == name)
            .unwrap()
    };
    assert_eq!(find("FullIsolation")["isAvailable"], true);
    assert_eq!(
        find("RestrictCodeExecution")["notSupportedReason"],
        "OsPlatformNotSupported"
    );
}

#[tokio::test]
async fn an_investigation_ends_by_the_clock() {
    let twin = twin().await;
    let (status, begun) = twin
        .api(
            "POST",
            &path(1, "startInvestigation"),
            Some(json!({"Comment": "c"})),
        )
        .await;
    assert_eq!((status, &begun["state"]), (201, &json!("Running")));
    twin.advance("PT1M").await;
    let (_, ended) = twin
        .api(
            "GET",
            &format!("/api/investigations/{}", begun["id"].as_str().unwrap()),
            None,
        )
        .await;
    assert_eq!(
        (&ended["state"], &ended["endTime"]),
        (
            &json!("SuccessfullyRemediated"),
            &json!("2026-10-15T12:01:00Z")
        )
    );
}

#[tokio::test]
async fn a_live_response_leaves_results() {
    let twin = twin().await;
    let commands = json!([{"type": "RunScript", "params": [{"key": "ScriptName", "value": "a.ps1"}, {"key": "Args", "value": "-x"}]}]);
    let session = begin(
        &twin,
        1,
        "runliveresponse",
        json!({"Comment": "c", "Commands": commands}),
    )
    .await;
    twin.advance("PT1M").await;
    let link = format!("/api/machineactions/{session}/GetLiveResponseResultDownloadLink(index=0)");
    let (_, body) = twin.api("GET", &link, None).await;
    let result = twin
        .client
        .get(body["value"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let result: Value = serde_json::from_slice(&result.bytes().await.unwrap()).unwrap();
    assert_eq!(
        (&result["script_name"], &result["exit_code"]),
        (&json!("a.ps1"), &json!(0))
    );
}
