//! Token endpoints.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{APP, GRAPH_AUDIENCE, MDE_AUDIENCE, NOW, SECRET, TENANT, TestTwin, parts};

const SCOPE: &str = "https://graph.microsoft.com/.default";

/// A form that signs in, with one field changed; an empty value takes the field away.
fn form<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_secret", SECRET),
        ("scope", SCOPE),
    ];
    fields.retain(|(field, _)| *field != name);
    if !value.is_empty() {
        fields.push((name, value));
    }
    fields
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_v2_answer_has_numbers_and_a_token_with_the_roles_of_its_audience() {
    let twin = TestTwin::new().await;
    let answer = twin.sign_in(TENANT, &form("", "")).await;
    assert_eq!(answer.headers()["cache-control"], "no-store, no-cache");
    let (status, body) = parts(answer).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(3599))
    );
    let claims = claims(body["access_token"].as_str().unwrap());
    let now = NOW.parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(claims["aud"], GRAPH_AUDIENCE);
    assert_eq!(claims["iss"], format!("https://sts.windows.net/{TENANT}/"));
    assert_eq!(
        (&claims["appid"], &claims["tid"]),
        (&json!(APP), &json!(TENANT))
    );
    assert_eq!(
        (&claims["ver"], &claims["appidacr"]),
        (&json!("1.0"), &json!("1"))
    );
    assert_eq!(claims["iat"], now - 300);
    assert_eq!(claims["exp"], now + 3_600);
    let roles = claims["roles"].as_array().unwrap();
    assert!(
        roles.contains(&json!("ThreatHunting.Read.All")),
        "{roles:?}"
    );
    assert!(
        !roles.contains(&json!("AdvancedQuery.Read.All")),
        "{roles:?}"
    );
}

#[tokio::test]
async fn a_v1_answer_has_strings() {
    let twin = TestTwin::new().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_secret", SECRET),
        ("resource", MDE_AUDIENCE),
    ];
    let url = twin.url("/contoso.example/oauth2/token");
    let (status, body) = parts(twin.client.post(url).form(&form).send().await.unwrap()).await;
    assert_eq!(status, 200);
    let now = NOW.parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(body["expires_in"], "3599");
    assert_eq!(body["ext_expires_in"], "3599");
    assert_eq!(body["expires_on"], (now + 3_600).to_string());
    assert_eq!(body["not_before"], (now - 300).to_string());
    assert_eq!(body["resource"], MDE_AUDIENCE);
    assert_eq!(
        claims(body["access_token"].as_str().unwrap())["aud"],
        MDE_AUDIENCE
    );
}

