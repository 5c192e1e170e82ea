//! `search`: the rows of many tables in which a text or condition is found, under each other.
//!
//! The columns are those of a `union`, behind `$table`. The condition sees all of them; a column that a table does not have is null there.
//! Source: learn.microsoft.com/kusto/query/search-operator.

use tesem_kql::Span;
use tesem_kql::ast::SearchOperator;

use super::sources::{self, Legs};
use super::union;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::properties;
use crate::binder::relation::Relation;
use crate::binder::scope::Scope;

/// The column that says which table a row is from.
const SOURCE: &str = "$table";
/// What rows are called that come from no table.
const PIPED: &str = "search_arg0";

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Option<Relation>,
    search: &'q SearchOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&search.properties, "search", &["kind"])?;
    let case_sensitive = is_case_sensitive(search)?;
    let legs = match input {
        Some(input) => vec![piped(input, span)?],
        None => sources::tables(binder, scope, &search.tables, "search", span)?,
    };
    let legs = Legs::new(binder, legs, SOURCE)?;
    let mut found = Vec::new();
    for place in 0..legs.count() {
        found.push(legs.filtered(binder, scope, place, &search.predicate, case_sensitive)?);
    }
    union::united(binder, &found, false, Some(SOURCE))
}

fn is_case_sensitive(search: &SearchOperator) -> Bind<bool> {
    let Some(property) = properties::find(&search.properties, "kind") else {
        return Ok(false);
    };
    match properties::word_of(&property.value) {
        Some("case_sensitive") => Ok(true),
        Some("default" | "case_insensitive") => Ok(false),
        _ => Err(properties::invalid(
            property,
            "default, case_insensitive or case_sensitive",
        )),
    }
}

/// Rows that are piped into `search`.
fn piped(input: Relation, span: Span) -> Bind<Relation> {
    if input.columns.iter().any(|column| column.name == SOURCE) {
        let what = "`search` over rows that have a column `$table` already";
        return Err(Fault::not_supported(what, span));
    }
    let table = input.table.clone().unwrap_or_else(|| PIPED.to_owned());
    Ok(Relation {
        table: Some(table),
        ..input
    })
}
