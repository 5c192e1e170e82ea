//! One request, one answer: no retries, no quota, no sign-in.

mod body;
mod failure;
mod http_client;
mod origin;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Method, Response};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use failure::{ConnectionStage, TransportFailure};
pub(crate) use http_client::HttpClients;
pub(crate) use origin::{is_loopback, origin_of};
pub use tls::install_tls_provider;

use crate::{ClientOptions, Endpoints, SettingsError};

/// Our name for a request, which the services write into their logs.
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// Longest download of one file.
const DOWNLOAD_MAX: Duration = Duration::from_secs(3_600);

/// Headers in which services name a request: Graph, Entra, Defender.
const REQUEST_ID_HEADERS: [&str; 3] = ["request-id", "x-ms-request-id", "mise-correlation-id"];

/// A request without a socket: what would be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// HTTP method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The body's content type; sent only where there is a body.
    pub content_type: &'static str,
    /// The body; empty for none.
    pub body: Bytes,
}

/// Shows no body: a sign-in's holds the secret.
impl std::fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} ({} bytes of {})",
            self.method,
            self.url,
            self.body.len(),
            self.content_type
        )
    }
}

/// Any answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) content_type: String,
    /// When the service wrote the answer, as HTTP writes dates.
    pub(crate) date: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Sends requests to the configured endpoints and nowhere else.
#[derive(Debug)]
pub(crate) struct Transport {
    clients: HttpClients,
    answer_bytes_max: usize,
    request_timeout: Duration,
    /// Sent with every request.
    own_headers: HeaderMap,
}

impl Transport {
    pub(crate) fn new(
        endpoints: &Endpoints,
        options: &ClientOptions,
    ) -> Result<Self, SettingsError> {
        let clients = HttpClients::new(endpoints, options).map_err(SettingsError::HttpClient)?;
        Ok(Self {
            clients,
            answer_bytes_max: options.answer_bytes_max,
            request_timeout: options.request_timeout,
            own_headers: HeaderMap::new(),
        })
    }

    /// A transport to the one place `url`, past every proxy, with `own_headers` on each request.
    pub(crate) fn direct(
        url: &Url,
        own_headers: HeaderMap,
        options: &ClientOptions,
    ) -> Result<Self, SettingsError> {
        let clients = HttpClients::direct(url, options).map_err(SettingsError::HttpClient)?;
        Ok(Self {
            clients,
            answer_bytes_max: options.answer_bytes_max,
            request_timeout: options.request_timeout,
            own_headers,
        })
    }

    /// Sends `request`, with `token` if there is one, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        request: &ApiRequest,
        token: Option<&SecretString>,
        client_request_id: &str,
    ) -> Result<Answer, TransportFailure> {
        let mut headers = headers(request, token, client_request_id)?;
        headers.extend(self.own_headers.clone());
        let builder = self
            .clients
            .for_url(&request.url)?
            .request(request.method.clone(), request.url.clone());
        let sent = builder
            .headers(headers)
            .body(request.body.clone())
            .send()
            .await;
        let response =
            sent.map_err(|error| TransportFailure::of_request(error, self.request_timeout))?;
        let mut answer = Answer {
            status: response.status().as_u16(),
            request_id: first_of(response.headers(), &REQUEST_ID_HEADERS),
            retry_after: text_of(response.headers(), RETRY_AFTER.as_str()),
            content_type: text_of(response.headers(), CONTENT_TYPE.as_str()).unwrap_or_default(),
            date: text_of(response.headers(), DATE.as_str()),
            body: Vec::new(),
        };
        answer.body = body::read(response, self.answer_bytes_max, self.request_timeout).await?;
        Ok(answer)
    }
}

impl Transport {
    /// Opens the file at a signed address. No token goes along, and nothing that names us but the user agent.
    pub(crate) async fn open_signed(&self, url: &Url) -> Result<Response, TransportFailure> {
        let request = self
            .clients
            .for_signed(url)?
            .get(url.clone())
            .timeout(DOWNLOAD_MAX);
        let sent = request.send().await;
        sent.map_err(|error| TransportFailure::of_request(error, DOWNLOAD_MAX))
    }
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

fn headers(
    request: &ApiRequest,
    token: Option<&SecretString>,
    client_request_id: &str,
) -> Result<HeaderMap, TransportFailure> {
    let unfit = |header| move |_| TransportFailure::UnfitHeader { header };
    let mut headers = HeaderMap::new();
    let id = HeaderValue::from_str(client_request_id).map_err(unfit("client-request-id"))?;
    headers.insert(CLIENT_REQUEST_ID, id);
    if !request.body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
    }
    if let Some(token) = token {
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut value = HeaderValue::from_str(&bearer).map_err(unfit("authorization"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn first_of(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| text_of(headers, name))
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(crate::text::clean(text)).filter(|text| !text.is_empty())
}
