//! The routes over HTTP on this computer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tesem_defender::DefenderError;
use tesem_relay::auth::{
    Authenticator, Caller, JwksMode, KeyCache, KeyFetchError, KeyFetcher, Mode,
};
use tesem_relay::ctim::Vocabulary;
use tesem_relay::observe::HUNTING_WINDOW_DEFAULT;
use tesem_relay::request::EntitiesLimit;
use tesem_relay::respond::{Audit, AuditRecord, Texts};
use tesem_relay::server::{
    BODY_BYTES_DEFAULT, Connections, REQUEST_TIME_DEFAULT, Relay, Settings, TLS_FILES_PERIOD,
    Tenants, serve,
};
use tesem_relay::sighting::Style;
use tesem_relay::time::Time;
use tesem_relay::upstream::Upstream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use url::Url;

use crate::ctim::check_sighting;
use crate::service::with;
use crate::tenant::{Fake, Say};

const SECRET: &str = "a secret that client and relay share";

/// A clock that stands, until a test ends the time of all requests.
#[derive(Debug, Default)]
struct Hands(Arc<Notify>);

impl Time for Hands {
    fn now(&self) -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn after(&self, time: Duration) -> BoxFuture<'static, ()> {
        assert!(time <= TLS_FILES_PERIOD);
        let end = self.0.clone();
        async move { end.notified().await }.boxed()
    }
}

#[derive(Debug)]
struct NoKeys;

#[async_trait]
impl KeyFetcher for NoKeys {
    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, KeyFetchError> {
        Err(KeyFetchError {
            url: url.clone(),
            source: "no network".into(),
        })
    }
}

/// Gives one tenant to whoever has its secret.
struct OneTenant {
    fake: Arc<Fake>,
    callers: Mutex<Vec<Caller>>,
}

#[async_trait]
impl Tenants for OneTenant {
    async fn tenant(&self, caller: &Caller) -> Result<Arc<dyn Upstream>, DefenderError> {
        self.callers.lock().unwrap().push(caller.clone());
        Ok(self.fake.clone())
    }
}

#[derive(Default)]
struct Records(Mutex<Vec<AuditRecord>>);

impl Audit for Records {
    fn record(&self, record: &AuditRecord) {
        self.0.lock().unwrap().push(record.clone());
    }
}

pub(crate) struct World {
    pub(crate) origin: String,
    client: Client,
    pub(crate) fake: Arc<Fake>,
    tenants: Arc<OneTenant>,
    records: Arc<Records>,
    pub(crate) end_of_time: Arc<Notify>,
    stop: Arc<Notify>,
    served: JoinHandle<std::io::Result<()>>,
}

impl World {
    pub(crate) async fn new(fake: Fake, mode: Mode) -> Self {
        Self::reached(fake, mode, Connections::default())
    }

    pub(crate) fn reached(fake: Fake, mode: Mode, connections: Connections) -> Self {
        tesem_defender::install_tls_provider();
        let fake = Arc::new(fake);
        let tenants = Arc::new(OneTenant {
            fake: fake.clone(),
            callers: Mutex::default(),
        });
        let records = Arc::new(Records::default());
        let hands = Hands::default();
        let end_of_time = hands.0.clone();
        let keys = KeyCache::new([], Arc::new(NoKeys));
        let relay = Relay {
            settings: settings(),
            authenticator: Authenticator::new(
                mode,
                Some(SECRET.into()),
                JwksMode::new("https://relay.example.org", keys),
            ),
            tenants: tenants.clone(),
            time: Arc::new(hands),
            audit: records.clone(),
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let stopped = async move { stopped.notified().await };
        let served = tokio::spawn(serve(listener, relay, connections, stopped));
        Self {
            origin,
            client: Client::builder().no_proxy().build().unwrap(),
            fake,
            tenants,
            records,
            end_of_time,
            stop,
            served,
        }
    }

    pub(crate) async fn with(fake: Fake) -> Self {
        Self::new(fake, Mode::Secret).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.origin))
    }

    /// The answer to a request without a token.
    async fn open(&self, path: &str, body: impl ToString) -> Value {
        let request = self.request(Method::POST, path).body(body.to_string());
        ok(request.send().await.unwrap()).await
    }

    /// The answer to a request with a good token.
    async fn post(&self, path: &str, body: impl ToString) -> Value {
        self.as_caller(path, body, json!({})).await
    }

    async fn as_caller(&self, path: &str, body: impl ToString, more: Value) -> Value {
        let request = self.request(Method::POST, path).body(body.to_string());
        ok(request.bearer_auth(token(more)).send().await.unwrap()).await
    }
}

