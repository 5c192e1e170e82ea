//! `summarize`: aggregates over groups of rows.
//!
//! The keys come first, then the aggregates. Without `by` there is one row even if there are no rows to aggregate; with `by`, none.
//! Source: learn.microsoft.com/kusto/query/summarize-operator.

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder};
use tesem_kql::Span;
use tesem_kql::ast::{Argument, ExprKind, Name, NamedExpr, SummarizeOperator};

use super::project::{named_outputs, output_name};
use super::sort::as_key;
use crate::aggregates;
use crate::binder::Binder;
use crate::binder::calls::is_star;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::properties;
use crate::binder::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::binder::row::{Collected, Row};
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::codes;

/// Aggregates whose answer depends on the order of the rows.
const ORDERED: &[&str] = &[
    "make_list",
    "make_list_if",
    "make_list_with_nulls",
    "makelist",
    "make_set",
    "make_set_if",
    "makeset",
    "make_bag",
    "make_bag_if",
    "make_dictionary",
];

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    summarize: &'q SummarizeOperator,
) -> Bind<Relation> {
    properties::check(&summarize.properties, "summarize", &[])?;
    let mut names = Names::default();
    let keys = keys(binder, scope, &input, summarize, &mut names)?;
    let input = in_order(binder, input, summarize)?;
    let collected = Collected {
        star: star(&input, &keys),
        ..Collected::default()
    };
    let row = Row::aggregating(&input, scope, &collected);
    let mut outputs = Vec::new();
    for aggregate in &summarize.aggregates {
        for (name, value) in columns_of(binder, &row, &collected, aggregate)? {
            outputs.push((output_name(binder, &mut names, name, &value)?, value));
        }
    }
    if keys.is_empty() && outputs.is_empty() {
        let message = "`summarize` needs an aggregate or a key";
        let span = summarize.aggregates.first().map(|first| first.span);
        return Err(Fault::wrong(
            codes::WRONG_ARGUMENTS,
            message,
            span.unwrap_or_default(),
        ));
    }
    let aggregates = collected.aggregates.into_inner();
    let grouped = grouped(binder, &input, keys, aggregates)?;
    let result = finished(binder, grouped, outputs)?;
    Ok(match summarize.aggregates.iter().any(takes_star) {
        true => with_second_names(result, &input),
        false => result,
    })
}

fn takes_star(aggregate: &NamedExpr) -> bool {
    match &aggregate.value.kind {
        ExprKind::Call { arguments, .. } => {
            arguments.iter().any(|argument| is_star(&argument.value))
        }
        _ => false,
    }
}

/// `arg_max(Timestamp, *)` keeps all columns, and so their second names.
fn with_second_names(result: Relation, input: &Relation) -> Relation {
    let renamed = |hidden: &RelationColumn| {
        let first = input.columns.iter().find(|column| column.id == hidden.id)?;
        let is_same = |column: &&RelationColumn| {
            column.name == first.name && column.scalar_type == first.scalar_type
        };
        let column = result.columns.iter().find(is_same)?;
        Some(RelationColumn {
            name: hidden.name.clone(),
            ..column.clone()
        })
    };
    let hidden = input.hidden.iter().filter_map(renamed).collect();
    Relation { hidden, ..result }
}

fn keys<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    summarize: &'q SummarizeOperator,
    names: &mut Names,
) -> Bind<Vec<(String, Bound)>> {
    let row = Row::of(input, scope);
    let mut keys = Vec::new();
    for key in summarize.by.iter().flatten() {
        let bound = binder.scalar(&row, &key.value)?;
        let bound = as_key(binder, bound)?;
        for (name, bound) in named_outputs(key, bound)? {
            keys.push((output_name(binder, names, name, &bound)?, bound));
        }
    }
    Ok(keys)
}

/// Rows that were sorted before are kept in order where an aggregate depends on it.
fn in_order(binder: &Binder<'_>, input: Relation, summarize: &SummarizeOperator) -> Bind<Relation> {
    let depends = summarize.aggregates.iter().any(|aggregate| {
        matches!(&aggregate.value.kind, ExprKind::Call { name, .. } if ORDERED.contains(&name.text.as_str()))
    });
    if !depends || input.order.is_none() {
        return Ok(input);
    }
    binder.require_sequence();
    Ok(Relation {
        plan: input.sorted_plan()?,
        ..input
    })
}

/// What `*` stands for: all columns but the keys.
fn star(input: &Relation, keys: &[(String, Bound)]) -> Vec<Bound> {
    let is_key = |column: &RelationColumn| {
        keys.iter()
            .any(|(name, key)| *name == column.name || key.expr == column.expr())
    };
    input
        .columns
        .iter()
        .filter(|column| !is_key(column))
        .map(|column| column.bound(Span::default()))
        .collect()
}

