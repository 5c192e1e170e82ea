//! Machines over HTTP.

use serde_json::{Value, json};

use crate::harness::{BARE_APP, BARE_SECRET, TestTwin, machine_id, populated};

async fn twin() -> TestTwin {
    TestTwin::on(populated(), |options| {
        options.quota = tesem_twin::QuotaSetting::Off;
    })
    .await
}

fn names(body: &Value) -> Vec<&str> {
    let machines = body["value"].as_array().unwrap_or_else(|| panic!("{body}"));
    machines
        .iter()
        .map(|machine| {
            machine["computerDnsName"]
                .as_str()
                .unwrap()
                .split('.')
                .next()
                .unwrap()
        })
        .collect()
}

#[tokio::test]
async fn filters_select_machines() {
    let twin = twin().await;
    let cases: [(&str, &[&str]); 12] = [
        ("", &["alpha", "bravo", "charlie"]),
        ("?$filter=osPlatform+eq+'Linux'", &["bravo"]),
        ("?$filter=healthStatus%20ne%20'Active'", &["charlie"]),
        ("?$filter=startswith(computerDnsName,'al')", &["alpha"]),
        (
            "?$filter=machineTags/any(t: t eq 'VIP')",
            &["alpha", "charlie"],
        ),
        (
            "?$filter=lastSeen gt 2026-10-15T01:30:00Z and rbacGroupId lt 3",
            &["bravo"],
        ),
        (
            "?$filter=lastSeen ge 2018-08-01Z&$orderby=lastSeen desc",
            &["charlie", "bravo", "alpha"],
        ),
        (
            "?$filter=id in ('0000000000000000000000000000000000000002')",
            &["bravo"],
        ),
        ("?$top=1", &["alpha"]),
        ("?$skip=1&$top=1", &["bravo"]),
        ("?$skip=9", &[]),
        (
            "?$filter=aadDeviceId eq null and not (osPlatform eq 'Linux')",
            &["alpha", "charlie"],
        ),
    ];
    for (query, expected) in cases {
        let (status, body) = twin
            .api("GET", &format!("/api/machines{query}"), None)
            .await;
        assert_eq!(status, 200, "{query} {body}");
        assert_eq!(names(&body), expected, "{query}");
        assert_eq!(body["@odata.nextLink"], Value::Null, "{query}");
        assert_eq!(
            body["@odata.context"],
            "https://api.securitycenter.microsoft.com/api/$metadata#Machines"
        );
    }
}

#[tokio::test]
async fn what_odata_does_not_know_is_an_odata_error() {
    let twin = twin().await;
    let cases = [
        ("$filter=nonsense eq 1", "named 'nonsense'"),
        (
            "$filter=firstSeen gt 2026-01-01Z",
            "'firstSeen' cannot be used",
        ),
        ("$top=10001", "The limit of '10000'"),
        ("$top=-1", "non-negative integer"),
        ("$skip=x", "non-negative integer"),
        ("$stop=1", "'$stop' is not supported"),
        ("$count=maybe", "Valid values"),
        ("$expand=alerts", "cannot be used in the $expand"),
        ("$top=1&$top=2", "more than once"),
        ("$select=nothing", "named 'nothing'"),
    ];
    for (query, expected) in cases {
        let (status, body) = twin
            .api("GET", &format!("/api/machines?{query}"), None)
            .await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!("ODataError")),
            "{query}"
        );
        let message = body["error"]["message"].as_str().unwrap();
        assert!(
            message.starts_with("Invalid OData URI query") && message.contains(expected),
            "{query}: {message}"
        );
    }
}

