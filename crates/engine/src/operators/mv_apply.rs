//! `mv-apply`: a subquery over the elements of each row.
//!
//! The elements become rows as with `mv-expand`, those of one row being a group; the operators of the subquery work within the groups, see
//! [`Grouping`]. The result has the columns of the input, but for those that are expanded under their own names, then those of the
//! subquery; a column of the subquery takes the place of one with the same name.
//! Source: learn.microsoft.com/kusto/query/mv-apply-operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, SortExpr, lit};
use tesem_kql::Span;
use tesem_kql::ast::{ExprKind, MvApplyOperator, MvColumn};
use tesem_kql::types::ScalarType;

use super::mv_expand::{self, Options, limit_of};
use super::within;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::grouping::Grouping;
use crate::binder::properties;
use crate::binder::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::kernel;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    apply: &'q MvApplyOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&apply.properties, "mv-apply", &["with_itemindex"])?;
    if let Some(id) = &apply.context_id {
        return Err(Fault::not_supported("`id` of `mv-apply`", id.span));
    }
    within::check(&apply.subquery)?;
    let options = Options {
        bags_as_arrays: false,
        limit: limit_of(binder, scope, apply.limit.as_ref())?,
        item_index: properties::word(&apply.properties, "with_itemindex")?.map(str::to_owned),
    };
    let (rows, key) = one_group_for_each_row(binder, &input, apply)?;
    let elements = mv_expand::expanded(binder, scope, rows, &apply.columns, &options, span)?;
    let result = binder.piped(scope, elements, &apply.subquery)?;
    let is_expanded = |column: &RelationColumn| {
        let mut expanded = apply.columns.iter().filter_map(own_name);
        expanded.any(|name| name == column.name)
    };
    joined(binder, input, result, &key, is_expanded)
}

/// The name of a column that is expanded as it is, under its own name.
fn own_name(column: &MvColumn) -> Option<&str> {
    match (&column.value.names[..], &column.value.value.kind) {
        ([], ExprKind::Name(name)) => Some(&name.text),
        _ => None,
    }
}

/// The rows with a number that makes each of them a group of its own.
fn one_group_for_each_row(
    binder: &Binder<'_>,
    input: &Relation,
    apply: &MvApplyOperator,
) -> Bind<(Relation, ColumnId)> {
    let key = binder.fresh_id();
    let carried = input.kept_ids();
    let mut expressions: Vec<PlanExpr> = carried.iter().map(reference).collect();
    expressions.push(row_number(&input.kept_ids()).alias(key.to_string()));
    let outer = input
        .grouping
        .as_ref()
        .and_then(|outer| outer.counted.as_ref());
    let counted = match outer {
        Some(outer) => Some(reference(outer)),
        None => within::answers_nothing(&apply.subquery).then(|| lit(true)),
    };
    let counted = counted.map(|counts| {
        let id = binder.fresh_id();
        expressions.push(counts.alias(id.to_string()));
        id
    });
    let builder = LogicalPlanBuilder::new(input.plan.clone());
    let plan = builder.project(expressions)?.build()?;
    let grouping = Grouping {
        keys: vec![key.clone()],
        carried,
        counted,
    };
    let rows = Relation {
        // No order yet, but the elements of a row have one.
        order: Some(Vec::new()),
        is_sorted: true,
        grouping: Some(grouping),
        ..input.clone().with_plan(plan)
    };
    Ok((rows, key))
}

/// A number for each row, in the order in which the rows come.
fn row_number(columns: &[ColumnId]) -> PlanExpr {
    let next = Arc::new(AtomicI64::new(0));
    // The column keeps DataFusion from taking the numbers for a constant.
    let columns = columns.iter().take(1);
    let any_column = columns.map(|id| Bound::new(reference(id), ScalarType::Long, Span::default()));
    let number = kernel::call_volatile(
        "row_id",
        any_column.collect(),
        ScalarType::Long,
        Span::default(),
        move |input| {
            let rows = i64::try_from(input.rows).unwrap_or(i64::MAX);
            let first = next.fetch_add(rows, Ordering::Relaxed);
            let numbers: Int64Array = (first..first.saturating_add(rows)).collect();
            Ok(Arc::new(numbers) as ArrayRef)
        },
    );
    number.expr
}

/// The result of the subquery with the columns of the row it belongs to.
fn joined(
    binder: &Binder<'_>,
    input: Relation,
    result: Relation,
    key: &ColumnId,
    is_expanded: impl Fn(&RelationColumn) -> bool,
) -> Bind<Relation> {
    let mut rest = result.columns.clone();
    let mut columns = Vec::with_capacity(input.columns.len() + rest.len());
    for column in input.columns.iter().filter(|column| !is_expanded(column)) {
        let made = rest.iter().position(|made| made.name == column.name);
        columns.push(match made {
            Some(position) => rest.remove(position),
            None => column.clone(),
        });
    }
    columns.append(&mut rest);
    let result = counted_rows(binder, result, input.grouping.as_ref())?;
    let inner_order = result.order.clone().unwrap_or_default();
    let order = input.order.clone().map(|mut order| {
        order.push(SortExpr::new(reference(key), true, true));
        order.extend(inner_order);
        order
    });
    if order.is_some() {
        binder.require_sequence();
    }
    let counted = result.grouping.and_then(|grouping| grouping.counted);
    Ok(Relation {
        plan: result.plan,
        columns,
        order,
        is_sorted: false,
        is_serialized: false,
        unique: None,
        inner_unique: None,
        table: None,
        depth: result.depth,
        size: result.size,
        grouping: input.grouping.map(|outer| Grouping { counted, ..outer }),
        hidden: input.hidden,
    })
}

/// Drops the rows that do not count; where the rows of the input are marked, too, those of the result are.
fn counted_rows(binder: &Binder<'_>, result: Relation, outer: Option<&Grouping>) -> Bind<Relation> {
    let Some(grouping) = result.grouping.clone() else {
        return Ok(result);
    };
    let Some(inner) = &grouping.counted else {
        return Ok(result);
    };
    if let Some(outer) = outer.and_then(|outer| outer.counted.as_ref()) {
        return binder.mark(result, reference(outer).and(reference(inner)));
    }
    let unmarked = Grouping {
        counted: None,
        ..grouping.clone()
    };
    let result = Relation {
        grouping: Some(unmarked),
        ..result
    };
    binder.keep(result, reference(inner))
}
