//! Looking one thing up in a sink, without reading the graph.

use std::fmt;

use async_trait::async_trait;

use super::SinkError;
use crate::around::{Bounds, Found, Neighbourhood, Question};
use crate::graph::NodeKey;
use crate::import::Source;

/// A sink that finds nodes by what a person types and tells what they are joined to. Each call sees the sink as it is at one moment.
#[async_trait]
pub trait Lookup: fmt::Debug + Send + Sync {
    /// The sources that it holds, by key.
    ///
    /// # Errors
    /// [`SinkError`].
    async fn sources(&self) -> Result<Vec<Source>, SinkError>;

    /// What `question` may mean: none where nothing fits, whatever letters it has.
    ///
    /// # Errors
    /// [`SinkError`].
    async fn find(&self, question: &Question) -> Result<Found, SinkError>;

    /// A node, be it there or gone, and what it is joined to; nothing where the source never had it.
    ///
    /// # Errors
    /// [`SinkError`].
    async fn around(
        &self,
        source: &Source,
        node: &NodeKey,
        bounds: Bounds,
    ) -> Result<Option<Neighbourhood>, SinkError>;
}
