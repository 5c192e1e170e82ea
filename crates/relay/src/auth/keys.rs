//! Published keys, fetched from hosts that are trusted and kept for a while.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use tokio::sync::Mutex;
use url::{Host, Url};

use super::AuthError;

/// The hosts where Cisco publishes the keys of its regions.
///
/// Source: github.com/CiscoSecurity/tr-05-serverless-relay, its module type.
pub const KEYS_HOSTS_DEFAULT: [&str; 3] = [
    "visibility.amp.cisco.com",
    "visibility.eu.amp.cisco.com",
    "visibility.apjc.amp.cisco.com",
];

/// How long keys are kept.
pub const KEYS_AGE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// How long after a fetch a key that was not in it is not asked for again. A key that is new is there after so long; tokens with
/// made-up key ids cost the host no more than this.
pub const KEYS_REFETCH_MIN: SignedDuration = SignedDuration::from_secs(30);

/// Most bytes of an answer with keys: a key takes about 500.
pub const KEYS_BYTES_MAX: usize = 1 << 20;

/// Keys could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error("could not fetch the keys at {url}")]
pub struct KeyFetchError {
    /// Where.
    pub url: Url,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Fetches published keys.
#[async_trait]
pub trait KeyFetcher: fmt::Debug + Send + Sync {
    /// The body of a successful answer at `url`, of [`KEYS_BYTES_MAX`] at most; follows no redirects.
    ///
    /// # Errors
    /// [`KeyFetchError`], also for any status but 200.
    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, KeyFetchError>;
}

/// Published keys of the hosts that are trusted.
#[derive(Debug)]
pub struct KeyCache {
    fetcher: Arc<dyn KeyFetcher>,
    /// By host in lower case. The lock is held while keys are fetched, so that many callers cost one fetch.
    hosts: BTreeMap<String, Mutex<Option<Fetched>>>,
}

/// RSA keys by their id, and when they were fetched.
#[derive(Debug)]
struct Fetched {
    at: Timestamp,
    keys: BTreeMap<String, DecodingKey>,
}

impl KeyCache {
    /// Keys of `hosts`, which are names as in URLs, with a port where it is not 443.
    #[must_use]
    pub fn new<'a>(hosts: impl IntoIterator<Item = &'a str>, fetcher: Arc<dyn KeyFetcher>) -> Self {
        let hosts = hosts
            .into_iter()
            .map(|host| (host.to_ascii_lowercase(), Mutex::new(None)));
        Self {
            fetcher,
            hosts: hosts.collect(),
        }
    }

    /// The key `id` of `host`. Keys that are too old, or do not have it, are fetched again.
    pub(super) async fn key(
        &self,
        host: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<DecodingKey, AuthError> {
        let host = host.to_ascii_lowercase();
        let kept = self.hosts.get(&host).ok_or(AuthError::WrongKeysHost)?;
        let mut kept = kept.lock().await;
        if let Some(fetched) = kept.as_ref()
            && !fetched.is_stale(id, now)
        {
            return fetched.key(id);
        }
        let fetched = self.fetch(&host, now).await?;
        kept.insert(fetched).key(id)
    }

    async fn fetch(&self, host: &str, now: Timestamp) -> Result<Fetched, AuthError> {
        for url in keys_urls(host) {
            match self.fetcher.fetch(&url).await {
                Ok(body) => {
                    let keys = read_keys(&body)?;
                    return Ok(Fetched { at: now, keys });
                }
                Err(error) => tracing::warn!(%url, cause = %error.source, "no keys"),
            }
        }
        Err(AuthError::WrongKeysHost)
    }
}

impl Fetched {
    /// Whether another fetch may know `id` better.
    fn is_stale(&self, id: &str, now: Timestamp) -> bool {
        let limit = if self.keys.contains_key(id) {
            KEYS_AGE_MAX
        } else {
            KEYS_REFETCH_MIN
        };
        now.duration_since(self.at) >= limit
    }

    fn key(&self, id: &str) -> Result<DecodingKey, AuthError> {
        self.keys.get(id).cloned().ok_or(AuthError::UnknownKeyId)
    }
}

/// Where `host` publishes its keys. This computer may also do so without TLS, as nothing leaves it.
fn keys_urls(host: &str) -> Vec<Url> {
    let url = |scheme| Url::parse(&format!("{scheme}://{host}/.well-known/jwks")).ok();
    let secure = url("https");
    let is_here = secure.as_ref().is_some_and(is_loopback);
    let plain = is_here.then(|| url("http")).flatten();
    secure.into_iter().chain(plain).collect()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The RSA keys of a set. Others, and those without an id, are passed over. Source: RFC 7517, section 5.
fn read_keys(body: &[u8]) -> Result<BTreeMap<String, DecodingKey>, AuthError> {
    let set: Value = serde_json::from_slice(body).map_err(|_| AuthError::WrongKeysHost)?;
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or(AuthError::NoKeyId)?;
    Ok(keys.iter().filter_map(rsa_key).collect())
}

fn rsa_key(key: &Value) -> Option<(String, DecodingKey)> {
    let text = |name| key.get(name).and_then(Value::as_str);
    let decoded = DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?;
    (text("kty") == Some("RSA")).then_some((text("kid")?.to_owned(), decoded))
}
