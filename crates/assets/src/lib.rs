//! A tenant's machines, users, software, vulnerabilities and alerts as one graph, and what changed in it.
//!
//! [`AssetGraph`] is what is known now: nodes and edges of the collections of Connected Assets and Risk, with typed [`Properties`].

mod collection;
mod graph;
mod millis;
mod property;
mod text;

pub use collection::{EdgeKind, NodeKind};
pub use graph::{AssetGraph, EdgeKey, Edges, Ends, NodeKey, Nodes};
pub use millis::Millis;
pub use property::{Draft, Key, Patch, Properties, Property, Real, Texts, Typed, Value, ValueType};
pub use text::Text;

/// The keys of properties, each with its type.
pub mod properties {
    pub use crate::property::*;
}
