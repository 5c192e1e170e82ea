//! `find`: the rows of many tables for which a condition holds, with the columns that they share, and the rest in a bag.
//!
//! A table that has none of the columns of the condition is left out. Where the documentation and the official binder contradict each
//! other the query is refused: columns with several types, and `pack(*)` next to other columns. Source:
//! learn.microsoft.com/kusto/query/find-operator.

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, lit};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, ExprKind, FindOperator, FindProjection};
use tesem_kql::types::ScalarType;

use super::sources::{self, Legs, Mentioned};
use super::union;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::{Names, duplicate};
use crate::binder::properties;
use crate::binder::relation::{Relation, RelationColumn, reference};
use crate::binder::scope::Scope;
use crate::bound::{Bound, CallContext};
use crate::error::{Finding, codes};
use crate::functions;
use crate::types;
use crate::value::Value;

/// The column that says which table a row is from.
const SOURCE: &str = "source_";
/// The column that holds the other columns.
const PACK: &str = "pack_";

/// A column of the result.
struct Wanted {
    name: String,
    scalar_type: ScalarType,
}

/// The result's columns, and whether the others are packed into a bag behind them.
struct Shape {
    columns: Vec<Wanted>,
    packs: bool,
}

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    find: &'q FindOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&find.properties, "find", &["withsource", "datascope"])?;
    let source = properties::word(&find.properties, "withsource")?.unwrap_or(SOURCE);
    let legs = sources::tables(binder, scope, &find.tables, "find", span)?;
    let mentioned = Mentioned::of(&find.predicate);
    let legs = taking_part(legs, &mentioned, &find.predicate)?;
    let shape = match &find.project {
        None | Some(FindProjection::Smart) => smart(&legs, &mentioned, span)?,
        Some(FindProjection::Columns(columns)) => named(&legs, columns)?,
        Some(FindProjection::Away(_)) => {
            return Err(Fault::not_supported("`project-away` of `find`", span));
        }
    };
    let legs = Legs::new(binder, legs, source)?;
    let mut found = Vec::with_capacity(legs.count());
    for place in 0..legs.count() {
        let rows = legs.filtered(binder, scope, place, &find.predicate, false)?;
        found.push(shaped(binder, rows, &shape, span)?);
    }
    union::united(binder, &found, false, Some(source))
}

/// The tables that have any column of the condition.
fn taking_part(
    legs: Vec<Relation>,
    mentioned: &Mentioned,
    condition: &Expr,
) -> Bind<Vec<Relation>> {
    let has_any = |leg: &Relation| {
        let mut names = mentioned.names.iter();
        mentioned.all_columns || names.any(|name| leg.column(name).is_some())
    };
    let legs: Vec<Relation> = legs.into_iter().filter(has_any).collect();
    if legs.is_empty() {
        let message = "no table has a column that the condition names";
        return Err(Finding::error(codes::UNKNOWN_COLUMN, message, condition.span).into());
    }
    Ok(legs)
}

/// `project-smart`: the columns that all tables have, then those that the condition names.
fn smart(legs: &[Relation], mentioned: &Mentioned, span: Span) -> Bind<Shape> {
    let merged = union::merged(legs, SOURCE);
    let is_common = |column: &&union::Merged| legs.iter().all(|leg| column.column(leg).is_some());
    let mut columns: Vec<Wanted> = merged.iter().filter(is_common).map(wanted).collect();
    for name in &mentioned.names {
        let is_new = columns.iter().all(|column| column.name != *name);
        let found = merged.iter().find(|column| column.name() == name);
        columns.extend(found.filter(|_| is_new).map(wanted));
    }
    let named_by_all = |name: &str| legs.iter().all(|leg| leg.column(name).is_some());
    for column in &merged {
        let name = column.name();
        let is_shown = mentioned.names.contains(name) || named_by_all(name);
        if is_shown && is_split(&merged, name) {
            let what = format!("`find` over `{name}`, which has several types");
            return Err(Fault::not_supported(what, span));
        }
    }
    let is_shown = |name: &str| columns.iter().any(|column| column.name == name);
    let packs = legs
        .iter()
        .flat_map(|leg| &leg.columns)
        .any(|column| !is_shown(&column.name));
    Ok(Shape { columns, packs })
}

fn wanted(column: &union::Merged) -> Wanted {
    Wanted {
        name: column.name().to_owned(),
        scalar_type: column.scalar_type,
    }
}