/// The output columns of one aggregate expression.
pub(super) fn columns_of<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    collected: &Collected,
    expr: &'q NamedExpr,
) -> Bind<Vec<(Option<&'q Name>, Bound)>> {
    if let ExprKind::Call {
        base: None,
        name,
        arguments,
    } = &expr.value.kind
        && row.scope.find(&name.text).is_none()
        && let Some(aggregate) = aggregates::aggregate(&name.text)
    {
        let span = expr.value.span;
        let columns = binder.aggregate(row, collected, aggregate, name, arguments, span)?;
        let count = columns.len();
        if expr.names.len() > count {
            let message = format!("{} names for {count} columns", expr.names.len());
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span));
        }
        let mut given = expr.names.iter();
        return Ok(columns
            .into_iter()
            .map(|(name, value)| (given.next(), Bound { name, ..value }))
            .collect());
    }
    let value = binder.scalar(row, &expr.value)?;
    named_outputs(expr, value)
}

/// One aggregate for each group; without a call it counts the rows.
pub(crate) fn one_aggregate<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    keys: Vec<(String, Bound)>,
    call: Option<(&Name, &'q [Argument])>,
    span: Span,
) -> Bind<Relation> {
    let collected = Collected::default();
    let row = Row::aggregating(input, scope, &collected);
    let count = Name {
        text: "count".to_owned(),
        span,
    };
    let (name, arguments) = call.unwrap_or((&count, &[]));
    let Some(aggregate) = aggregates::aggregate(&name.text) else {
        return Err(Fault::not_supported(format!("{}()", name.text), name.span));
    };
    let outputs = binder.aggregate(&row, &collected, aggregate, name, arguments, span)?;
    let outputs = outputs
        .into_iter()
        .map(|(name, value)| (name.unwrap_or_default(), value));
    let outputs: Vec<(String, Bound)> = outputs.collect();
    let aggregates = collected.aggregates.into_inner();
    let grouped = grouped(binder, input, keys, aggregates)?;
    finished(binder, grouped, outputs)
}

/// Groups rows by keys; the aggregates become columns of the plan, but are not visible yet.
pub(crate) fn grouped(
    binder: &Binder<'_>,
    input: &Relation,
    keys: Vec<(String, Bound)>,
    aggregates: Vec<(ColumnId, PlanExpr)>,
) -> Bind<Relation> {
    let keys = keys.into_iter().map(|(name, key)| {
        let column = RelationColumn {
            name,
            id: binder.fresh_id(),
            scalar_type: key.scalar_type,
            nullable: key.nullable,
        };
        (column, key.expr)
    });
    let keys: Vec<(RelationColumn, PlanExpr)> = keys.collect();
    if let Some(grouping) = &input.grouping {
        return binder.grouped_within(input, grouping, keys, aggregates);
    }
    let mut columns = Vec::with_capacity(keys.len());
    let mut groups = Vec::with_capacity(keys.len());
    for (column, key) in keys {
        groups.push(key.alias(column.id.to_string()));
        columns.push(column);
    }
    let aggregates = aggregates
        .into_iter()
        .map(|(id, aggregate)| aggregate.alias(id.to_string()));
    let builder = LogicalPlanBuilder::new(input.plan.clone());
    let plan = builder
        .aggregate(groups, aggregates.collect::<Vec<_>>())?
        .build()?;
    let unique = columns.iter().map(|column| column.id.clone()).collect();
    Ok(Relation {
        unique: Some(unique),
        depth: input.depth + 1,
        size: input.size + 1,
        ..Relation::new(plan, columns)
    })
}

/// Adds what is computed from the aggregates.
pub(super) fn finished(
    binder: &Binder<'_>,
    relation: Relation,
    outputs: Vec<(String, Bound)>,
) -> Bind<Relation> {
    let mut expressions: Vec<PlanExpr> = relation.kept_ids().iter().map(reference).collect();
    let mut columns = relation.columns.clone();
    for (name, value) in outputs {
        let id = binder.fresh_id();
        expressions.push(value.expr.alias(id.to_string()));
        columns.push(RelationColumn {
            name,
            id,
            scalar_type: value.scalar_type,
            nullable: value.nullable,
        });
    }
    let builder = LogicalPlanBuilder::new(relation.plan.clone());
    let plan = builder.project(expressions)?.build()?;
    Ok(Relation {
        columns,
        plan,
        ..relation
    })
}
