//! `as`: a name for the rows so far.
//!
//! Source: learn.microsoft.com/kusto/query/as-operator.

use tesem_kql::ast::Name;

use crate::binder::fault::Bind;
use crate::binder::relation::Relation;
use crate::binder::scope::{Binding, Scope};

pub(crate) fn bind(scope: &Scope<'_>, input: Relation, name: &Name) -> Bind<Relation> {
    let named = Relation {
        table: Some(name.text.clone()),
        ..input
    };
    scope.declare(&name.text, Binding::Table(named.clone()));
    Ok(named)
}
