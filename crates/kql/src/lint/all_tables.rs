//! Reading every table there is.

use super::{Rule, Subject, of_operators};
use crate::ast::{Expr, ExprKind, Operator, OperatorKind};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::visit::{Visitor, walk_expr, walk_query};

pub(super) const RULE: Rule = Rule {
    code: "KQL0208",
    name: "all-tables",
    summary: "every table is read, which costs more than naming the tables",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut found = of_operators(subject.query, of_union);
    let mut sources = Sources(Vec::new());
    walk_query(&mut sources, subject.query);
    found.extend(sources.0);
    found
}

fn warning(span: Span, instead: &str) -> Diagnostic {
    Diagnostic::warning(RULE.code, RULE.summary, span).with_hint(instead)
}

fn of_union(operator: &Operator) -> Option<Diagnostic> {
    let OperatorKind::Union(union) = &operator.kind else {
        return None;
    };
    let is_all = |table: &&Expr| matches!(&table.kind, ExprKind::Wildcard(name) if name == "*");
    let all = union.tables.iter().find(is_all)?;
    Some(warning(
        all.span,
        "name the tables: `union Device*, EmailEvents`",
    ))
}

/// `search` and `find` at the start of a pipeline; with an input they read that alone.
struct Sources(Vec<Diagnostic>);

impl Visitor for Sources {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Source(operator) = &expr.kind {
            self.0.extend(of_source(operator));
        }
        walk_expr(self, expr);
    }
}

fn of_source(operator: &Operator) -> Option<Diagnostic> {
    let (tables, word) = match &operator.kind {
        OperatorKind::Search(search) => (&search.tables, "search"),
        OperatorKind::Find(find) => (&find.tables, "find"),
        _ => return None,
    };
    let start = operator.span.start;
    let hint = format!("name the tables: `{word} in (DeviceFileEvents, DeviceEvents) …`");
    tables
        .is_empty()
        .then(|| warning(Span::new(start, start + word.len()), &hint))
}
