//! Documents from files and over HTTP: limits, retries, redirects, conditional requests, kept copies.

mod address;
mod cache;
mod collection;
mod http;
mod read;
mod retry;
mod zip;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub(crate) use address::shown;
use cache::{Cache, Kept, Meta, Pending, Written};
pub(crate) use collection::{Keeper, KeptCollection};
use http::Clients;
pub(crate) use http::Headers;
pub(crate) use read::{Input, open};

use crate::{Clock, Problem, Stale};

/// How documents are fetched. Nothing is read from the environment, but for the system's proxy where `proxy` asks for it.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest silence of a server.
    pub idle_timeout: Duration,
    /// Longest time for one answer.
    pub answer_timeout: Duration,
    /// Most bytes of a document, as it unfolds.
    pub bytes_max: u64,
    /// Most bytes of one page of an API.
    pub page_bytes_max: u64,
    /// How often a request is tried; at least once.
    pub tries: usize,
    /// Longest wait between two tries. A server that asks for more ends the tries.
    pub wait_max: Duration,
    /// Where copies are kept; nowhere for `None`.
    pub cache: Option<PathBuf>,
    /// How long a collection's kept objects are gone on from before all are fetched again, which alone shows what a server
    /// deleted. Zero: all are fetched each time.
    pub whole_after: Duration,
    /// Whether requests to other computers go through the system's proxy.
    pub proxy: bool,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            user_agent: concat!("tesem/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            answer_timeout: Duration::from_secs(600),
            bytes_max: 1 << 30,
            page_bytes_max: 128 << 20,
            tries: 4,
            wait_max: Duration::from_secs(120),
            cache: None,
            whole_after: Duration::from_secs(86_400),
            proxy: true,
        }
    }
}

/// Where a document lies.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// On this computer.
    File(PathBuf),
    /// At an address.
    Url(Url),
}

impl Location {
    /// An `http` or `https` address, else a path.
    ///
    /// # Errors
    /// [`Problem::Setting`] for a malformed address or one that holds credentials.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Ok(Self::File(text.into()));
        }
        let url = Url::parse(text).map_err(|error| Problem::setting("url", error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            let why = "the address holds credentials; give them as `user` and `password`";
            return Err(Problem::setting("url", why));
        }
        Ok(Self::Url(url))
    }

    /// The document `name` beside this directory.
    pub(crate) fn join(&self, name: &str) -> Result<Self, Problem> {
        match self {
            Self::File(folder) => Ok(Self::File(folder.join(name))),
            Self::Url(base) => address::below(base, name).map(Self::Url),
        }
    }
}

/// Without the query, which may hold a key.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(&shown(url)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

/// How a server is to be told who asks.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// Not at all.
    #[default]
    Open,
    /// `Authorization: Basic`.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// `Authorization: Bearer`.
    Bearer(SecretString),
    /// A header with a key.
    Header {
        /// The header's name.
        name: String,
        /// The key.
        key: SecretString,
    },
}

impl Access {
    /// Tells apart who asks: servers show each what they may see. For digests only, since it may be secret.
    pub(crate) fn identity(&self) -> &str {
        match self {
            Self::Open => "",
            Self::Basic { user, .. } => user,
            Self::Bearer(key) | Self::Header { key, .. } => key.expose_secret(),
        }
    }
}

/// What is asked of a server.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Without the secret part.
    pub(crate) url: Url,
    /// A parameter of the query that is secret.
    pub(crate) secret_parameter: Option<(&'static str, SecretString)>,
    pub(crate) access: Access,
    pub(crate) accept: &'static str,
    /// JSON.
    pub(crate) body: Option<String>,
    pub(crate) bytes_max: u64,
}

impl Request {
    pub(crate) fn get(url: Url, access: &Access, bytes_max: u64) -> Self {
        Self {
            method: Method::GET,
            url,
            secret_parameter: None,
            access: access.clone(),
            accept: "*/*",
            body: None,
            bytes_max,
        }
    }

    fn has_secrets(&self) -> bool {
        self.secret_parameter.is_some() || !matches!(self.access, Access::Open)
    }

    /// Tells kept copies apart; never shown.
    fn cache_key(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        format!("{} {} {} {body}", self.method, self.url, self.accept)
    }
}

/// How kept copies are used in a pull.
#[derive(Debug, Clone, Copy, Default)]
pub struct Freshness {
    /// Fetch all anew; kept copies count only if that fails.
    pub refresh: bool,
    /// A copy younger than this is taken without asking the server.
    pub fresh_for: Duration,
}

/// A document at hand.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    /// Where the body starts in the file.
    pub(crate) offset: u64,
    /// Headers of the answer that matter to a protocol.
    pub(crate) headers: Headers,
    /// Set where a kept copy stands in for a failed request.
    pub(crate) stale: Option<Stale>,
    /// Whether a request reached the server.
    pub(crate) asked: bool,
    /// A new copy, kept once it has been read well. Removed when dropped.
    pub(crate) pending: Option<Written>,
}

