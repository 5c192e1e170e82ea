//! `distinct`: every combination of values once.
//!
//! Source: learn.microsoft.com/kusto/query/distinct-operator.

use tesem_kql::ast::NamedExpr;

use super::project::{named_outputs, output_name};
use super::sort::as_key;
use super::summarize::grouped;
use crate::binder::Binder;
use crate::binder::calls::is_star;
use crate::binder::fault::Bind;
use crate::binder::names::Names;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    columns: &'q [NamedExpr],
) -> Bind<Relation> {
    let row = Row::of(input, scope);
    let mut names = Names::default();
    let mut keys = Vec::new();
    for column in columns {
        if is_star(&column.value) {
            for bound in row.columns() {
                let name = bound.name.clone().unwrap_or_default();
                keys.push((name, bound.clone()));
            }
            continue;
        }
        let bound = binder.scalar(&row, &column.value)?;
        for (name, bound) in named_outputs(column, bound)? {
            keys.push((output_name(binder, &mut names, name, &bound)?, bound));
        }
    }
    if !is_all(columns) {
        for (_, key) in &mut keys {
            *key = as_key(binder, key.clone())?;
        }
    }
    grouped(binder, input, keys, Vec::new())
}

/// `distinct *` compares dynamics, too.
fn is_all(columns: &[NamedExpr]) -> bool {
    columns.iter().any(|column| is_star(&column.value))
}
