//! Tokens, good and bad.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tesem_relay::auth::{
    AuthError, Authenticator, Caller, JwksMode, KEYS_AGE_MAX, KEYS_HOSTS_DEFAULT, KEYS_REFETCH_MIN,
    KEYS_STALE_MAX, KeyCache, KeyFetchError, KeyFetcher, Mode,
};
use tesem_relay::reply::Compat;
use tokio::sync::{RwLock, RwLockWriteGuard};
use url::Url;

const SECRET: &str = "a secret that client and relay share";
const TENANT: &str = "0b3c6d1e-1111-2222-3333-444455556666";
const AUDIENCE: &str = "https://relay.example.org:8443";
const HOST: &str = KEYS_HOSTS_DEFAULT[1];
const KEY_A: &[u8] = include_bytes!("key_a.pem");
const KEY_B: &[u8] = include_bytes!("key_b.pem");

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> i64 {
    now().as_second() + seconds
}

/// Publishes keys by host, and counts who asks.
#[derive(Debug, Default)]
struct Hosts {
    answers: Mutex<BTreeMap<String, Option<Vec<u8>>>>,
    asked: Mutex<Vec<String>>,
    /// While a test writes, answers are held back.
    held: RwLock<()>,
}

#[async_trait]
impl KeyFetcher for Hosts {
    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, KeyFetchError> {
        self.asked.lock().unwrap().push(url.to_string());
        drop(self.held.read().await);
        let answers = self.answers.lock().unwrap();
        let answer = answers.get(url.host_str().unwrap()).cloned().flatten();
        answer.ok_or_else(|| KeyFetchError {
            url: url.clone(),
            source: "no answer".into(),
        })
    }
}

impl Hosts {
    fn publish(&self, host: &str, keys: &[(&str, &[u8])]) {
        let keys: Vec<Value> = keys.iter().map(|(id, pem)| jwk(id, pem)).collect();
        self.answer(host, Some(json!({"keys": keys}).to_string().as_bytes()));
    }

    fn answer(&self, host: &str, body: Option<&[u8]>) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(host.to_owned(), body.map(<[u8]>::to_vec));
    }

    /// Answers come no sooner than what is returned is dropped.
    async fn hold(&self) -> RwLockWriteGuard<'_, ()> {
        self.held.write().await
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn jwk(id: &str, pem: &[u8]) -> Value {
    let key = EncodingKey::from_rsa_pem(pem).unwrap();
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).unwrap()
}

fn claims(more: Value) -> Value {
    let mut claims = json!({"tenant_id": TENANT, "client_id": "app", "client_secret": "s3cret"});
    merge(&mut claims, more);
    claims
}

/// Members of `more` over those of `value`; null takes one away.
fn merge(value: &mut Value, more: Value) {
    let members = value.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap().clone() {
        match value {
            Value::Null => members.remove(&name),
            value => members.insert(name, value),
        };
    }
}

fn published(more: Value) -> Value {
    let mut all = claims(json!({"jwks_host": HOST, "aud": AUDIENCE, "exp": after(60)}));
    merge(&mut all, more);
    all
}

fn by_secret(algorithm: Algorithm, claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn by_key(id: Option<&str>, pem: &[u8], claims: &Value) -> String {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = id.map(str::to_owned);
    let key = EncodingKey::from_rsa_pem(pem).unwrap();
    encode(&header, claims, &key).unwrap()
}

/// A token of any parts, with a signature that is none.
fn forged(header: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(header), part(claims), part("x"))
}

struct World {
    hosts: Arc<Hosts>,
    authenticator: Authenticator,
}

impl World {
    fn new(mode: Mode, secret: Option<&str>) -> Self {
        let hosts = Arc::new(Hosts::default());
        hosts.publish(HOST, &[("a", KEY_A)]);
        let keys = KeyCache::new(KEYS_HOSTS_DEFAULT, hosts.clone());
        let jwks = JwksMode::new(&format!("{AUDIENCE}/"), keys);
        let authenticator = Authenticator::new(mode, secret.map(Into::into), jwks);
        Self {
            hosts,
            authenticator,
        }
    }

