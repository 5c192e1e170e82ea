//! `union`: the rows of several tables under each other.
//!
//! Columns are matched by name and type; a name with several types becomes several columns, `name_string`, `name_long`. Source:
//! learn.microsoft.com/kusto/query/union-operator.

use std::sync::Arc;

use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder, Union, lit};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, ExprKind, UnionOperator};
use tesem_kql::types::ScalarType;

use super::project_away::matches_wildcard;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::properties;
use crate::binder::relation::{Relation, RelationColumn};
use crate::binder::scope::Scope;
use crate::error::codes;
use crate::types;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Option<Relation>,
    union: &'q UnionOperator,
) -> Bind<Relation> {
    properties::check(
        &union.properties,
        "union",
        &["kind", "withsource", "isfuzzy"],
    )?;
    let is_inner = match properties::find(&union.properties, "kind") {
        None => false,
        Some(property) => match properties::word_of(&property.value) {
            Some("inner") => true,
            Some("outer") => false,
            _ => return Err(properties::invalid(property, "inner or outer")),
        },
    };
    let source = properties::word(&union.properties, "withsource")?;
    let is_fuzzy = properties::flag(&union.properties, "isfuzzy")?;
    let mut legs: Vec<Relation> = input.into_iter().collect();
    for table in &union.tables {
        match leg(binder, scope, table) {
            Ok(mut found) => legs.append(&mut found),
            Err(fault) if is_fuzzy && fault.is_unknown_table() => {
                binder.note("`union isfuzzy=true` left out a table that does not exist");
            }
            Err(fault) => return Err(fault),
        }
    }
    if legs.is_empty() {
        let span = union
            .tables
            .first()
            .map_or(Span::default(), |table| table.span);
        let message = "`union` has no table";
        return Err(Fault::wrong(codes::UNKNOWN_TABLE, message, span));
    }
    united(binder, &legs, is_inner, source)
}

/// The tables that one part of a `union` names.
pub(super) fn leg<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    table: &'q Expr,
) -> Bind<Vec<Relation>> {
    let ExprKind::Wildcard(pattern) = &table.kind else {
        return Ok(vec![binder.table(scope, table)?]);
    };
    matching(binder, scope, pattern, table.span)
}

/// The tables and views whose names match a wildcard.
pub(super) fn matching(
    binder: &Binder<'_>,
    scope: &Scope<'_>,
    pattern: &str,
    span: Span,
) -> Bind<Vec<Relation>> {
    let database = binder.database();
    let names = database
        .names()
        .filter(|name| matches_wildcard(pattern, name));
    let mut legs = Vec::new();
    for name in names {
        if let Some(found) = database.table(name) {
            binder.spend_operators(1)?;
            legs.push(binder.scan(name, found)?);
        }
    }
    for name in scope.views() {
        if matches_wildcard(pattern, &name) {
            legs.push(binder.view(scope, &name, span)?);
        }
    }
    if legs.is_empty() {
        let message = format!("no table matches `{pattern}`");
        return Err(Fault::wrong(codes::UNKNOWN_TABLE, message, span));
    }
    Ok(legs)
}

/// A column of the result of a `union`.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    /// Its name in the result.
    pub(super) shown: String,
    /// Its type.
    pub(super) scalar_type: ScalarType,
    output: Output,
}

impl Merged {
    /// The column of a leg that it holds.
    pub(super) fn column<'l>(&self, leg: &'l Relation) -> Option<&'l RelationColumn> {
        leg.columns.iter().find(|column| self.output.is(column))
    }

    /// Its name in the legs.
    pub(super) fn name(&self) -> &str {
        &self.output.name
    }
}

/// The columns that a union of legs has behind the one that says where a row is from.
pub(super) fn merged(legs: &[Relation], source: &str) -> Vec<Merged> {
    let outputs = outputs(legs, false);
    let mut names = Names::with_taken([source]);
    let shown = shown_names(&outputs, &mut names);
    let merged = outputs.into_iter().zip(shown);
    merged
        .map(|(output, shown)| Merged {
            shown,
            scalar_type: output.scalar_type,
            output,
        })
        .collect()
}