#[tokio::test]
async fn counting_and_selecting() {
    let twin = twin().await;
    let (_, count) = twin
        .api(
            "GET",
            "/api/machines/$count?$filter=osPlatform eq 'Linux'",
            None,
        )
        .await;
    assert_eq!(count, 1);
    let (_, body) = twin
        .api("GET", "/api/machines?$count=true&$top=1&$select=id", None)
        .await;
    assert_eq!(body["@odata.count"], 3);
    assert_eq!(body["value"], json!([{"id": machine_id(1)}]));
    let (_, count) = twin
        .api(
            "GET",
            &format!(
                "/api/machines/{}/alerts/$count?$filter=status ne 'Resolved'",
                machine_id(1)
            ),
            None,
        )
        .await;
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_machine_is_found_by_id_name_address_and_tag() {
    let twin = twin().await;
    let (status, body) = twin
        .api("GET", "/api/machines/ALPHA.contoso.example", None)
        .await;
    assert_eq!((status, &body["id"]), (200, &json!(machine_id(1))));
    assert_eq!(
        body["@odata.context"],
        "https://api.securitycenter.microsoft.com/api/$metadata#Machines/$entity"
    );
    let (_, body) = twin
        .api(
            "GET",
            &format!("/api/v1.0/machines/{}", machine_id(2)),
            None,
        )
        .await;
    assert_eq!(
        body["@odata.context"],
        "https://api.securitycenter.microsoft.com/api/v1.0/$metadata#Machines/$entity"
    );
    let (status, body) = twin.api("GET", "/api/machines/123123123", None).await;
    assert_eq!(
        (status, &body["error"]["code"], &body["error"]["message"]),
        (
            404,
            &json!("ResourceNotFound"),
            &json!("Machine 123123123 was not found")
        )
    );
    let found = async |path: &str| {
        let (status, body) = twin.api("GET", path, None).await;
        if status == 200 {
            names(&body).join(" ")
        } else {
            format!("{status} {}", body["error"]["code"].as_str().unwrap())
        }
    };
    let cases = [
        (
            "findbyip(ip='10.0.0.1',timestamp=2026-10-15T01:10:00Z)",
            "alpha",
        ),
        ("findbyip(ip='10.0.0.1',timestamp=2026-10-15T01:20:00Z)", ""),
        (
            "findbyip(ip='10.0.0.1',timestamp=2026-09-01T00:00:00Z)",
            "400 BadRequest",
        ),
        (
            "findbyip(ip='nonsense',timestamp=2026-10-15T01:10:00Z)",
            "400 InvalidIpAddress",
        ),
        ("findbyip(ip='10.0.0.1')", "400 MissingRequiredParameter"),
        ("findbytag?tag=VIP", "alpha charlie"),
        ("findbytag?tag=crown&useStartsWithFilter=true", "alpha"),
        ("findbytag?tag=crown", ""),
        ("findbytag", "400 MissingRequiredParameter"),
    ];
    for (path, expected) in cases {
        assert_eq!(
            found(&format!("/api/machines/{path}")).await,
            expected,
            "{path}"
        );
    }
}

#[tokio::test]
async fn tags_and_values_change_until_the_reset() {
    let twin = twin().await;
    let path = |rest: &str| format!("/api/machines/{}{rest}", machine_id(2));
    let (status, body) = twin
        .api(
            "POST",
            &path("/tags"),
            Some(json!({"Value": "new", "Action": "Add"})),
        )
        .await;
    assert_eq!((status, &body["machineTags"]), (200, &json!(["new"])));
    let (_, body) = twin
        .api(
            "POST",
            &path("/tags"),
            Some(json!({"Value": "new", "Action": "Add"})),
        )
        .await;
    assert_eq!(body["machineTags"], json!(["new"]), "not twice");
    let (_, body) = twin
        .api(
            "POST",
            &path("/setDeviceValue"),
            Some(json!({"DeviceValue": "High"})),
        )
        .await;
    assert_eq!(body["deviceValue"], "High");
    let many =
        json!({"Value": "VIP", "Action": "Remove", "MachineIds": [machine_id(1), machine_id(3)]});
    let (status, _) = twin
        .api(
            "POST",
            "/api/machines/AddOrRemoveTagForMultipleMachines",
            Some(many),
        )
        .await;
    assert_eq!(status, 200);
    let (_, body) = twin
        .api("GET", "/api/machines/findbytag?tag=VIP", None)
        .await;
    assert_eq!(body["value"], json!([]));
    let (_, body) = twin
        .api(
            "PATCH",
            &path(""),
            Some(json!({"machineTags": ["a", "b"], "deviceValue": "Low"})),
        )
        .await;
    assert_eq!(
        (&body["machineTags"], &body["deviceValue"]),
        (&json!(["a", "b"]), &json!("Low"))
    );
    twin.post_json("/_twin/reset", &json!(null)).await;
    let (_, body) = twin.api("GET", &path(""), None).await;
    assert_eq!(
        (&body["machineTags"], &body["deviceValue"]),
        (&json!([]), &json!("Normal"))
    );
}

#[tokio::test]
async fn wrong_bodies_are_refused_as_documented() {
    let twin = twin().await;
    let tags = format!("/api/machines/{}/tags", machine_id(1));
    let many: Vec<String> = (0..501).map(machine_id).collect();
    let cases = [
        (
            "POST",
            tags.as_str(),
            json!({"Action": "Add"}),
            "MissingRequiredParameter",
        ),
        (
            "POST",
            &tags,
            json!({"value": "x", "action": "Add"}),
            "MissingRequiredParameter",
        ),
        (
            "POST",
            &tags,
            json!({"Value": "x", "Action": "Toggle"}),
            "InvalidInput",
        ),
        (
            "POST",
            &tags,
            json!({"Value": 7, "Action": "Add"}),
            "InvalidRequestBody",
        ),
        ("POST", &tags, json!([]), "InvalidRequestBody"),
        (
            "PATCH",
            &format!("/api/machines/{}", machine_id(1)),
            json!({}),
            "InvalidRequestBody",
        ),
        (
            "POST",
            "/api/machines/AddOrRemoveTagForMultipleMachines",
            json!({"Value": "x", "Action": "Add", "MachineIds": many}),
            "MaximumBatchSizeExceeded",
        ),
    ];
    for (method, path, body, code) in cases {
        let (status, answer) = twin.api(method, path, Some(body.clone())).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!(code)),
            "{body}"
        );
    }
    let token = twin.token(crate::harness::MDE_AUDIENCE).await;
    let raw = async |content_type: &'static str, body: String| {
        let request = twin.client.post(twin.url(&tags)).bearer_auth(&token);
        let answer = request
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .unwrap();
        answer.status().as_u16()
    };
    assert_eq!(raw("application/json", "{".to_owned()).await, 400);
    assert_eq!(raw("application/json", "[".repeat(10_000)).await, 400);
    assert_eq!(raw("text/plain", "{}".to_owned()).await, 415);
    assert_eq!(raw("application/json", " ".repeat(3 << 20)).await, 413);
}

#[tokio::test]
async fn a_call_needs_the_role_of_its_route() {
    let twin = twin().await;
    let (status, body) = twin
        .api_as(BARE_APP, BARE_SECRET, "GET", "/api/machines", None)
        .await;
    assert_eq!(status, 403);
    assert_eq!(
        body["error"]["message"],
        "The application does not have any of the required application permissions (Machine.Read.All, Machine.ReadWrite.All) to access the resource."
    );
}

#[tokio::test]
async fn users_lead_to_machines_and_back() {
    let twin = twin().await;
    let (_, body) = twin
        .api(
            "GET",
            &format!("/api/machines/{}/logonusers", machine_id(1)),
            None,
        )
        .await;
    assert_eq!(body["value"][0]["accountName"], "mona");
    let (_, body) = twin.api("GET", "/api/users/mona/machines", None).await;
    assert_eq!(names(&body), ["alpha"]);
    let (_, body) = twin.api("GET", "/api/users/mona/alerts", None).await;
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    let (status, body) = twin.api("GET", "/api/users/nobody/machines", None).await;
    assert_eq!((status, &body["value"]), (200, &json!([])));
}
