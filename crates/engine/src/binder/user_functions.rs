//! Functions that the query itself declares: their bodies are bound anew for every call.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr as PlanExpr;
use tesem_kql::Span;
use tesem_kql::ast::{Argument, ColumnDeclaration, Parameter, ParameterKind, Statement};

use super::Binder;
use super::fault::{Bind, Fault};
use super::relation::Relation;
use super::row::Row;
use super::scope::{Binding, Scope, UserFunction};
use crate::bound::Bound;
use crate::error::{Finding, codes};

/// What a function returned.
pub(crate) enum Called {
    /// A value.
    Scalar(Bound),
    /// Rows.
    Table(Relation),
}

impl Binder<'_> {
    /// Calls a function of the query.
    pub(crate) fn call_user_function<'q>(
        &self,
        row: &Row<'_, 'q>,
        function: &UserFunction<'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Called> {
        self.call_with_input(row, function, None, arguments, span)
    }

    /// Calls a function of the query; `input` is its first argument, as with `invoke`.
    pub(crate) fn call_with_input<'q>(
        &self,
        row: &Row<'_, 'q>,
        function: &UserFunction<'q>,
        input: Option<Relation>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Called> {
        self.nested(|| {
            let scope = function.scope.function();
            let result = self
                .declare_parameters(row, &scope, function, input, arguments, span)
                .and_then(|()| self.body(&scope, &function.declaration.body, span));
            scope.clear();
            result
        })
    }

    fn body<'q>(&self, scope: &Scope<'q>, body: &'q [Statement], span: Span) -> Bind<Called> {
        let result = self.declarations(scope, body)?;
        let [result] = result.as_slice() else {
            let message = "the body of a function must end with one expression";
            return Err(Fault::wrong(codes::NO_RESULT, message, span));
        };
        let row = Row::none(scope);
        if self.is_tabular(&row, result) {
            return Ok(Called::Table(self.table(scope, result)?));
        }
        let bound = self.scalar(&row, result)?;
        Ok(Called::Scalar(Bound {
            name: None,
            ..bound
        }))
    }

    fn declare_parameters<'q>(
        &self,
        row: &Row<'_, 'q>,
        scope: &Scope<'q>,
        function: &UserFunction<'q>,
        input: Option<Relation>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<()> {
        let parameters = &function.declaration.parameters;
        let offset = usize::from(input.is_some());
        if arguments.len() + offset > parameters.len() {
            return Err(wrong_count(parameters.len(), arguments.len(), span));
        }
        let mut input = input;
        for (position, parameter) in parameters.iter().enumerate() {
            if let (0, Some(relation)) = (position, input.take()) {
                let binding = self.tabular_parameter(parameter, relation, span)?;
                scope.declare(&parameter.name.text, binding);
                continue;
            }
            let argument = argument_of(parameters, parameter, position, offset, arguments);
            let binding = self.parameter(row, scope, parameter, argument, span)?;
            scope.declare(&parameter.name.text, binding);
        }
        Ok(())
    }

    fn parameter<'q>(
        &self,
        row: &Row<'_, 'q>,
        scope: &Scope<'q>,
        parameter: &'q Parameter,
        argument: Option<&'q Argument>,
        span: Span,
    ) -> Bind<Binding<'q>> {
        match (&parameter.kind, argument) {
            (ParameterKind::Tabular { .. }, Some(argument)) => {
                let relation = self.table(row.scope, &argument.value)?;
                self.tabular_parameter(parameter, relation, argument.value.span)
            }
            (ParameterKind::Scalar(scalar_type), Some(argument)) => {
                let bound = self.scalar(row, &argument.value)?;
                Ok(scalar_binding(self.convert(bound, *scalar_type)?))
            }
            (ParameterKind::Scalar(scalar_type), None) => {
                let Some(default) = &parameter.default else {
                    return Err(missing(parameter, span));
                };
                let bound = self.scalar(&Row::none(scope), default)?;
                Ok(scalar_binding(self.convert(bound, *scalar_type)?))
            }
            (ParameterKind::Tabular { .. }, None) => Err(missing(parameter, span)),
        }
    }

    fn tabular_parameter<'q>(
        &self,
        parameter: &Parameter,
        relation: Relation,
        span: Span,
    ) -> Bind<Binding<'q>> {
        let ParameterKind::Tabular { columns, .. } = &parameter.kind else {
            let message = format!("`{}` takes a value, not rows", parameter.name.text);
            return Err(Fault::wrong(codes::WRONG_KIND, message, span));
        };
        for declared in columns {
            check_column(&relation, declared, span)?;
        }
        // Kusto checks the declared columns, but lets the body see the others, too.
        Ok(Binding::Table(relation))
    }
}

/// The argument for a parameter: by name, or else by position.
fn argument_of<'q>(
    parameters: &[Parameter],
    parameter: &Parameter,
    position: usize,
    offset: usize,
    arguments: &'q [Argument],
) -> Option<&'q Argument> {
    let is_named = |argument: &Argument, name: &str| {
        argument
            .name
            .as_ref()
            .is_some_and(|given| given.text == name)
    };
    let by_name = arguments
        .iter()
        .find(|argument| is_named(argument, &parameter.name.text));
    by_name.or_else(|| {
        let names_parameter = |argument: &Argument| {
            parameters
                .iter()
                .any(|parameter| is_named(argument, &parameter.name.text))
        };
        arguments
            .get(position.checked_sub(offset)?)
            .filter(|argument| !names_parameter(argument))
    })
}

fn check_column(relation: &Relation, declared: &ColumnDeclaration, span: Span) -> Bind<()> {
    let name = &declared.name.text;
    match relation.column(name) {
        Some(column) if column.scalar_type == declared.scalar_type => Ok(()),
        Some(column) => Err(Fault::wrong_type(
            &format!("the column `{name}` of the argument"),
            declared.scalar_type.name(),
            column.scalar_type,
            span,
        )),
        None => Err(Fault::wrong(
            codes::UNKNOWN_COLUMN,
            format!("the argument has no column `{name}`"),
            span,
        )),
    }
}

/// A value as something that can be declared.
pub(crate) fn scalar_binding<'q>(bound: Bound) -> Binding<'q> {
    let size = if bound.is_constant() {
        1
    } else {
        nodes(&bound.expr)
    };
    Binding::Scalar { bound, size }
}

fn nodes(expr: &PlanExpr) -> usize {
    let mut count = 0;
    let visited = expr.apply(|_| {
        count += 1;
        Ok(TreeNodeRecursion::Continue)
    });
    visited.map_or(usize::MAX, |_| count)
}

fn wrong_count(expected: usize, given: usize, span: Span) -> Fault {
    let message = format!("the function takes {expected} arguments and was given {given}");
    Fault::wrong(codes::WRONG_ARGUMENTS, message, span)
}

fn missing(parameter: &Parameter, span: Span) -> Fault {
    let message = format!("the argument for `{}` is missing", parameter.name.text);
    Finding::error(codes::WRONG_ARGUMENTS, message, span).into()
}
