//! `print`: one row of values.
//!
//! Source: learn.microsoft.com/kusto/query/print-operator.

use datafusion::logical_expr::LogicalPlanBuilder;
use tesem_kql::ast::NamedExpr;

use super::project::{computed, named_outputs};
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::names::Names;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    columns: &'q [NamedExpr],
) -> Bind<Relation> {
    let plan = LogicalPlanBuilder::empty(true).build()?;
    let input = Relation::new(plan, Vec::new());
    let row = Row::none(scope);
    let mut names = Names::default();
    let mut values = Vec::with_capacity(columns.len());
    for (position, column) in columns.iter().enumerate() {
        let bound = binder.scalar(&row, &column.value)?;
        for (name, bound) in named_outputs(binder, column, bound)? {
            let name = match name {
                Some(name) => names.explicit(name, binder.operator())?,
                None => names.derived(&format!("print_{position}")),
            };
            values.push((name, bound));
        }
    }
    let (columns, plan) = computed(binder, &input, values)?;
    Ok(Relation {
        columns,
        ..input.with_plan(plan)
    })
}
