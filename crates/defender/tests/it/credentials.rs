//! Every way to sign in, against small servers that are as strict as the real ones.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use secrecy::SecretString;
use serde_json::{Value, json};
use tesem_defender::{
    AzureCli, ClientCertificate, ClientEvent, Credential, DefenderError, HuntingApi,
    IdentitySource, InvalidCertificate, ManagedIdentity, SignInError, TenantSettings,
};

use crate::service::{Bench, Call, Reply, Service, TOKEN, settings};

const CERTIFICATE: &str = include_str!("certificate.pem");

/// The certificate's public key and SHA-256 thumbprint, as OpenSSL says.
const MODULUS: &str = "qFZmHnXXheSQpx3IqLptDpVcmdLY-srL-Ma3ACZXRLgCe9wF23D0Ng9nVvqtIsTKznHJS4OSMiU12_lB4YbX5DM6njYG0_34AGwZJS_kBfvbBrePvWePIYnPienFmpjIOD2-hX8itATigUoDOjgtJNY-WY0g9rZGlxv5T58WQTl-uafZnii219VjlxaNXsjrQBKRfabQRM8PpsCC0WdCvCbZk3N1vey4qYEQK8eeCmcCLYC1QOzhGG-wPsAKBRBKzRc3B1a58zJICKUfI3oD-aG99cKv4m7hEhUS9SXEuYNBHPZf9R7jP9OI-GeAIWIjMo_eZdNJMmDZ_Y_BVODpWw";
const THUMBPRINT: &str = "L90jm_-rhvrhkEMKuI6f3fApJ6hKwiVp4Js8qWv4piY";

const TOKEN_PATH: &str = "/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token";

fn form(call: &Call) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(call.body.as_bytes())
        .into_owned()
        .collect()
}

fn refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply::new(
        status,
        json!({"error": error, "error_description": description}).to_string(),
    )
}

fn bench(service: &Service, credential: Credential) -> Bench {
    Bench::with(
        TenantSettings {
            credential,
            ..settings(service)
        },
        |_| {},
    )
}

/// Why the sign-in failed.
fn sign_in_error(error: &DefenderError) -> &SignInError {
    match error {
        DefenderError::SignIn { source, .. } => source,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_certificate_signs_what_is_exchanged_for_a_token() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let certificate = ClientCertificate::from_pem(&CERTIFICATE.into()).unwrap();
    assert_eq!(format!("{certificate:?}"), "ClientCertificate(…)");
    let bench = bench(&service, Credential::Certificate(certificate));
    bench
        .clock
        .advance_to("2026-11-21T12:00:00Z".parse().unwrap());
    bench.client.hunting().run("T", None).await.unwrap();
    let call = service.calls()[0].clone();
    let fields = form(&call);
    assert_eq!(call.path, TOKEN_PATH);
    assert_eq!(
        fields["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(
        (
            fields["grant_type"].as_str(),
            fields.contains_key("client_secret")
        ),
        ("client_credentials", false)
    );
    let key = DecodingKey::from_rsa_components(MODULUS, "AQAB").unwrap();
    let mut validation = Validation::new(Algorithm::PS256);
    validation.validate_exp = false;
    let audience = format!(
        "{}{}",
        service.base.as_str().trim_end_matches('/'),
        TOKEN_PATH
    );
    validation.set_audience(&[&audience]);
    let assertion = decode::<Value>(&fields["client_assertion"], &key, &validation).unwrap();
    assert_eq!(assertion.header.x5t_s256.as_deref(), Some(THUMBPRINT));
    let claims = &assertion.claims;
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!(fields["client_id"]), &json!(fields["client_id"]))
    );
    let now = "2026-11-21T12:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_second();
    assert_eq!(
        (&claims["nbf"], &claims["exp"]),
        (&json!(now), &json!(now + 600))
    );
    assert!(claims["jti"].is_string());
}

#[test]
fn certificates_that_cannot_be_used_are_refused_by_name() {
    let (certificate, key) = CERTIFICATE
        .split_once("-----BEGIN PRIVATE KEY-----")
        .unwrap();
    let key = format!("-----BEGIN PRIVATE KEY-----{key}");
    let encrypted = format!(
        "{certificate}{}",
        key.replace("PRIVATE", "ENCRYPTED PRIVATE")
    );
    let cases = [
        ("", InvalidCertificate::NoCertificate),
        (key.as_str(), InvalidCertificate::NoCertificate),
        (certificate, InvalidCertificate::NoKey),
        (encrypted.as_str(), InvalidCertificate::EncryptedKey),
    ];
    for (pem, expected) in cases {
        let error = ClientCertificate::from_pem(&SecretString::from(pem)).unwrap_err();
        assert_eq!(error, expected, "{pem}");
    }
    let damaged = CERTIFICATE.replace("BEGIN PRIVATE KEY-----\n", "BEGIN PRIVATE KEY-----\nAAAA");
    let error = ClientCertificate::from_pem(&damaged.into()).unwrap_err();
    assert_eq!(error, InvalidCertificate::KeyKind);
}

