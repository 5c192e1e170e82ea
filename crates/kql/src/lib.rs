//! The Kusto Query Language: lexer, parser, tree, diagnostics, formatter, literal builder, Defender schema.

pub mod ast;
pub mod build;
pub mod constant;
pub mod diagnostic;
mod format;
pub mod lexer;
pub mod literal;
mod parser;
pub mod schema;
pub mod span;
mod suggest;
pub mod types;
pub mod visit;

pub use diagnostic::{Diagnostic, Position, Severity};
pub use format::{WIDTH as FORMAT_WIDTH, format};
pub use parser::{MAX_NESTING, MAX_TREE_HEIGHT, Parsed, parse};
pub use span::Span;
pub use suggest::nearest;
