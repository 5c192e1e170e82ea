use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tesem_defender::{
    ClientEvent, Credential, DefenderError, Delivery, HuntingApi, SignInError, TenantSettings,
};
use tokio::task::JoinSet;

use crate::service::{Bench, Reply, Service, TOKEN, settings};

const WRONG_SECRET: &str = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '99999999-8888-7777-6666-555555555555'.\r\nTrace ID: 77\r\nCorrelation ID: 88\r\nTimestamp: 2026-11-21 08:00:00Z","error_codes":[7000215],"timestamp":"2026-11-21 08:00:00Z","trace_id":"77","correlation_id":"88","error_uri":"https://login.microsoftonline.com/error?code=7000215"}"#;

#[tokio::test]
async fn the_sign_in_is_client_credentials_v2() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::of(&service);
    bench.client.hunting().run("T", None).await.unwrap();
    let call = service.calls()[0].clone();
    assert_eq!(call.method, "POST");
    assert_eq!(
        call.path,
        "/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token"
    );
    assert_eq!(
        call.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(call.header("authorization"), "");
    assert_eq!(
        call.body,
        "grant_type=client_credentials&client_id=99999999-8888-7777-6666-555555555555\
         &client_secret=s3cr3t%7Eclient%2Fsecret%2Bvalue\
         &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
    );
    assert_eq!(
        service.calls()[1].header("authorization"),
        format!("Bearer {TOKEN}")
    );
}

#[tokio::test]
async fn the_scope_is_the_audience_of_the_service_and_not_its_host() {
    for (api, scope) in [
        (
            HuntingApi::Graph,
            "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        ),
        (
            HuntingApi::Defender,
            "scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default",
        ),
        (
            HuntingApi::Xdr,
            "scope=https%3A%2F%2Fapi.security.microsoft.com%2F.default",
        ),
    ] {
        let service = Service::answering(vec![Reply::rows()]).await;
        let bench = Bench::with(
            TenantSettings {
                hunting: api,
                ..settings(&service)
            },
            |_| {},
        );
        bench.client.hunting().run("T", None).await.unwrap();
        assert!(service.calls()[0].body.ends_with(scope), "{api}");
    }
}

#[tokio::test]
async fn fifty_callers_share_one_sign_in() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::with(settings(&service), |options| {
        options.hunting_windows.clear();
    });
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&bench.client);
        tasks.spawn(async move { client.hunting().run("T", None).await.map(drop) });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
    assert_eq!((service.sign_ins(), service.api_calls().len()), (1, 50));
}

#[tokio::test]
async fn fifty_callers_share_one_refusal_too() {
    let service = Service::start(|_| Reply::new(401, WRONG_SECRET)).await;
    let bench = Bench::of(&service);
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&bench.client);
        tasks.spawn(async move { client.hunting().run("T", None).await.map(drop) });
    }
    for outcome in tasks.join_all().await {
        assert!(matches!(outcome, Err(DefenderError::SignIn { .. })));
    }
    assert_eq!(service.calls().len(), 1);
    let later = bench.client.hunting().run("T", None).await;
    assert!(later.is_err(), "a later caller asks again");
    assert_eq!(service.calls().len(), 2);
}

#[tokio::test]
async fn a_refusal_says_what_entra_said_and_what_to_do() {
    let service = Service::start(|_| Reply::new(401, WRONG_SECRET)).await;
    let error = Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(error.request_id(), Some("88"));
    assert!(
        error
            .hint()
            .unwrap()
            .contains("give the secret's value, not its id")
    );
    let DefenderError::SignIn { source, .. } = &error else {
        panic!("{error}")
    };
    assert!(matches!(
        **source,
        SignInError::Refused {
            aadsts: Some(7_000_215),
            status: 401,
            ..
        }
    ));
    insta::assert_snapshot!(error, @"could not sign in to tenant `test` for run hunting query");
    insta::assert_snapshot!(source, @"Microsoft Entra refused the sign-in (HTTP 401, invalid_client, correlation id 88): AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '99999999-8888-7777-6666-555555555555'.");
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_it_ends() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::of(&service);
    let mut seen = Vec::new();
    for advance in [0, 3_298, 1, 3_000] {
        bench.clock.advance(Duration::from_secs(advance));
        bench.client.hunting().run("T", None).await.unwrap();
        seen.push((bench.seconds(), service.sign_ins()));
    }
    assert_eq!(seen, [(0, 1), (3_298, 1), (3_299, 2), (6_299, 2)]);
}