fn settings() -> Settings {
    Settings {
        limit: EntitiesLimit::default(),
        style: Style {
            vocabulary: Vocabulary::Legacy,
            portal: "https://security.example.com".parse().unwrap(),
            count_each: false,
        },
        window: HUNTING_WINDOW_DEFAULT,
        texts: Texts::default(),
        request_time: REQUEST_TIME_DEFAULT,
        body_bytes_max: BODY_BYTES_DEFAULT,
    }
}

pub(crate) fn token(more: Value) -> String {
    let claims = json!({
        "tenant_id": "contoso.onmicrosoft.com", "client_id": "app", "client_secret": "s3cret", "sub": "ann",
    });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::default(), &with(claims, more), &key).unwrap()
}

async fn ok(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

fn failed(code: &str, message: &str) -> Value {
    json!({"errors": [{"code": code, "message": message, "type": "fatal"}]})
}

fn no_header() -> Value {
    failed(
        "authorization error",
        "Authorization failed: Authorization header is missing",
    )
}

const POSTS: [&str; 7] = [
    "/health",
    "/version",
    "/deliberate/observables",
    "/observe/observables",
    "/refer/observables",
    "/respond/observables",
    "/respond/trigger",
];

fn ip() -> Value {
    json!([{"type": "ip", "value": "192.0.2.1"}])
}

#[tokio::test]
async fn other_paths_and_methods_have_their_statuses() {
    let world = World::with(Fake::default()).await;
    let send = async |method: Method, path: &str| world.request(method, path).send().await.unwrap();
    for path in [
        "/",
        "/x",
        "/health/x",
        "/health//",
        "/observe",
        "/observe/observables/x",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let response = send(method, path).await;
            assert_eq!(response.status(), 404, "{path}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(
                (&body["code"], &body["message"]),
                (&json!(404), &json!("Something went wrong."))
            );
            assert!(body["reason"].is_string());
        }
    }
    for path in POSTS {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let response = send(method, path).await;
            assert_eq!(response.status(), 405, "{path}");
            assert!(response.headers().get("allow").is_none());
            let body: Value = response.json().await.unwrap();
            assert_eq!(
                (&body["code"], &body["message"]),
                (&json!(405), &json!("Something went wrong."))
            );
        }
        let head = send(Method::HEAD, path).await;
        assert_eq!(
            (head.status().as_u16(), head.text().await.unwrap()),
            (405, String::new())
        );
        let options = send(Method::OPTIONS, path).await;
        assert_eq!(options.status(), 200);
        assert_eq!(options.headers()["allow"], "POST, OPTIONS");
        assert_eq!(options.text().await.unwrap(), "");
    }
    assert_eq!(send(Method::POST, "/watchdog").await.status(), 405);
    let new = World::new(Fake::default(), Mode::Jwks).await;
    let response = new.request(Method::GET, "/health").send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body["message"],
        "The method is not allowed for the requested URL."
    );
}

#[tokio::test]
async fn a_slash_at_the_end_does_not_count_and_the_version_needs_no_token() {
    let world = World::with(Fake::default()).await;
    for path in ["/version", "/version/"] {
        let version = world.open(path, "").await;
        assert_eq!(version, json!({"version": env!("CARGO_PKG_VERSION")}));
    }
}

#[tokio::test]
async fn the_watchdog_echoes_its_header() {
    let world = World::with(Fake::default()).await;
    let request = world
        .request(Method::GET, "/watchdog")
        .header("Health-Check", "abc");
    assert_eq!(
        ok(request.send().await.unwrap()).await,
        json!({"data": "abc"})
    );
    let without = world
        .request(Method::GET, "/watchdog")
        .send()
        .await
        .unwrap();
    assert_eq!(
        ok(without).await,
        failed("health check failed", "Invalid Health Check")
    );
}

