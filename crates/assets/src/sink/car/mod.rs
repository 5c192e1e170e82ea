//! IBM's Connected Assets and Risk, the asset graph of Cloud Pak for Security.
//!
//! Sources: <https://github.com/IBM/cp4s-car-schema>, <https://github.com/IBM/cp4s-car-connector-framework>.

mod client;
mod database;
mod document;
mod envelope;
mod error;
mod jobs;
mod read;
mod schema;
mod settings;
mod source;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use tesem_state::Clock;

use super::{Earlier, Sink, SinkError, Written};
use crate::import::{Import, Source};
use crate::save_point::SavePoint;
use client::CarClient;
use database::Database;
use write::Writer;

pub use error::{CarError, DataSource, Failure};
pub use settings::{AddressIds, CarAccess, CarSettings, OUTSTANDING_MAX, PAGE_OBJECTS, READ_ROWS};

/// A service of Connected Assets and Risk, which holds the graphs of many sources.
///
/// - It keeps less than the graph does: of nodes what its import schema has, of edges that they are there. What [`Sink::earlier`] gives is
///   that, with what edges tell of each other; [`Sink::write`] compares what the service would keep. It has no edge from an account to the
///   alert that names it, and so no account that only alerts name.
/// - An import is full where the service has no save point of the source, where its database had to be made or repaired, where
///   [`Import::earlier`] is empty, or where [`CarSink::in_full`] asks for it. It runs in a session that is closed whatever happens, at the end
///   of which the service closes what was not imported. Before the session the save point is taken back: a full import that comes to
///   nothing is followed by another. A process that ends within leaves the session open: the next import, which is full, closes it first.
/// - Other imports send what changed, patch edges that are no longer so, and delete machines that are gone, whose edges go with them.
///   They read the graph through GraphQL; where the service does not answer it, [`Sink::earlier`] gives nothing and the next import is full.
/// - The save point is written last. A failure is a [`CarError`] ([`CarError::of`]), which says what it means for the next import
///   ([`CarError::failure`]); after one that is unrecoverable the save point is taken back.
///
/// The graph is in memory and its pages are made as they are sent, so that nothing is spooled to disk. Not there: schema extensions, and the
/// graph search of older services.
#[derive(Debug)]
pub struct CarSink {
    client: CarClient,
    is_full: bool,
}

impl CarSink {
    /// A service. Nothing is sent yet.
    ///
    /// # Errors
    /// [`CarError::Setting`], [`CarError::Client`].
    pub fn new(settings: CarSettings, clock: Arc<dyn Clock>) -> Result<Self, CarError> {
        Ok(Self {
            client: CarClient::new(settings, clock)?,
            is_full: false,
        })
    }

    /// The same, with each import written in full.
    #[must_use]
    pub fn in_full(mut self) -> Self {
        self.is_full = true;
        self
    }

    async fn read(&self, source: &Source) -> Result<Option<Earlier>, CarError> {
        if self.client.prepare().await? == Database::Made {
            return Ok(None);
        }
        let Some(save_point) = self.client.save_point(source).await? else {
            return Ok(None);
        };
        let edges = self.client.edges().await?;
        let graph = self.client.graph(source, &edges).await?;
        Ok(graph.map(|graph| Earlier {
            graph,
            save_point: Some(save_point),
        }))
    }

    /// The save point, where the database is one that was there before.
    async fn last(&self, source: &Source) -> Result<Option<SavePoint>, CarError> {
        match self.client.prepare().await? {
            Database::Made => Ok(None),
            _ => self.client.save_point(source).await,
        }
    }

    async fn put(&self, import: &Arc<Import>) -> Result<Written, CarError> {
        let (client, source) = (&self.client, &import.source);
        let database = client.prepare().await?;
        let is_known = client.save_point(source).await?.is_some() && !import.earlier.is_empty();
        let is_full = self.is_full || database == Database::Made || !is_known;
        let edges = client.edges().await?;
        let writer = Writer::new(client, import, &edges);
        if is_full {
            client.forget(source).await?;
            client.in_session(source, writer.full()).await?;
        } else {
            writer.changes().await?;
        }
        let text = import.save_point.to_text();
        client.put_save_point(source, &text).await?;
        Ok(writer.written())
    }

    /// Takes the save point back where a failure asks for that, and says what failed.
    async fn failed(&self, source: &Source, action: &'static str, error: CarError) -> SinkError {
        if error.failure() == Failure::Unrecoverable {
            // The error at hand says more than one of this.
            let _ = self.client.forget(source).await;
        }
        let shown = format!("Connected Assets and Risk at {}", self.client.settings.url);
        SinkError::failed(action, shown, error)
    }
}

#[async_trait]
impl Sink for CarSink {
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SinkError> {
        match self.read(source).await {
            Ok(earlier) => Ok(earlier),
            Err(error) => Err(self.failed(source, "read", error).await),
        }
    }

    async fn save_point(&self, source: &Source) -> Result<Option<SavePoint>, SinkError> {
        match self.last(source).await {
            Ok(save_point) => Ok(save_point),
            Err(error) => Err(self.failed(source, "read", error).await),
        }
    }

    fn starts_over(&self) -> bool {
        true
    }

    async fn write(&self, import: Arc<Import>) -> Result<Written, SinkError> {
        match self.put(&import).await {
            Ok(written) => Ok(written),
            Err(error) => Err(self.failed(&import.source, "write to", error).await),
        }
    }
}
