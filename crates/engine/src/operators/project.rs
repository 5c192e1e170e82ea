//! `project`: the columns that are named, in that order.
//!
//! Source: learn.microsoft.com/kusto/query/project-operator.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder};
use tesem_kql::ast::NamedExpr;

use super::extend::Assignment;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::relation::{Relation, RelationColumn, id_of, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::binder::windows::WindowCalls;
use crate::bound::Bound;
use crate::error::codes;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    columns: &'q [NamedExpr],
) -> Bind<Relation> {
    let windows = WindowCalls::default();
    let row = Row::of(&input, scope).with_windows(&windows);
    let mut names = Names::default();
    let mut values = Vec::new();
    for column in columns {
        let bound = binder.scalar(&row, &column.value)?;
        for (name, bound) in named_outputs(column, bound)? {
            values.push((output_name(binder, &mut names, name, &bound)?, bound));
        }
    }
    let input = windows.applied(binder, input)?;
    let (columns, plan) = computed(binder, &input, values)?;
    let kept = Relation {
        columns,
        hidden: Vec::new(),
        ..input
    };
    Ok(kept.with_plan(plan))
}

/// The name of an output column.
pub(crate) fn output_name(
    binder: &Binder<'_>,
    names: &mut Names,
    given: Option<&tesem_kql::ast::Name>,
    bound: &Bound,
) -> Bind<String> {
    match (given, &bound.name) {
        (Some(name), _) => names.explicit(name, binder.operator()),
        (None, Some(derived)) if bound.is_column => {
            names.claim(derived, binder.operator(), bound.span)
        }
        (None, Some(derived)) => Ok(names.derived(derived)),
        (None, None) => Ok(names.unnamed()),
    }
}

/// The columns that an expression makes, each with the name the query gives it: several for a function that returns several results.
pub(crate) fn named_outputs(assignment: &NamedExpr, bound: Bound) -> Bind<Vec<Assignment<'_>>> {
    let mut bound = bound;
    let outputs = match std::mem::take(&mut bound.tuple) {
        tuple if tuple.is_empty() => vec![bound],
        tuple => tuple,
    };
    if assignment.names.len() > outputs.len() {
        let (names, values) = (assignment.names.len(), outputs.len());
        let message = format!("{names} names for {values} values");
        return Err(Fault::wrong(
            codes::WRONG_ARGUMENTS,
            message,
            assignment.span,
        ));
    }
    let mut names = assignment.names.iter();
    Ok(outputs
        .into_iter()
        .map(|bound| (names.next(), bound))
        .collect())
}

/// A plan with the values beside everything the input keeps, and the columns that hold them. References to columns stay what they are.
pub(crate) fn computed(
    binder: &Binder<'_>,
    input: &Relation,
    values: Vec<(String, Bound)>,
) -> Bind<(Vec<RelationColumn>, LogicalPlan)> {
    let mut ids = input.kept_ids();
    let mut expressions = Vec::new();
    let mut columns = Vec::with_capacity(values.len());
    for (name, bound) in values {
        let id = match id_of(&bound.expr) {
            // What a window function computed is a column of the plan, but of no relation.
            Some(id) => {
                if !ids.contains(&id) {
                    ids.push(Arc::clone(&id));
                }
                id
            }
            None => {
                let id = binder.fresh_id();
                expressions.push(bound.expr.alias(id.to_string()));
                id
            }
        };
        columns.push(RelationColumn {
            name,
            id,
            scalar_type: bound.scalar_type,
            nullable: bound.nullable,
        });
    }
    if expressions.is_empty() {
        return Ok((columns, input.plan.clone()));
    }
    let expressions: Vec<PlanExpr> = ids.iter().map(reference).chain(expressions).collect();
    let builder = LogicalPlanBuilder::new(input.plan.clone());
    Ok((columns, builder.project(expressions)?.build()?))
}
