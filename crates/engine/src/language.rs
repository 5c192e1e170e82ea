//! The names of the language's functions and plugins, whether this engine answers them or refuses them.
//!
//! Source: the symbol tables of github.com/microsoft/Kusto-Query-Language.

use crate::binder::catalogue;
use crate::operators;

/// The scalar functions, sorted.
pub fn functions() -> impl Iterator<Item = &'static str> {
    catalogue::FUNCTIONS.iter().copied()
}

/// The aggregate functions, sorted.
pub fn aggregates() -> impl Iterator<Item = &'static str> {
    catalogue::AGGREGATES.iter().copied()
}

/// The plugins of `evaluate`, sorted.
pub fn plugins() -> impl Iterator<Item = &'static str> {
    operators::plugins().into_iter()
}
