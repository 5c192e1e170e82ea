//! A PostgreSQL database: the tables and views of the SQLite sink, in a schema of their own.

mod around;
mod columns;
mod read;
mod schema;
mod statements;
mod views;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use tesem_state::store::PostgresAddress;
use tokio_postgres::Client;

use super::{Earlier, Lookup, Sink, SinkError, Written};
use crate::around::{Bounds, Found, Neighbourhood, Question};
use crate::graph::NodeKey;
use crate::import::{Import, Source};

/// A database on a server, which may hold the graphs of many sources, in the schema `tesem_assets`.
///
/// Tables and views are those of [`SqliteSink`](super::SqliteSink), with flags as `BOOLEAN` and lists as `JSONB`; views give instants as
/// `TIMESTAMPTZ`. Each call has a connection of its own, so that a server that was restarted is found again. An import is written in batches,
/// each a transaction; the save point comes last.
#[derive(Debug, Clone)]
pub struct PostgresSink {
    address: PostgresAddress,
}

impl PostgresSink {
    /// Opens a database; makes the tables where need be.
    ///
    /// # Errors
    /// [`SinkError`]: not reachable, or tables of a newer version.
    pub async fn open(address: &PostgresAddress) -> Result<Self, SinkError> {
        let sink = Self {
            address: address.clone(),
        };
        let mut client = sink.connect().await?;
        schema::prepare(&mut client, &sink.shown()).await?;
        Ok(sink)
    }

    async fn connect(&self) -> Result<Client, SinkError> {
        let client = self.address.connect().await;
        let client = client.map_err(|error| SinkError::failed("open", &self.address, error))?;
        // A graph of millions of edges takes longer than the minute that other statements have.
        let patient = client
            .batch_execute("SET statement_timeout = '30min'")
            .await;
        patient.map_err(|error| SinkError::failed("open", &self.address, error))?;
        Ok(client)
    }

    fn shown(&self) -> String {
        self.address.to_string()
    }
}

#[async_trait]
impl Sink for PostgresSink {
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SinkError> {
        let mut client = self.connect().await?;
        read::earlier(&mut client, source.key(), &self.shown()).await
    }

    fn takes_parts(&self) -> bool {
        true
    }

    async fn write(&self, import: Arc<Import>) -> Result<Written, SinkError> {
        let save_point = serde_json::to_string(&import.save_point)
            .map_err(|error| SinkError::failed("write the save point to", &self.address, error))?;
        let mut client = self.connect().await?;
        let written = write::import(&mut client, &import, &save_point).await;
        written.map_err(|error| SinkError::failed("write to", &self.address, error))
    }
}

#[async_trait]
impl Lookup for PostgresSink {
    async fn sources(&self) -> Result<Vec<Source>, SinkError> {
        around::sources(&self.connect().await?, &self.shown()).await
    }

    async fn find(&self, question: &Question) -> Result<Found, SinkError> {
        around::find(&mut self.connect().await?, question, &self.shown()).await
    }

    async fn around(
        &self,
        source: &Source,
        node: &NodeKey,
        bounds: Bounds,
    ) -> Result<Option<Neighbourhood>, SinkError> {
        let mut client = self.connect().await?;
        let found = around::around(&mut client, source, node, bounds).await;
        found.map_err(|error| SinkError::failed("read", &self.address, error))
    }
}
