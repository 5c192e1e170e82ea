//! Runs the Kusto Query Language on Apache DataFusion.
//!
//! A query goes through four steps: [`tesem_kql::parse`] reads it, the binder resolves names and types and builds a DataFusion
//! logical plan, DataFusion optimises and runs it, and the result comes back under the names the query gave.
//!
//! - [`Database`] holds the tables, in memory or in files, with their KQL schemas.
//! - [`Engine::run`] answers a query under limits; [`Engine::check`] only binds it.
//! - [`Value`] is a cell; [`ScalarType`](tesem_kql::types::ScalarType) is its type, and [`types`] says how Arrow stores it.
//!
//! What the engine cannot do is refused by name and place ([`EngineError::NotSupported`]), never answered approximately.

pub mod aggregates;
mod binder;
pub mod bound;
pub mod catalog;
pub mod decimal;
pub mod dynamic;
mod engine;
pub mod error;
mod execute;
pub mod external;
pub mod functions;
pub mod kernel;
pub mod kernels;
pub mod language;
mod operators;
mod ranges;
mod result;
mod scanning;
mod sequence;
mod sequential;
mod sketches;
pub mod ticks;
pub mod types;
pub mod value;
mod windows;
mod yielding;

pub use bound::{Bound, CallContext, CallError};
pub use catalog::{BuildError, CatalogError, Column, Database, FileProfiles, Table, TableBuilder};
pub use dynamic::DynamicValue;
pub use engine::{Engine, EngineOptions, RunOptions, TooManyRows};
pub use error::{EngineError, Finding};
pub use external::ExternalData;
pub use result::{QueryResult, Visualization};
pub use value::Value;
