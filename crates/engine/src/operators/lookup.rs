//! `lookup`: columns of a dimension table beside the rows of a fact table; the keys of the right side are not repeated.
//!
//! Source: learn.microsoft.com/kusto/query/lookup-operator.

use tesem_kql::Span;
use tesem_kql::ast::JoinOperator;

use super::join::{self, Kind};
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::names::Names;
use crate::binder::properties;
use crate::binder::relation::Relation;
use crate::binder::scope::Scope;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    left: Relation,
    lookup: &'q JoinOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&lookup.properties, "lookup", &["kind"])?;
    let kind = match properties::find(&lookup.properties, "kind") {
        None => Kind::LeftOuter,
        Some(property) => match properties::word_of(&property.value) {
            Some("leftouter") => Kind::LeftOuter,
            Some("inner") => Kind::Inner,
            _ => return Err(properties::invalid(property, "leftouter or inner")),
        },
    };
    let left_names: Vec<String> = left
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let joined = join::joined(binder, scope, left, lookup, kind, span)?;
    let mut names = Names::with_taken(left_names.iter().map(String::as_str));
    let mut columns = joined.relation.columns.clone();
    let right_columns = columns.split_off(left_names.len().min(columns.len()));
    for (mut column, (name, is_key)) in right_columns.into_iter().zip(joined.right) {
        if !is_key {
            column.name = names.derived(&name);
            columns.push(column);
        }
    }
    Ok(Relation {
        columns,
        ..joined.relation
    })
}
