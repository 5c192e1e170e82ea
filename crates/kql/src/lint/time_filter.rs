//! Tables that are read over all of their time.

use std::collections::HashMap;

use super::{Rule, Subject};
use crate::ast::{Expr, ExprKind, LetStatement, Operator, OperatorKind, Statement};
use crate::diagnostic::Diagnostic;
use crate::schema::{TIME_GENERATED, TIMESTAMP, Table, defender};
use crate::span::Span;
use crate::visit::{Visitor, walk_expr, walk_operator, walk_query, walk_statement};

pub(super) const RULE: Rule = Rule {
    code: "KQL0202",
    name: "no-time-filter",
    summary: "a table that is read over all of its time costs the most quota",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut reader = Reader::default();
    walk_query(&mut reader, subject.query);
    let declared = reader.covered_declarations();
    let is_covered = |reference: &Reference| {
        let within = reference.within.and_then(|place| declared.get(place));
        reference.filtered || within.is_some_and(|covered| *covered)
    };
    let unfiltered = reader.references.iter().filter(|it| !is_covered(it));
    unfiltered.filter_map(finding).collect()
}

fn finding(reference: &Reference) -> Option<Diagnostic> {
    defender()
        .table(&reference.name)
        .filter(|table| Table::has_time(table))?;
    let message = format!("`{}` is read over all of its time", reference.name);
    Some(
        Diagnostic::warning(RULE.code, message, reference.span)
            .with_hint("add `| where Timestamp > ago(1d)`, or as far back as you need"),
    )
}

/// A name that may be that of a table.
struct Reference {
    name: String,
    span: Span,
    /// Whether an operator behind it filters by time.
    filtered: bool,
    /// The declaration it stands in.
    within: Option<usize>,
}

/// Follows rows from where they are read to where they are filtered.
#[derive(Default)]
struct Reader {
    references: Vec<Reference>,
    /// What `let` declares, in text order.
    declarations: Vec<String>,
    filtered: bool,
    within: Option<usize>,
}

impl Reader {
    /// For each declaration, whether its rows are filtered wherever they are read; what nobody reads costs nothing.
    fn covered_declarations(&self) -> Vec<bool> {
        let places: HashMap<&str, usize> = self
            .declarations
            .iter()
            .enumerate()
            .map(|(place, name)| (name.as_str(), place))
            .collect();
        let mut covered = vec![true; self.declarations.len()];
        // A declaration is read by later ones only, so the last one is settled first.
        for reference in self.references.iter().rev() {
            let Some(&place) = places.get(reference.name.as_str()) else {
                continue;
            };
            let reader_is_covered = reference
                .within
                .is_some_and(|reader| covered.get(reader).is_some_and(|covered| *covered));
            if let (false, Some(covered)) = (
                reference.filtered || reader_is_covered,
                covered.get_mut(place),
            ) {
                *covered = false;
            }
        }
        covered
    }

    fn refer(&mut self, name: &str, span: Span) {
        self.references.push(Reference {
            name: name.to_owned(),
            span,
            filtered: self.filtered,
            within: self.within,
        });
    }

    fn with_filter(&mut self, filtered: bool, visit: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.filtered, filtered);
        visit(self);
        self.filtered = outside;
    }

    fn declaration(&mut self, declaration: &LetStatement, statement: &Statement) {
        let outside = self.within.replace(self.declarations.len());
        self.declarations.push(declaration.name.text.clone());
        walk_statement(self, statement);
        self.within = outside;
    }
}

impl Visitor for Reader {
    fn visit_statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Let(declaration) => self.declaration(declaration, statement),
            _ => walk_statement(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::Call { name, .. } => self.refer(&name.text, name.span),
            ExprKind::Pipe { operators, .. } => {
                let filtered = self.filtered || operators.iter().any(filters_by_time);
                return self.with_filter(filtered, |reader| walk_expr(reader, expr));
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_operator(&mut self, operator: &Operator) {
        let filtered = match &operator.kind {
            OperatorKind::Union(_) => self.filtered,
            OperatorKind::Find(find) => self.filtered || mentions_time(&find.predicate),
            OperatorKind::Search(search) => self.filtered || mentions_time(&search.predicate),
            // A filter behind a join looks at the left side's time; one in a condition looks at no other rows.
            _ => false,
        };
        self.with_filter(filtered, |reader| walk_operator(reader, operator));
    }
}

fn filters_by_time(operator: &Operator) -> bool {
    match &operator.kind {
        OperatorKind::Where { predicate, .. } => mentions_time(predicate),
        _ => false,
    }
}

/// Whether a condition looks at when something happened.
fn mentions_time(condition: &Expr) -> bool {
    struct Time(bool);
    impl Visitor for Time {
        fn visit_expr(&mut self, expr: &Expr) {
            match &expr.kind {
                ExprKind::Name(name) => {
                    self.0 |= [TIMESTAMP, TIME_GENERATED].contains(&name.text.as_str());
                }
                ExprKind::Call { name, .. } => self.0 |= name.text == "ago",
                _ => {}
            }
            walk_expr(self, expr);
        }
    }
    let mut time = Time(false);
    time.visit_expr(condition);
    time.0
}