#[tokio::test]
async fn which_routes_need_a_token_and_when() {
    let world = World::with(Fake::default()).await;
    assert_eq!(world.open("/health", "").await, no_header());
    assert_eq!(
        world.open("/deliberate/observables", "x").await,
        no_header()
    );
    assert_eq!(
        world.post("/deliberate/observables", "x").await,
        json!({"data": {}})
    );
    let unsupported = json!([{"type": "url", "value": "http://x"}]);
    for (path, empty) in [
        ("/observe/observables", json!({})),
        ("/respond/observables", json!([])),
    ] {
        for body in [json!([]), unsupported.clone()] {
            assert_eq!(
                world.open(path, &body).await,
                json!({"data": empty}),
                "{path}"
            );
        }
        assert_eq!(world.open(path, ip()).await, no_header());
    }
    let machine = json!([{"type": "ms_machine_id", "value": "m"}]);
    assert_eq!(
        world.open("/observe/observables", &machine).await,
        json!({"data": {}})
    );
    assert_eq!(
        world.open("/respond/observables", &machine).await,
        no_header()
    );
    let links = world.open("/refer/observables", ip()).await;
    assert_eq!(links["data"][0]["id"], "ref-md-search-ip-192.0.2.1");
    assert_eq!(world.fake.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_bad_body_is_told_before_a_missing_token() {
    let world = World::with(Fake::default()).await;
    let text = r#"Invalid JSON payload received. {"_schema": ["Invalid input type."]}."#;
    for path in [
        "/observe/observables",
        "/refer/observables",
        "/respond/observables",
        "/respond/trigger",
    ] {
        assert_eq!(
            world.open(path, "x").await,
            failed("invalid payload", text),
            "{path}"
        );
    }
    let text = text.strip_suffix('.').unwrap();
    let new = World::new(Fake::default(), Mode::Jwks).await;
    assert_eq!(
        new.open("/observe/observables", "x").await,
        failed("invalid argument", text)
    );
    let trigger = new.open("/respond/trigger", "x").await;
    assert_eq!(trigger["data"], json!({"status": "failure"}));
    assert_eq!(
        trigger["errors"],
        failed("invalid argument", text)["errors"]
    );
}

#[tokio::test]
async fn health_asks_the_tenant() {
    assert_eq!(
        World::with(Fake::default()).await.post("/health", "").await,
        json!({"data": {"status": "ok"}})
    );
    let cases = [
        (404, json!({"data": {"status": "ok"}})),
        (
            403,
            failed(
                "invalid request",
                "Invalid request to Microsoft Defender for Endpoint. No.",
            ),
        ),
        (
            401,
            failed("authorization error", "Authorization failed: No."),
        ),
        (
            500,
            failed(
                "internal error",
                "Microsoft Defender for Endpoint internal error.",
            ),
        ),
    ];
    for (status, expected) in cases {
        let world = World::with(Fake::default().says("probe", Say::Status(status, "No."))).await;
        assert_eq!(world.post("/health", "").await, expected);
    }
}

pub(crate) fn alert(id: &str) -> Value {
    json!({"id": id, "title": id, "firstEventTime": "2026-11-19T07:00:00Z", "severity": "Low"})
}

#[tokio::test]
async fn sightings_come_with_what_went_wrong_beside_them() {
    let fake = Fake::default().gives("alerts 192.0.2.1", vec![alert("a"), alert("b")]);
    let world = World::with(fake).await;
    let found = world.post("/observe/observables", ip()).await;
    assert_eq!(found["data"]["sightings"]["count"], 2);
    assert!(found.get("errors").is_none());
    let docs = found["data"]["sightings"]["docs"].as_array().unwrap();
    docs.iter().for_each(check_sighting);
    let caller = world.tenants.callers.lock().unwrap()[0].clone();
    assert_eq!(caller.tenant_id, "contoso.onmicrosoft.com");
    assert_eq!(caller.client_secret.expose_secret(), "s3cret");

    let limited = world
        .as_caller(
            "/observe/observables",
            ip(),
            json!({"CTR_ENTITIES_LIMIT": 1}),
        )
        .await;
    assert_eq!(limited["data"]["sightings"]["count"], 1);
    assert_eq!(limited["data"]["sightings"]["docs"][0]["count"], 2);

    let limit = Say::Status(429, "Slow.");
    let both = Fake::default()
        .gives("alerts 192.0.2.1", vec![alert("a")])
        .says("hunt", limit.clone());
    let found = World::with(both)
        .await
        .post("/observe/observables", ip())
        .await;
    assert_eq!(found["data"]["sightings"]["count"], 1);
    assert_eq!(
        found["errors"],
        failed(
            "too many requests",
            "Advanced Hunting API rate limit has been exceeded. Slow."
        )["errors"]
    );
    let nothing = World::with(Fake::default().says("hunt", limit)).await;
    let found = nothing.post("/observe/observables", ip()).await;
    assert!(found.get("data").is_none() && found["errors"].is_array());
    let none = World::with(Fake::default()).await;
    assert_eq!(
        none.post("/observe/observables", ip()).await,
        json!({"data": {}})
    );
}

#[tokio::test]
async fn actions_are_offered_and_done_and_recorded_without_secrets() {
    let world = World::with(Fake::default()).await;
    let offers = world.post("/respond/observables", ip()).await;
    assert_eq!(offers["data"].as_array().unwrap().len(), 3);
    let form = json!({
        "action-id": "microsoft-defender-FullIsolation",
        "observable_type": "ms_machine_id",
        "observable_value": "m1",
    });
    let request = world
        .request(Method::POST, "/respond/trigger")
        .body(form.to_string());
    let request = request
        .bearer_auth(token(json!({})))
        .header("x-request-id", "r-1");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "r-1");
    assert_eq!(ok(response).await, json!({"data": {"status": "success"}}));
    assert_eq!(world.fake.count("order m1 Isolate(Full)"), 1);
    let records = serde_json::to_value(&*world.records.0.lock().unwrap()).unwrap();
    assert_eq!(
        records,
        json!([{
            "at": "2026-11-20T10:00:00Z", "request_id": "r-1", "subject": "ann",
            "tenant_id": "contoso.onmicrosoft.com", "client_id": "app",
            "action_id": "microsoft-defender-FullIsolation", "observable_type": "ms_machine_id",
            "observable_value": "m1", "result": "done",
        }])
    );
}

#[tokio::test]
async fn failed_actions_say_so_in_data_too() {
    let form = |kind: &str, action: &str| json!({"action-id": format!("microsoft-defender-{action}"), "observable_type": kind, "observable_value": "m1"});
    let failure = |code: &str, message: &str| {
        with(
            failed(code, message),
            json!({"data": {"status": "failure"}}),
        )
    };
    let invalid = "Invalid request to Microsoft Defender for Endpoint.";
    let world = World::with(Fake::default().says("order", Say::Status(403, "No."))).await;
    let trigger = "/respond/trigger";
    assert_eq!(
        world.open(trigger, form("ip", "x")).await,
        failure("invalid request", &format!("{invalid} Unsupported action."))
    );
    assert_eq!(
        world
            .open(trigger, form("url", "add-indicator-alert"))
            .await,
        failed("unsupported type", "Unsupported observable type url")
    );
    let unsigned = world
        .open(trigger, form("ms_machine_id", "Unisolate"))
        .await;
    assert_eq!(
        unsigned,
        with(no_header(), json!({"data": {"status": "failure"}}))
    );
    assert!(world.records.0.lock().unwrap().is_empty());
    assert_eq!(
        world
            .post(trigger, form("ms_machine_id", "Unisolate"))
            .await,
        failure("invalid request", &format!("{invalid} No."))
    );
    assert_eq!(world.records.0.lock().unwrap().len(), 1);
    assert_eq!(world.fake.count("order"), 1);
}

#[tokio::test]
async fn what_was_found_when_the_time_is_over_is_answered() {
    let fake = Fake::default()
        .gives("alerts 192.0.2.1", vec![alert("a")])
        .says("hunt", Say::Silence);
    let world = World::with(fake).await;
    let asking = world.post("/observe/observables", ip());
    let ending = async {
        while world.fake.count("hunt") == 0 {
            tokio::task::yield_now().await;
        }
        world.end_of_time.notify_waiters();
    };
    let (found, ()) = futures::join!(asking, ending);
    assert_eq!(found["data"]["sightings"]["count"], 1);
    assert_eq!(found["errors"][0]["code"], "unknown");
}

#[tokio::test]
async fn hostile_bodies_have_answers() {
    let world = World::with(Fake::default()).await;
    let large = " ".repeat(BODY_BYTES_DEFAULT + 1);
    let request = world
        .request(Method::POST, "/observe/observables")
        .body(large);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 413);
    let deep = "[".repeat(1 << 20);
    assert_eq!(
        world.open("/refer/observables", deep).await["errors"][0]["code"],
        "invalid payload"
    );
    let many: Vec<Value> = (0..10_000)
        .map(|n| json!({"type": "domain", "value": format!("a{n}\" or 1 == 1 | take 1")}))
        .collect();
    assert_eq!(
        world.post("/observe/observables", json!(many)).await,
        json!({"data": {}})
    );
    assert_eq!(world.fake.calls(), Vec::<String>::new());
    let wide = json!([{"type": "ip", "value": "x".repeat(1 << 20)}]);
    assert_eq!(
        world.post("/observe/observables", wide).await,
        json!({"data": {}})
    );
}

