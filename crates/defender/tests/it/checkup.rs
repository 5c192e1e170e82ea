//! Looking whether a tenant can be worked with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use tesem_defender::checkup::{Job, Probe};
use tesem_defender::{
    Cloud, ConnectionStage, DefenderError, HuntingApi, SignInError, TenantSettings,
};
use url::Url;

use crate::service::{Bench, Call, Reply, Service, settings};

const TENANT: &str = "6c1be14f-a8f1-45b2-9a57-aeb4934b5dae";

fn is_directory(call: &Call) -> bool {
    call.path.ends_with("/.well-known/openid-configuration")
}

/// A token endpoint's answer with a web token that carries `claims`.
fn token(claims: &str) -> Reply {
    let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
    Reply::new(
        200,
        format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{token}"}}"#),
    )
}

#[tokio::test]
async fn any_answer_means_that_a_place_is_reached_and_tells_its_clock() {
    // The test's clock stands at 1970-01-01T00:00:00Z.
    let service =
        Service::start(|_| Reply::new(404, "").with("date", "Thu, 01 Jan 1970 00:10:00 GMT")).await;
    let bench = Bench::of(&service);
    let checkup = bench.client.checkup();
    let places = checkup.places();
    let names: Vec<&str> = places.iter().map(|place| place.name).collect();
    assert_eq!(names, ["login", "graph", "defender"]);
    for place in &places {
        let reached = checkup.reach(place).await.unwrap();
        assert_eq!(reached.status, 404);
        assert_eq!(reached.clock_ahead, Some(SignedDuration::from_mins(-10)));
    }
    assert!(
        service
            .calls()
            .iter()
            .all(|call| call.header("authorization").is_empty())
    );
    assert_eq!(service.sign_ins(), 0);
}

