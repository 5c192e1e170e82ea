//! `take`, `limit`: some rows; the first ones where rows are sorted.
//!
//! Source: learn.microsoft.com/kusto/query/take-operator.

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
    binder.first_rows(input, usize::try_from(count).unwrap_or(0))
}
