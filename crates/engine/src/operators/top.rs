//! `top n by keys`: the first rows of a sort.
//!
//! Source: learn.microsoft.com/kusto/query/top-operator.

use tesem_kql::ast::{Expr, SortKey};

use super::{sort, take};
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::relation::Relation;
use crate::binder::scope::Scope;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    count: &'q Expr,
    keys: &'q [SortKey],
) -> Bind<Relation> {
    let sorted = sort::bind(binder, scope, input, keys)?;
    take::bind(binder, scope, sorted, count)
}
