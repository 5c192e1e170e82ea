//! Published keys, fetched from hosts that are trusted and kept for a while.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use tokio::sync::watch;
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

/// How long keys are taken before they are fetched again.
pub const KEYS_AGE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// How long after keys were asked for, with or without success, a host of which keys are known is not asked again. A key that is new
/// is found after so long; neither tokens with made-up key ids nor a host that is down cost more than this.
pub const KEYS_REFETCH_MIN: SignedDuration = SignedDuration::from_secs(30);

/// How long after they were fetched keys are taken while their host fails. A day outlasts most outages, of the host or of the way to
/// it; longer would let whoever blocks that way go on using a key that was withdrawn.
pub const KEYS_STALE_MAX: SignedDuration = SignedDuration::from_hours(24);

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

/// Published keys of the hosts that are trusted. Fetches run as tasks of the Tokio runtime in which keys are asked for.
#[derive(Debug)]
pub struct KeyCache {
    /// By name in lower case.
    hosts: BTreeMap<String, Arc<KeysHost>>,
}

#[derive(Debug)]
struct KeysHost {
    name: String,
    fetcher: Arc<dyn KeyFetcher>,
    /// Never locked while keys are fetched.
    state: Mutex<HostState>,
}

#[derive(Debug, Default)]
struct HostState {
    known: Option<Arc<Fetched>>,
    latest: Option<Fetch>,
}

/// A fetch that was begun.
#[derive(Debug)]
struct Fetch {
    begun_at: Timestamp,
    outcome: OutcomeReceiver,
}

type Outcome = Result<Arc<Fetched>, AuthError>;

/// Closed when the fetch is over, without an outcome if it panicked.
type OutcomeReceiver = watch::Receiver<Option<Outcome>>;

/// RSA keys by their id, and when they were asked for.
#[derive(Debug)]
struct Fetched {
    at: Timestamp,
    keys: BTreeMap<String, DecodingKey>,
}

impl KeyCache {
    /// Keys of `hosts`, which are names as in URLs, with a port where it is not 443.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the hosts own it together; callers have no further use of it"
    )]
    pub fn new<'a>(hosts: impl IntoIterator<Item = &'a str>, fetcher: Arc<dyn KeyFetcher>) -> Self {
        let hosts = hosts.into_iter().map(|host| {
            let name = host.to_ascii_lowercase();
            let host = KeysHost {
                name: name.clone(),
                fetcher: Arc::clone(&fetcher),
                state: Mutex::default(),
            };
            (name, Arc::new(host))
        });
        Self {
            hosts: hosts.collect(),
        }
    }

    /// The key `id` of `host`. Keys that are too old, or do not have it, are fetched again, at most every [`KEYS_REFETCH_MIN`].
    pub(super) async fn key(
        &self,
        host: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<DecodingKey, AuthError> {
        let host = self.hosts.get(&host.to_ascii_lowercase());
        host.ok_or(AuthError::WrongKeysHost)?.key(id, now).await
    }
}

impl KeysHost {
    async fn key(self: &Arc<Self>, id: &str, now: Timestamp) -> Result<DecodingKey, AuthError> {
        let (known, fetch) = self.known_and_fetch(id, now);
        let fetched = match fetch {
            Some(outcome) => wait(outcome).await,
            None => Err(AuthError::UnknownKeyId),
        };
        match fetched {
            Ok(fetched) => fetched.key(id).ok_or(AuthError::UnknownKeyId),
            Err(error) => known.and_then(|known| known.key(id)).ok_or(error),
        }
    }

    /// The keys that may be taken at `now`, and the fetch to wait for, if another one may know `id` better.
    fn known_and_fetch(
        self: &Arc<Self>,
        id: &str,
        now: Timestamp,
    ) -> (Option<Arc<Fetched>>, Option<OutcomeReceiver>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.known.clone();
        let known = known.filter(|known| now.duration_since(known.at) < KEYS_STALE_MAX);
        if known.as_ref().is_some_and(|known| known.is_fresh(id, now)) {
            return (known, None);
        }
        let fetch = match &state.latest {
            Some(latest) if latest.is_under_way() => Some(latest.outcome.clone()),
            Some(latest) if known.is_some() && latest.is_recent(now) => None,
            _ => Some(self.begin(&mut state, now)),
        };
        (known, fetch)
    }

    /// Begins a fetch, as a task of its own: it goes on when those who wait for it go away.
    fn begin(self: &Arc<Self>, state: &mut HostState, now: Timestamp) -> OutcomeReceiver {
        let (sender, outcome) = watch::channel(None);
        state.latest = Some(Fetch {
            begun_at: now,
            outcome: outcome.clone(),
        });
        let host = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = host.fetch(now).await.map(Arc::new);
            host.keep(&fetched, now);
            sender.send_replace(Some(fetched));
        });
        outcome
    }

    async fn fetch(&self, now: Timestamp) -> Result<Fetched, AuthError> {
        for url in keys_urls(&self.name) {
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

    fn keep(&self, fetched: &Outcome, now: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (fetched, &state.known) {
            (Ok(fetched), _) => state.known = Some(Arc::clone(fetched)),
            (Err(error), Some(known)) if now.duration_since(known.at) >= KEYS_AGE_MAX => {
                let (host, at) = (&self.name, known.at);
                tracing::warn!(
                    %host, %error, fetched = %at, limit = %KEYS_STALE_MAX,
                    "keys that are old could not be fetched again, and are taken until they reach the limit"
                );
            }
            (Err(_), _) => {}
        }
    }
}

impl Fetch {
    fn is_under_way(&self) -> bool {
        self.outcome.has_changed().is_ok()
    }

    fn is_recent(&self, now: Timestamp) -> bool {
        now.duration_since(self.begun_at) < KEYS_REFETCH_MIN
    }
}

async fn wait(mut outcome: OutcomeReceiver) -> Outcome {
    let told = outcome.wait_for(Option::is_some).await;
    let told = told.ok().and_then(|outcome| outcome.clone());
    told.unwrap_or(Err(AuthError::WrongKeysHost))
}

impl Fetched {
    fn is_fresh(&self, id: &str, now: Timestamp) -> bool {
        self.keys.contains_key(id) && now.duration_since(self.at) < KEYS_AGE_MAX
    }

    fn key(&self, id: &str) -> Option<DecodingKey> {
        self.keys.get(id).cloned()
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
