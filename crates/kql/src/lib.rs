//! The Kusto Query Language: lexer, parser, tree, diagnostics, formatter, literal builder, Defender schema.

pub mod ast;
pub mod constant;
pub mod diagnostic;
pub mod lexer;
pub mod span;
pub mod types;

pub use diagnostic::{Diagnostic, Position, Severity};
pub use span::Span;

/// What [`parse`] read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The tree; parts that could not be read are [`ast::ExprKind::Error`] or missing.
    pub query: ast::Query,
    /// What is wrong, in text order; without an error among them the tree is complete.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether one of the diagnostics is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a query text. Never fails: what cannot be read is in the diagnostics.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let span = Span::new(0, text.len());
    let finding = Diagnostic::error(diagnostic::codes::NO_QUERY, "expected a query", span);
    Parsed {
        query: ast::Query {
            statements: Vec::new(),
            span,
        },
        diagnostics: vec![finding],
    }
}
