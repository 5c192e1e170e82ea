//! `serialize`: freezes the order of the rows; otherwise like `extend`.
//!
//! Source: learn.microsoft.com/kusto/query/serialize-operator.

use tesem_kql::ast::NamedExpr;

use super::extend;
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::relation::Relation;
use crate::binder::scope::Scope;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    assignments: &'q [NamedExpr],
) -> Bind<Relation> {
    if input.order.is_none() {
        binder.require_sequence();
    }
    let serialized = Relation {
        is_serialized: true,
        ..input
    };
    match assignments {
        [] => Ok(serialized),
        assignments => extend::bind(binder, scope, serialized, assignments),
    }
}