impl Document {
    fn of_file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            offset: 0,
            headers: Headers::default(),
            stale: None,
            asked: false,
            pending: None,
        }
    }

    fn kept(kept: Kept, asked: bool, stale: Option<Stale>) -> Self {
        Self {
            path: kept.path,
            offset: kept.offset,
            headers: kept.meta.headers,
            stale,
            asked,
            pending: None,
        }
    }

    /// The document was read well: its copy replaces an older one.
    pub(crate) fn keep(&mut self) -> Result<(), Problem> {
        self.pending.take().map_or(Ok(()), Written::keep)
    }
}

/// Fetches documents. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    clients: Clients,
    settings: Arc<FetchSettings>,
    cache: Option<Cache>,
    clock: Arc<dyn Clock>,
}

impl Fetcher {
    /// A fetcher that waits by `clock`.
    ///
    /// # Errors
    /// [`Problem::Cache`] when the cache directory cannot be made, [`Problem::Client`] without a usable HTTP client.
    pub fn new(settings: FetchSettings, clock: Arc<dyn Clock>) -> Result<Self, Problem> {
        let open = |folder| Cache::open(folder, clock.now());
        let cache = settings.cache.as_deref().map(open).transpose()?;
        let settings = Arc::new(settings);
        Ok(Self {
            clients: Clients::new(Arc::clone(&settings))?,
            settings,
            cache,
            clock,
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &FetchSettings {
        &self.settings
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The document at a place, whole.
    pub(crate) async fn document(
        &self,
        location: &Location,
        access: &Access,
        freshness: Freshness,
    ) -> Result<Document, Problem> {
        match location {
            Location::File(path) => Ok(Document::of_file(path)),
            Location::Url(url) => {
                let request = Request::get(url.clone(), access, self.settings.bytes_max);
                self.fetch(&request, freshness).await
            }
        }
    }

    /// The answer to a request: a kept copy while it is fresh, the server's, or a kept copy marked stale.
    pub(crate) async fn fetch(
        &self,
        request: &Request,
        freshness: Freshness,
    ) -> Result<Document, Problem> {
        let key = request.cache_key();
        let kept = self.cache.as_ref().and_then(|cache| cache.find(&key));
        if let Some(kept) = kept.clone().filter(|kept| self.is_fresh(kept, freshness)) {
            return Ok(Document::kept(kept, false, None));
        }
        let known = kept.as_ref().filter(|_| !freshness.refresh);
        let answer = self.ask_again(request, known, Some(&key)).await;
        match (answer, kept) {
            (Ok(Some(document)), _) => Ok(document),
            (Ok(None), Some(kept)) => Ok(Document::kept(kept, true, None)),
            (Ok(None), None) => Err(unasked(request)),
            (Err(problem), Some(kept)) if may_stand_in(&problem) => {
                let stale = Stale {
                    since: kept.meta.fetched,
                    because: problem.to_string().into(),
                };
                Ok(Document::kept(kept, true, Some(stale)))
            }
            (Err(problem), _) => Err(problem),
        }
    }

    fn is_fresh(&self, kept: &Kept, freshness: Freshness) -> bool {
        let age = self.now().duration_since(kept.meta.fetched);
        let age = Duration::try_from(age).unwrap_or_default();
        !freshness.refresh && age < freshness.fresh_for
    }

    async fn ask_again(
        &self,
        request: &Request,
        kept: Option<&Kept>,
        key: Option<&str>,
    ) -> Result<Option<Document>, Problem> {
        let ask = || self.ask(request, kept, key);
        retry::with_retries(&self.settings, &self.clock, ask).await
    }

    /// One try. Nothing where the server says that the kept copy is still right.
    async fn ask(
        &self,
        request: &Request,
        kept: Option<&Kept>,
        key: Option<&str>,
    ) -> Result<Option<Document>, Problem> {
        let known = kept.map(|kept| &kept.meta.headers);
        let Some(answer) = self.clients.send(request, known, self.now()).await? else {
            return Ok(None);
        };
        let meta = Meta {
            fetched: self.now(),
            headers: answer.headers.clone(),
            progress: None,
        };
        let mut pending = Pending::new(self.cache.as_ref(), key, &meta)?;
        answer.save(&mut pending).await?;
        let written = pending.written();
        Ok(Some(Document {
            path: written.path().to_owned(),
            offset: written.offset(),
            headers: meta.headers,
            stale: None,
            asked: true,
            pending: Some(written),
        }))
    }
}

fn unasked(request: &Request) -> Problem {
    Problem::Protocol {
        address: shown(&request.url).into(),
        why: "it answered 304 to an unconditional request".into(),
    }
}

/// Whether a kept copy may stand in after this: not where the server refuses who asks, nor where a setting is wrong.
pub(crate) fn may_stand_in(problem: &Problem) -> bool {
    match problem {
        Problem::NotTheData { .. } | Problem::TooLarge { .. } => true,
        other => other.is_transient(),
    }
}
