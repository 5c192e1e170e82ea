//! `partition by column (operators)` and `partition by column { query }`: a subquery for each value of a column.
//!
//! The strategies differ in speed only. Where its operators can work on many groups at once the subquery is bound once, see
//! [`Grouping`]; otherwise it is bound for each value, of which there may then be as many as the `legacy` strategy allows.
//! Source: learn.microsoft.com/kusto/query/partition-operator.

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, lit};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, ExprKind, Operator, PartitionBody, PartitionOperator};
use tesem_kql::types::ScalarType;

use super::sort::not_a_key;
use super::{keyword, union, within};
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::grouping::Grouping;
use crate::binder::properties;
use crate::binder::relation::{Relation, RelationColumn, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::binder::user_functions::scalar_binding;
use crate::bound::Bound;
use crate::error::codes;
use crate::types;
use crate::value::Value;

/// How many values a column may have when the subquery is bound for each of them.
///
/// Source: the `legacy` strategy at learn.microsoft.com/kusto/query/partition-operator.
const VALUES_MAX: usize = 64;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    partition: &'q PartitionOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&partition.properties, "partition", &[])?;
    if let Some(inner) = &partition.scope {
        let what = "`in` or `id` of `partition`";
        return Err(Fault::not_supported(what, inner.span));
    }
    let key = key(binder, scope, &input, &partition.by)?;
    match &partition.body {
        PartitionBody::Operators(operators) if within::all_work(operators) => {
            in_groups(binder, scope, input, &key, operators)
        }
        body => for_each_value(binder, scope, &input, &key, body, span),
    }
}

fn key<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    by: &'q Expr,
) -> Bind<RelationColumn> {
    let bound = binder.scalar(&Row::of(input, scope), by)?;
    if bound.scalar_type == ScalarType::Dynamic {
        return Err(not_a_key(&bound));
    }
    let column = match &by.kind {
        ExprKind::Name(name) if bound.is_column => input.column(&name.text),
        _ => None,
    };
    column.cloned().ok_or_else(|| {
        let message = "`partition` takes the name of a column after `by`";
        Fault::wrong(codes::WRONG_KIND, message, by.span)
    })
}

/// The subquery over all values at once.
fn in_groups<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    key: &RelationColumn,
    operators: &'q [Operator],
) -> Bind<Relation> {
    let grouping = Grouping {
        keys: vec![key.id.clone()],
        carried: Vec::new(),
        counted: None,
    };
    let grouped = Relation {
        grouping: Some(grouping),
        ..input
    };
    let grouped = match within::answers_nothing(operators) {
        true => binder.mark(grouped, lit(true))?,
        false => grouped,
    };
    let result = binder.piped(scope, grouped, operators)?;
    let counted = result
        .grouping
        .clone()
        .and_then(|grouping| grouping.counted);
    let result = Relation {
        grouping: None,
        order: None,
        is_sorted: false,
        is_serialized: false,
        ..result
    };
    match counted {
        Some(counted) => binder.keep(result, reference(&counted)),
        None => Ok(result),
    }
}

/// The subquery over the rows of each value, and the rows of all of them together.
fn for_each_value<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    key: &RelationColumn,
    body: &'q PartitionBody,
    span: Span,
) -> Bind<Relation> {
    let values = binder.distinct_values(input, key, VALUES_MAX + 1)?;
    if values.len() > VALUES_MAX {
        let what = format!(
            "{} in the subquery of a `partition` by more than {VALUES_MAX} values",
            culprit(body)
        );
        return Err(Fault::not_supported(what, span));
    }
    let mut legs = Vec::with_capacity(values.len());
    for value in values {
        let equals = is_value(key, &value);
        legs.push(leg(binder, scope, input, key, body, value, equals)?);
    }
    if legs.is_empty() {
        let nothing = Value::null(key.scalar_type);
        let leg = leg(binder, scope, input, key, body, nothing, lit(false))?;
        let plan = LogicalPlanBuilder::new(leg.plan.clone())
            .limit(0, Some(0))?
            .build()?;
        return Ok(leg.with_plan(plan));
    }
    union::united(binder, &legs, false, None)
}

/// The operator that keeps a subquery from working on all values at once.
fn culprit(body: &PartitionBody) -> String {
    let PartitionBody::Operators(operators) = body else {
        return "a source".to_owned();
    };
    let culprit = operators
        .iter()
        .find(|operator| !within::all_work(std::slice::from_ref(operator)));
    culprit.map_or_else(String::new, |operator| format!("`{}`", keyword(operator)))
}

fn is_value(key: &RelationColumn, value: &Value) -> PlanExpr {
    match value {
        Value::Null(_) => key.expr().is_null(),
        value => key.expr().eq(lit(types::literal(value))),
    }
}

fn leg<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    key: &RelationColumn,
    body: &'q PartitionBody,
    value: Value,
    is_value: PlanExpr,
) -> Bind<Relation> {
    let inner = scope.nested();
    let result = match body {
        PartitionBody::Operators(operators) => {
            let rows = binder.keep(input.clone(), is_value)?;
            binder.piped(&inner, rows, operators)
        }
        PartitionBody::Query(query) => {
            let bound = Bound::constant(value, Span::default());
            inner.declare(&key.name, scalar_binding(bound));
            binder.table(&inner, query)
        }
    };
    inner.clear();
    result
}
