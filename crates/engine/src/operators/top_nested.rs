//! `top-nested`: the top values of one expression, within each of them the top values of the next one, and so on.
//!
//! Each level is an aggregation of its own over all rows, of which the rows under the top values of the level before are kept.
//! `with others=` adds, beside the top values, one row for all other values: their keys at deeper levels are the names of the others
//! there, or null. Source: learn.microsoft.com/kusto/query/top-nested-operator.

use datafusion::common::{Column as PlanColumn, JoinType, NullEquality};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder, SortExpr, lit};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, SortOrder, TopNestedClause};
use tesem_kql::types::ScalarType;

use super::project::computed;
use super::sort::not_a_key;
use super::summarize::{finished, grouped};
use super::union;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::grouping::Grouping;
use crate::binder::names::Names;
use crate::binder::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::binder::row::{Collected, Row};
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::types;

/// One level, with its key computed for every row.
struct Level<'q> {
    clause: &'q TopNestedClause,
    key: RelationColumn,
    /// The name of the aggregate's column.
    measure: String,
    /// How many values; none means all.
    count: Option<usize>,
    /// The key of the row for all other values.
    others: Option<Bound>,
}

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    clauses: &'q [TopNestedClause],
) -> Bind<Relation> {
    let (rows, levels) = levels(binder, scope, input, clauses)?;
    let mut tops: Vec<Relation> = Vec::with_capacity(levels.len());
    for depth in 0..levels.len() {
        let (above, level) = (tops.last(), levels.get(..=depth).unwrap_or_default());
        let top = top(binder, scope, &rows, level, above)?;
        tops.push(top);
    }
    let mut legs = Vec::new();
    for depth in 0..levels.len() {
        let (above, below) = levels.split_at(depth);
        if below.iter().any(|level| level.others.is_some()) {
            legs.push(others(binder, scope, &rows, above, below, &tops)?);
        }
    }
    let Some(top) = tops.pop() else {
        return Ok(rows);
    };
    if legs.is_empty() {
        let plan = top.sorted_plan()?;
        return Ok(Relation {
            is_sorted: true,
            ..top.with_plan(plan)
        });
    }
    legs.insert(0, top);
    union::united(binder, &legs, false, None)
}

fn levels<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    clauses: &'q [TopNestedClause],
) -> Bind<(Relation, Vec<Level<'q>>)> {
    let mut names = Names::default();
    let mut keys = Vec::with_capacity(clauses.len());
    let mut measures = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let (name, measure, key) = key(binder, scope, &input, clause, &mut names)?;
        keys.push((name, key));
        measures.push(measure);
    }
    let (columns, plan) = computed(binder, &input, keys)?;
    let rows = Relation { plan, ..input };
    let mut levels = Vec::with_capacity(clauses.len());
    for ((clause, key), measure) in clauses.iter().zip(columns).zip(measures) {
        let none = Row::none(scope);
        let count = match &clause.count {
            Some(count) => {
                let count = binder.constant_long(&none, count, "the number of values")?;
                Some(usize::try_from(count).unwrap_or_default())
            }
            None => None,
        };
        let others = match &clause.with_others {
            Some(name) => Some(others_name(binder, &none, name, &key)?),
            None => None,
        };
        levels.push(Level {
            clause,
            key,
            measure,
            count,
            others,
        });
    }
    Ok((rows, levels))
}

/// The key of a level, its name, and the name of the aggregate.
fn key<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    clause: &'q TopNestedClause,
    names: &mut Names,
) -> Bind<(String, String, Bound)> {
    let key = binder.scalar(&Row::of(input, scope), &clause.of.value)?;
    if key.scalar_type == ScalarType::Dynamic {
        return Err(not_a_key(&key));
    }
    let given = clause.of.names.first().map(|name| name.text.clone());
    let Some(name) = given.or_else(|| key.name.clone()) else {
        let what = "an expression without a name in `top-nested`";
        return Err(Fault::not_supported(what, clause.of.span));
    };
    let name = names.derived(&name);
    let measure = match clause.by.names.first() {
        Some(given) => names.explicit(given, binder.operator())?,
        None => names.derived(&format!("aggregated_{name}")),
    };
    Ok((name, measure, key))
}

