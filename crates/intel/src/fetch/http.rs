//! One request, one answer.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, Response, StatusCode};
use rustls::crypto::{CryptoProvider, ring};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::address::{is_loopback, shown};
use super::cache::Pending;
use super::{Access, FetchSettings, Request};
use crate::Problem;
use crate::item::excerpt;

/// Longest chain of redirects.
const REDIRECTS_MAX: usize = 5;

/// Most bytes of an error's body that are looked at.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// Headers of an answer that are used later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// TAXII 2.1: when the last object of the page was added.
    pub(crate) added_last: Option<String>,
    pub(crate) content_type: Option<String>,
}

impl Headers {
    fn of(response: &Response) -> Self {
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        Self {
            etag: text(ETAG),
            last_modified: text(LAST_MODIFIED),
            added_last: text(HeaderName::from_static("x-taxii-date-added-last")),
            content_type: text(CONTENT_TYPE),
        }
    }

    fn is_html(&self) -> bool {
        let kind = self.content_type.as_deref().unwrap_or_default();
        kind.to_ascii_lowercase().starts_with("text/html")
    }
}

/// HTTP clients; the one for this computer knows no proxy and no TLS roots.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    loopback: Client,
    /// Made when first needed: it loads the system's root certificates, which a computer may not have.
    remote: Arc<OnceLock<Client>>,
    settings: Arc<FetchSettings>,
}

fn builder(settings: &FetchSettings) -> ClientBuilder {
    Client::builder()
        .user_agent(&settings.user_agent)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.idle_timeout)
        .timeout(settings.answer_timeout)
        .redirect(Policy::none())
        .referer(false)
}

impl Clients {
    pub(super) fn new(settings: Arc<FetchSettings>) -> Result<Self, Problem> {
        if CryptoProvider::get_default().is_none() {
            // Another thread may have been faster; then there is a provider, which is all that is wanted.
            let _ = ring::default_provider().install_default();
        }
        let loopback = builder(&settings).no_proxy().tls_certs_only([]).build();
        Ok(Self {
            loopback: loopback.map_err(Problem::Client)?,
            remote: Arc::default(),
            settings,
        })
    }

    fn for_url(&self, url: &Url) -> Result<&Client, Problem> {
        if is_loopback(url) {
            return Ok(&self.loopback);
        }
        if let Some(client) = self.remote.get() {
            return Ok(client);
        }
        let builder = builder(&self.settings);
        let builder = if self.settings.proxy {
            builder
        } else {
            builder.no_proxy()
        };
        let client = builder.build().map_err(Problem::Client)?;
        Ok(self.remote.get_or_init(|| client))
    }

    fn answer_timeout(&self) -> Duration {
        self.settings.answer_timeout.min(self.settings.idle_timeout)
    }

    /// The answer with its body still to come; nothing where the known copy is still right.
    pub(super) async fn send(
        &self,
        request: &Request,
        known: Option<&Headers>,
        now: Timestamp,
    ) -> Result<Option<Answer>, Problem> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.send_once(request, &url, known).await?;
            match response.status() {
                StatusCode::NOT_MODIFIED => return Ok(None),
                status if status.is_success() => {
                    return self.answer(request, &url, response).map(Some);
                }
                status if status.is_redirection() => url = redirected(request, &url, &response)?,
                _ => return Err(refused(&url, response, now).await),
            }
        }
        Err(Problem::Redirect {
            address: shown(&request.url).into(),
            target: shown(&url).into(),
            why: "there are too many redirects",
        })
    }

    async fn send_once(
        &self,
        request: &Request,
        url: &Url,
        known: Option<&Headers>,
    ) -> Result<Response, Problem> {
        let is_own = url.origin() == request.url.origin();
        if is_own && request.has_secrets() && url.scheme() == "http" && !is_loopback(url) {
            return Err(Problem::PlainHttp {
                origin: url.origin().ascii_serialization().into(),
            });
        }
        let (full, headers) = told(request, url, known)?;
        let client = self.for_url(url)?;
        let mut call = client
            .request(request.method.clone(), full)
            .headers(headers);
        if let Some(body) = &request.body {
            call = call
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        call.send().await.map_err(|error| self.failure(url, error))
    }

    fn failure(&self, url: &Url, error: reqwest::Error) -> Problem {
        failure(url, error, self.answer_timeout())
    }

    fn answer(&self, request: &Request, url: &Url, response: Response) -> Result<Answer, Problem> {
        let too_large = || Problem::TooLarge {
            what: shown(url).into(),
            limit: request.bytes_max,
        };
        match response.content_length() {
            Some(announced) if announced > request.bytes_max => Err(too_large()),
            _ => Ok(Answer {
                headers: Headers::of(&response),
                address: url.clone(),
                bytes_max: request.bytes_max,
                timeout: self.answer_timeout(),
                response,
            }),
        }
    }
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) headers: Headers,
    address: Url,
    bytes_max: u64,
    timeout: Duration,
    response: Response,
}

impl Answer {
    /// Writes the body, as it comes.
    pub(super) async fn save(mut self, pending: &mut Pending) -> Result<(), Problem> {
        let mut written = 0_u64;
        loop {
            let chunk = self.response.chunk().await;
            let chunk = chunk.map_err(|error| failure(&self.address, error, self.timeout))?;
            let Some(chunk) = chunk else { return Ok(()) };
            written += chunk.len() as u64;
            if written > self.bytes_max {
                return Err(Problem::TooLarge {
                    what: shown(&self.address).into(),
                    limit: self.bytes_max,
                });
            }
            pending.write(&chunk)?;
        }
    }
}

