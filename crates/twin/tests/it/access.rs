//! Tokens, audiences, permissions, routes and verbs.

use serde_json::{Value, json};
use tesem_twin::WrongAudience;

use crate::harness::{
    APP, BARE_APP, BARE_SECRET, FACES, GRAPH_AUDIENCE, MDE_AUDIENCE, TestTwin, XDR_AUDIENCE, parts,
};

const WRONG_SCOPE: &str = "https://userrequestsgraphapi-prd.trafficmanager.net";

fn code_of(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap()
}

#[tokio::test]
async fn tokens_that_are_not_accepted_are_401_in_the_faces_envelope() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let good = twin.token(face.audience).await;
        let changed = format!("{good}x");
        let expected = if face.name == "graph" {
            "InvalidAuthenticationToken"
        } else {
            "Unauthorized"
        };
        let headers = [
            "".to_owned(),
            "Bearer".to_owned(),
            "Bearer garbage".to_owned(),
            format!("Basic {good}"),
            format!("Bearer {changed}"),
            "Bearer \u{e9}".to_owned(),
        ];
        for header in headers {
            let mut request = twin
                .client
                .post(twin.url(face.path))
                .json(&json!({"Query": "print 1"}));
            if !header.is_empty() {
                request = request.header("authorization", header.as_bytes());
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            let (status, body) = parts(answer).await;
            assert_eq!(
                (status, code_of(&body)),
                (401, expected),
                "{} {header}",
                face.name
            );
        }
    }
}

