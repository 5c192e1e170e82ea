//! `sort by`, `order by`: descending unless said otherwise; ascending puts nulls first, descending last.
//!
//! Source: learn.microsoft.com/kusto/query/sort-operator.

use datafusion::logical_expr::SortExpr;
use tesem_kql::ast::{NullsOrder, SortKey, SortOrder};
use tesem_kql::types::ScalarType;

use super::project::computed;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::{Finding, codes};

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    keys: &'q [SortKey],
) -> Bind<Relation> {
    let (input, order) = order_of(binder, scope, input, keys)?;
    let unsorted = Relation {
        order: Some(order),
        is_sorted: false,
        ..input
    };
    let plan = unsorted.sorted_plan()?;
    Ok(Relation {
        is_sorted: true,
        is_serialized: true,
        ..unsorted.with_plan(plan)
    })
}

/// The rows with every sort key as a column, and the order.
pub(crate) fn order_of<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    keys: &'q [SortKey],
) -> Bind<(Relation, Vec<SortExpr>)> {
    let row = Row::of(&input, scope);
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let bound = binder.scalar(&row, &key.value.value)?;
        values.push((String::new(), as_key(binder, bound)?));
    }
    let (columns, plan) = computed(binder, &input, values)?;
    let order = columns.iter().zip(keys);
    let order = order.map(|(column, key)| {
        let ascending = key.order == Some(SortOrder::Ascending);
        let nulls_first = match key.nulls {
            Some(nulls) => nulls == NullsOrder::First,
            None => ascending,
        };
        SortExpr::new(column.expr(), ascending, nulls_first)
    });
    let order = order.collect();
    let input = Relation { plan, ..input };
    Ok((input, order))
}

/// A value that rows can be sorted or grouped by.
pub(crate) fn as_key(binder: &Binder<'_>, bound: Bound) -> Bind<Bound> {
    if bound.scalar_type != ScalarType::Dynamic || binder.is_open() {
        return Ok(bound);
    }
    if !bound.is_json_text() {
        return Err(not_a_key(&bound));
    }
    let name = bound.name.clone();
    Ok(Bound {
        name,
        is_column: true,
        ..binder.convert(bound, ScalarType::String)?
    })
}

/// A dynamic where rows are sorted, grouped or joined.
pub(crate) fn not_a_key(bound: &Bound) -> Fault {
    Finding::error(
        codes::WRONG_TYPE,
        "rows cannot be sorted, grouped or joined by a dynamic",
        bound.span,
    )
    .with_hint("convert it, as with tostring()")
    .into()
}
