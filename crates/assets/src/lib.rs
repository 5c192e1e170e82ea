//! A tenant's machines, users, software, vulnerabilities and alerts as one graph, and what changed in it.
//!
//! 1. [`AssetGraph`] is what is known now: nodes and edges of the collections of Connected Assets and Risk, with typed [`Properties`], whose keys
//!    are in [`property`].
//! 2. [`Observed`] is what an import reads, mapped as it comes; what cannot be mapped is counted with its reason ([`Unmapped`]).
//! 3. [`Observed::next`] makes the graph that is of the graph that was. Full and incremental imports differ only in what was read
//!    completely, and come to the same graph.
//! 4. [`Delta`] is what differs between both: what a sink has to do.
//! 5. A [`Sink`](sink::Sink) takes it: JSON Lines, Parquet, SQLite, PostgreSQL or IBM's Connected Assets and
//!    Risk. What a sink holds is what the next import starts from.
//! 6. A [`Lookup`](sink::Lookup) finds one thing in a sink and what it is joined to: [`around`].
//! 7. [`SavePoint`] and [`reach`] say whether an import can be incremental.

pub mod around;
pub mod collect;
mod collection;
mod delta;
mod derive;
mod edges;
mod forecast;
mod graph;
mod import;
mod importer;
mod mapping;
mod millis;
mod next;
mod observed;
mod passed;
mod properties;
pub mod property;
mod save_point;
pub mod sink;
mod text;
mod value;

pub use collection::{EdgeKind, NodeKind};
pub use delta::{Because, Change, Delta};
pub use forecast::Forecast;
pub use graph::{AssetGraph, EdgeKey, Ends, EndsRef, NodeKey, Nodes};
pub use import::{Import, InvalidSourceKey, Source};
pub use importer::{ImportError, ImportReport, Importer};
pub use mapping::{AccountIds, MappingOptions, Reason, RecordKind, Tally, Unmapped};
pub use millis::Millis;
pub use next::Next;
pub use observed::{Aspect, Observed};
pub use passed::Passed;
pub use properties::{Draft, Patch, Properties};
pub use property::{Key, Property};
pub use save_point::{
    AGE_MAX, FullBecause, ImportScope, Mode, NotASavePoint, NotIncremental, OVERLAP, Part, Reach,
    SavePoint, reach,
};
pub use text::Text;
pub use value::{Real, Texts, Typed, Value, ValueType};