#[tokio::test]
async fn an_id_of_a_request_is_taken_over_only_if_it_is_plain() {
    let world = World::with(Fake::default()).await;
    let long = "x".repeat(65);
    for (given, is_taken) in [("a.b-c_1", true), ("a b", false), (long.as_str(), false)] {
        let request = world
            .request(Method::POST, "/version")
            .header("x-request-id", given);
        let response = request.send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(id == given, is_taken, "{given}");
        assert!(is_taken || uuid::Uuid::try_parse(id).is_ok());
    }
}

#[tokio::test]
async fn what_was_done_is_counted_without_what_was_asked() {
    let fake = Fake::default()
        .gives("alerts 192.0.2.1", vec![alert("a"), alert("b")])
        .says("hunt", Say::Status(429, "Slow."));
    let world = World::with(fake).await;
    world.post("/observe/observables", ip()).await;
    world.open("/observe/observables", ip()).await;
    world.open("/observe/observables", json!([])).await;
    world.request(Method::POST, "/x").send().await.unwrap();
    let response = world.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = response.text().await.unwrap();
    let counters: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        counters,
        [
            "tesem_relay_failures_total{code=\"authorization error\"} 1",
            "tesem_relay_failures_total{code=\"too many requests\"} 1",
            "tesem_relay_refused_total{status=\"404\"} 1",
            "tesem_relay_request_seconds_total{route=\"observe\"} 0",
            "tesem_relay_requests_total{route=\"observe\",outcome=\"failed\"} 1",
            "tesem_relay_requests_total{route=\"observe\",outcome=\"ok\"} 1",
            "tesem_relay_requests_total{route=\"observe\",outcome=\"partial\"} 1",
            "tesem_relay_sightings_total 2",
        ]
    );
    assert_eq!(text.matches("# TYPE").count(), 5);
    assert_eq!(
        world
            .request(Method::POST, "/metrics")
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_before_the_service_stops() {
    let world = World::with(Fake::default().says("hunt", Say::Silence)).await;
    let asking = world.post("/observe/observables", ip());
    let stopping = async {
        while world.fake.count("hunt") == 0 {
            tokio::task::yield_now().await;
        }
        world.stop.notify_one();
        tokio::task::yield_now().await;
        world.end_of_time.notify_waiters();
    };
    let (found, ()) = futures::join!(asking, stopping);
    assert_eq!(found["errors"][0]["code"], "unknown");
    drop(world.client);
    world.served.await.unwrap().unwrap();
}