fn others_name<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    name: &'q Expr,
    key: &RelationColumn,
) -> Bind<Bound> {
    let bound = binder.scalar(row, name)?;
    if !bound.is_constant() {
        return Err(Fault::not_constant("the name of the others", name.span));
    }
    if bound.scalar_type != key.scalar_type {
        let what = "the name of the others";
        let expected = key.scalar_type.name();
        return Err(Fault::wrong_type(
            what,
            expected,
            bound.scalar_type,
            name.span,
        ));
    }
    Ok(bound)
}

/// The top rows of the last of `levels` within those of the level above, with the columns of all of them.
fn top<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    rows: &Relation,
    levels: &[Level<'q>],
    above: Option<&Relation>,
) -> Bind<Relation> {
    let Some(level) = levels.last() else {
        return Ok(rows.clone());
    };
    let keys = levels.iter().map(|level| &level.key);
    let measured = measured(binder, scope, rows, keys, &[level])?;
    let joined = match above {
        Some(above) => under(above, measured)?,
        None => measured,
    };
    let own = joined.columns.len().saturating_sub(2);
    let (outer, inner) = joined.columns.split_at(own);
    let outer_keys = outer.iter().step_by(2).map(|column| column.id.clone());
    let order = above
        .and_then(|above| above.order.clone())
        .unwrap_or_default();
    let own_order = top_order(inner, level.clause.order);
    let joined = match level.count {
        Some(count) => {
            let grouping = Grouping {
                keys: outer_keys.collect(),
                carried: Vec::new(),
                counted: None,
            };
            let grouped = Relation {
                grouping: above.map(|_| grouping),
                order: Some(own_order.clone()),
                is_sorted: false,
                ..joined
            };
            binder.first_rows(grouped, count)?
        }
        None => joined,
    };
    Ok(Relation {
        grouping: None,
        order: Some(order.into_iter().chain(own_order).collect()),
        is_sorted: false,
        ..joined
    })
}

/// The aggregate first, then the key, so that the order is always the same.
fn top_order(columns: &[RelationColumn], order: Option<SortOrder>) -> Vec<SortExpr> {
    let ascending = order == Some(SortOrder::Ascending);
    let mut columns = columns.iter().rev();
    let measure = columns.next();
    let measure = measure.map(|column| SortExpr::new(column.expr(), ascending, ascending));
    let key = columns.next();
    let key = key.map(|column| SortExpr::new(column.expr(), false, false));
    measure.into_iter().chain(key).collect()
}

/// The keys and then the aggregates of `measures` over the rows with equal keys.
fn measured<'l, 'q: 'l>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    rows: &Relation,
    keys: impl Iterator<Item = &'l RelationColumn>,
    measures: &[&Level<'q>],
) -> Bind<Relation> {
    let collected = Collected::default();
    let mut values = Vec::with_capacity(measures.len());
    for level in measures {
        let row = Row::aggregating(rows, scope, &collected);
        let value = binder.within("summarize", || binder.scalar(&row, &level.clause.by.value))?;
        values.push((level.measure.clone(), value));
    }
    let keys = keys.map(|key| (key.name.clone(), key.bound(Span::default())));
    let aggregates = collected.aggregates.into_inner();
    let grouped = grouped(binder, rows, keys.collect(), aggregates)?;
    finished(binder, grouped, values)
}

/// The rows whose first keys are those of a row above, behind the columns of that row.
fn under(above: &Relation, rows: Relation) -> Bind<Relation> {
    let outer = above.columns.iter().step_by(2);
    let shared = outer.clone().count();
    let pairs = outer.zip(&rows.columns);
    let plan = joined(
        &rows,
        above,
        JoinType::Inner,
        pairs.map(|(outer, own)| (&own.id, &outer.id)),
    )?;
    let own = rows.columns.iter().skip(shared);
    let columns = above.columns.iter().chain(own).cloned().collect();
    Ok(Relation {
        columns,
        depth: above.depth.max(rows.depth) + 1,
        size: above.size + rows.size + 1,
        plan,
        ..rows
    })
}

