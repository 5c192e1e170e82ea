//! `sample`, `sample-distinct`: some rows, some values.
//!
//! Any rows are right; these are the first ones, so that the same query gives the same answer.
//! Source: learn.microsoft.com/kusto/query/sample-operator and learn.microsoft.com/kusto/query/sample-distinct-operator.

use tesem_kql::ast::Expr;
use tesem_kql::types::ScalarType;

use super::sort::not_a_key;
use super::summarize::grouped;
use super::take;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::codes;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    count: &'q Expr,
) -> Bind<Relation> {
    take::bind(binder, scope, input, count)
}

pub(crate) fn bind_distinct<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    count: &'q Expr,
    of: &'q Expr,
) -> Bind<Relation> {
    let column = column(binder, scope, input, of)?;
    let name = column.name.clone().unwrap_or_default();
    let values = grouped(binder, input, vec![(name, column)], Vec::new())?;
    take::bind(binder, scope, values, count)
}

/// The column whose values are taken.
pub(super) fn column<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    of: &'q Expr,
) -> Bind<Bound> {
    let column = binder.scalar(&Row::of(input, scope), of)?;
    if !column.is_column {
        let message = format!("`{}` takes the name of a column", binder.operator());
        return Err(Fault::wrong(codes::WRONG_KIND, message, of.span));
    }
    match column.scalar_type {
        ScalarType::Dynamic => Err(not_a_key(&column)),
        _ => Ok(column),
    }
}
