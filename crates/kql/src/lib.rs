//! The Kusto Query Language: lexer, parser, tree, diagnostics, formatter, literal builder, Defender schema.
//!
//! - [`parse`] reads any text into a tree ([`ast`]) with the place of every node, and says in
//!   [`Diagnostic`]s what is wrong. It goes on after errors and never panics.
//! - [`format()`] lays a query out by one set of rules and keeps its comments.
//! - [`lint`] warns about what costs quota or misses what it looks for.
//! - [`literal`] and [`build`] are how programs write queries: values enter only as literals, so that
//!   no value can change what a query means.
//! - [`schema`] knows the tables of Microsoft Defender advanced hunting.
//! - [`visit`] walks trees; [`lexer`] gives the tokens; [`constant`] reads the values of typed literals.
//!
//! The parser takes what the language service that Microsoft publishes takes
//! (github.com/microsoft/Kusto-Query-Language), and refuses what that refuses. It is stricter where
//! there is nothing to run: a text without a query, management commands, `[…]` that is neither a name
//! nor an index, and `typeof` of something that is no type.
//!
//! Nothing here does I/O or reads a clock.
//!
//! ```
//! let parsed = tesem_kql::parse("DeviceEvents | wheer ActionType == 'x' | take 5");
//! let finding = &parsed.diagnostics[0];
//! assert_eq!(finding.message, "`wheer` is not an operator");
//! assert_eq!(finding.hint.as_deref(), Some("did you mean `where`?"));
//! ```

pub mod ast;
pub mod build;
pub mod constant;
pub mod diagnostic;
mod format;
pub mod lexer;
mod lint;
pub mod literal;
mod parser;
pub mod schema;
pub mod span;
mod suggest;
pub mod types;
pub mod visit;

pub use diagnostic::{Diagnostic, Position, Severity};
pub use format::{WIDTH as FORMAT_WIDTH, format};
pub use lint::{RULES as LINT_RULES, Rule as LintRule, lint};
pub use parser::{MAX_NESTING, MAX_TREE_HEIGHT, Parsed, parse};
pub use span::Span;
pub use suggest::nearest;
