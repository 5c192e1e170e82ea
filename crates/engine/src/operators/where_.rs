//! `where`: rows for which a condition is true; null counts as false.
//!
//! Source: learn.microsoft.com/kusto/query/where-operator.

use datafusion::logical_expr::LogicalPlanBuilder;
use tesem_kql::ast::Expr;

use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    predicate: &'q Expr,
) -> Bind<Relation> {
    let conjuncts = binder.conjuncts(&Row::of(&input, scope), predicate)?;
    let mut builder = LogicalPlanBuilder::new(input.plan.clone());
    for conjunct in conjuncts {
        builder = builder.filter(conjunct)?;
    }
    let plan = builder.build()?;
    Ok(Relation {
        is_sorted: false,
        ..input.with_plan(plan)
    })
}