#[tokio::test]
async fn a_token_that_ends_while_the_call_waits_for_quota_is_replaced() {
    let service = Service::start(|call| {
        if call.is_sign_in() {
            Reply::token_for(600)
        } else {
            Reply::rows()
        }
    })
    .await;
    let bench = Bench::with(settings(&service), |options| {
        options.hunting_windows = vec![tesem_state::Window {
            limit: 1,
            length: Duration::from_secs(1_000),
        }];
    });
    bench.client.hunting().run("T", None).await.unwrap();
    // The second call takes the old token along, waits until it has ended, and asks for another one.
    bench.clock.advance(Duration::from_secs(100));
    bench.client.hunting().run("T", None).await.unwrap();
    assert_eq!((bench.seconds(), service.sign_ins()), (1_001, 2));
}

#[tokio::test]
async fn tokens_of_the_old_endpoint_count_in_strings() {
    let service = Service::start(|call| {
        if call.is_sign_in() {
            let body = format!(
                r#"{{"token_type":"Bearer","expires_in":"3599","ext_expires_in":"3599","expires_on":"1","not_before":"0","resource":"x","access_token":"{TOKEN}"}}"#
            );
            return Reply::new(200, body);
        }
        Reply::rows()
    })
    .await;
    let bench = Bench::of(&service);
    bench.client.hunting().run("T", None).await.unwrap();
    let signed_in = bench
        .events
        .all()
        .into_iter()
        .find_map(|event| match event {
            ClientEvent::SignedIn {
                audience,
                expires_at,
            } => Some((audience, expires_at.as_second())),
            _ => None,
        });
    assert_eq!(signed_in, Some(("https://graph.microsoft.com", 3_599)));
}

#[tokio::test]
async fn a_401_renews_the_token_once() {
    let refusals = AtomicUsize::new(1);
    let service = Service::start(move |call| {
        let refuse = |left: usize| left.checked_sub(1);
        match call.is_sign_in() {
            true => Reply::token(),
            false
                if refusals
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse)
                    .is_ok() =>
            {
                Reply::new(
                    401,
                    r#"{"error":{"code":"Unauthorized","message":"expired"}}"#,
                )
            }
            false => Reply::rows(),
        }
    })
    .await;
    Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap();
    assert_eq!((service.sign_ins(), service.api_calls().len()), (2, 2));
}

#[tokio::test]
async fn a_service_that_always_says_401_is_asked_twice() {
    let refusal = r#"{"error":{"code":"InvalidAuthenticationToken","message":"Access token validation failure. Invalid audience.","innerError":{"date":"2026-11-21T08:00:00","request-id":"r-1","client-request-id":"c-1"}}}"#;
    let service = Service::answering(vec![Reply::new(401, refusal)]).await;
    let error = Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert_eq!((service.sign_ins(), service.api_calls().len()), (2, 2));
    assert_eq!(error.request_id(), Some("r-1"));
    insta::assert_snapshot!(error, @"the service refused run hunting query: InvalidAuthenticationToken (HTTP 401, request r-1): Access token validation failure. Invalid audience.");
    assert!(error.hint().unwrap().contains("check the cloud"));
}

#[tokio::test]
async fn a_ready_token_is_used_as_it_is_and_not_repeated() {
    let service = Service::answering(vec![Reply::rows(), Reply::new(401, "")]).await;
    let credential = Credential::Token(SecretString::from("ready"));
    let bench = Bench::with(
        TenantSettings {
            credential,
            ..settings(&service)
        },
        |_| {},
    );
    bench.client.hunting().run("T", None).await.unwrap();
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert!(
        error.hint().unwrap().contains("may have expired"),
        "{error}"
    );
    assert_eq!((service.sign_ins(), service.api_calls().len()), (0, 2));
    assert_eq!(service.calls()[0].header("authorization"), "Bearer ready");
}

#[tokio::test]
async fn a_sign_in_survives_a_sick_login_endpoint() {
    let failures = AtomicUsize::new(2);
    let service = Service::start(move |call| {
        let fail = |left: usize| left.checked_sub(1);
        let is_sick = failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fail)
            .is_ok();
        match (is_sick, call.is_sign_in()) {
            (true, _) => Reply::new(503, "busy"),
            (false, true) => Reply::token(),
            (false, false) => Reply::rows(),
        }
    })
    .await;
    let bench = Bench::of(&service);
    bench.client.hunting().run("T", None).await.unwrap();
    assert_eq!((service.sign_ins(), bench.seconds()), (3, 1 + 2));
}