    async fn header(&self, header: &str) -> Result<Caller, AuthError> {
        self.authenticator
            .caller(Some(header.as_bytes()), now())
            .await
    }

    async fn token(&self, token: &str) -> Result<Caller, AuthError> {
        self.header(&format!("Bearer {token}")).await
    }

    async fn at(&self, token: &str, now: Timestamp) -> Result<Caller, AuthError> {
        let header = format!("bearer {token}");
        self.authenticator
            .caller(Some(header.as_bytes()), now)
            .await
    }
}

#[tokio::test]
async fn each_fault_of_the_header_has_its_text() {
    let world = World::new(Mode::Secret, Some(SECRET));
    let token = by_secret(Algorithm::HS256, &claims(json!({})));
    assert_eq!(
        world.authenticator.caller(None, now()).await.unwrap_err(),
        AuthError::NoHeader
    );
    for header in [
        "",
        " ",
        "Bearer",
        &token,
        &format!("Basic {token}"),
        &format!("Bearer {token} x"),
    ] {
        let error = world.header(header).await.unwrap_err();
        assert_eq!(error, AuthError::WrongType, "{header}");
    }
    let bytes = world.authenticator.caller(Some(&[0xff]), now()).await;
    assert_eq!(bytes.unwrap_err(), AuthError::WrongType);
    for header in [format!("bEaReR {token}"), format!(" Bearer \t {token} ")] {
        assert_eq!(world.header(&header).await.unwrap().client_id, "app");
    }
}

