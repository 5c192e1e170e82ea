//! `take`, `limit`: some rows; the first ones where rows are sorted.
//!
//! Source: learn.microsoft.com/kusto/query/take-operator.

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
    count: &'q Expr,
) -> Bind<Relation> {
    let count = binder.constant_long(&Row::none(scope), count, "the number of rows")?;
    let fetch = usize::try_from(count).unwrap_or(0);
    let builder = LogicalPlanBuilder::new(input.sorted_plan()?);
    let plan = builder.limit(0, Some(fetch))?.build()?;
    let is_sorted = input.order.is_some();
    Ok(Relation {
        is_sorted,
        ..input.with_plan(plan)
    })
}
