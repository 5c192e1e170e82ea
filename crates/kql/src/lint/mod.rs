//! What a query that can be run should still be told: it costs more than it needs to, or misses what it looks for.
//!
//! [`lint`] looks at the text and the tree alone, so that it needs no data; whether names exist and types fit is the binder's to say. Each rule has its
//! file, its code, and a line in [`RULES`].

mod adjacent_strings;
mod all_tables;
mod contains;
mod join_kind;
mod letter_case;
mod plain_regex;
mod retention;
mod table_names;
mod termless;
mod time_filter;

use crate::ast::{Expr, ExprKind, Literal, Operator, Query};
use crate::diagnostic::Diagnostic;
use crate::visit::{Visitor, walk_expr, walk_operator, walk_query};

/// A thing that [`lint`] looks for.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its stable code, `KQL02…`.
    pub code: &'static str,
    /// What it is called, in words with hyphens.
    pub name: &'static str,
    /// Why it matters, in one sentence.
    pub summary: &'static str,
    check: fn(&Subject<'_>) -> Vec<Diagnostic>,
}

/// A query under examination.
struct Subject<'a> {
    text: &'a str,
    query: &'a Query,
}

/// All rules, by code.
pub const RULES: &[Rule] = &[
    contains::RULE,
    time_filter::RULE,
    table_names::RULE,
    join_kind::RULE,
    letter_case::RULE,
    plain_regex::RULE,
    termless::RULE,
    all_tables::RULE,
    retention::RULE,
    adjacent_strings::RULE,
];

/// The warnings about `text`, whose tree is `query`, in text order.
///
/// ```
/// let text = "DeviceEvents | where Timestamp > ago(1d) and FileName contains 'mimikatz'";
/// let warnings = tesem_kql::lint(text, &tesem_kql::parse(text).query);
/// assert_eq!(warnings[0].code, "KQL0201");
/// ```
#[must_use]
pub fn lint(text: &str, query: &Query) -> Vec<Diagnostic> {
    let subject = Subject { text, query };
    let mut warnings: Vec<Diagnostic> = RULES
        .iter()
        .flat_map(|rule| (rule.check)(&subject))
        .collect();
    warnings.sort_by_key(|warning| (warning.span.start, warning.code));
    warnings
}

/// What `judge` says of the expressions of a query.
fn of_exprs(query: &Query, judge: fn(&Expr) -> Option<Diagnostic>) -> Vec<Diagnostic> {
    struct Exprs {
        judge: fn(&Expr) -> Option<Diagnostic>,
        found: Vec<Diagnostic>,
    }
    impl Visitor for Exprs {
        fn visit_expr(&mut self, expr: &Expr) {
            self.found.extend((self.judge)(expr));
            walk_expr(self, expr);
        }
    }
    let mut exprs = Exprs {
        judge,
        found: Vec::new(),
    };
    walk_query(&mut exprs, query);
    exprs.found
}

/// What `judge` says of the operators of a query.
fn of_operators(query: &Query, judge: fn(&Operator) -> Option<Diagnostic>) -> Vec<Diagnostic> {
    struct Operators {
        judge: fn(&Operator) -> Option<Diagnostic>,
        found: Vec<Diagnostic>,
    }
    impl Visitor for Operators {
        fn visit_operator(&mut self, operator: &Operator) {
            self.found.extend((self.judge)(operator));
            walk_operator(self, operator);
        }
    }
    let mut operators = Operators {
        judge,
        found: Vec::new(),
    };
    walk_query(&mut operators, query);
    operators.found
}

/// The text of a string literal.
fn string_literal(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Literal::String(text)) => Some(text),
        ExprKind::Parenthesised(inner) => string_literal(inner),
        _ => None,
    }
}

/// The column that an expression names: `FileName`, or the last member of a path.
fn column_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(&name.text),
        ExprKind::Path { member, .. } => Some(&member.text),
        ExprKind::Parenthesised(inner) => column_name(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
