//! `print`: one row of values.
//!
//! Source: learn.microsoft.com/kusto/query/print-operator.

use datafusion::logical_expr::LogicalPlanBuilder;
use tesem_kql::ast::NamedExpr;

use super::datatable::built;
use super::project::{computed, named_outputs};
use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::names::Names;
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::catalog::{Column, TableBuilder};
use crate::value::Value;

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
        let is_tuple = !bound.tuple.is_empty();
        for (name, bound) in named_outputs(column, bound)? {
            let name = match (name, &bound.name) {
                (Some(name), _) => names.explicit(name, binder.operator())?,
                (None, Some(derived)) if is_tuple => names.derived(derived),
                (None, _) => names.derived(&format!("print_{position}")),
            };
            values.push((name, bound));
        }
    }
    match known(&values) {
        Some(row) => known_row(binder, values, &row),
        None => {
            let (columns, plan) = computed(binder, &input, values)?;
            Ok(Relation {
                columns,
                ..input.with_plan(plan)
            })
        }
    }
}

/// The values, if all of them are known.
fn known(values: &[(String, Bound)]) -> Option<Vec<Value>> {
    let constants = values.iter().map(|(_, bound)| bound.constant.clone());
    constants.collect()
}

/// Known values become rows: as literals they would be copied by every step of planning, and they may be large.
fn known_row(binder: &Binder<'_>, values: Vec<(String, Bound)>, row: &[Value]) -> Bind<Relation> {
    let columns: Vec<Column> = values
        .into_iter()
        .map(|(name, bound)| Column::new(name, bound.scalar_type))
        .collect();
    let mut rows = TableBuilder::new(columns.clone());
    for (index, value) in row.iter().enumerate() {
        built(rows.value(index, value))?;
    }
    built(rows.finish_row())?;
    binder.known_rows(&columns, built(rows.finish())?)
}