#[tokio::test]
async fn a_secret_may_come_as_basic_credentials_and_ids_in_any_letter_case() {
    let twin = TestTwin::new().await;
    let credential = STANDARD.encode(format!(
        "{}:{}",
        APP.to_uppercase(),
        SECRET.replace('~', "%7E")
    ));
    let answer = twin
        .client
        .post(twin.url("/CONTOSO.example/oauth2/v2.0/token"))
        .header("authorization", format!("Basic {credential}"))
        .form(&[("grant_type", "client_credentials"), ("scope", SCOPE)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        twin.twin.calls()[0].app.as_deref(),
        Some(APP.to_uppercase().as_str())
    );
}

/// A sign-in with one thing wrong, and what Entra says.
struct Refused {
    tenant: &'static str,
    /// The form field that is changed, and its value; empty takes it away.
    field: (&'static str, &'static str),
    status: u16,
    error: &'static str,
    code: u32,
    words: &'static str,
}

const fn refused(
    (tenant, field): (&'static str, (&'static str, &'static str)),
    (status, error, code): (u16, &'static str, u32),
    words: &'static str,
) -> Refused {
    Refused {
        tenant,
        field,
        status,
        error,
        code,
        words,
    }
}

const REFUSALS: [Refused; 18] = [
    refused(
        ("88888888-0000-4000-8000-000000000008", ("", "")),
        (400, "invalid_request", 90_002),
        "Tenant '88888888-0000-4000-8000-000000000008' not found.",
    ),
    refused(
        ("fabrikam.example", ("", "")),
        (400, "invalid_request", 90_002),
        "Tenant 'fabrikam.example' not found.",
    ),
    refused(
        ("con%20toso", ("", "")),
        (400, "invalid_request", 900_023),
        "Specified tenant identifier 'con toso'",
    ),
    refused(
        ("common", ("", "")),
        (400, "invalid_request", 50_059),
        "No tenant-identifying information found",
    ),
    refused(
        (TENANT, ("grant_type", "")),
        (400, "invalid_request", 900_144),
        "parameter: 'grant_type'.",
    ),
    refused(
        (TENANT, ("grant_type", "magic")),
        (400, "unsupported_grant_type", 70_003),
        "grant type 'magic'",
    ),
    refused(
        (TENANT, ("client_id", "")),
        (400, "invalid_request", 900_144),
        "parameter: 'client_id'.",
    ),
    refused(
        (
            TENANT,
            ("client_id", "99999999-0000-4000-8000-000000000009"),
        ),
        (400, "unauthorized_client", 700_016),
        "was not found in the directory 'Contoso'.",
    ),
    refused(
        (TENANT, ("client_id", "nonsense\r\n")),
        (400, "unauthorized_client", 700_016),
        "Application with identifier 'nonsense",
    ),
    refused(
        (TENANT, ("client_secret", "")),
        (401, "invalid_client", 7_000_218),
        "'client_assertion' or 'client_secret'.",
    ),
    refused(
        (TENANT, ("client_secret", "wrong")),
        (401, "invalid_client", 7_000_215),
        "for a secret added to app '22222222-",
    ),
    refused(
        (TENANT, ("scope", "")),
        (400, "invalid_request", 900_144),
        "parameter: 'scope'.",
    ),
    refused(
        (TENANT, ("scope", "User.Read")),
        (400, "invalid_scope", 1_002_012),
        "suffixed to the resource identifier",
    ),
    refused(
        (TENANT, ("scope", "https://graph.microsoft.com/User.Read")),
        (400, "invalid_scope", 1_002_012),
        "is not valid.",
    ),
    refused(
        (TENANT, ("scope", "/.default")),
        (400, "invalid_scope", 1_002_012),
        "is not valid.",
    ),
    refused(
        (TENANT, ("scope", "a/.default b/.default")),
        (400, "invalid_scope", 70_011),
        "The scope a/.default b/.default is not valid.",
    ),
    refused(
        (TENANT, ("scope", "https://nobody.example/.default")),
        (400, "invalid_resource", 500_011),
        "named https://nobody.example was not found in the tenant named Contoso.",
    ),
    refused(
        (TENANT, ("scope", "   ")),
        (400, "invalid_scope", 70_011),
        "is not valid.",
    ),
];

#[tokio::test]
async fn every_refusal_has_its_code_and_shape() {
    let twin = TestTwin::new().await;
    for case in REFUSALS {
        let (field, value) = case.field;
        let name = format!("{} {field}={value}", case.tenant);
        let (status, body) = parts(twin.sign_in(case.tenant, &form(field, value)).await).await;
        assert_eq!(
            (status, body["error"].as_str().unwrap()),
            (case.status, case.error),
            "{name}"
        );
        let code = case.code;
        assert_eq!(body["error_codes"], json!([code]), "{name}");
        assert_eq!(
            body["error_uri"],
            format!("https://login.microsoftonline.com/error?code={code}")
        );
        let description = body["error_description"].as_str().unwrap();
        assert!(
            description.starts_with(&format!("AADSTS{code}: ")),
            "{name}: {description}"
        );
        assert!(description.contains(case.words), "{name}: {description}");
        let end = format!(
            " Trace ID: {} Correlation ID: {} Timestamp: 2026-10-15 12:00:00Z",
            body["trace_id"].as_str().unwrap(),
            body["correlation_id"].as_str().unwrap()
        );
        assert!(description.ends_with(&end), "{name}: {description}");
        assert_eq!(body["timestamp"], "2026-10-15 12:00:00Z");
    }
}

#[tokio::test]
async fn a_v1_style_resource_is_refused_at_the_v2_endpoint() {
    let twin = TestTwin::new().await;
    let mut fields = form("scope", "");
    fields.push(("resource", GRAPH_AUDIENCE));
    let (status, body) = parts(twin.sign_in(TENANT, &fields).await).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([901_002])));
}

#[tokio::test]
async fn a_body_that_is_no_form_lacks_its_parameters() {
    let twin = TestTwin::new().await;
    let answer = twin
        .post_json(
            &format!("/{TENANT}/oauth2/v2.0/token"),
            &json!({"grant_type": "client_credentials"}),
        )
        .await;
    let (status, body) = parts(answer).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([900_144])));
}

