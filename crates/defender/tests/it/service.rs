//! A service on this computer that answers as a test says, and a client for it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use futures::StreamExt;
use jiff::Timestamp;
use secrecy::SecretString;
use tesem_defender::{
    ClientEvent, ClientObserver, ClientOptions, Cloud, Credential, DefenderClient, DefenderError,
    Endpoints, HuntingApi, Randomness, TenantSettings,
};
use tesem_state::{Clock, ManualClock, MemoryLedger};
use url::Url;
use uuid::Uuid;

pub(crate) const SECRET: &str = "s3cr3t~client/secret+value";
pub(crate) const TOKEN: &str = "eyJ0eXAi.t0ken-of-the-test.s1g";
pub(crate) const START: Timestamp = Timestamp::UNIX_EPOCH;

/// A request that the service got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The decoded parameters of the address.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn is_sign_in(&self) -> bool {
        self.path.ends_with("/oauth2/v2.0/token")
    }

    /// The parameter `name`, or the empty text.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let found = self.query.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// What the service answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.into(),
        }
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self.headers.push((header, value.into()));
        self
    }

    pub(crate) fn token() -> Self {
        Self::token_for(3_599)
    }

    pub(crate) fn token_for(seconds: u64) -> Self {
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":{seconds},"ext_expires_in":{seconds},"access_token":"{TOKEN}"}}"#
        );
        Self::new(200, body)
    }

    /// One row of one column, as Graph writes it.
    pub(crate) fn rows() -> Self {
        Self::new(
            200,
            r#"{"schema":[{"name":"n","type":"Int64"}],"results":[{"n":1}]}"#,
        )
    }

    pub(crate) fn throttled(wait: u64) -> Self {
        let body = format!(
            "{{\"error\":{{\"code\":\"429\",\"message\":\"API calls quota exceeded! Maximum allowed 45 per 00:01:00 \
             for the key Destination+TenantID+AppID. You can send requests again in {wait} seconds.\",\
             \"target\":\"11111111-2222-3333-4444-555555555555\"}}}}"
        );
        Self::new(429, body)
    }
}

/// A running service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) base: Url,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Service {
    /// Serves `answer` on a free port of the loopback address until the test's runtime ends.
    pub(crate) async fn start(answer: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let service = Self {
            base,
            calls: Arc::clone(&calls),
        };
        let answer = Arc::new(answer);
        let handler = move |method: axum::http::Method,
                            uri: Uri,
                            headers: HeaderMap,
                            body: Bytes| async move {
            let body = String::from_utf8(body.to_vec()).unwrap();
            let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            let call = Call {
                query: pairs.into_owned().collect(),
                method: method.to_string(),
                path: uri.path().to_owned(),
                headers,
                body,
            };
            let reply = answer(&call);
            calls.lock().unwrap().push(call);
            response(reply)
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        service
    }

    /// A service that gives tokens, and answers everything else with `answers` in turn, the last one for ever.
    pub(crate) async fn answering(answers: Vec<Reply>) -> Self {
        let next = Mutex::new(answers.into_iter().peekable());
        Self::start(move |call| {
            if call.is_sign_in() {
                return Reply::token();
            }
            let mut answers = next.lock().unwrap();
            let answer = answers.peek().cloned().unwrap();
            answers.next();
            if answers.peek().is_none() {
                *answers = vec![answer.clone()].into_iter().peekable();
            }
            answer
        })
        .await
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn sign_ins(&self) -> usize {
        self.calls().iter().filter(|call| call.is_sign_in()).count()
    }

    /// All calls that were no sign-ins.
    pub(crate) fn api_calls(&self) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| !call.is_sign_in())
            .collect()
    }
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// Remembers every event.
#[derive(Debug, Default)]
pub(crate) struct Events(Mutex<Vec<ClientEvent>>);

impl Events {
    pub(crate) fn all(&self) -> Vec<ClientEvent> {
        self.0.lock().unwrap().clone()
    }
}

impl ClientObserver for Events {
    fn observe(&self, event: &ClientEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// Always the same chance.
#[derive(Debug)]
pub(crate) struct NoChance;

impl Randomness for NoChance {
    fn request_id(&self) -> Uuid {
        Uuid::nil()
    }

    fn fraction(&self) -> f64 {
        1.0
    }
}

/// A client with everything around it.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) client: Arc<DefenderClient>,
    pub(crate) clock: ManualClock,
    pub(crate) events: Arc<Events>,
}

impl Bench {
    pub(crate) fn of(service: &Service) -> Self {
        Self::with(settings(service), |_| {})
    }

    pub(crate) fn with(settings: TenantSettings, change: impl FnOnce(&mut ClientOptions)) -> Self {
        let clock = ManualClock::new(START);
        let events = Arc::new(Events::default());
        let observer: Arc<dyn ClientObserver> = Arc::<Events>::clone(&events);
        let mut options = ClientOptions {
            observer,
            randomness: Arc::new(NoChance),
            ..ClientOptions::default()
        };
        change(&mut options);
        let ledger = Arc::new(MemoryLedger::new());
        let client =
            DefenderClient::new(settings, Arc::new(clock.clone()), ledger, options).unwrap();
        Self {
            client: Arc::new(client),
            clock,
            events,
        }
    }

    /// Seconds since the start, by the test's clock.
    pub(crate) fn seconds(&self) -> i64 {
        self.clock.now().as_second()
    }
}

/// Reads a stream to its end or its first error, and makes sure that it is over then.
pub(crate) async fn all<T>(
    mut stream: tesem_defender::endpoint::ItemStream<T>,
) -> (Vec<T>, Option<DefenderError>) {
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => items.push(item),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error ends the stream");
                return (items, Some(error));
            }
        }
    }
    (items, None)
}

pub(crate) fn settings(service: &Service) -> TenantSettings {
    TenantSettings {
        name: "test".to_owned(),
        tenant_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        client_id: "99999999-8888-7777-6666-555555555555".to_owned(),
        credential: Credential::ClientSecret(SecretString::from(SECRET)),
        endpoints: Endpoints::all_at(&service.base),
        hunting: HuntingApi::Graph,
        cloud: Cloud::Public,
    }
}
