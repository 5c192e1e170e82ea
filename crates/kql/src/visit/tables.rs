//! Which tables a query reads, as far as the text alone tells.

use super::{Visitor, walk_expr, walk_function, walk_operator, walk_query, walk_statement};
use crate::ast::{
    Expr, ExprKind, FunctionDeclaration, LetValue, Operator, OperatorKind, Parameter,
    ParameterKind, Query, Statement,
};
use crate::span::Span;

/// A name that stands where a table must stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReference {
    /// The name, or a name with `*` in it.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it holds a `*`.
    pub wildcard: bool,
}

/// The tables that `query` reads, in text order, without what `let` declares before and what
/// functions take as parameters.
///
/// A name that may be a table or a column, such as an argument of a plugin or an element of `in
/// (…)`, is not among them.
#[must_use]
pub fn table_references(query: &Query) -> Vec<TableReference> {
    let mut collector = Collector {
        found: Vec::new(),
        declared: Vec::new(),
    };
    walk_query(&mut collector, query);
    collector
        .found
        .sort_by_key(|reference| reference.span.start);
    collector.found
}

struct Collector {
    found: Vec<TableReference>,
    /// Names that hide tables, innermost last.
    declared: Vec<String>,
}

impl Collector {
    /// Notes the names in `expr`, which stands where a table must stand.
    fn tabular(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.reference(&name.text, expr.span, false),
            ExprKind::Wildcard(name) => self.reference(name, expr.span, true),
            ExprKind::Path { member, .. } => {
                self.reference(&member.text, member.span, member.text.contains('*'));
            }
            ExprKind::Parenthesised(inner) => self.tabular(inner),
            ExprKind::Call {
                base: None,
                name,
                arguments,
            } if takes_query(&name.text) => {
                arguments
                    .iter()
                    .take(1)
                    .for_each(|argument| self.tabular(&argument.value));
            }
            _ => {}
        }
    }

    fn reference(&mut self, name: &str, span: Span, wildcard: bool) {
        if !self.declared.iter().any(|declared| declared == name) {
            self.found.push(TableReference {
                name: name.to_owned(),
                span,
                wildcard,
            });
        }
    }

    fn declare_parameters(&mut self, parameters: &[Parameter]) {
        let tabular =
            |parameter: &&Parameter| matches!(parameter.kind, ParameterKind::Tabular { .. });
        let names = parameters
            .iter()
            .filter(tabular)
            .map(|parameter| parameter.name.text.clone());
        self.declared.extend(names);
    }
}

fn takes_query(function: &str) -> bool {
    matches!(function, "materialize" | "toscalar" | "totable" | "view")
}

impl Visitor for Collector {
    fn visit_statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Expression(expr) => self.tabular(expr),
            Statement::Let(declaration) => {
                if let LetValue::Expr(value) = &declaration.value {
                    self.tabular(value);
                }
            }
            _ => {}
        }
        walk_statement(self, statement);
        if let Statement::Let(declaration) = statement {
            self.declared.push(declaration.name.text.clone());
        }
    }

    fn visit_function(&mut self, function: &FunctionDeclaration) {
        let outside = self.declared.len();
        self.declare_parameters(&function.parameters);
        walk_function(self, function);
        self.declared.truncate(outside);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Pipe { source, .. } => self.tabular(source),
            ExprKind::Call {
                base: None, name, ..
            } if takes_query(&name.text) => self.tabular(expr),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_operator(&mut self, operator: &Operator) {
        let tables: &[Expr] = match &operator.kind {
            OperatorKind::Union(union) => &union.tables,
            OperatorKind::Find(find) => &find.tables,
            OperatorKind::Search(search) => &search.tables,
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
                std::slice::from_ref(&join.right)
            }
            _ => &[],
        };
        tables.iter().for_each(|table| self.tabular(table));
        walk_operator(self, operator);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(query: &str) -> Vec<String> {
        let mut names: Vec<_> = table_references(&crate::parse(query).query)
            .into_iter()
            .map(|it| it.name)
            .collect();
        names.dedup();
        names
    }

    #[test]
    fn finds_tables_wherever_they_stand() {
        assert_eq!(tables("DeviceEvents"), ["DeviceEvents"]);
        assert_eq!(
            tables("A | where x in (B | project y) | join (C) on k | lookup D on k"),
            ["A", "B", "C", "D"]
        );
        assert_eq!(
            tables("union withsource=t A, Device*, (B | take 1)"),
            ["A", "Device*", "B"]
        );
        assert_eq!(tables("search in (A, B) \"x\""), ["A", "B"]);
        assert_eq!(tables("print x = toscalar(A | count)"), ["A"]);
        assert_eq!(tables("database('d').A | take 1"), ["A"]);
        assert_eq!(tables("A | partition by k { B | where c } "), ["A", "B"]);
    }

    #[test]
    fn leaves_out_what_the_query_declares() {
        assert_eq!(
            tables("let T = A; let U = materialize(B); union T, U"),
            ["A", "B"]
        );
        assert_eq!(
            tables("let f = (T: (a: long)) { T | join C on a }; f(A)"),
            ["C"]
        );
        assert_eq!(tables("let x = 5d; A | where t > ago(x)"), ["A"]);
    }
}
