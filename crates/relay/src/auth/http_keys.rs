//! Published keys over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::Url;

use super::{KEYS_BYTES_MAX, KeyFetchError, KeyFetcher};

/// Longest time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time of a fetch. Callers wait for it.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Fetches published keys over HTTP. Follows no redirects: only the hosts that are trusted may answer.
#[derive(Debug, Clone)]
pub struct HttpKeys {
    client: Client,
}

/// Why no keys came.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("no complete answer came")]
    Http(#[source] reqwest::Error),
    #[error("the answer has status {0}")]
    Status(StatusCode),
    #[error("the answer is longer than {KEYS_BYTES_MAX} bytes")]
    TooLarge,
}

impl HttpKeys {
    /// A client that trusts the certificates that the system trusts, and goes through the system's proxy.
    ///
    /// # Errors
    /// The HTTP client's error, where the system's certificates cannot be read.
    pub fn new() -> Result<Self, reqwest::Error> {
        tesem_defender::install_tls_provider();
        let client = Client::builder()
            .user_agent(concat!("tesem/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(FETCH_TIMEOUT)
            .redirect(Policy::none())
            .build()?;
        Ok(Self { client })
    }

    async fn body(&self, url: &Url) -> Result<Vec<u8>, Problem> {
        let sent = self.client.get(url.clone()).send().await;
        let mut response = sent.map_err(Problem::Http)?;
        if response.status() != StatusCode::OK {
            return Err(Problem::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Problem::Http)? {
            if body.len() + chunk.len() > KEYS_BYTES_MAX {
                return Err(Problem::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

#[async_trait]
impl KeyFetcher for HttpKeys {
    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, KeyFetchError> {
        self.body(url).await.map_err(|problem| KeyFetchError {
            url: url.clone(),
            source: problem.into(),
        })
    }
}