#[tokio::test]
async fn the_whole_hmac_family_is_taken_and_the_claims_become_the_caller() {
    let world = World::new(Mode::Secret, Some(SECRET));
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let more =
            json!({"sub": "ann", "CTR_ENTITIES_LIMIT": "7", "exp": after(1), "nbf": after(59)});
        let caller = world.token(&by_secret(algorithm, &claims(more))).await;
        let caller = caller.unwrap();
        assert_eq!(
            (
                caller.tenant_id.as_str(),
                caller.client_id.as_str(),
                caller.client_secret.expose_secret(),
                caller.subject.as_deref(),
                caller.entities_limit.unwrap().get()
            ),
            (TENANT, "app", "s3cret", Some("ann"), 7)
        );
        assert!(!format!("{caller:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn each_fault_of_a_token_with_a_secret_has_its_text() {
    use AuthError::{Expired, NotYetValid, WrongPayload, WrongSignature, WrongStructure};
    let world = World::new(Mode::Secret, Some(SECRET));
    let good = by_secret(Algorithm::HS256, &claims(json!({})));
    let (message, _) = good.rsplit_once('.').unwrap();
    let whole = claims(json!({})).to_string();
    let foreign = encode(
        &Header::new(Algorithm::HS256),
        &claims(json!({})),
        &EncodingKey::from_secret(b"another"),
    );
    let claimed = |more| by_secret(Algorithm::HS256, &claims(more));
    let cases = [
        ("x".to_owned(), WrongStructure),
        ("a.b".to_owned(), WrongStructure),
        (format!("{good}.x"), WrongStructure),
        (forged("{", "{}"), WrongStructure),
        (forged(r#"{"alg":"HS256"}"#, "[]"), WrongStructure),
        (forged(r#"{"alg":"HS256"}"#, "x"), WrongStructure),
        (forged("{}", &whole), WrongStructure),
        (forged(r#"{"alg":"HS257"}"#, &whole), WrongStructure),
        (forged(r#"{"alg":["HS256"]}"#, &whole), WrongStructure),
        (forged(r#"{"alg":"none"}"#, &whole), WrongSignature),
        (forged(r#"{"alg":"HS256"}"#, &whole), WrongSignature),
        (forged(r#"{"alg":"ES256"}"#, &whole), WrongSignature),
        (format!("{message}."), WrongSignature),
        (format!("{message}.*"), WrongSignature),
        (foreign.unwrap(), WrongSignature),
        (by_key(Some("a"), KEY_A, &claims(json!({}))), WrongSignature),
        (claimed(json!({"exp": after(0)})), Expired),
        (claimed(json!({"exp": after(-3600)})), Expired),
        (claimed(json!({"nbf": after(61)})), NotYetValid),
        (claimed(json!({"exp": "tomorrow"})), WrongPayload),
        (claimed(json!({"client_id": null})), WrongPayload),
        (claimed(json!({"client_secret": ""})), WrongPayload),
        (claimed(json!({"client_secret": 3})), WrongPayload),
        (claimed(json!({"tenant_id": null})), WrongPayload),
        (claimed(json!({"tenant_id": "a/../b.c"})), WrongPayload),
        (claimed(json!({"tenant_id": "common"})), WrongPayload),
        (claimed(json!({"tenant_id": "a..b"})), WrongPayload),
        (
            claimed(json!({"tenant_id": format!("{{{TENANT}}}")})),
            WrongPayload,
        ),
    ];
    for (token, expected) in cases {
        assert_eq!(world.token(&token).await.unwrap_err(), expected, "{token}");
    }
    let domain = claimed(json!({"tenant_id": "contoso.onmicrosoft.com"}));
    assert!(world.token(&domain).await.is_ok());
}

#[tokio::test]
async fn a_relay_without_a_secret_or_with_an_empty_one_takes_no_token() {
    let good = by_secret(Algorithm::HS256, &claims(json!({})));
    let without = World::new(Mode::Secret, None);
    for token in ["x", &good] {
        let error = without.token(token).await.unwrap_err();
        assert_eq!(error, AuthError::NoSecret);
    }
    let empty = World::new(Mode::Secret, Some(""));
    let key = EncodingKey::from_secret(b"");
    let token = encode(&Header::default(), &claims(json!({})), &key).unwrap();
    let error = empty.token(&token).await.unwrap_err();
    assert_eq!(error, AuthError::WrongSignature);
    assert_eq!(
        empty.token("x").await.unwrap_err(),
        AuthError::WrongStructure
    );
}

#[tokio::test]
async fn each_fault_of_a_token_with_a_published_key_has_its_text() {
    use AuthError as E;
    let world = World::new(Mode::Jwks, Some(SECRET));
    world.hosts.answer(KEYS_HOSTS_DEFAULT[0], Some(b"<html>"));
    world.hosts.answer(KEYS_HOSTS_DEFAULT[2], Some(b"{}"));
    world.hosts.publish("evil.example.org", &[("b", KEY_B)]);
    let signed = |more| by_key(Some("a"), KEY_A, &published(more));
    let cases = [
        (signed(json!({"jwks_host": null})), E::NoKeysHost),
        (signed(json!({"jwks_host": 3})), E::NoKeysHost),
        (signed(json!({"jwks_host": ""})), E::NoKeysHost),
        (
            signed(json!({"jwks_host": KEYS_HOSTS_DEFAULT[0]})),
            E::WrongKeysHost,
        ),
        (
            signed(json!({"jwks_host": KEYS_HOSTS_DEFAULT[2]})),
            E::NoKeyId,
        ),
        (by_key(None, KEY_A, &published(json!({}))), E::NoKeyId),
        (
            by_key(Some("z"), KEY_A, &published(json!({}))),
            E::UnknownKeyId,
        ),
        (
            by_key(Some("a"), KEY_B, &published(json!({}))),
            E::WrongPublishedKey,
        ),
        (signed(json!({"exp": after(0)})), E::Expired),
        (signed(json!({"nbf": after(61)})), E::NotYetValid),
        (signed(json!({"aud": null})), E::WrongStructure),
        (
            signed(json!({"aud": "https://other.example.org"})),
            E::WrongAudience,
        ),
        (
            signed(json!({"aud": format!("{AUDIENCE}/")})),
            E::WrongAudience,
        ),
        (signed(json!({"aud": []})), E::WrongAudience),
        (signed(json!({"client_id": null})), E::WrongPayload),
        (
            by_secret(Algorithm::HS256, &published(json!({}))),
            E::WrongStructure,
        ),
        (
            forged(r#"{"alg":"none"}"#, &published(json!({})).to_string()),
            E::WrongStructure,
        ),
        ("x".to_owned(), E::WrongStructure),
    ];
    for (token, expected) in cases {
        assert_eq!(world.token(&token).await.unwrap_err(), expected, "{token}");
    }
    for aud in [json!(AUDIENCE), json!(["x", AUDIENCE])] {
        let token = signed(json!({"aud": aud, "jwks_host": HOST.to_uppercase()}));
        assert_eq!(world.token(&token).await.unwrap().tenant_id, TENANT);
    }
}

#[tokio::test]
async fn a_token_cannot_name_a_host_that_is_not_on_the_list() {
    let world = World::new(Mode::Jwks, None);
    world.hosts.publish("evil.example.org", &[("b", KEY_B)]);
    for host in [
        "evil.example.org",
        "evil.example.org#visibility.amp.cisco.com",
        "visibility.amp.cisco.com@evil.example.org",
        "visibility.amp.cisco.com.evil.example.org",
        "visibility.amp.cisco.com:8443",
        "visibility.amp.cisco.com.",
        " visibility.amp.cisco.com",
        "127.0.0.1",
    ] {
        let token = by_key(Some("b"), KEY_B, &published(json!({"jwks_host": host})));
        let error = world.token(&token).await.unwrap_err();
        assert_eq!(error, AuthError::WrongKeysHost, "{host}");
    }
    assert_eq!(world.hosts.asked(), 0);
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_callers_and_kept_for_an_hour() {
    let world = World::new(Mode::Jwks, None);
    let token = by_key(Some("a"), KEY_A, &published(json!({"exp": after(100_000)})));
    let calls = (0..20).map(|_| world.token(&token));
    let callers = futures::future::join_all(calls).await;
    assert!(callers.iter().all(Result::is_ok));
    assert_eq!(
        *world.hosts.asked.lock().unwrap(),
        [format!("https://{HOST}/.well-known/jwks")]
    );
    let second = SignedDuration::from_secs(1);
    world
        .at(&token, now() + KEYS_AGE_MAX - second)
        .await
        .unwrap();
    assert_eq!(world.hosts.asked(), 1);
    world.at(&token, now() + KEYS_AGE_MAX).await.unwrap();
    assert_eq!(world.hosts.asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_made_up_ones_do_not_flood_the_host() {
    let world = World::new(Mode::Jwks, None);
    let long = || published(json!({"exp": after(100_000)}));
    let old = by_key(Some("a"), KEY_A, &long());
    let new = by_key(Some("b"), KEY_B, &long());
    world.token(&old).await.unwrap();
    world.hosts.publish(HOST, &[("b", KEY_B)]);
    for _ in 0..5 {
        let error = world.token(&new).await.unwrap_err();
        assert_eq!(error, AuthError::UnknownKeyId);
    }
    assert_eq!(world.hosts.asked(), 1);
    let later = now() + KEYS_REFETCH_MIN;
    world.at(&new, later).await.unwrap();
    assert_eq!(world.hosts.asked(), 2);
    let gone = world.at(&old, later).await.unwrap_err();
    assert_eq!((gone, world.hosts.asked()), (AuthError::UnknownKeyId, 2));
}

#[tokio::test]
async fn a_host_that_fails_is_asked_again_and_does_not_lose_keys_that_are_fresh() {
    let world = World::new(Mode::Jwks, None);
    let token = by_key(Some("a"), KEY_A, &published(json!({"exp": after(100_000)})));
    world.hosts.answer(HOST, None);
    let error = world.token(&token).await.unwrap_err();
    assert_eq!(error, AuthError::WrongKeysHost);
    world.hosts.publish(HOST, &[("a", KEY_A)]);
    world.token(&token).await.unwrap();
    world.hosts.answer(HOST, None);
    let later = now() + KEYS_REFETCH_MIN;
    let unknown = by_key(Some("z"), KEY_A, &published(json!({"exp": after(100_000)})));
    let error = world.at(&unknown, later).await.unwrap_err();
    assert_eq!(error, AuthError::WrongKeysHost);
    world.at(&token, later).await.unwrap();
}

fn known() -> String {
    by_key(Some("a"), KEY_A, &published(json!({"exp": after(200_000)})))
}

fn unknown(id: &str) -> String {
    by_key(Some(id), KEY_B, &published(json!({"exp": after(200_000)})))
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn a_fresh_key_is_answered_while_a_fetch_is_held_back() {
    for when in [KEYS_REFETCH_MIN, KEYS_AGE_MAX - SECOND] {
        let world = World::new(Mode::Jwks, None);
        let (known, unknown) = (known(), unknown("z"));
        world.token(&known).await.unwrap();
        let held = world.hosts.hold().await;
        let mut waiting = Box::pin(world.at(&unknown, now() + when));
        assert!(futures::poll!(&mut waiting).is_pending());
        tokio::task::yield_now().await;
        assert_eq!(world.hosts.asked(), 2);
        let answered = futures::poll!(Box::pin(world.at(&known, now() + when)));
        assert!(matches!(answered, Poll::Ready(Ok(_))), "{when}");
        drop(held);
        assert_eq!(waiting.await.unwrap_err(), AuthError::UnknownKeyId);
    }
}

#[tokio::test]
async fn those_who_wait_share_the_outcome_of_one_fetch() {
    use AuthError::{UnknownKeyId, WrongKeysHost};
    let (known, unknown) = (known(), unknown("z"));
    let keys: Option<&[(&str, &[u8])]> = Some(&[("a", KEY_A)]);
    let other_keys: Option<&[(&str, &[u8])]> = Some(&[("b", KEY_B)]);
    // Whether keys were fetched before, what the host publishes, and what becomes of the key "a" and of another.
    let cases = [
        (false, keys, None, UnknownKeyId),
        (false, None, Some(WrongKeysHost), WrongKeysHost),
        (true, keys, None, UnknownKeyId),
        (true, None, None, WrongKeysHost),
        (true, other_keys, Some(UnknownKeyId), UnknownKeyId),
    ];
    for (is_primed, keys, of_known, of_unknown) in cases {
        let world = World::new(Mode::Jwks, None);
        if is_primed {
            world.token(&known).await.unwrap();
        }
        let before = world.hosts.asked();
        match keys {
            Some(keys) => world.hosts.publish(HOST, keys),
            None => world.hosts.answer(HOST, None),
        }
        let held = world.hosts.hold().await;
        let at = now() + KEYS_AGE_MAX;
        let tokens = [&known, &unknown].repeat(10);
        let all = futures::future::join_all(tokens.into_iter().map(|token| world.at(token, at)));
        let mut all = Box::pin(all);
        assert!(futures::poll!(&mut all).is_pending());
        tokio::task::yield_now().await;
        assert!(futures::poll!(&mut all).is_pending());
        drop(held);
        let case = format!("{is_primed} {of_known:?} {of_unknown}");
        for pair in all.await.chunks(2) {
            assert_eq!(pair[0].as_ref().err(), of_known.as_ref(), "{case}");
            assert_eq!(pair[1].as_ref().err(), Some(&of_unknown), "{case}");
        }
        assert_eq!(world.hosts.asked(), before + 1, "{case}");
    }
}

#[tokio::test]
async fn made_up_key_ids_do_not_flood_a_host_that_fails() {
    use AuthError::{UnknownKeyId, WrongKeysHost};
    let world = World::new(Mode::Jwks, None);
    world.token(&known()).await.unwrap();
    world.hosts.answer(HOST, None);
    // Seconds after the keys came, what becomes of an unknown key, and how often the host was asked so far.
    let steps = [
        (0, UnknownKeyId, 1),
        (29, UnknownKeyId, 1),
        (30, WrongKeysHost, 2),
        (30, UnknownKeyId, 2),
        (59, UnknownKeyId, 2),
        (60, WrongKeysHost, 3),
        (61, UnknownKeyId, 3),
    ];
    for (number, (seconds, expected, asked)) in steps.into_iter().enumerate() {
        let at = now() + SignedDuration::from_secs(seconds);
        let error = world.at(&unknown(&format!("z{number}")), at).await;
        assert_eq!(error.unwrap_err(), expected, "{number}");
        assert_eq!(world.hosts.asked(), asked, "{number}");
        world.at(&known(), at).await.unwrap();
    }
}

#[tokio::test]
async fn a_host_of_which_no_keys_are_known_is_asked_again_at_once() {
    let world = World::new(Mode::Jwks, None);
    for (asked, answer) in [(1, None), (2, Some("<html>")), (3, None)] {
        world.hosts.answer(HOST, answer.map(str::as_bytes));
        let error = world.token(&known()).await.unwrap_err();
        assert_eq!(error, AuthError::WrongKeysHost);
        assert_eq!(world.hosts.asked(), asked);
    }
    world.hosts.publish(HOST, &[("a", KEY_A)]);
    world.token(&known()).await.unwrap();
}

#[tokio::test]
async fn old_keys_are_taken_for_a_day_while_their_host_fails() {
    let world = World::new(Mode::Jwks, None);
    world.token(&known()).await.unwrap();
    world.hosts.answer(HOST, None);
    // Age of the keys, whether a known one is taken, and how often the host was asked so far.
    let steps = [
        (KEYS_AGE_MAX - SECOND, true, 1),
        (KEYS_AGE_MAX, true, 2),
        (KEYS_AGE_MAX, true, 2),
        (KEYS_AGE_MAX + KEYS_REFETCH_MIN - SECOND, true, 2),
        (KEYS_AGE_MAX + KEYS_REFETCH_MIN, true, 3),
        (KEYS_STALE_MAX - SECOND, true, 4),
        (KEYS_STALE_MAX, false, 5),
        (KEYS_STALE_MAX, false, 6),
    ];
    for (age, is_taken, asked) in steps {
        let outcome = world.at(&known(), now() + age).await;
        let expected = (!is_taken).then_some(AuthError::WrongKeysHost);
        assert_eq!(outcome.err(), expected, "{age}");
        assert_eq!(world.hosts.asked(), asked, "{age}");
    }
    world.hosts.publish(HOST, &[("a", KEY_A)]);
    world.at(&known(), now() + KEYS_STALE_MAX).await.unwrap();
}

#[tokio::test]
async fn an_old_key_that_was_withdrawn_is_refused_as_soon_as_its_host_answers() {
    let world = World::new(Mode::Jwks, None);
    world.token(&known()).await.unwrap();
    world.hosts.answer(HOST, None);
    let later = now() + KEYS_AGE_MAX;
    world.at(&known(), later).await.unwrap();
    world.hosts.publish(HOST, &[("b", KEY_B)]);
    let error = world.at(&known(), later + KEYS_REFETCH_MIN).await;
    assert_eq!(error.unwrap_err(), AuthError::UnknownKeyId);
}

#[tokio::test]
async fn a_fetch_goes_on_when_those_who_wait_for_it_go_away() {
    let (known, unknown) = (known(), unknown("z"));
    for stays in [false, true] {
        let world = World::new(Mode::Jwks, None);
        let held = world.hosts.hold().await;
        let mut first = Box::pin(world.token(&unknown));
        assert!(futures::poll!(&mut first).is_pending());
        let mut second = Box::pin(world.token(&known));
        assert!(futures::poll!(&mut second).is_pending());
        tokio::task::yield_now().await;
        drop(first);
        if stays {
            drop(held);
            second.await.unwrap();
        } else {
            drop(second);
            drop(held);
        }
        world.token(&known).await.unwrap();
        assert_eq!(world.hosts.asked(), 1, "{stays}");
    }
}

#[tokio::test]
async fn the_algorithm_chooses_the_mode_where_both_are_taken() {
    let world = World::new(Mode::Auto, Some(SECRET));
    let secret = by_secret(Algorithm::HS512, &claims(json!({})));
    let key = by_key(Some("a"), KEY_A, &published(json!({})));
    world.token(&secret).await.unwrap();
    world.token(&key).await.unwrap();
    let none = forged(r#"{"alg":"none"}"#, &published(json!({})).to_string());
    let error = world.token(&none).await.unwrap_err();
    assert_eq!(error, AuthError::WrongSignature);
    let compat = |token: &str| {
        let header = format!("Bearer {token}");
        world.authenticator.compat(Some(header.as_bytes()))
    };
    assert_eq!(compat(&secret), Compat::V0);
    assert_eq!(compat(&key), Compat::V2);
    assert_eq!(compat("x"), Compat::V0);
    for (mode, expected) in [(Mode::Secret, Compat::V0), (Mode::Jwks, Compat::V2)] {
        let fixed = World::new(mode, None).authenticator;
        assert_eq!(fixed.compat(None), expected);
    }
}

#[tokio::test]
async fn a_public_key_is_not_taken_for_a_secret() {
    let world = World::new(Mode::Auto, Some(SECRET));
    let public = jwk("a", KEY_A)["n"].as_str().unwrap().to_owned();
    let token = encode(
        &Header::new(Algorithm::HS256),
        &published(json!({})),
        &EncodingKey::from_secret(public.as_bytes()),
    );
    let error = world.token(&token.unwrap()).await.unwrap_err();
    assert_eq!(error, AuthError::WrongSignature);
}

#[test]
fn texts_that_clients_show() {
    use AuthError as E;
    let all = [
        E::NoHeader,
        E::WrongType,
        E::NoSecret,
        E::WrongStructure,
        E::WrongSignature,
        E::WrongPayload,
        E::Expired,
        E::NotYetValid,
        E::NoKeysHost,
        E::WrongKeysHost,
        E::NoKeyId,
        E::UnknownKeyId,
        E::WrongPublishedKey,
        E::WrongAudience,
    ];
    let texts: Vec<String> = all.map(|error| error.failure().message).to_vec();
    assert_eq!(
        texts,
        [
            "Authorization failed: Authorization header is missing",
            "Authorization failed: Wrong authorization type",
            "Authorization failed: <SECRET_KEY> is missing",
            "Authorization failed: Wrong JWT structure",
            "Authorization failed: Failed to decode JWT with provided key",
            "Authorization failed: Wrong JWT payload structure",
            "Authorization failed: JWT has expired",
            "Authorization failed: JWT is not valid yet",
            "Authorization failed: jwks_host is missing in JWT payload. Make sure custom_jwks_host field is present in module_type",
            "Authorization failed: Wrong jwks_host in JWT payload. Make sure domain follows the visibility.<region>.cisco.com structure",
            "Authorization failed: kid is missing in response headers from jwks_host",
            "Authorization failed: kid from JWT header not found in API response",
            "Authorization failed: Failed to decode JWT with provided key. Make sure domain in custom_jwks_host corresponds to your SecureX instance region.",
            "Authorization failed: Wrong configuration-token-audience",
        ]
    );
}