fn failure(url: &Url, error: reqwest::Error, limit: Duration) -> Problem {
    let address = shown(url).into();
    match error.is_timeout() {
        true => Problem::TimedOut { address, limit },
        false => Problem::Unreachable {
            address,
            source: error.without_url(),
        },
    }
}

/// The whole address and the headers for `url`: what is secret only at the request's own origin.
fn told(
    request: &Request,
    url: &Url,
    known: Option<&Headers>,
) -> Result<(Url, HeaderMap), Problem> {
    let mut full = url.clone();
    let mut headers = known.map(conditions).unwrap_or_default();
    headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
    if url.origin() == request.url.origin() {
        if let Some((name, key)) = &request.secret_parameter {
            full.query_pairs_mut()
                .append_pair(name, key.expose_secret());
        }
        add_access(&mut headers, &request.access)?;
    }
    Ok((full, headers))
}

fn conditions(known: &Headers) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let pairs = [
        (IF_NONE_MATCH, &known.etag),
        (IF_MODIFIED_SINCE, &known.last_modified),
    ];
    for (name, value) in pairs {
        if let Some(value) = value
            .as_deref()
            .and_then(|value| HeaderValue::from_str(value).ok())
        {
            headers.insert(name, value);
        }
    }
    headers
}

fn add_access(headers: &mut HeaderMap, access: &Access) -> Result<(), Problem> {
    let (name, text) = match access {
        Access::Open => return Ok(()),
        Access::Basic { user, password } => {
            let pair = format!("{user}:{}", password.expose_secret());
            (
                AUTHORIZATION,
                format!("Basic {}", BASE64_STANDARD.encode(pair)),
            )
        }
        Access::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose_secret())),
        Access::Header { name, key } => (header_name(name)?, key.expose_secret().to_owned()),
    };
    let unfit = || {
        Problem::setting(
            "the key",
            "it holds characters that no HTTP header can carry",
        )
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| unfit())?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

fn header_name(name: &str) -> Result<HeaderName, Problem> {
    HeaderName::from_str(name).map_err(|_| {
        Problem::setting(
            "header",
            format!("`{}` is no name of an HTTP header", excerpt(name)),
        )
    })
}

/// Where a redirect leads. To another origin only over https and without what the first one may see.
fn redirected(request: &Request, from: &Url, response: &Response) -> Result<Url, Problem> {
    let status = response.status().as_u16();
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| from.join(location).ok());
    let Some(mut target) = target else {
        return Err(Problem::Protocol {
            address: shown(from).into(),
            why: "it redirects without saying where to".into(),
        });
    };
    let refuse = |why| {
        Err(Problem::Redirect {
            address: shown(from).into(),
            target: shown(&target).into(),
            why,
        })
    };
    if request.method != Method::GET && !matches!(status, 307 | 308) {
        return refuse("the request has a body");
    }
    if target.origin() == request.url.origin() {
        // The secret parameter is added to each request anew.
        strip_parameter(&mut target, request.secret_parameter.as_ref());
        return Ok(target);
    }
    if target.scheme() != "https" {
        return refuse("another host is followed to over https only");
    }
    if request.secret_parameter.is_some() || request.body.is_some() {
        return refuse("the request has a key or a body, which another host must not see");
    }
    Ok(target)
}

fn strip_parameter(url: &mut Url, secret: Option<&(&'static str, SecretString)>) {
    let Some((name, _)) = secret else { return };
    let rest: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(rest);
}

async fn refused(url: &Url, response: Response, now: Timestamp) -> Problem {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| retry_after(value.to_str().ok()?, now));
    let is_html = Headers::of(&response).is_html();
    let message = if is_html {
        String::new()
    } else {
        message(response).await
    };
    Problem::Status {
        address: shown(url).into(),
        status,
        message: excerpt(&message),
        retry_after,
    }
}

/// Seconds or a date. Source: RFC 9110, section 10.2.3.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// What an error's body says: a JSON member that services use for it, or a short text.
async fn message(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MESSAGE_BYTES_MAX - body.len();
        body.extend_from_slice(chunk.get(..chunk.len().min(room)).unwrap_or_default());
        if body.len() == MESSAGE_BYTES_MAX {
            break;
        }
    }
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else {
        return text;
    };
    let said = ["error", "message", "title", "description", "errors"]
        .iter()
        .find_map(|key| json.get(key)?.as_str().map(str::to_owned));
    said.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_to_the_own_origin_only() {
        let own: Url = "https://feeds.example/a".parse().unwrap();
        let mut request = Request::get(own.clone(), &Access::Bearer("hunter2".into()), 1);
        request.secret_parameter = Some(("key", "hunter2".into()));
        let (url, headers) = told(&request, &own, None).unwrap();
        assert_eq!(url.query(), Some("key=hunter2"));
        assert_eq!(headers[AUTHORIZATION], "Bearer hunter2");
        assert!(!format!("{headers:?}").contains("hunter2"));
        for other in [
            "https://other.example/a",
            "https://feeds.example:8443/a",
            "http://feeds.example/a",
        ] {
            let (url, headers) = told(&request, &other.parse().unwrap(), None).unwrap();
            assert!(
                url.query().is_none() && !headers.contains_key(AUTHORIZATION),
                "{other}"
            );
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let cases = [
            ("7", Some(7)),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(
                retry_after(text, now),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }
}
