//! `extend`: columns computed from the row; all of them see the row as it was before.
//!
//! Source: learn.microsoft.com/kusto/query/extend-operator.

use tesem_kql::ast::NamedExpr;

use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::names::Names;
use crate::binder::relation::{Relation, RelationColumn};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::binder::windows::WindowCalls;
use crate::bound::Bound;
use crate::operators::project::{computed, named_outputs};

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    assignments: &'q [NamedExpr],
) -> Bind<Relation> {
    let windows = WindowCalls::default();
    let row = Row::of(&input, scope).with_windows(&windows);
    let mut values = Vec::new();
    for assignment in assignments {
        let bound = binder.scalar(&row, &assignment.value)?;
        values.extend(named_outputs(assignment, bound)?);
    }
    let input = windows.applied(binder, input)?;
    assign(binder, input, values)
}

/// A value and the name the query gives it, if any, or else the name it derives.
pub(crate) type Assignment<'q> = (Option<&'q tesem_kql::ast::Name>, Bound);

/// Puts values in the place of columns of the same name, or behind all columns.
pub(crate) fn assign(
    binder: &Binder<'_>,
    input: Relation,
    values: Vec<Assignment<'_>>,
) -> Bind<Relation> {
    let mut written = Names::default();
    let mut all = Names::with_taken(input.columns.iter().map(|column| column.name.as_str()));
    let mut columns: Vec<(String, Bound)> = Vec::with_capacity(values.len());
    for (name, bound) in values {
        let is_new = |name: &str| columns.iter().all(|(known, _)| known != name);
        let name = match (name, &bound.name) {
            (Some(name), _) => {
                let name = written.explicit(name, binder.operator())?;
                columns.retain(|(known, _)| *known != name);
                name
            }
            // The name of the first of two derived ones stays; it takes the place of a column.
            (None, Some(derived)) if is_new(derived) => derived.clone(),
            (None, Some(_)) => continue,
            (None, None) => all.unnamed(),
        };
        columns.push((name, bound));
    }
    place(binder, input, columns)
}

fn place(binder: &Binder<'_>, input: Relation, values: Vec<(String, Bound)>) -> Bind<Relation> {
    let (mut columns, plan) = computed(binder, &input, values)?;
    let mut visible: Vec<RelationColumn> = input.columns.clone();
    for column in &mut visible {
        let assigned = columns.iter().position(|new| new.name == column.name);
        if let Some(position) = assigned {
            *column = columns.remove(position);
        }
    }
    visible.append(&mut columns);
    let unchanged = Relation {
        columns: visible,
        ..input
    };
    Ok(unchanged.with_plan(plan))
}