fn is_split(merged: &[union::Merged], name: &str) -> bool {
    merged.iter().filter(|column| column.name() == name).count() > 1
}

/// `project columns`.
fn named(legs: &[Relation], columns: &[(Expr, Option<ScalarType>)]) -> Bind<Shape> {
    let merged = union::merged(legs, SOURCE);
    let mut shape = Shape {
        columns: Vec::new(),
        packs: false,
    };
    for (column, scalar_type) in columns {
        match &column.kind {
            ExprKind::Call { .. } => shape.packs = true,
            ExprKind::Name(name) => {
                if shape.columns.iter().any(|known| known.name == name.text) {
                    return Err(duplicate(&name.text, "find", name.span));
                }
                let known = merged.iter().find(|known| known.name() == name.text);
                let Some(known) = known else {
                    let message = format!("no table has a column `{}`", name.text);
                    return Err(Fault::wrong(codes::UNKNOWN_COLUMN, message, name.span));
                };
                if scalar_type.is_none() && is_split(&merged, &name.text) {
                    let what = format!("`find` over `{}`, which has several types", name.text);
                    return Err(Fault::not_supported(what, name.span));
                }
                shape.columns.push(Wanted {
                    name: name.text.clone(),
                    scalar_type: scalar_type.unwrap_or(known.scalar_type),
                });
            }
            _ => {
                let what = "`*` in the `project` of `find`";
                return Err(Fault::not_supported(what, column.span));
            }
        }
    }
    match columns
        .iter()
        .find(|_| shape.packs && !shape.columns.is_empty())
    {
        Some((column, _)) => {
            let what = "`pack(*)` next to other columns in the `project` of `find`";
            Err(Fault::not_supported(what, column.span))
        }
        None => Ok(shape),
    }
}

/// The rows of a table with the columns of the result.
fn shaped(binder: &Binder<'_>, rows: Relation, shape: &Shape, span: Span) -> Bind<Relation> {
    let mut names = Names::default();
    let mut columns = Vec::with_capacity(shape.columns.len() + 1);
    let mut expressions: Vec<PlanExpr> = rows.kept_ids().iter().map(reference).collect();
    let mut add = |name: String, value: Bound| {
        let id = binder.fresh_id();
        expressions.push(value.expr.alias(id.to_string()));
        columns.push(RelationColumn {
            name,
            id,
            scalar_type: value.scalar_type,
            nullable: value.scalar_type != ScalarType::String,
        });
    };
    for wanted in &shape.columns {
        let value = match rows.column(&wanted.name) {
            Some(column) => binder.convert(column.bound(span), wanted.scalar_type)?,
            None => Bound::new(
                lit(types::null(wanted.scalar_type)),
                wanted.scalar_type,
                span,
            ),
        };
        add(names.derived(&wanted.name), value);
    }
    if shape.packs {
        let is_shown = |name: &str| shape.columns.iter().any(|shown| shown.name == name);
        let others = rows.columns.iter().filter(|column| !is_shown(&column.name));
        let others: Vec<Bound> = others.map(|column| column.bound(span)).collect();
        add(names.derived(PACK), packed(binder, &others, span)?);
    }
    let table = rows.table.clone();
    let plan = LogicalPlanBuilder::new(rows.plan.clone());
    let plan = plan.project(expressions)?.build()?;
    let shaped = Relation {
        columns,
        hidden: Vec::new(),
        ..rows
    };
    Ok(Relation {
        table,
        ..shaped.with_plan(plan)
    })
}

/// A bag of columns; null where there are none.
fn packed(binder: &Binder<'_>, columns: &[Bound], span: Span) -> Bind<Bound> {
    if columns.is_empty() {
        return Ok(Bound::null(ScalarType::Dynamic, span));
    }
    let Some(function) = functions::scalar("bag_pack") else {
        return Err(Fault::not_supported("bag_pack()", span));
    };
    let context = CallContext {
        columns,
        ..binder.context("bag_pack", &Bound::null(ScalarType::Dynamic, span))
    };
    let mut arguments = Vec::with_capacity(columns.len() * 2);
    for column in columns {
        let name = column.name.clone().unwrap_or_default();
        arguments.push(Bound::constant(Value::String(name), span));
        arguments.push(column.clone());
    }
    Ok((function.bind)(&context, arguments)?)
}