#[tokio::test]
async fn an_expired_token_is_401() {
    let twin = TestTwin::new().await;
    let tokens = [
        twin.token(MDE_AUDIENCE).await,
        twin.token(XDR_AUDIENCE).await,
        twin.token(GRAPH_AUDIENCE).await,
    ];
    twin.twin
        .advance_clock(jiff::SignedDuration::from_hours(1))
        .unwrap();
    for (face, token) in FACES.into_iter().zip(tokens) {
        let (status, body) = parts(twin.hunt(face, &token, "print 1").await).await;
        assert_eq!(status, 401, "{}", face.name);
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .contains("token is expired"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_token_for_another_service_is_403() {
    let twin = TestTwin::new().await;
    for face in FACES {
        for audience in [MDE_AUDIENCE, XDR_AUDIENCE, GRAPH_AUDIENCE, WRONG_SCOPE] {
            if audience == face.audience {
                continue;
            }
            let token = twin.token(audience).await;
            let (status, body) = parts(twin.hunt(face, &token, "print 1").await).await;
            assert_eq!(
                (status, code_of(&body)),
                (403, "Forbidden"),
                "{} {audience}",
                face.name
            );
            assert!(
                body["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains(face.role),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn graph_can_be_set_to_answer_401_to_a_token_for_another_service() {
    let twin = TestTwin::with(|options| {
        options.unverified.graph_wrong_audience = WrongAudience::Unauthorized;
    })
    .await;
    let token = twin.token(MDE_AUDIENCE).await;
    let (status, body) = parts(twin.hunt(FACES[2], &token, "print 1").await).await;
    assert_eq!(
        (status, code_of(&body)),
        (401, "InvalidAuthenticationToken")
    );
}

#[tokio::test]
async fn a_token_without_the_role_is_403_and_names_it() {
    let twin = TestTwin::new().await;
    for face in FACES {
        let token = twin.token_of(BARE_APP, BARE_SECRET, face.audience).await;
        let (status, body) = parts(twin.hunt(face, &token, "print 1").await).await;
        assert_eq!(status, 403, "{}", face.name);
        let expected = match face.name {
            "graph" => "Missing application roles. API required roles: ThreatHunting.Read.All, application roles: .".to_owned(),
            _ => format!("The application does not have any of the required application permissions ({}) to access the resource.", face.role),
        };
        assert_eq!(body["error"]["message"], expected);
    }
}

#[tokio::test]
async fn error_envelopes_carry_the_ids_of_their_face() {
    let twin = TestTwin::new().await;
    let answer = twin
        .client
        .post(twin.url(FACES[2].path))
        .header("client-request-id", "my-own-id")
        .send()
        .await
        .unwrap();
    let request_id = answer.headers()["request-id"].to_str().unwrap().to_owned();
    let (_, body) = parts(answer).await;
    let inner = &body["error"]["innerError"];
    assert_eq!(inner["request-id"], request_id);
    assert_eq!(inner["client-request-id"], "my-own-id");
    assert_eq!(inner["date"], "2026-10-15T12:00:00");

    let (_, body) = parts(twin.post_json(FACES[0].path, &json!({})).await).await;
    let target = body["error"]["target"].as_str().unwrap();
    assert!(target.starts_with('|') && target.ends_with('.'), "{target}");
}

#[tokio::test]
async fn every_name_of_the_endpoint_audience_is_accepted() {
    let twin = TestTwin::with(|options| options.quota = tesem_twin::QuotaSetting::Off).await;
    let names = [
        "https://api.securitycenter.microsoft.com",
        "https://api.securitycenter.microsoft.com/",
        "https://api.securitycenter.windows.com",
        "https://securitycenter.onmicrosoft.com/windowsatpservice",
        "fc780465-2017-40d4-a0c5-307022471b92",
    ];
    for name in names {
        let token = twin.token(name).await;
        let (status, _) = parts(twin.hunt_raw(FACES[0], &token, "{}").await).await;
        assert_eq!(status, 400, "{name}: got past token and permission");
    }
}

#[tokio::test]
async fn unknown_routes_and_wrong_verbs_have_empty_bodies() {
    let twin = TestTwin::new().await;
    let cases = [
        ("GET", "/", 404, ""),
        ("GET", "/api/nonsense", 404, ""),
        ("GET", "/api/ips/203.0.113.7/machines", 404, ""),
        ("POST", "/api/AdvancedQueries/run", 404, ""),
        ("POST", "/v1.0/security/runHuntingQuery/", 404, ""),
        ("GET", "/api/advancedqueries/run", 405, "POST"),
        ("DELETE", "/v1.0/security/runHuntingQuery", 405, "POST"),
        ("GET", "/contoso.example/oauth2/v2.0/token", 405, "POST"),
        ("PUT", "/api/indicators", 405, "GET, POST"),
    ];
    for (method, path, status, allow) in cases {
        let request = twin.client.request(method.parse().unwrap(), twin.url(path));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        let allowed = answer
            .headers()
            .get("allow")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(allowed.unwrap_or_default(), allow, "{method} {path}");
        assert_eq!(answer.headers()["content-length"], "0");
    }
}

#[tokio::test]
async fn what_is_only_known_by_name_is_501() {
    let twin = TestTwin::new().await;
    let cases = [
        ("GET", "/api/libraryfiles", "GET /api/libraryfiles:"),
        (
            "DELETE",
            "/api/v1.0/libraryfiles/a.ps1",
            "DELETE /api/libraryfiles/{name}:",
        ),
        (
            "GET",
            "/beta/security/getRunHuntingQuery(query='DeviceInfo')",
            "GET /beta/security/getRunHuntingQuery({arguments}):",
        ),
        ("GET", "/api/incidents", "GET /api/incidents:"),
    ];
    for (method, path, words) in cases {
        let request = twin.client.request(method.parse().unwrap(), twin.url(path));
        let (status, body) = parts(request.send().await.unwrap()).await;
        assert_eq!(
            (status, code_of(&body)),
            (501, "TwinNotSupported"),
            "{path}"
        );
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with(words),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_log_knows_every_call_and_its_app() {
    let twin = TestTwin::new().await;
    let token = twin.token(MDE_AUDIENCE).await;
    twin.hunt_raw(FACES[0], &token, "{}").await;
    twin.get("/api/nonsense?secret=1").await;
    twin.get("/_twin/tenant").await;
    let (status, calls) = parts(twin.get("/_twin/calls").await).await;
    assert_eq!(status, 200);
    let calls = calls.as_array().unwrap();
    assert_eq!(calls.len(), 3, "{calls:?}");
    let brief = |call: &Value| json!([call["method"], call["path"], call["app"], call["status"]]);
    assert_eq!(
        brief(&calls[0]),
        json!([
            "POST",
            format!("/{}/oauth2/v2.0/token", crate::harness::TENANT),
            APP,
            200
        ])
    );
    assert_eq!(
        brief(&calls[1]),
        json!(["POST", "/api/advancedqueries/run", APP, 400])
    );
    assert_eq!(brief(&calls[2]), json!(["GET", "/api/nonsense", null, 404]));
    assert_eq!(calls[0]["time"], "2026-10-15T12:00:00Z");
}
