//! A tenant's machines, users, software, vulnerabilities and alerts as one graph, and what changed in it.
//!
//! 1. [`AssetGraph`] is what is known now: nodes and edges of the collections of Connected Assets and Risk, with typed [`Properties`].
//! 2. [`Observed`] is what an import reads, mapped as it comes; what cannot be mapped is counted with its reason ([`Unmapped`]).
//! 3. [`Observed::next`] makes the graph that is of the graph that was. Full and incremental imports differ only in what was read
//!    completely, and come to the same graph.

mod collection;
mod derive;
mod graph;
mod mapping;
mod millis;
mod next;
mod observed;
mod passed;
mod property;
mod text;

pub use collection::{EdgeKind, NodeKind};
pub use graph::{AssetGraph, EdgeKey, Edges, Ends, NodeKey, Nodes};
pub use mapping::{AccountIds, MappingOptions, Reason, RecordKind, Tally, Unmapped};
pub use millis::Millis;
pub use next::Next;
pub use observed::{Aspect, Observed};
pub use passed::Passed;
pub use property::{Draft, Key, Patch, Properties, Property, Real, Texts, Typed, Value, ValueType};
pub use text::Text;

/// The keys of properties, each with its type.
pub mod properties {
    pub use crate::property::*;
}