fn joined<'r>(
    left: &Relation,
    right: &Relation,
    kind: JoinType,
    keys: impl Iterator<Item = (&'r ColumnId, &'r ColumnId)>,
) -> Bind<LogicalPlan> {
    let column = |id: &ColumnId| PlanColumn::new_unqualified(id.to_string());
    let keys: (Vec<_>, Vec<_>) = keys
        .map(|(left, right)| (column(left), column(right)))
        .unzip();
    Ok(LogicalPlanBuilder::new(left.plan.clone())
        .join_detailed(
            right.plan.clone(),
            kind,
            keys,
            None,
            NullEquality::NullEqualsNull,
        )?
        .build()?)
}

/// The rows for the values that are not among the top ones of the first level `below`.
fn others<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    rows: &Relation,
    above: &[Level<'q>],
    below: &[Level<'q>],
    tops: &[Relation],
) -> Bind<Relation> {
    let Some(top) = tops.get(above.len()) else {
        return Ok(rows.clone());
    };
    let keys = above.iter().chain(below.first()).map(|level| &level.key.id);
    let top_keys = top.columns.iter().step_by(2).map(|column| &column.id);
    let plan = joined(rows, top, JoinType::LeftAnti, keys.zip(top_keys))?;
    let rest = rows.clone().with_plan(plan);
    let named: Vec<&Level<'q>> = below
        .iter()
        .filter(|level| level.others.is_some())
        .collect();
    let keys = above.iter().map(|level| &level.key);
    let sums = match above.len().checked_sub(1).and_then(|last| tops.get(last)) {
        Some(outer) => under(outer, measured(binder, scope, &rest, keys, &named)?)?,
        None => of_any_rows(binder, scope, &rest, &named)?,
    };
    let shape = tops.last().map(|last| last.columns.as_slice());
    with_names(binder, sums, shape.unwrap_or_default(), below)
}

/// The aggregates of all rows; nothing where there are no rows.
fn of_any_rows<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    rest: &Relation,
    named: &[&Level<'q>],
) -> Bind<Relation> {
    let sums = measured(binder, scope, rest, std::iter::empty(), named)?;
    let id = binder.fresh_id();
    let is_any = vec![(id.clone(), count(lit(1_i64)))];
    let any = grouped(binder, rest, Vec::new(), is_any)?;
    let any = binder.keep(any, reference(&id).gt(lit(0_i64)))?;
    let plan = LogicalPlanBuilder::new(sums.plan.clone())
        .cross_join(any.plan)?
        .build()?;
    Ok(sums.with_plan(plan))
}

/// The columns of all levels: those above as they are, those below with the names of their others.
fn with_names(
    binder: &Binder<'_>,
    sums: Relation,
    shape: &[RelationColumn],
    below: &[Level<'_>],
) -> Bind<Relation> {
    let above = shape.len() - below.len() * 2;
    let (outer, values) = sums.columns.split_at(above.min(sums.columns.len()));
    let mut columns = outer.to_vec();
    let mut expressions: Vec<PlanExpr> = outer.iter().map(RelationColumn::expr).collect();
    let mut values = values.iter().map(RelationColumn::expr);
    let null = |column: &RelationColumn| lit(types::null(column.scalar_type));
    for (level, made) in below
        .iter()
        .zip(shape.get(above..).unwrap_or_default().chunks(2))
    {
        let others = level.others.as_ref();
        let key = others.map(|others| others.expr.clone());
        let measure = others.and_then(|_| values.next());
        for (column, value) in made.iter().zip([key, measure]) {
            let id = binder.fresh_id();
            let value = value.unwrap_or_else(|| null(column));
            expressions.push(value.alias(id.to_string()));
            columns.push(RelationColumn {
                id,
                ..column.clone()
            });
        }
    }
    let plan = LogicalPlanBuilder::new(sums.plan.clone())
        .project(expressions)?
        .build()?;
    Ok(Relation {
        columns,
        ..sums.with_plan(plan)
    })
}
