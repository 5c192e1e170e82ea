//! Where imports go: one file per kind of sink.
//!
//! A sink that can be read back ([`Sink::earlier`]) needs nothing else for incremental imports: what it holds is what the next one starts
//! from.

pub mod car;
mod columnar;
mod error;
mod file;
mod json;
mod line;
mod lookup;
mod parquet;
mod postgres;
mod sql;
mod sqlite;
mod words;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::delta::Change;
use crate::graph::AssetGraph;
use crate::import::{Import, Source};
use crate::save_point::SavePoint;

pub use car::CarSink;
pub use error::SinkError;
pub use json::JsonSink;
pub use lookup::Lookup;
pub use parquet::ParquetSink;
pub use postgres::PostgresSink;
pub use sqlite::SqliteSink;

/// Somewhere that imports are written to.
///
/// The order of an import is: [`Sink::earlier`], then reading, then [`Sink::write`]. A write that fails, or a process that ends in it,
/// leaves the save point as it was: the same import or a later one goes on from there, and what was written twice is there once.
///
/// That one source is imported by one process at a time is the caller's matter. Where two did it, the next import mends what they left.
#[async_trait]
pub trait Sink: fmt::Debug + Send + Sync {
    /// What the sink holds of a source; nothing where there was no import.
    ///
    /// # Errors
    /// [`SinkError`].
    async fn earlier(&self, source: &Source) -> Result<Option<Earlier>, SinkError>;

    /// How far imports of a source have come.
    ///
    /// # Errors
    /// [`SinkError`].
    async fn save_point(&self, source: &Source) -> Result<Option<SavePoint>, SinkError> {
        Ok(self
            .earlier(source)
            .await?
            .and_then(|earlier| earlier.save_point))
    }

    /// Whether a full import begins from nothing, whatever the sink holds: it does away by itself with what such an import does not have.
    fn starts_over(&self) -> bool {
        false
    }

    /// Whether the parts of a full import are to be written one after the other, so that a crash does not repeat them all. A sink that
    /// writes everything anew each time is better off without.
    fn takes_parts(&self) -> bool {
        false
    }

    /// Writes what an import found.
    ///
    /// # Errors
    /// [`SinkError`].
    async fn write(&self, import: Arc<Import>) -> Result<Written, SinkError>;
}

/// What a sink holds of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// The graph.
    pub graph: AssetGraph,
    /// How far imports have come; nothing where the first one was not completed.
    pub save_point: Option<SavePoint>,
}

/// How much an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// New nodes.
    pub nodes_created: u64,
    /// Nodes that say something else.
    pub nodes_updated: u64,
    /// Nodes that are gone.
    pub nodes_removed: u64,
    /// New edges.
    pub edges_created: u64,
    /// Edges that say something else.
    pub edges_updated: u64,
    /// Edges that are no longer so.
    pub edges_closed: u64,
    /// Alerts that came and went since the import before.
    pub alerts_passed: u64,
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, more: Self) {
        self.nodes_created += more.nodes_created;
        self.nodes_updated += more.nodes_updated;
        self.nodes_removed += more.nodes_removed;
        self.edges_created += more.edges_created;
        self.edges_updated += more.edges_updated;
        self.edges_closed += more.edges_closed;
        self.alerts_passed += more.alerts_passed;
    }
}

impl Written {
    /// Counts a step.
    fn count(&mut self, change: &Change) {
        let count = match change {
            Change::NodeCreated { .. } => &mut self.nodes_created,
            Change::NodeUpdated { .. } => &mut self.nodes_updated,
            Change::NodeRemoved { .. } => &mut self.nodes_removed,
            Change::EdgeCreated { .. } => &mut self.edges_created,
            Change::EdgeUpdated { .. } => &mut self.edges_updated,
            Change::EdgeClosed { .. } => &mut self.edges_closed,
        };
        *count += 1;
    }
}

/// Runs work that waits for a disk where that keeps no task from running.
async fn blocking<T: Send + 'static>(
    sink: &str,
    work: impl FnOnce() -> Result<T, SinkError> + Send + 'static,
) -> Result<T, SinkError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(SinkError::failed("use", sink, error)))
}
