//! Every way to sign in that the settings know, with the real program against the real twin.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use crate::world::World;

/// An app's certificate and private key, of use in tests only.
const CERTIFICATE: &str = include_str!("../../../defender/tests/it/certificate.pem");
const APP: &str = "99999999-8888-7777-6666-555555555555";

/// A tenant whose only app can be proved with the certificate, or with tokens of an issuer whose key is the same.
fn world() -> World {
    let data = tempfile::tempdir().unwrap();
    let (public, _) = CERTIFICATE
        .split_once("-----BEGIN PRIVATE KEY-----")
        .unwrap();
    let public = &public[public.find("-----BEGIN CERTIFICATE-----").unwrap()..];
    let tenant = json!({
        "tenant_id": "11111111-2222-3333-4444-555555555555",
        "apps": [{
            "client_id": APP,
            "client_secret": "never-used-here",
            "certificates": [public],
            "federated_credentials": [{
                "issuer": "https://cluster.example",
                "subject": "system:serviceaccount:hunt:tesem",
                "key": public,
            }],
            "public_client": true,
        }],
    });
    std::fs::write(data.path().join("tenant.json"), tenant.to_string()).unwrap();
    World::of_directory(data.path())
}

/// The configuration of the tenant with `credential` in the place of its secret.
fn configure(world: &World, credential: &str) {
    let text = std::fs::read_to_string(world.folder.path().join("tesem.toml")).unwrap();
    let start = text.find("client_id").unwrap();
    world.write("tesem.toml", format!("{}{credential}\n", &text[..start]));
}

/// An access token of the twin for Graph, had with the app's secret.
fn token(world: &World) -> String {
    let app = &world.twin().tenant().apps[0];
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", app.client_id.as_str()),
        ("client_secret", "never-used-here"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let path = format!("{}/oauth2/v2.0/token", world.twin().tenant().tenant_id);
    let answer = world.post_form(&path, &fields);
    answer["access_token"].as_str().unwrap().to_owned()
}

const HUNT: [&str; 4] = ["kql", "run", "--tenant", "twin"];

fn hunts(world: &World, environment: &[(&str, &str)]) -> crate::world::Run {
    let arguments = [&HUNT[..], &["print x = 1", "-vvv"]].concat();
    world.tesem_in(&arguments, environment)
}

#[test]
fn a_certificate_signs_in() {
    let world = world();
    world.write("app.pem", CERTIFICATE);
    configure(
        &world,
        &format!("client_id = \"{APP}\"\ncertificate = {{ file = \"app.pem\" }}"),
    );
    let run = hunts(&world, &[]).exits(0);
    let key = CERTIFICATE.lines().rev().nth(3).unwrap();
    assert!(
        !run.stderr().contains(key) && !run.stderr().contains("eyJ"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_certificate_that_the_app_does_not_have_is_explained() {
    let world = World::new();
    world.write("app.pem", CERTIFICATE);
    let app = world.twin().tenant().apps[0].client_id.clone();
    configure(
        &world,
        &format!("client_id = \"{app}\"\ncertificate = {{ file = \"app.pem\" }}"),
    );
    let run = hunts(&world, &[]).exits(1);
    assert!(run.stderr().contains("AADSTS700027"), "{}", run.stderr());
    assert!(
        run.stderr().contains("upload its public part"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_workloads_token_signs_in() {
    let world = world();
    let claims = json!({
        "iss": "https://cluster.example",
        "sub": "system:serviceaccount:hunt:tesem",
        "aud": "api://AzureADTokenExchange",
        "exp": jiff::Timestamp::MAX.as_second().min(9_999_999_999),
    });
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    header.kid = Some("cluster".to_owned());
    let (_, key) = CERTIFICATE.split_once("-----END CERTIFICATE-----").unwrap();
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(key.trim().as_bytes()).unwrap();
    world.write(
        "token",
        jsonwebtoken::encode(&header, &claims, &key).unwrap(),
    );
    configure(&world, "credential = \"workload-identity\"");
    let environment = [
        ("AZURE_CLIENT_ID", APP),
        ("AZURE_FEDERATED_TOKEN_FILE", "token"),
    ];
    let run = hunts(&world, &environment).exits(0);
    assert!(!run.stderr().contains("eyJ"), "{}", run.stderr());
    let missing = hunts(&world, &[("AZURE_CLIENT_ID", APP)]).exits(2);
    assert!(
        missing.stderr().contains("AZURE_FEDERATED_TOKEN_FILE"),
        "{}",
        missing.stderr()
    );
}

#[test]
fn a_ready_token_signs_in() {
    let world = world();
    world.write("ready", token(&world));
    configure(&world, "token = { file = \"ready\" }");
    hunts(&world, &[]).exits(0);
}

/// A virtual machine's metadata service, which hands out `token` until the test ends.
fn metadata_service(token: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4_096];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
            let is_right = request
                .starts_with("get /metadata/identity/oauth2/token?api-version=2018-02-01")
                && request.contains("metadata: true");
            let body = if is_right {
                format!(r#"{{"access_token":"{token}","expires_in":"3599","token_type":"Bearer"}}"#)
            } else {
                "{}".to_owned()
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn a_managed_identity_signs_in() {
    let world = world();
    let service = metadata_service(token(&world));
    configure(&world, "credential = \"managed-identity\"");
    hunts(&world, &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &service)]).exits(0);
    let arc = [
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:1/"),
        ("IMDS_ENDPOINT", "http://127.0.0.1:1/"),
    ];
    let refused = hunts(&world, &arc).exits(2);
    assert!(
        refused.stderr().contains("Azure Arc"),
        "{}",
        refused.stderr()
    );
}

#[cfg(unix)]
#[test]
fn whoever_is_signed_in_at_the_azure_cli_signs_in() {
    use std::os::unix::fs::PermissionsExt;

    let world = world();
    let printed = json!({"accessToken": token(&world), "expires_on": 9_999_999_999_u64});
    world.write("printed.json", printed.to_string());
    let folder = world.folder.path();
    let program = folder.join("az");
    std::fs::write(
        &program,
        format!(
            "#!/bin/sh\ncat '{}'\n",
            folder.join("printed.json").display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    configure(&world, "credential = \"azure-cli\"");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    hunts(&world, &[("PATH", &path)]).exits(0);
    let missing = hunts(&world, &[("PATH", "/nowhere")]).exits(1);
    assert!(
        missing.stderr().contains("az login"),
        "{}",
        missing.stderr()
    );
}

#[test]
fn a_person_is_shown_the_code_even_with_quiet_and_signs_in() {
    let world = world();
    configure(
        &world,
        &format!("client_id = \"{APP}\"\ncredential = \"device-code\""),
    );
    let arguments = [&HUNT[..], &["print x = 1", "--quiet", "--format", "jsonl"]].concat();
    let running = world.start(&arguments);
    let code = loop {
        let waiting: Value = world.get_json("/_twin/device-codes");
        if let Some(code) = waiting[0]["user_code"].as_str() {
            break code.to_owned();
        }
        thread::yield_now();
    };
    world.tell_twin("device-codes", &json!({"user_code": code}));
    let run = World::finished(running).exits(0);
    assert!(
        run.stderr().contains(&format!("enter the code {code}")),
        "{}",
        run.stderr()
    );
    assert_eq!(run.stdout().trim(), r#"{"x":1}"#);
}
