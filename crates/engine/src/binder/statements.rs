//! The statements of a query and of function bodies.

use tesem_kql::Span;
use tesem_kql::ast::{Expr, LetStatement, LetValue, Parameter, ParameterKind, Query, Statement};

use super::Binder;
use super::fault::{Bind, Fault};
use super::relation::Relation;
use super::results::Output;
use super::row::Row;
use super::scope::{Binding, Scope, UserFunction};
use super::user_functions::scalar_binding;
use crate::error::codes;

impl Binder<'_> {
    /// Binds a whole query to its results; there is at least one.
    pub(crate) fn query(&self, query: &Query) -> Bind<Vec<Output>> {
        let scope = Scope::root();
        let results = self.query_in(&scope, query);
        scope.clear();
        results
    }

    fn query_in<'q>(&self, scope: &Scope<'q>, query: &'q Query) -> Bind<Vec<Output>> {
        let statements = self.declarations(scope, &query.statements)?;
        if statements.is_empty() {
            let message = "the query returns nothing: it ends with a declaration";
            return Err(Fault::wrong(codes::NO_RESULT, message, query.span));
        }
        let mut results = Vec::with_capacity(statements.len());
        for statement in statements {
            results.append(&mut self.results(scope, statement)?);
        }
        Ok(results)
    }

    /// Binds declarations, and hands back the expressions between them.
    pub(crate) fn declarations<'q>(
        &self,
        scope: &Scope<'q>,
        statements: &'q [Statement],
    ) -> Bind<Vec<&'q Expr>> {
        let mut results = Vec::new();
        for statement in statements {
            match statement {
                Statement::Let(declaration) => self.declare(scope, declaration)?,
                Statement::Set(set) => self.set_option(scope, set)?,
                Statement::DeclareParameters(declared) => {
                    for parameter in &declared.parameters {
                        self.query_parameter(scope, parameter)?;
                    }
                }
                Statement::Pattern { span, .. } => {
                    return Err(unsupported("`declare pattern`", *span));
                }
                Statement::Alias { span, .. } => return Err(unsupported("`alias`", *span)),
                Statement::Restrict { span, .. } => {
                    return Err(unsupported("`restrict access`", *span));
                }
                Statement::Expression(expr) => results.push(expr),
            }
        }
        Ok(results)
    }

    fn declare<'q>(&self, scope: &Scope<'q>, declaration: &'q LetStatement) -> Bind<()> {
        let binding = match &declaration.value {
            LetValue::Function(function) => Binding::Function(UserFunction {
                declaration: function,
                scope: scope.snapshot(),
            }),
            LetValue::Expr(expr) => {
                let row = Row::none(scope);
                if self.is_tabular(&row, expr) {
                    Binding::Table(Relation {
                        table: None,
                        ..self.table(scope, expr)?
                    })
                } else {
                    let bound = self.within("let", || self.scalar(&row, expr))?;
                    scalar_binding(bound)
                }
            }
        };
        scope.declare(&declaration.name.text, binding);
        Ok(())
    }

    fn query_parameter<'q>(&self, scope: &Scope<'q>, parameter: &'q Parameter) -> Bind<()> {
        let (ParameterKind::Scalar(scalar_type), Some(default)) =
            (&parameter.kind, &parameter.default)
        else {
            return Err(unsupported(
                "a query parameter without a default",
                parameter.span,
            ));
        };
        let bound = self.scalar(&Row::none(scope), default)?;
        let bound = self.convert(bound, *scalar_type)?;
        scope.declare(&parameter.name.text, scalar_binding(bound));
        Ok(())
    }
}

fn unsupported(what: &str, span: Span) -> Fault {
    Fault::not_supported(what, span)
}
