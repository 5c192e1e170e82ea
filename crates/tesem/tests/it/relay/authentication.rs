//! Who may ask: tokens signed with the secret, and tokens signed with published keys.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Method;
use serde_json::{Value, json};
use tesem_state::{Clock as _, SystemClock};

use super::tokens::Token;
use super::{Relay, SECRET, docs, failed, one, world};
use crate::relay::tenant::IP;

const KEY_A: &[u8] = include_bytes!("../../../../relay/tests/it/key_a.pem");
const KEY_B: &[u8] = include_bytes!("../../../../relay/tests/it/key_b.pem");
const AUDIENCE: &str = "https://relay.example.org";

fn refused(tail: &str) -> Value {
    failed(
        "authorization error",
        &format!("Authorization failed: {tail}"),
    )
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// The answer to a request with this `Authorization` header.
fn asked(relay: &Relay, header: Option<&str>) -> Value {
    let headers: Vec<(&str, &str)> = header
        .iter()
        .map(|value| ("Authorization", *value))
        .collect();
    relay.envelope(relay.send(Method::POST, "/health", &headers, ""))
}

/// Asks with each token, which is refused with these words or taken.
fn check(relay: &Relay, cases: Vec<(Token, Option<&str>)>) {
    for (token, tail) in cases {
        let answer = relay.answer_as(&token.signed(), "/health", "");
        match tail {
            Some(tail) => assert_eq!(answer, refused(tail), "{}", token.claims),
            None => assert_eq!(
                answer,
                json!({"data": {"status": "ok"}}),
                "{}",
                token.claims
            ),
        }
    }
}

#[test]
fn headers_and_tokens_that_are_none() {
    let relay = Relay::new();
    let good = relay.token().signed();
    let (header, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let missing = "Authorization header is missing";
    let wrong_type = "Wrong authorization type";
    let structure = "Wrong JWT structure";
    let signed = "Failed to decode JWT with provided key";
    let named = |algorithm: &str, signature: &str| {
        let header = part(&json!({"alg": algorithm}));
        Some(format!("Bearer {header}.{claims}.{signature}"))
    };
    let cases: Vec<(Option<String>, &str)> = vec![
        (None, missing),
        (Some(format!("Basic {good}")), wrong_type),
        (Some(good.clone()), wrong_type),
        (Some("Bearer".to_owned()), wrong_type),
        (Some(String::new()), wrong_type),
        (Some(format!("Bearer {good} more")), wrong_type),
        (Some("Bearer x".to_owned()), structure),
        (Some("Bearer a.b.c".to_owned()), structure),
        (Some(format!("Bearer {header}.{claims}")), structure),
        (
            Some(format!("Bearer {header}.{claims}.{signature}.x")),
            structure,
        ),
        (
            Some(format!("Bearer {}.{claims}.{signature}", part(&json!([])))),
            structure,
        ),
        (
            Some(format!("Bearer {header}.{}.{signature}", part(&json!(5)))),
            structure,
        ),
        (
            Some(format!("Bearer {}.{claims}.{signature}", part(&json!({})))),
            structure,
        ),
        (named("XX1", signature), structure),
        (
            Some(format!(
                "Bearer {header}.{claims}.{}",
                signature.replace(|_: char| true, "A")
            )),
            signed,
        ),
        (named("none", ""), signed),
        (named("NONE", ""), structure),
        (named("RS256", signature), signed),
        (named("ES256", signature), signed),
    ];
    for (header, tail) in cases {
        assert_eq!(
            asked(&relay, header.as_deref()),
            refused(tail),
            "{header:?}"
        );
    }
    let good = format!("bEARER \t {good}");
    assert_eq!(
        asked(&relay, Some(&good)),
        json!({"data": {"status": "ok"}})
    );
}

#[test]
fn tokens_signed_with_the_secret() {
    let relay = Relay::new();
    let now = SystemClock.now().as_second();
    let token = || relay.token();
    let payload = "Wrong JWT payload structure";
    let signed = "Failed to decode JWT with provided key";
    let mut cases: Vec<(Token, Option<&str>)> = vec![
        (token(), None),
        (token().algorithm(Algorithm::HS384), None),
        (token().algorithm(Algorithm::HS512), None),
        (token().secret("another secret"), Some(signed)),
        (token().secret(""), Some(signed)),
        (token().rs256("a", KEY_A), Some(signed)),
        (
            token()
                .claim("exp", json!(now + 600))
                .claim("nbf", json!(now - 600)),
            None,
        ),
        (
            token().claim("exp", json!(now - 600)),
            Some("JWT has expired"),
        ),
        (
            token().claim("nbf", json!(now + 600)),
            Some("JWT is not valid yet"),
        ),
        (
            token().claim("tenant_id", json!("../common")),
            Some(payload),
        ),
        (
            token().claim("tenant_id", json!("a.test/oauth2?x=")),
            Some(payload),
        ),
    ];
    for name in ["tenant_id", "client_id", "client_secret"] {
        for value in [json!(null), json!(""), json!(5), json!(["x"])] {
            cases.push((token().claim(name, value), Some(payload)));
        }
    }
    check(&relay, cases);
}

#[test]
fn a_secret_that_is_not_set_or_empty_takes_nobody_and_is_warned_of_once() {
    let cases = [
        (
            "NOWHERE_SET",
            "<SECRET_KEY> is missing",
            "the secret key is not set",
        ),
        (
            "EMPTY_SECRET",
            "Failed to decode JWT with provided key",
            "the secret key is empty",
        ),
    ];
    for (variable, tail, warning) in cases {
        let world = world();
        world.configure(&format!(
            "\n[relay]\nquota = \"off\"\nsecret_key = {{ env = \"{variable}\" }}\n"
        ));
        let relay = Relay::started(world, &[], &[("EMPTY_SECRET", "")]);
        let token = relay.token().secret("");
        for _ in 0..2 {
            assert_eq!(
                relay.answer_as(&token.signed(), "/health", ""),
                refused(tail)
            );
        }
        assert!(relay.answer_unknown("/version", "")["version"].is_string());
        assert_eq!(
            relay.end().matches(warning).count(),
            0,
            "{variable}: said before it listens"
        );
    }
}

#[test]
fn each_token_asks_its_own_tenant_under_its_own_limit() {
    let relay = Relay::new();
    let count = |token: &Token| {
        let answer = relay.answer_as(
            &token.signed(),
            "/observe/observables",
            one("ip", IP).to_string(),
        );
        docs(&answer).len()
    };
    // One alert and one event.
    let token = relay.token();
    assert_eq!(count(&token), 2);
    assert_eq!(
        count(&token.clone().claim("CTR_ENTITIES_LIMIT", json!("1"))),
        1
    );
    assert_eq!(count(&token), 2);
    let stranger = token.claim("tenant_id", json!("00000000-0000-4000-8000-00000000dead"));
    let answer = relay.answer_as(
        &stranger.signed(),
        "/observe/observables",
        one("ip", IP).to_string(),
    );
    assert!(answer.get("data").is_none(), "{answer}");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert_eq!(answer["errors"][0]["code"], "authorization error");
    assert!(
        message.starts_with("Authorization failed: ") && message.contains("dead"),
        "{message}"
    );
}

/// Publishes keys on this computer.
struct Publisher {
    host: String,
    answer: Arc<Mutex<(StatusCode, String)>>,
    asked: Arc<Mutex<Vec<String>>>,
    // Serves as long as it is there.
    _runtime: tokio::runtime::Runtime,
}

type Published = (Arc<Mutex<(StatusCode, String)>>, Arc<Mutex<Vec<String>>>);

async fn publish(State((answer, asked)): State<Published>, uri: Uri) -> (StatusCode, String) {
    asked.lock().unwrap().push(uri.path().to_owned());
    answer.lock().unwrap().clone()
}

impl Publisher {
    fn new(keys: &[(&str, &[u8])]) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (answer, asked) = Published::from((
            Arc::new(Mutex::new((StatusCode::OK, key_set(keys)))),
            Arc::default(),
        ));
        let routes = Router::new()
            .fallback(publish)
            .with_state((Arc::clone(&answer), Arc::clone(&asked)));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let host = listener.local_addr().unwrap().to_string();
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self {
            host,
            answer,
            asked,
            _runtime: runtime,
        }
    }

    fn answers(&self, status: StatusCode, body: impl Into<String>) {
        *self.answer.lock().unwrap() = (status, body.into());
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn key_set(keys: &[(&str, &[u8])]) -> String {
    let keys: Vec<Value> = keys
        .iter()
        .map(|(id, pem)| {
            let key = EncodingKey::from_rsa_pem(pem).unwrap();
            let mut key =
                serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap())
                    .unwrap();
            key["kid"] = json!(id);
            key
        })
        .collect();
    json!({ "keys": keys }).to_string()
}

/// A relay that trusts `publisher`.
fn trusting(publisher: &Publisher, more: &str) -> Relay {
    let world = world();
    let host = &publisher.host;
    world.configure(&format!(
        "\n[relay]\nquota = \"off\"\njwks_hosts = [\"{host}\"]\naudience = \"{AUDIENCE}\"\n{more}"
    ));
    Relay::started(world, &[], &[])
}

fn published(relay: &Relay, publisher: &Publisher) -> Token {
    let token = relay
        .token()
        .rs256("a", KEY_A)
        .claim("aud", json!(AUDIENCE));
    token.claim("jwks_host", json!(publisher.host))
}

#[test]
fn tokens_signed_with_a_published_key() {
    let publisher = Publisher::new(&[("a", KEY_A)]);
    let relay = trusting(&publisher, "");
    let token = || published(&relay, &publisher);
    let now = SystemClock.now().as_second();
    let structure = "Wrong JWT structure";
    let no_host = "jwks_host is missing in JWT payload. Make sure custom_jwks_host field is present in module_type";
    let wrong_host = "Wrong jwks_host in JWT payload. Make sure domain follows the visibility.<region>.cisco.com structure";
    let wrong_key = "Failed to decode JWT with provided key. Make sure domain in custom_jwks_host corresponds to your SecureX instance region.";
    let mut keyless = token();
    keyless.header.kid = None;
    let cases: Vec<(Token, Option<&str>)> = vec![
        (token(), None),
        (token().claim("aud", json!([AUDIENCE, "x"])), None),
        (relay.token(), Some(structure)),
        (token().claim("jwks_host", json!(null)), Some(no_host)),
        (
            token().claim("jwks_host", json!("evil.test")),
            Some(wrong_host),
        ),
        (
            token().claim("jwks_host", json!(format!("{}@evil.test", publisher.host))),
            Some(wrong_host),
        ),
        (
            token().claim("jwks_host", json!(format!("{}/x?", publisher.host))),
            Some(wrong_host),
        ),
        (
            token().claim("jwks_host", json!("127.0.0.1:1")),
            Some(wrong_host),
        ),
        (
            keyless,
            Some("kid is missing in response headers from jwks_host"),
        ),
        (
            token().rs256("b", KEY_B),
            Some("kid from JWT header not found in API response"),
        ),
        (token().rs256("a", KEY_B), Some(wrong_key)),
        (
            token().claim("aud", json!("https://other.example.org")),
            Some("Wrong configuration-token-audience"),
        ),
        (
            token().claim("aud", json!(format!("{AUDIENCE}.evil.test"))),
            Some("Wrong configuration-token-audience"),
        ),
        (token().claim("aud", json!(null)), Some(structure)),
        (
            token().claim("exp", json!(now - 600)),
            Some("JWT has expired"),
        ),
        (
            token().claim("client_secret", json!(null)),
            Some("Wrong JWT payload structure"),
        ),
    ];
    check(&relay, cases);
    let paths = publisher.asked.lock().unwrap().clone();
    assert!(
        paths.iter().all(|path| path == "/.well-known/jwks"),
        "{paths:?}"
    );
    // An unknown key id asks anew only after a while.
    assert_eq!(paths.len(), 1, "{paths:?}");
}

#[test]
fn hosts_of_keys_that_do_not_answer_with_keys() {
    let wrong_host = "Wrong jwks_host in JWT payload. Make sure domain follows the visibility.<region>.cisco.com structure";
    let no_list = "kid is missing in response headers from jwks_host";
    let publisher = Publisher::new(&[]);
    let relay = trusting(&publisher, "");
    let token = published(&relay, &publisher).signed();
    let cases = [
        (StatusCode::NOT_FOUND, "{}".to_owned(), wrong_host),
        (StatusCode::INTERNAL_SERVER_ERROR, String::new(), wrong_host),
        (StatusCode::FOUND, String::new(), wrong_host),
        (StatusCode::OK, "not JSON".to_owned(), wrong_host),
        (StatusCode::OK, "x".repeat(2 << 20), wrong_host),
        (StatusCode::OK, "{}".to_owned(), no_list),
        (
            StatusCode::OK,
            json!({"keys": {"a": 1}}).to_string(),
            no_list,
        ),
    ];
    for (status, body, tail) in cases {
        publisher.answers(status, body);
        assert_eq!(
            relay.answer_as(&token, "/health", ""),
            refused(tail),
            "{status}"
        );
    }
    publisher.answers(StatusCode::OK, key_set(&[("a", KEY_A)]));
    assert_eq!(
        relay.answer_as(&token, "/health", ""),
        json!({"data": {"status": "ok"}})
    );
    let asked = publisher.asked();
    publisher.answers(StatusCode::INTERNAL_SERVER_ERROR, "");
    assert_eq!(
        relay.answer_as(&token, "/health", ""),
        json!({"data": {"status": "ok"}})
    );
    assert_eq!(publisher.asked(), asked, "keys are kept");
}

#[test]
fn either_kind_of_token_speaks_its_own_words() {
    let publisher = Publisher::new(&[("a", KEY_A)]);
    let relay = trusting(&publisher, "secret_key = { env = \"RELAY_SECRET\" }\n");
    let body = "nonsense";
    let old = relay.answer_as(&relay.token().signed(), "/observe/observables", body);
    assert_eq!(old["errors"][0]["code"], "invalid payload");
    let new = published(&relay, &publisher).signed();
    let new = relay.answer_as(&new, "/observe/observables", body);
    assert_eq!(new["errors"][0]["code"], "invalid argument");
    // What a public key signs as if it were a secret is signed by nobody.
    let set = key_set(&[("a", KEY_A)]);
    for secret in [set.as_str(), SECRET] {
        let mixed = published(&relay, &publisher)
            .algorithm(Algorithm::HS256)
            .secret(secret);
        let answer = relay.answer_as(&mixed.signed(), "/health", "");
        let is_taken = secret == SECRET;
        assert_eq!(answer.get("errors").is_none(), is_taken, "{answer}");
    }
}

#[test]
fn a_token_made_by_the_program_is_taken() {
    let world = world();
    let configuration = std::fs::read_to_string(world.folder.path().join("tesem.toml")).unwrap();
    world.write("tesem.toml", format!("{configuration}{}", super::RELAY));
    let secret = [("RELAY_SECRET", SECRET)];
    let made = world
        .tesem_in(
            &["relay", "token", "--tenant", "twin", "--subject", "ann"],
            &secret,
        )
        .exits(0);
    let short = world
        .tesem_in(&["relay", "token", "--expires", "1h"], &secret)
        .exits(0);
    let without = world.tesem_in(&["relay", "token"], &[]).exits(2);
    assert!(
        without.stderr().contains("no secret to sign with"),
        "{}",
        without.stderr()
    );
    let relay = Relay::started(world, &[], &[]);
    for token in [made.stdout(), short.stdout()] {
        assert_eq!(
            relay.answer_as(token.trim(), "/health", ""),
            json!({"data": {"status": "ok"}})
        );
    }
}