#[tokio::test]
async fn what_is_not_emulated_is_refused_by_name() {
    let twin = TestTwin::new().await;
    for grant in ["password", "authorization_code"] {
        let (status, body) = parts(twin.sign_in(TENANT, &form("grant_type", grant)).await).await;
        assert_eq!(
            (status, &body["error"]),
            (501, &json!("twin_not_supported"))
        );
        let words = body["error_description"].as_str().unwrap();
        assert!(words.contains("with a password or a redirect"), "{words}");
    }
}

#[tokio::test]
async fn assertions_that_prove_nothing_are_refused() {
    let twin = TestTwin::new().await;
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let head = part(json!({"alg": "PS256", "typ": "JWT", "x5t#S256": "AAAA"}));
    let claims = |issuer: &str| {
        part(json!({"iss": issuer, "sub": issuer, "aud": "x", "exp": 9_999_999_999_u64}))
    };
    let bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let cases = [
        ("a.b.c".to_owned(), bearer, 50_027),
        (format!("{head}.{}.c2ln", claims(APP)), bearer, 700_027),
        (
            format!("{head}.{}.c2ln", claims("https://issuer.example")),
            bearer,
            700_211,
        ),
        (format!("{head}.{}.c2ln", claims(APP)), "urn:other", 50_027),
        (format!("{head}.{}.c2ln", claims(APP)), "", 900_144),
    ];
    for (assertion, kind, code) in cases {
        let mut fields = form("client_secret", "");
        fields.push(("client_assertion", &assertion));
        if !kind.is_empty() {
            fields.push(("client_assertion_type", kind));
        }
        let (_, body) = parts(twin.sign_in(TENANT, &fields).await).await;
        assert_eq!(body["error_codes"], json!([code]), "{body}");
    }
}

/// Asks for a token with a device code.
async fn redeem(twin: &TestTwin, code: &str) -> (u16, Value) {
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", APP),
        ("device_code", code),
    ];
    parts(twin.sign_in(TENANT, &fields).await).await
}

