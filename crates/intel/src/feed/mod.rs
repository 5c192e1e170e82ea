//! Feeds: what they are, and how one is pulled.

mod csv;
mod fields;
mod json;
pub(crate) mod kinds;
mod lines;
mod minemeld;
mod shodan;
mod taxii;
mod text;
pub(crate) mod time;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use self::csv::{Column, CsvFeed};
pub use json::JsonFeed;
pub use minemeld::MineMeldFeed;
pub use shodan::ShodanFeed;
pub use taxii::TaxiiFeed;
pub use text::TextFeed;

use crate::fetch::{Fetcher, Freshness, Input};
use crate::misp::{MispFeed, MispStaticFeed};
use crate::output::{ItemPolicy, Output, Summary};
use crate::session::Session;
use crate::stix::{Documents, Role};
use crate::{Access, FeedError, Item, Location, Problem, StopLists};

/// A feed: its name, where it comes from, what its items have to be.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The name that its indicators carry.
    pub name: String,
    /// Where it comes from.
    pub kind: FeedKind,
    /// What holds for each of its items.
    pub policy: ItemPolicy,
}

/// Where a feed comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FeedKind {
    /// Searches of Shodan.
    Shodan(ShodanFeed),
    /// Collections of a TAXII 2.1 server.
    Taxii(TaxiiFeed),
    /// A search in a MISP instance.
    Misp(MispFeed),
    /// A static feed of MISP.
    MispStatic(MispStaticFeed),
    /// Documents in one of the formats.
    Documents(DocumentFeed),
}

/// Documents of one format, one after the other.
#[derive(Debug, Clone)]
pub struct DocumentFeed {
    /// Files and addresses; gzip, and ZIP archives of one file, are unfolded.
    pub locations: Vec<Location>,
    /// Who asks.
    pub access: Access,
    /// What they are.
    pub format: Format,
}

/// What a document is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Format {
    /// CSV.
    Csv(Box<CsvFeed>),
    /// JSON.
    Json(Box<JsonFeed>),
    /// Plain text.
    Text(TextFeed),
    /// A STIX bundle.
    Stix,
    /// An output feed of MineMeld.
    MineMeld,
}

/// Items that wait to be taken. A feed is not read faster than its items are taken.
const WAITING_ITEMS_MAX: usize = 4_096;

impl Feed {
    /// Starts to read the feed. Must be called within a Tokio runtime.
    #[must_use]
    pub fn pull(
        self: &Arc<Self>,
        fetcher: &Fetcher,
        freshness: Freshness,
        stops: &Arc<StopLists>,
    ) -> Pull {
        let (sender, items) = mpsc::channel(WAITING_ITEMS_MAX);
        let policy = self.policy.clone();
        let output = Output::new(&self.name, fetcher.now(), policy, Arc::clone(stops), sender);
        let session = Session::new(fetcher.clone(), freshness, output);
        let feed = Arc::clone(self);
        let task =
            tokio::spawn(async move { feed.read(&session).await.map(|()| session.summary()) });
        Pull {
            feed: self.name.as_str().into(),
            items,
            task,
        }
    }

    async fn read(&self, session: &Session) -> Result<(), Problem> {
        match &self.kind {
            FeedKind::Shodan(feed) => feed.pull(session).await,
            FeedKind::Taxii(feed) => feed.pull(session).await,
            FeedKind::Misp(feed) => feed.pull(session).await,
            FeedKind::MispStatic(feed) => feed.pull(session).await,
            FeedKind::Documents(feed) => feed.pull(session).await,
        }
    }
}

impl DocumentFeed {
    async fn pull(&self, session: &Session) -> Result<(), Problem> {
        if self.locations.is_empty() {
            return Err(Problem::setting(
                "url",
                "there is none; name a file or an address",
            ));
        }
        match &self.format {
            Format::Csv(feed) => self.each(session, &**feed, CsvFeed::read).await,
            Format::Json(feed) => self.each(session, &**feed, JsonFeed::read).await,
            Format::Text(feed) => self.each(session, feed, TextFeed::read).await,
            Format::MineMeld => {
                let read = |(): &(), input, output: &mut _| MineMeldFeed::read(input, output);
                self.each(session, &(), read).await
            }
            Format::Stix => self.bundles(session).await,
        }
    }

    async fn each<F: Clone + Send + 'static>(
        &self,
        session: &Session,
        format: &F,
        read: fn(&F, Input, &mut Output) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        for location in &self.locations {
            let document = session.document(location, &self.access).await?;
            let format = format.clone();
            let read = move |input, output: &mut Output| read(&format, input, output);
            session.read(document, location.to_string(), read).await?;
        }
        Ok(())
    }

    /// Versions of an object may stand in several bundles. What came before a failure is read.
    async fn bundles(&self, session: &Session) -> Result<(), Problem> {
        let mut bundles = Documents::default();
        let all = self.gather(session, &mut bundles).await;
        bundles.read(session, None).await?;
        all
    }

    async fn gather(&self, session: &Session, bundles: &mut Documents) -> Result<(), Problem> {
        for location in &self.locations {
            let document = session.document(location, &self.access).await?;
            let name = location.to_string();
            bundles.add(session, document, name, Role::Bundle).await?;
        }
        Ok(())
    }
}

/// A feed that is being read.
#[derive(Debug)]
pub struct Pull {
    feed: Box<str>,
    items: mpsc::Receiver<Item>,
    task: JoinHandle<Result<Summary, Problem>>,
}

impl Pull {
    /// The next item, as it is read; nothing at the end, which may be a failure: [`Pull::finish`] says so.
    pub async fn next(&mut self) -> Option<Item> {
        self.items.recv().await
    }

    /// What the pull came to.
    ///
    /// # Errors
    /// A [`FeedError`] when the feed failed: items that came before it are true, but not all. [`Problem::Stopped`] when it is
    /// called before the last item was taken.
    pub async fn finish(mut self) -> Result<Summary, FeedError> {
        self.items.close();
        while self.items.try_recv().is_ok() {}
        let summary = self.task.await.unwrap_or(Err(Problem::Stopped));
        summary.map_err(|problem| problem.of(&self.feed))
    }
}
