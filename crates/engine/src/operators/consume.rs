//! `consume`: reads the rows and returns nothing.
//!
//! Source: learn.microsoft.com/kusto/query/consume-operator.

use datafusion::logical_expr::LogicalPlanBuilder;
use tesem_kql::ast::Property;

use crate::binder::fault::Bind;
use crate::binder::properties;
use crate::binder::relation::Relation;

pub(crate) fn bind(given: &[Property]) -> Bind<Relation> {
    properties::check(given, "consume", &["decodeblocks"])?;
    let plan = LogicalPlanBuilder::empty(false).build()?;
    Ok(Relation::new(plan, Vec::new()))
}
