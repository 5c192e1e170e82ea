//! `where`: rows for which a condition is true; null counts as false.
//!
//! Source: learn.microsoft.com/kusto/query/where-operator.

use datafusion::logical_expr::{Expr as PlanExpr, Operator as PlanOperator};
use tesem_kql::ast::Expr;

use super::join;
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::logic::balanced;
use crate::binder::relation::{InnerUnique, Relation};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::binder::windows::WindowCalls;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    predicate: &'q Expr,
) -> Bind<Relation> {
    let windows = WindowCalls::default();
    let row = Row::of(&input, scope).with_windows(&windows);
    let conjuncts = binder.conjuncts(&row, predicate)?;
    let input = windows.applied(binder, input)?;
    match input.inner_unique.clone() {
        Some(sides) => filtered_join(binder, input, &sides, conjuncts),
        None => filtered(binder, input, conjuncts),
    }
}

/// Conditions on the left side of an `innerunique` join choose which of the rows with the same key takes part.
fn filtered_join(
    binder: &Binder<'_>,
    input: Relation,
    sides: &InnerUnique,
    conjuncts: Vec<PlanExpr>,
) -> Bind<Relation> {
    let ids = sides.left.kept_ids();
    let is_left = |conjunct: &PlanExpr| {
        let columns = conjunct.column_refs();
        columns
            .iter()
            .all(|column| ids.iter().any(|id| **id == column.name))
    };
    let (left, others): (Vec<_>, Vec<_>) = conjuncts.into_iter().partition(is_left);
    let joined = join::inner_unique(
        binder,
        InnerUnique {
            left: filtered(binder, sides.left.clone(), left)?,
            right: sides.right.clone(),
            keys: sides.keys.clone(),
        },
    )?;
    let columns = input.columns;
    filtered(binder, Relation { columns, ..joined }, others)
}

fn filtered(binder: &Binder<'_>, input: Relation, conjuncts: Vec<PlanExpr>) -> Bind<Relation> {
    match balanced(PlanOperator::And, conjuncts) {
        Some(condition) => binder.keep(input, condition),
        None => Ok(input),
    }
}