/// The rows of all legs, one leg after the other.
pub(super) fn united(
    binder: &Binder<'_>,
    legs: &[Relation],
    is_inner: bool,
    source: Option<&str>,
) -> Bind<Relation> {
    let outputs = outputs(legs, is_inner);
    let mut columns = Vec::with_capacity(outputs.len() + 1);
    let mut names = Names::default();
    let source_id = binder.fresh_id();
    if let Some(source) = source {
        columns.push(RelationColumn {
            name: names.derived(source),
            id: source_id.clone(),
            scalar_type: ScalarType::String,
            nullable: false,
        });
    }
    for (output, name) in outputs.iter().zip(shown_names(&outputs, &mut names)) {
        columns.push(RelationColumn {
            name,
            id: binder.fresh_id(),
            scalar_type: output.scalar_type,
            nullable: output.scalar_type != ScalarType::String,
        });
    }
    let first = columns.len() - outputs.len();
    let mut plans = Vec::with_capacity(legs.len());
    for (position, leg) in legs.iter().enumerate() {
        let mut expressions = Vec::with_capacity(columns.len());
        if source.is_some() {
            let name = leg
                .table
                .clone()
                .unwrap_or_else(|| format!("union_arg{position}"));
            let name = lit(types::literal(&crate::value::Value::String(name)));
            expressions.push(name.alias(source_id.to_string()));
        }
        for (output, column) in outputs.iter().zip(columns.iter().skip(first)) {
            expressions.push(output.of(leg).alias(column.id.to_string()));
        }
        plans.push(Arc::new(projected(leg, expressions)?));
    }
    let hidden = shared_second_names(legs, &columns);
    let plan = match <[_; 1]>::try_from(plans) {
        Ok([only]) => Arc::unwrap_or_clone(only),
        Err(plans) => LogicalPlan::Union(Union::try_new_with_loose_types(plans)?),
    };
    Ok(Relation {
        hidden,
        depth: legs.iter().map(|leg| leg.depth).max().unwrap_or_default() + 1,
        size: legs.iter().map(|leg| leg.size).sum::<usize>() + 1,
        ..Relation::new(plan, columns)
    })
}

fn projected(leg: &Relation, expressions: Vec<PlanExpr>) -> Bind<LogicalPlan> {
    let builder = LogicalPlanBuilder::new(leg.plan.clone());
    Ok(builder.project(expressions)?.build()?)
}

/// A column of the result.
#[derive(Debug, Clone, PartialEq)]
struct Output {
    name: String,
    scalar_type: ScalarType,
}

impl Output {
    fn is(&self, column: &RelationColumn) -> bool {
        self.name == column.name && self.scalar_type == column.scalar_type
    }

    /// Whether the name stands for columns of several types.
    fn is_split(&self, all: &[Self]) -> bool {
        all.iter()
            .any(|other| other.name == self.name && other.scalar_type != self.scalar_type)
    }

    /// Its value in the rows of a leg.
    fn of(&self, leg: &Relation) -> PlanExpr {
        let column = leg.columns.iter().find(|column| self.is(column));
        column.map_or_else(|| lit(types::null(self.scalar_type)), RelationColumn::expr)
    }
}

/// The names in the result: where a name stands for several types it gets its type behind it, once all others have theirs.
fn shown_names(outputs: &[Output], names: &mut Names) -> Vec<String> {
    let mut shown: Vec<Option<String>> = outputs
        .iter()
        .map(|output| (!output.is_split(outputs)).then(|| names.derived(&output.name)))
        .collect();
    for (output, shown) in outputs.iter().zip(&mut shown) {
        if shown.is_none() {
            let name = format!("{}_{}", output.name, output.scalar_type);
            *shown = Some(names.derived(&name));
        }
    }
    shown.into_iter().flatten().collect()
}

/// The columns of all legs in order of appearance; for `kind=inner` only those that all legs have.
fn outputs(legs: &[Relation], is_inner: bool) -> Vec<Output> {
    let mut outputs: Vec<Output> = Vec::new();
    for column in legs.iter().flat_map(|leg| &leg.columns) {
        if outputs.iter().any(|output| output.is(column)) {
            continue;
        }
        // The types of one name stand beside each other.
        let same_name = outputs
            .iter()
            .rposition(|output| output.name == column.name);
        let place = same_name.map_or(outputs.len(), |place| place + 1);
        outputs.insert(
            place,
            Output {
                name: column.name.clone(),
                scalar_type: column.scalar_type,
            },
        );
    }
    if is_inner {
        outputs.retain(|output| {
            legs.iter()
                .all(|leg| leg.columns.iter().any(|column| output.is(column)))
        });
    }
    outputs
}

/// Second names, where every leg that has the column at all gives it the same one.
fn shared_second_names(legs: &[Relation], columns: &[RelationColumn]) -> Vec<RelationColumn> {
    let mut shared: Vec<RelationColumn> = Vec::new();
    for hidden in legs.iter().flat_map(|leg| &leg.hidden) {
        let is_known = shared.iter().any(|known| known.name == hidden.name);
        let firsts = legs.iter().map(|leg| first_name(leg, &hidden.name));
        let Some(first) = firsts.flatten().next() else {
            continue;
        };
        let agrees = |leg: &Relation| match first_name(leg, &hidden.name) {
            Some(name) => name == first,
            None => leg.columns.iter().all(|column| column.name != first),
        };
        let column = columns.iter().find(|column| column.name == first);
        if let (false, true, Some(column)) = (is_known, legs.iter().all(agrees), column) {
            shared.push(RelationColumn {
                name: hidden.name.clone(),
                ..column.clone()
            });
        }
    }
    shared
}

/// The name of the visible column that a second name stands for.
fn first_name<'l>(leg: &'l Relation, second: &str) -> Option<&'l str> {
    let hidden = leg.hidden.iter().find(|column| column.name == second)?;
    let visible = leg.columns.iter().find(|column| column.id == hidden.id)?;
    Some(&visible.name)
}
