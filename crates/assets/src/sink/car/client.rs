//! One call: sent, repeated where that may help, read within limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::Value as Json;
use tesem_defender::install_tls_provider;
use tesem_defender::retry::{Failure as Kind, History, Next, Repeat, next, stated_wait};
use tesem_state::Clock;
use url::Url;

use super::settings::{is_loopback, version_base};
use super::{CarError, CarSettings};

/// The service, spoken to. Redirects are not followed: what is sent may be seen by nobody else.
pub(super) struct CarClient {
    http: Client,
    authorization: HeaderValue,
    v2: Url,
    v3: Url,
    pub(super) settings: CarSettings,
    pub(super) clock: Arc<dyn Clock>,
}

impl fmt::Debug for CarClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarClient")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: Method,
    is_v3: bool,
    /// Segments of the path, not encoded.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Json>,
}

impl Call {
    pub(super) fn new(method: Method, path: &[&str]) -> Self {
        Self {
            method,
            is_v3: false,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    pub(super) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path)
    }

    /// The same path under version 3.
    pub(super) fn v3(mut self) -> Self {
        self.is_v3 = true;
        self
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, body: Json) -> Self {
        self.body = Some(body);
        self
    }
}

/// How messages name the call: without its query, which holds ids.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path.join("/"))
    }
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body; null where it is no JSON.
    pub(super) json: Json,
    /// What the service asks to wait.
    wait: Option<Duration>,
}

impl Answer {
    /// A text member of the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.json.get(name).and_then(Json::as_str)
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl CarClient {
    pub(super) fn new(settings: CarSettings, clock: Arc<dyn Clock>) -> Result<Self, CarError> {
        settings.check()?;
        install_tls_provider();
        let mut builder = Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.answer_timeout)
            .redirect(Policy::none())
            .referer(false);
        if is_loopback(&settings.url) {
            builder = builder.no_proxy();
        }
        if settings.url.scheme() == "http" {
            // Without TLS there is nothing to verify, and a computer without root certificates is fine.
            builder = builder.tls_certs_only([]);
        }
        let base = |version| {
            version_base(&settings.url, version).ok_or(CarError::Setting {
                setting: "the URL",
                problem: "it must end with /v2",
            })
        };
        Ok(Self {
            http: builder.build().map_err(CarError::Client)?,
            authorization: settings.authorization()?,
            v2: base("v2")?,
            v3: base("v3")?,
            settings,
            clock,
        })
    }

    /// The answer, whatever its status.
    pub(super) async fn ask(&self, call: &Call) -> Result<Answer, CarError> {
        let mut history = History::default();
        let deadline = self.after(self.settings.retry.call_time_max);
        loop {
            let outcome = self.ask_once(call).await;
            let Some(kind) = passing(&outcome) else {
                return outcome;
            };
            history.count(kind);
            let stated = outcome.as_ref().ok().and_then(|answer| answer.wait);
            let left = deadline.duration_since(self.clock.now());
            let left = Duration::try_from(left).unwrap_or_default();
            // Waits need not be spread: one importer writes one source.
            let jitter = 1.0;
            let next = next(
                &self.settings.retry,
                (kind, Repeat::Safe),
                history,
                stated,
                (left, jitter),
            );
            match next {
                Next::GiveUp => return outcome,
                Next::RetryAfter(pause) => self.clock.sleep_until(self.after(pause)).await,
            }
        }
    }

    /// The answer where it is a success, else its status as an error.
    pub(super) async fn ask_for(&self, call: &Call) -> Result<Answer, CarError> {
        let answer = self.ask(call).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(self.refusal(call, &answer))
        }
    }

    pub(super) fn refusal(&self, call: &Call, answer: &Answer) -> CarError {
        CarError::Status {
            call: call.to_string(),
            status: answer.status,
            message: self.message(&answer.json),
        }
    }

    /// What an error's body says, on one line and without secrets.
    pub(super) fn message(&self, json: &Json) -> String {
        let mut texts = Vec::new();
        messages(json, &mut texts);
        self.line(&texts.join("; "))
    }

    /// A text of the service's on one line, cut where it is long, and without secrets.
    pub(super) fn line(&self, text: &str) -> String {
        let text = self.settings.without_secret(text);
        let words: Vec<&str> = text
            .split(|letter: char| letter.is_whitespace() || letter.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ").chars().take(MESSAGE_CHARS_MAX).collect()
    }

    /// The instant that lies `span` from now.
    pub(super) fn after(&self, span: Duration) -> jiff::Timestamp {
        let now = self.clock.now();
        now.checked_add(span).unwrap_or(jiff::Timestamp::MAX)
    }

    fn url(&self, call: &Call) -> Result<Url, CarError> {
        let mut url = if call.is_v3 { &self.v3 } else { &self.v2 }.clone();
        if call.path.iter().any(|part| part == "." || part == "..") {
            return Err(CarError::Setting {
                setting: "a key of one or two dots",
                problem: "it is a step in a path",
            });
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Ok(url)
    }

    async fn ask_once(&self, call: &Call) -> Result<Answer, CarError> {
        let mut request = self
            .http
            .request(call.method.clone(), self.url(call)?)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, self.authorization.clone());
        if let Some(body) = &call.body {
            request = request.body(body.to_string());
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| self.unreachable(call, error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let wait = stated_wait(retry_after, "", self.clock.now());
        let body = self.read(call, response).await?;
        Ok(Answer {
            status,
            json: serde_json::from_slice(&body).unwrap_or_default(),
            wait,
        })
    }

    async fn read(&self, call: &Call, mut response: Response) -> Result<Vec<u8>, CarError> {
        let limit = self.settings.answer_bytes_max;
        let mut body = Vec::new();
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| self.unreachable(call, error))? else {
                return Ok(body);
            };
            if chunk.len() > limit - body.len() {
                let call = call.to_string();
                return Err(CarError::TooLarge { call, limit });
            }
            body.extend_from_slice(&chunk);
        }
    }

    fn unreachable(&self, call: &Call, error: reqwest::Error) -> CarError {
        CarError::Unreachable {
            call: call.to_string(),
            origin: self.v2.origin().ascii_serialization(),
            source: error.without_url(),
        }
    }
}

/// Longest message of the service that is passed on.
const MESSAGE_CHARS_MAX: usize = 500;

/// How an outcome failed, where it may pass.
fn passing(outcome: &Result<Answer, CarError>) -> Option<Kind> {
    match outcome {
        Ok(answer) => match answer.status {
            429 => Some(Kind::Throttled),
            504 => Some(Kind::TimedOut),
            500 | 502 | 503 => Some(Kind::Unavailable),
            _ => None,
        },
        Err(CarError::Unreachable { source, .. }) if source.is_timeout() => Some(Kind::TimedOut),
        Err(CarError::Unreachable { source, .. }) if source.is_connect() => {
            Some(Kind::NotConnected)
        }
        Err(CarError::Unreachable { .. }) => Some(Kind::ConnectionLost),
        Err(_) => None,
    }
}

/// The texts of an error's body, in the members that services use for them.
fn messages(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::String(text) => found.push(text.clone()),
        Json::Array(items) => items.iter().for_each(|item| messages(item, found)),
        Json::Object(members) => {
            for name in [
                "message",
                "error",
                "errors",
                "details",
                "path",
                "instancePath",
            ] {
                if let Some(member) = members.get(name) {
                    messages(member, found);
                }
            }
        }
        _ => {}
    }
}