#[tokio::test]
async fn an_unknown_certificate_says_what_to_do_and_shows_no_assertion() {
    let echo = |call: &Call| {
        let assertion = form(call).remove("client_assertion").unwrap();
        refusal(
            401,
            "invalid_client",
            &format!("AADSTS700027: The certificate is unknown: {assertion}"),
        )
    };
    let service = Service::start(echo).await;
    let certificate = ClientCertificate::from_pem(&CERTIFICATE.into()).unwrap();
    let error = bench(&service, Credential::Certificate(certificate))
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert!(
        error.hint().unwrap().contains("upload its public part"),
        "{error}"
    );
    let text = format!("{} {:?}", sign_in_error(&error), error);
    assert!(text.contains("[secret]") && !text.contains("eyJ"), "{text}");
}

#[tokio::test]
async fn a_workloads_token_is_read_from_its_file_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "first.workload.token\n").unwrap();
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = bench(
        &service,
        Credential::WorkloadIdentity {
            token_file: token_file.clone(),
        },
    );
    bench.client.hunting().run("T", None).await.unwrap();
    std::fs::write(&token_file, "second.workload.token").unwrap();
    bench.clock.advance(std::time::Duration::from_secs(3_600));
    bench.client.hunting().run("T", None).await.unwrap();
    let sign_ins: Vec<_> = service
        .calls()
        .iter()
        .filter(|call| call.is_sign_in())
        .map(form)
        .collect();
    assert_eq!(sign_ins[0]["client_assertion"], "first.workload.token");
    assert_eq!(sign_ins[1]["client_assertion"], "second.workload.token");
    assert_eq!(sign_ins[1]["scope"], "https://graph.microsoft.com/.default");
    for content in ["", "two tokens\nin one", "\u{1}"] {
        std::fs::write(&token_file, content).unwrap();
        bench.clock.advance(std::time::Duration::from_secs(3_600));
        let error = bench.client.hunting().run("T", None).await.unwrap_err();
        assert!(
            matches!(sign_in_error(&error), SignInError::TokenFile { .. }),
            "{error}"
        );
    }
    std::fs::remove_file(&token_file).unwrap();
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert!(error.hint().unwrap().contains("service account"), "{error}");
    assert_eq!(service.sign_ins(), 2, "nothing was sent without a token");
}

/// The metadata service of a virtual machine: strict about its header, with numbers as texts.
fn metadata_service(call: &Call) -> Reply {
    if call.path != "/metadata/identity/oauth2/token" {
        return Reply::rows();
    }
    if call.header("metadata") != "true" || call.parameter("api-version") != "2018-02-01" {
        return refusal(
            400,
            "bad_request_102",
            "Required metadata header not specified",
        );
    }
    if !["", "user-assigned"].contains(&call.parameter("client_id")) {
        return refusal(400, "invalid_request", "Identity not found");
    }
    let body = json!({"access_token": TOKEN, "client_id": "x", "expires_in": "86399", "expires_on": "1", "resource":
        call.parameter("resource"), "token_type": "Bearer"});
    Reply::new(200, body.to_string())
}

fn virtual_machine(service: &Service, client_id: Option<&str>) -> Credential {
    let endpoint = service
        .base
        .join("/metadata/identity/oauth2/token")
        .unwrap();
    Credential::ManagedIdentity(ManagedIdentity {
        source: IdentitySource::VirtualMachine {
            endpoint: Some(endpoint),
        },
        client_id: client_id.map(str::to_owned),
    })
}

#[tokio::test]
async fn a_virtual_machine_vouches_for_its_identity() {
    for client_id in [None, Some("user-assigned")] {
        let service = Service::start(metadata_service).await;
        let settings = TenantSettings {
            hunting: HuntingApi::Defender,
            ..settings(&service)
        };
        let credential = virtual_machine(&service, client_id);
        let bench = Bench::with(
            TenantSettings {
                credential,
                ..settings
            },
            |_| {},
        );
        // The answer has Graph's form, which the other API's reader refuses: the call was made all the same.
        let _ = bench.client.hunting().run("T", None).await;
        let calls = service.calls();
        assert_eq!(
            (calls[0].method.as_str(), calls[0].parameter("client_id")),
            ("GET", client_id.unwrap_or_default())
        );
        assert_eq!(
            calls[0].parameter("resource"),
            "https://api.securitycenter.microsoft.com"
        );
        assert_eq!(calls[1].header("authorization"), format!("Bearer {TOKEN}"));
        assert_eq!(
            calls[1].header("metadata"),
            "",
            "the header goes to the metadata service only"
        );
    }
    let service = Service::start(metadata_service).await;
    let error = bench(&service, virtual_machine(&service, Some("nobody")))
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert!(
        sign_in_error(&error)
            .to_string()
            .contains("Identity not found"),
        "{error}"
    );
}

