//! `count`: how many rows there are.
//!
//! Source: learn.microsoft.com/kusto/query/count-operator.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::lit;
use tesem_kql::ast::Name;
use tesem_kql::types::ScalarType;

use super::summarize::grouped;
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::relation::{Relation, RelationColumn};

pub(crate) fn bind(binder: &Binder<'_>, input: &Relation, alias: Option<&Name>) -> Bind<Relation> {
    let id = binder.fresh_id();
    let counted = grouped(
        binder,
        input,
        Vec::new(),
        vec![(id.clone(), count(lit(1_i64)))],
    )?;
    let column = RelationColumn {
        name: alias.map_or_else(|| "Count".to_owned(), |alias| alias.text.clone()),
        id,
        scalar_type: ScalarType::Long,
        nullable: false,
    };
    Ok(Relation {
        columns: vec![column],
        unique: None,
        ..counted
    })
}