#[tokio::test]
async fn a_place_that_is_not_reached_tells_how_far_the_connection_came() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let port = service.base.port().unwrap();
    let cases = [
        (
            "https://no-such-host.invalid/".to_owned(),
            ConnectionStage::Name,
        ),
        (format!("http://{closed}/"), ConnectionStage::Connection),
        (format!("https://127.0.0.1:{port}/"), ConnectionStage::Tls),
    ];
    for (url, stage) in cases {
        let mut settings = settings(&service);
        settings.endpoints.graph = url.parse::<Url>().unwrap();
        let bench = Bench::with(settings, |_| {});
        let checkup = bench.client.checkup();
        let place = checkup
            .places()
            .into_iter()
            .find(|place| place.name == "graph")
            .unwrap();
        let failure = checkup.reach(&place).await.unwrap_err();
        assert_eq!(failure.stage(), Some(stage), "{url}: {failure:?}");
        let error = bench.client.hunting().run("T", None).await.unwrap_err();
        assert!(
            error.hint().is_some_and(|hint| hint.contains(':')),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_directory_names_tenant_and_cloud() {
    let service = Service::start(|_| {
        let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
        Reply::new(
            200,
            format!(r#"{{"issuer":"{issuer}","tenant_region_scope":"NA","tenant_region_sub_scope":"GCC"}}"#),
        )
    })
    .await;
    let settings = TenantSettings {
        tenant_id: "contoso.com".to_owned(),
        ..settings(&service)
    };
    let bench = Bench::with(settings, |_| {});
    let directory = bench.client.checkup().directory().await.unwrap();
    assert_eq!(directory.tenant_id.as_deref(), Some(TENANT));
    assert_eq!(directory.cloud, Some(Cloud::Gcc));
    assert_eq!(
        service.calls()[0].path,
        "/contoso.com/v2.0/.well-known/openid-configuration"
    );
}

#[tokio::test]
async fn a_directory_that_has_no_such_tenant_or_answers_nonsense_is_an_error() {
    let unknown = r#"{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant 'x' not found.","error_codes":[90002]}"#;
    let service = Service::start(move |_| Reply::new(400, unknown)).await;
    let error = Bench::of(&service)
        .client
        .checkup()
        .directory()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            SignInError::Refused {
                aadsts: Some(90_002),
                ..
            }
        ),
        "{error}"
    );
    for body in ["", "<html>", "[]", "{}", r#"{"issuer":5}"#] {
        let service = Service::start(move |_| Reply::new(200, body)).await;
        let error = Bench::of(&service)
            .client
            .checkup()
            .directory()
            .await
            .unwrap_err();
        assert!(
            matches!(error, SignInError::Unreadable(_)),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn a_token_tells_its_permissions_if_it_can_be_read() {
    let service = Service::start(|_| token(r#"{"tid":"t","roles":["Machine.Read.All"]}"#)).await;
    let bench = Bench::of(&service);
    let claims = bench
        .client
        .checkup()
        .token_claims(tesem_defender::Service::Graph)
        .await
        .unwrap();
    assert!(claims.unwrap().grants_any(&["Machine.Read.All"]));
    let opaque = Service::start(|_| {
        Reply::new(
            200,
            r#"{"token_type":"Bearer","expires_in":"3599","access_token":"EwB4A8l6"}"#,
        )
    })
    .await;
    let bench = Bench::of(&opaque);
    let claims = bench
        .client
        .checkup()
        .token_claims(tesem_defender::Service::Graph)
        .await
        .unwrap();
    assert_eq!(claims, None);
}

/// One line for each capability: what it calls when it is tried.
#[tokio::test]
async fn a_probe_is_one_harmless_call() {
    let mut shown = String::new();
    for api in HuntingApi::ALL {
        let service = Service::answering(vec![Reply::rows()]).await;
        let bench = Bench::with(
            TenantSettings {
                hunting: api,
                ..settings(&service)
            },
            |_| {},
        );
        let checkup = bench.client.checkup();
        for capability in checkup.capabilities() {
            // Only the first capability depends on the API.
            if api != HuntingApi::Graph && capability.jobs.first() != Some(&Job::Hunt) {
                continue;
            }
            let before = service.api_calls().len();
            let probe = checkup.probe(&capability).await;
            let calls = service.api_calls().split_off(before);
            let answered = calls.len() == 1;
            // The rows of this service are no answer of the old APIs, which is found out after the call.
            assert_eq!(
                answered,
                !matches!(probe, Ok(Probe::NotTried)),
                "{capability:?}"
            );
            let call = calls.first().map_or_else(
                || "not tried".to_owned(),
                |call| {
                    format!(
                        "{} {} {:?} {}",
                        call.method, call.path, call.query, call.body
                    )
                },
            );
            shown += &format!(
                "{:?} {}: {call} ({})\n",
                capability.jobs,
                capability.name,
                capability.permissions().join(" | ")
            );
        }
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_probe_tells_the_refusal_and_counts_against_the_quota() {
    let forbidden = r#"{"error":{"code":"Forbidden","message":"The application does not have any of the required application permissions (Machine.Read.All, Machine.ReadWrite.All) to access the resource.","target":"|1."}}"#;
    let missing = r#"{"error":{"code":"ResourceNotFound","message":"none","target":"|1."}}"#;
    let service = Service::start(move |call| match call.path.as_str() {
        path if path.ends_with("/token") => Reply::token(),
        "/api/machines" => Reply::new(403, forbidden),
        _ => Reply::new(404, missing),
    })
    .await;
    let bench = Bench::of(&service);
    let checkup = bench.client.checkup();
    let capabilities = checkup.capabilities();
    let named = |name: &str| {
        capabilities
            .iter()
            .find(|capability| capability.name == name)
            .unwrap()
    };
    let error = checkup.probe(named("list machines")).await.unwrap_err();
    assert!(matches!(&error, DefenderError::Refused { refusal, .. } if refusal.status == 403));
    let quota = checkup.quota(named("list machines")).await.unwrap();
    assert_eq!(
        quota.iter().map(|usage| usage.used).collect::<Vec<_>>(),
        [1, 1]
    );
    let probe = checkup.probe(named("read files")).await.unwrap();
    assert!(
        matches!(probe, Probe::Answered { .. }),
        "an unknown file is an answer"
    );
    assert!(!service.calls().iter().any(is_directory));
}