#[tokio::test]
async fn app_service_wants_its_header_which_stays_secret() {
    let service = Service::start(|call| {
        if call.path != "/msi/token" {
            return Reply::rows();
        }
        if call.header("x-identity-header") != "app-s3rvice"
            || call.parameter("api-version") != "2019-08-01"
        {
            let header = call.header("x-identity-header").to_owned();
            return refusal(
                401,
                "unauthorized",
                &format!("the header {header} is wrong"),
            );
        }
        Reply::new(
            200,
            json!({"access_token": TOKEN, "expires_in": 3_599, "token_type": "Bearer"}).to_string(),
        )
    })
    .await;
    let credential = |header: &str| {
        let endpoint = service.base.join("/msi/token").unwrap();
        let source = IdentitySource::AppService {
            endpoint,
            header: header.into(),
        };
        Credential::ManagedIdentity(ManagedIdentity {
            source,
            client_id: None,
        })
    };
    bench(&service, credential("app-s3rvice"))
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap();
    let error = bench(&service, credential("wr0ng-header"))
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    let shown = format!("{error:?}");
    assert!(
        shown.contains("[secret]") && !shown.contains("wr0ng"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_ill_metadata_service_is_asked_again() {
    let troubles = Mutex::new(vec![Reply::new(503, ""), Reply::throttled(5)]);
    let service = Service::start(move |call| {
        let is_sign_in = call.path.starts_with("/metadata");
        is_sign_in
            .then(|| troubles.lock().unwrap().pop())
            .flatten()
            .unwrap_or_else(|| metadata_service(call))
    })
    .await;
    bench(&service, virtual_machine(&service, None))
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap();
    assert_eq!(service.calls().len(), 4);
}

/// Held by the tests that start programs: a program that is just being written cannot be started while a process that
/// another test starts still has its file open.
#[cfg(unix)]
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A folder with a program `az` that does `script`.
#[cfg(unix)]
fn azure_cli(script: &str) -> (tempfile::TempDir, Credential) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("az");
    let log = folder.path().join("arguments");
    std::fs::write(
        &program,
        format!("#!/bin/sh\necho \"$@\" >> {}\n{script}\n", log.display()),
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, Credential::AzureCli(AzureCli { program }))
}

#[cfg(unix)]
#[tokio::test]
async fn the_azure_cli_is_asked_for_the_tenant_and_the_resource() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let service = Service::answering(vec![Reply::rows()]).await;
    let printed = json!({"accessToken": TOKEN, "expiresOn": "2026-11-21 13:00:00.000000", "expires_on": 3_600,
        "tenant": "t", "tokenType": "Bearer"});
    let (folder, credential) = azure_cli(&format!("echo 'a warning' >&2; echo '{printed}'"));
    let bench = bench(&service, credential);
    for _ in 0..2 {
        bench.client.hunting().run("T", None).await.unwrap();
    }
    bench.clock.advance(std::time::Duration::from_secs(3_500));
    bench.client.hunting().run("T", None).await.unwrap();
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).unwrap();
    let line = "account get-access-token --output json --resource https://graph.microsoft.com --tenant \
        11111111-2222-3333-4444-555555555555";
    let lines: Vec<&str> = arguments.lines().collect();
    assert_eq!(
        lines,
        [line, line],
        "once, and again when the token is about to end"
    );
    assert_eq!(
        service.api_calls()[0].header("authorization"),
        format!("Bearer {TOKEN}")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn what_the_azure_cli_cannot_do_is_told_in_its_words() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let cases = [
        (
            "echo \"Please run 'az login' to setup account.\" >&2; exit 1",
            "Please run 'az login'",
        ),
        (
            "echo '{\"accessToken\": \"s3cret-token\"'",
            "Eof error at line",
        ),
        (
            "echo '{\"accessToken\": \"s3cret-token\", \"expiresOn\": \"2026-11-21 13:00\"}'",
            "use version 2.54 or newer",
        ),
        (
            "echo '{\"accessToken\": \"\", \"expires_on\": 9}'",
            "the token is empty",
        ),
    ];
    let service = Service::answering(vec![Reply::rows()]).await;
    for (script, expected) in cases {
        let (_folder, credential) = azure_cli(script);
        let error = bench(&service, credential)
            .client
            .hunting()
            .run("T", None)
            .await
            .unwrap_err();
        let text = format!("{} {error:?}", sign_in_error(&error));
        assert!(
            text.contains(expected) && !text.contains("s3cret"),
            "{text}"
        );
        assert!(error.hint().unwrap().contains("az login --tenant"));
    }
    let missing = Credential::AzureCli(AzureCli {
        program: "/nowhere/az".into(),
    });
    let error = bench(&service, missing)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert!(
        sign_in_error(&error)
            .to_string()
            .contains("could not be started"),
        "{error}"
    );
    assert_eq!(service.calls().len(), 0);
}

/// Entra as a person signs in: `answers` to the questions whether the code was entered, the last one for ever.
async fn person(answers: Vec<Reply>) -> Service {
    let answers = Mutex::new(answers);
    Service::start(move |call| {
        if call.path.ends_with("/devicecode") {
            let body = json!({"device_code": "dev1ce-code", "user_code": "GTHK-QPMN", "expires_in": 900, "interval": 5,
                "verification_uri": "https://microsoft.com/devicelogin", "message": "To sign in, use a web browser"});
            return Reply::new(200, body.to_string());
        }
        if !call.is_sign_in() {
            return Reply::rows();
        }
        let mut answers = answers.lock().unwrap();
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
    })
    .await
}

fn signed_in() -> Reply {
    let body = json!({"token_type": "Bearer", "expires_in": 3_599, "access_token": TOKEN, "refresh_token": "r3fresh"});
    Reply::new(200, body.to_string())
}

fn pending() -> Reply {
    refusal(
        400,
        "authorization_pending",
        "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending.",
    )
}

fn codes_shown(bench: &Bench) -> usize {
    let is_code = |event: &ClientEvent| matches!(event, ClientEvent::CodeToEnter { .. });
    bench
        .events
        .all()
        .iter()
        .filter(|event| is_code(event))
        .count()
}

#[tokio::test]
async fn a_person_enters_a_code_once_for_all_services() {
    let slow_down = refusal(400, "slow_down", "too often");
    let service = person(vec![pending(), slow_down, pending(), signed_in()]).await;
    let bench = bench(&service, Credential::DeviceCode);
    bench.client.hunting().run("T", None).await.unwrap();
    assert_eq!(
        bench.seconds(),
        5 + 5 + 10 + 10,
        "the service's pace is kept"
    );
    let shown = bench
        .events
        .all()
        .into_iter()
        .find_map(|event| match event {
            ClientEvent::CodeToEnter {
                address,
                code,
                until,
            } => Some((address, code, until.as_second())),
            _ => None,
        });
    assert_eq!(
        shown,
        Some((
            "https://microsoft.com/devicelogin".to_owned(),
            "GTHK-QPMN".to_owned(),
            900
        ))
    );
    let _ = bench
        .client
        .hunting_through(HuntingApi::Defender)
        .run("T", None)
        .await;
    let asked: Vec<_> = service
        .calls()
        .iter()
        .filter(|call| call.is_sign_in())
        .map(form)
        .collect();
    assert_eq!(
        asked[0]["grant_type"],
        "urn:ietf:params:oauth:grant-type:device_code"
    );
    assert_eq!(asked[0]["device_code"], "dev1ce-code");
    let last = asked.last().unwrap();
    assert_eq!(
        (last["grant_type"].as_str(), last["refresh_token"].as_str()),
        ("refresh_token", "r3fresh")
    );
    assert_eq!(
        last["scope"],
        "https://api.securitycenter.microsoft.com/.default offline_access"
    );
    assert_eq!(codes_shown(&bench), 1);
}

#[tokio::test]
async fn a_person_is_asked_again_when_the_sign_in_is_over() {
    let over = refusal(
        400,
        "invalid_grant",
        "AADSTS700082: The refresh token has expired",
    );
    let service = person(vec![signed_in(), over, signed_in()]).await;
    let bench = bench(&service, Credential::DeviceCode);
    bench.client.hunting().run("T", None).await.unwrap();
    bench.clock.advance(std::time::Duration::from_secs(3_600));
    bench.client.hunting().run("T", None).await.unwrap();
    assert_eq!(codes_shown(&bench), 2);
}

#[tokio::test]
async fn a_code_that_nobody_enters_or_that_is_declined_ends_the_sign_in() {
    let declined = refusal(
        400,
        "authorization_declined",
        "AADSTS70000: declined, code dev1ce-code",
    );
    let expired = refusal(400, "expired_token", "AADSTS70020: expired");
    for (answer, expected) in [
        (pending(), "in a browser before it ends"),
        (expired, "in a browser before it ends"),
        (declined, "declined"),
    ] {
        let service = person(vec![answer]).await;
        let bench = bench(&service, Credential::DeviceCode);
        let error = bench.client.hunting().run("T", None).await.unwrap_err();
        assert!(error.hint().unwrap().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("dev1ce"), "{error:?}");
        assert!(bench.seconds() <= 900);
    }
}