#[tokio::test]
async fn answers_that_are_no_tokens_are_refused_without_quoting_them() {
    let cases = [
        ("", "EOF"),
        ("<html>", "Syntax"),
        (r#""eyJsecret""#, "Data"),
        (r#"{"access_token":"eyJsecret"}"#, "Data"),
        (
            r#"{"access_token":"eyJsecret","expires_in":null}"#,
            "not a number of seconds",
        ),
        (
            r#"{"access_token":"eyJsecret","expires_in":-1}"#,
            "not a number of seconds",
        ),
        (
            r#"{"access_token":"eyJ\nsecret","expires_in":1}"#,
            "no header can carry",
        ),
        (
            r#"{"access_token":"","expires_in":1}"#,
            "no header can carry",
        ),
        (
            r#"{"access_token":"eyJsecret","expires_in":1,"token_type":"mac"}"#,
            "not a bearer token",
        ),
    ];
    for (body, expected) in cases {
        let service = Service::start(move |_| Reply::new(200, body)).await;
        let error = Bench::of(&service)
            .client
            .hunting()
            .run("T", None)
            .await
            .unwrap_err();
        let DefenderError::SignIn { source, .. } = &error else {
            panic!("{error}")
        };
        let cause = std::error::Error::source(&**source).unwrap().to_string();
        assert!(
            cause.to_lowercase().contains(&expected.to_lowercase()),
            "{body}: {cause}"
        );
        assert!(!cause.contains("secret"), "{body}: {cause}");
        assert_eq!(
            service.calls().len(),
            1,
            "an answer that cannot be read is not asked for again"
        );
    }
}

#[tokio::test]
async fn a_cancelled_sign_in_lets_the_next_caller_sign_in() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::of(&service);
    let client = Arc::clone(&bench.client);
    let first = tokio::spawn(async move { client.hunting().run("T", None).await.map(drop) });
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    bench.client.hunting().run("T", None).await.unwrap();
}

#[tokio::test]
async fn a_token_revoked_under_many_callers_is_renewed_once() {
    let sign_ins = AtomicUsize::new(0);
    let service = Service::start(move |call| {
        if call.is_sign_in() {
            let number = sign_ins.fetch_add(1, Ordering::SeqCst);
            return Reply::new(
                200,
                format!(r#"{{"expires_in":3599,"access_token":"token-{number}"}}"#),
            );
        }
        let is_revoked = call.header("authorization") == "Bearer token-0";
        if is_revoked {
            Reply::new(401, "")
        } else {
            Reply::rows()
        }
    })
    .await;
    let bench = Bench::of(&service);
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let client = Arc::clone(&bench.client);
        tasks.spawn(async move { client.hunting().run("T", None).await.map(drop) });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
    assert_eq!((service.sign_ins(), service.api_calls().len()), (2, 40));
}

#[tokio::test]
async fn sign_in_refusals_are_cut_before_their_trace_whatever_parts_them() {
    let cases = [
        (7_000_222, 401, "invalid_client", "\r\n"),
        (7_000_218, 401, "invalid_client", " "),
        (700_016, 400, "unauthorized_client", "\r\n"),
        (90_002, 400, "invalid_request", " "),
        (70_011, 400, "invalid_scope", "\r\n"),
        (500_011, 400, "invalid_resource", " "),
    ];
    for (number, status, error, gap) in cases {
        let text = format!(
            "AADSTS{number}: It is so.{gap}Trace ID: 77{gap}Correlation ID: 88{gap}Timestamp: 2026-11-21 08:00:00Z"
        );
        let body = serde_json::json!({"error": error, "error_description": text, "error_codes": [number], "correlation_id": "88",
            "trace_id": "77", "timestamp": "2026-11-21 08:00:00Z"});
        let service = Service::start(move |_| Reply::new(status, body.to_string())).await;
        let hunted = Bench::of(&service).client.hunting().run("T", None).await;
        let refusal = hunted.unwrap_err();
        let source = std::error::Error::source(&refusal).unwrap().to_string();
        let expected = format!(
            "Microsoft Entra refused the sign-in (HTTP {status}, {error}, correlation id 88): AADSTS{number}: It is so."
        );
        assert_eq!(source, expected);
        assert_eq!(refusal.delivery(), Delivery::NotSent);
    }
}
