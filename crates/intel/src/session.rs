//! One pull of one feed: its fetcher and its output.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use url::Url;

use crate::fetch::{Document, Fetcher, Freshness, Headers, Input, Request, open, shown};
use crate::output::{Output, Summary};
use crate::stix::damaged;
use crate::{Access, Location, Problem};

/// What a feed's reader works with.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) fetcher: Fetcher,
    pub(crate) freshness: Freshness,
    output: Arc<Mutex<Output>>,
}

impl Session {
    pub(crate) fn new(fetcher: Fetcher, freshness: Freshness, output: Output) -> Self {
        Self {
            fetcher,
            freshness,
            output: Arc::new(Mutex::new(output)),
        }
    }

    /// The output, for a moment: never across an `await`.
    pub(crate) fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn summary(&self) -> Summary {
        self.output().summary.clone()
    }

    /// A note that something was left at the service.
    pub(crate) fn left(&self, what: impl Into<Box<str>>) {
        self.output().summary.left.push(what.into());
    }

    fn note(&self, document: &Document) {
        let mut output = self.output();
        output.summary.requests += u64::from(document.asked);
        output.summary.note_stale(document.stale.clone());
    }

    /// The document at a place.
    pub(crate) async fn document(
        &self,
        location: &Location,
        access: &Access,
    ) -> Result<Document, Problem> {
        let document = self
            .fetcher
            .document(location, access, self.freshness)
            .await?;
        self.note(&document);
        Ok(document)
    }

    /// The answer to a request.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Document, Problem> {
        let document = self.fetcher.fetch(request, self.freshness).await?;
        self.note(&document);
        Ok(document)
    }

    /// The answer to a request, for one reading.
    pub(crate) async fn ask_once(&self, request: &Request) -> Result<Document, Problem> {
        let document = self.fetcher.fetch_once(request).await?;
        self.note(&document);
        Ok(document)
    }

    /// Reads a document where blocking is allowed; what was read well is kept.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        mut document: Document,
        what: String,
        read: impl FnOnce(Input, &mut Output) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let limit = self.fetcher.settings().bytes_max;
        let reading = self.blocking(move |output| {
            output.enter(&what);
            let read = read(open(&document, &what, limit)?, output)?;
            document.keep()?;
            Ok(read)
        });
        reading.await
    }

    /// Works where blocking is allowed.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Output) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let session = self.clone();
        let working = tokio::task::spawn_blocking(move || work(&mut session.output()));
        working.await.map_err(|_| Problem::Stopped)?
    }

    /// The answer to a request as JSON, with headers.
    pub(crate) async fn json<T: DeserializeOwned + Send + 'static>(
        &self,
        request: &Request,
    ) -> Result<(T, Headers, bool), Problem> {
        let document = self.ask(request).await?;
        let (headers, asked) = (document.headers.clone(), document.asked);
        let json = self.read(document, shown(&request.url), |input, output| {
            json(input, output.document())
        });
        Ok((json.await?, headers, asked))
    }

    /// A request for one page of an API.
    pub(crate) fn page(&self, url: Url, access: &Access) -> Request {
        Request::get(url, access, self.fetcher.settings().page_bytes_max)
    }
}

/// A whole document as JSON.
pub(crate) fn json<T: DeserializeOwned>(input: Input, what: &str) -> Result<T, Problem> {
    input.refuse_html(what, "JSON")?;
    serde_json::from_reader(input.reader).map_err(|error| damaged(what, error))
}