async fn invite(twin: &TestTwin) -> Value {
    let url = twin.url(&format!("/{TENANT}/oauth2/v2.0/devicecode"));
    let scope = format!("{SCOPE} offline_access");
    let fields = [("client_id", APP), ("scope", scope.as_str())];
    let answer = twin.client.post(url).form(&fields).send().await.unwrap();
    let (status, body) = parts(answer).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn a_person_signs_in_with_a_code_once_and_stays_signed_in() {
    let twin = TestTwin::new().await;
    let invitation = invite(&twin).await;
    let code = invitation["device_code"].as_str().unwrap();
    let (status, body) = redeem(&twin, code).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &json!("authorization_pending"))
    );
    let entered = json!({"user_code": invitation["user_code"]});
    assert_eq!(
        twin.post_json("/_twin/device-codes", &entered)
            .await
            .status(),
        200
    );
    let (status, body) = redeem(&twin, code).await;
    assert_eq!(status, 200, "{body}");
    let claims = claims(body["access_token"].as_str().unwrap());
    assert!(
        claims["scp"]
            .as_str()
            .unwrap()
            .contains("ThreatHunting.Read.All")
    );
    assert_eq!(
        (&claims["roles"], &claims["appidacr"]),
        (&Value::Null, &json!("0"))
    );
    let renew = [
        ("grant_type", "refresh_token"),
        ("client_id", APP),
        ("scope", "https://api.securitycenter.microsoft.com/.default"),
        ("refresh_token", body["refresh_token"].as_str().unwrap()),
    ];
    let (status, body) = parts(twin.sign_in(TENANT, &renew).await).await;
    assert_eq!(status, 200, "{body}");
    let token = body["access_token"].as_str().unwrap().to_owned();
    let machines = twin.send(&token, "GET", "/api/machines", None).await;
    assert_eq!(
        machines.status(),
        200,
        "Machine.Read is enough for a person"
    );
    let (status, body) = redeem(&twin, code).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &json!("bad_verification_code"))
    );
}

#[tokio::test]
async fn a_code_that_is_declined_or_too_old_gives_no_token() {
    let twin = TestTwin::new().await;
    let invitation = invite(&twin).await;
    let declined = json!({"user_code": invitation["user_code"], "approve": false});
    twin.post_json("/_twin/device-codes", &declined).await;
    let (_, body) = redeem(&twin, invitation["device_code"].as_str().unwrap()).await;
    assert_eq!(body["error"], "authorization_declined");
    let invitation = invite(&twin).await;
    twin.advance("PT15M").await;
    let (_, body) = redeem(&twin, invitation["device_code"].as_str().unwrap()).await;
    assert_eq!(body["error"], "expired_token");
    let unknown = twin
        .post_json("/_twin/device-codes", &json!({"user_code": "X"}))
        .await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn no_answer_and_no_log_shows_a_secret() {
    let twin = TestTwin::new().await;
    let answer = twin
        .sign_in(TENANT, &form("client_secret", "wr0ng-and-secret"))
        .await;
    assert!(!answer.text().await.unwrap().contains("wr0ng-and-secret"));
    twin.token(GRAPH_AUDIENCE).await;
    let calls = twin.get("/_twin/calls").await.text().await.unwrap();
    assert!(
        !calls.contains(SECRET) && !calls.contains("wr0ng"),
        "{calls}"
    );
    assert!(!format!("{:?}", twin.twin).contains(SECRET));
}

#[tokio::test]
async fn the_directory_tells_everybody_the_tenants_id_and_cloud() {
    let twin = TestTwin::new().await;
    let path = |tenant: &str| format!("/{tenant}/v2.0/.well-known/openid-configuration");
    let (status, body) = parts(twin.get(&path(TENANT)).await).await;
    assert_eq!(status, 200);
    assert_eq!(
        body["issuer"],
        format!("https://login.microsoftonline.com/{TENANT}/v2.0")
    );
    assert_eq!(body["msgraph_host"], "graph.microsoft.com");
    assert_eq!(
        body["token_endpoint"],
        twin.url(&format!("/{TENANT}/oauth2/v2.0/token"))
    );
    let (status, body) = parts(twin.get(&path("fabrikam.com")).await).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([90_002])));
}

#[tokio::test]
async fn answers_carry_the_twins_time() {
    let twin = TestTwin::new().await;
    let date = |answer: reqwest::Response| answer.headers()["date"].to_str().unwrap().to_owned();
    let before = date(twin.sign_in(TENANT, &form("", "")).await);
    twin.advance("PT2H").await;
    let after = date(twin.sign_in(TENANT, &form("", "")).await);
    let read = |text: &str| jiff::fmt::rfc2822::parse(text).unwrap().timestamp();
    assert_eq!(read(&before), NOW.parse().unwrap());
    assert_eq!(read(&after).duration_since(read(&before)).as_hours(), 2);
}
