//! Calls of window functions in scalar expressions.
//!
//! A call becomes a column that the plan gets before the expression around it is computed. A call that stands in an argument of another
//! one, such as `row_number(1, Device != prev(Device))`, is computed first.

use std::cell::RefCell;
use std::sync::Arc;

use datafusion::arrow::datatypes::Field;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, SortExpr};
use tesem_kql::Span;
use tesem_kql::ast::{Argument, Name};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::calls::check_count;
use super::conversion::is_number;
use super::fault::{Bind, Fault};
use super::relation::{ColumnId, Relation, id_of, reference};
use super::row::Row;
use crate::bound::Bound;
use crate::error::{Finding, codes};
use crate::sequence::Sequence;
use crate::types;
use crate::value::Value;
use crate::windows::{Call, Window, Windows};

/// The names of the window functions and how many arguments they take.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("next", 1, 3),
    ("prev", 1, 3),
    ("row_cumsum", 1, 2),
    ("row_number", 0, 2),
    ("row_rank_dense", 1, 2),
    ("row_rank_min", 1, 2),
    ("row_window_session", 3, 4),
];

/// Whether a name is one of a window function.
pub(crate) fn is_window_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|(known, ..)| *known == name)
}

/// A call whose value will be a column of the plan.
#[derive(Debug)]
struct Placed {
    id: ColumnId,
    scalar_type: ScalarType,
    call: Call,
    arguments: Vec<PlanExpr>,
    /// How many calls stand inside each other in its arguments.
    level: usize,
}

/// The window functions that the expressions of one operator call.
#[derive(Debug, Default)]
pub(crate) struct WindowCalls {
    placed: RefCell<Vec<Placed>>,
}

impl WindowCalls {
    /// The rows with a column for each call, in their order.
    pub(crate) fn applied(self, binder: &Binder<'_>, input: Relation) -> Bind<Relation> {
        let placed = self.placed.into_inner();
        let levels = placed.iter().map(|call| call.level).max();
        let mut rows = input;
        let mut kept = Vec::new();
        for level in 0..levels.map_or(0, |last| last + 1) {
            let calls: Vec<&Placed> = placed.iter().filter(|call| call.level == level).collect();
            rows = computed(binder, rows, &kept, &calls)?;
            kept.extend(calls.iter().map(|call| Arc::clone(&call.id)));
        }
        Ok(rows)
    }

    fn place(&self, id: ColumnId, call: Call, arguments: Vec<PlanExpr>, scalar_type: ScalarType) {
        let mut placed = self.placed.borrow_mut();
        let columns = arguments.iter().flat_map(PlanExpr::column_refs);
        let inner = columns.filter_map(|column| {
            let inner = placed.iter().find(|call| *call.id == column.name)?;
            Some(inner.level + 1)
        });
        let level = inner.max().unwrap_or_default();
        placed.push(Placed {
            id,
            scalar_type,
            call,
            arguments,
            level,
        });
    }
}

/// The rows with the columns of calls that do not depend on each other.
fn computed(
    binder: &Binder<'_>,
    input: Relation,
    kept: &[ColumnId],
    calls: &[&Placed],
) -> Bind<Relation> {
    let ids = input.kept_ids();
    let mut expressions: Vec<PlanExpr> = ids.iter().chain(kept).map(reference).collect();
    let inherited = expressions.len();
    let mut arguments = Vec::new();
    for argument in calls.iter().flat_map(|call| &call.arguments) {
        if id_of(argument).is_some() {
            arguments.push(argument.clone());
            continue;
        }
        let id = binder.fresh_id();
        expressions.push(argument.clone().alias(id.to_string()));
        arguments.push(reference(&id));
    }
    let mut plan = input.sorted_plan()?;
    if expressions.len() > inherited {
        plan = LogicalPlanBuilder::new(plan)
            .project(expressions)?
            .build()?;
    }
    let fields: Vec<Field> = calls
        .iter()
        .map(|call| types::field(&call.id, call.scalar_type))
        .collect();
    let windows = Windows {
        calls: calls.iter().map(|call| call.call.clone()).collect(),
    };
    let number = binder.fresh_id();
    let order = input.order.clone().unwrap_or_default();
    let windows = Arc::new(windows);
    let plan = Sequence::plan(plan, order, arguments, &number, fields, windows)?;
    Ok(Relation {
        order: Some(vec![SortExpr::new(reference(&number), true, false)]),
        is_sorted: true,
        ..input.with_plan(plan)
    })
}

impl Binder<'_> {
    /// `prev(column)` and the other window functions.
    pub(crate) fn window_call<'q>(
        &self,
        row: &Row<'_, 'q>,
        name: &Name,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let (Some(relation), Some(windows)) = (row.relation, row.windows) else {
            let what = format!("{}() in `{}`", name.text, self.operator());
            return Err(Fault::not_supported(what, span));
        };
        if relation.grouping.is_some() {
            let what = format!("{}() in the subquery of `mv-apply`", name.text);
            return Err(Fault::not_supported(what, span));
        }
        if !relation.is_serialized {
            return Err(not_serialized(&name.text, span));
        }
        let mut bounds = Vec::with_capacity(arguments.len());
        for argument in arguments {
            bounds.push(self.scalar(row, &argument.value)?);
        }
        if let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name.text) {
            check_count(name, bounds.len(), *least, *most, span)?;
        }
        let (window, bounds, scalar_type) = match name.text.as_str() {
            "prev" => self.shift(&name.text, -1, bounds, span)?,
            "next" => self.shift(&name.text, 1, bounds, span)?,
            "row_number" => self.row_number(bounds, span)?,
            "row_cumsum" => row_cumsum(bounds, span)?,
            "row_window_session" => session(bounds, span)?,
            rank => rank_of(rank, bounds, span)?,
        };
        let shift = matches!(window, Window::Shift { .. });
        let restarts = !shift && bounds.last().is_some_and(is_restart);
        let call = Call {
            window,
            arguments: bounds.len(),
            restarts,
            span,
        };
        let arguments = bounds.into_iter().map(|bound| bound.expr).collect();
        let id = self.fresh_id();
        windows.place(Arc::clone(&id), call, arguments, scalar_type);
        Ok(Bound::new(reference(&id), scalar_type, span))
    }

    /// `prev(column [, offset [, default]])`, `next(…)`.
    fn shift(
        &self,
        function: &str,
        direction: i64,
        bounds: Vec<Bound>,
        span: Span,
    ) -> Bind<(Window, Vec<Bound>, ScalarType)> {
        let mut bounds = bounds.into_iter();
        let Some(column) = bounds.next().filter(|column| column.is_column) else {
            let message = format!("{function}() takes the name of a column");
            return Err(Fault::wrong(codes::WRONG_KIND, message, span));
        };
        let distance = match bounds.next() {
            None => 1,
            Some(offset) => match offset.constant_long() {
                Some(offset @ 1..) => offset,
                Some(_) => {
                    let what = format!("{function}() with an offset below 1");
                    return Err(Fault::not_supported(what, offset.span));
                }
                None => {
                    let what = format!("{function}() with an offset that is no constant integer");
                    return Err(Fault::not_supported(what, offset.span));
                }
            },
        };
        let default = match bounds.next() {
            None => types::null(column.scalar_type),
            Some(default) => self.default(&column, default)?,
        };
        let scalar_type = column.scalar_type;
        let window = Window::Shift {
            offset: direction.saturating_mul(distance),
            default,
        };
        Ok((window, vec![column], scalar_type))
    }

    /// The value where there is no row: of the column's type, or another kind of number.
    fn default(&self, column: &Bound, default: Bound) -> Bind<datafusion::scalar::ScalarValue> {
        let (wanted, found) = (column.scalar_type, default.scalar_type);
        let converts = wanted == found || is_number(wanted) && is_number(found);
        let is_null = default.constant.as_ref().is_some_and(Value::is_null);
        if !default.is_constant() {
            return Err(Fault::not_constant("the default value", default.span));
        }
        if is_null {
            return Ok(types::null(wanted));
        }
        if !converts {
            let what = format!("a default of type {found} for a column of type {wanted}");
            return Err(Fault::not_supported(what, default.span));
        }
        let default = self.convert(default, wanted)?;
        Ok(default
            .constant
            .as_ref()
            .map_or_else(|| types::null(wanted), types::literal))
    }

    /// `row_number([start [, restart]])`.
    fn row_number(&self, bounds: Vec<Bound>, span: Span) -> Bind<(Window, Vec<Bound>, ScalarType)> {
        let mut bounds = bounds.into_iter();
        let start = match bounds.next() {
            None => 1,
            Some(start) => start.constant_long().ok_or_else(|| {
                let what = "row_number() with a start that is no constant integer";
                Fault::not_supported(what, start.span)
            })?,
        };
        let restart = restart(bounds.next(), span)?;
        let window = Window::RowNumber { start };
        Ok((window, restart.into_iter().collect(), ScalarType::Long))
    }
}

fn is_restart(bound: &Bound) -> bool {
    bound.scalar_type == ScalarType::Bool
}

/// The condition that restarts a function.
fn restart(bound: Option<Bound>, _span: Span) -> Bind<Option<Bound>> {
    match bound {
        Some(bound) if !is_restart(&bound) => Err(Fault::wrong_type(
            "the condition that restarts",
            "a bool",
            bound.scalar_type,
            bound.span,
        )),
        bound => Ok(bound),
    }
}

/// The value and the condition of `function(value [, restart])`.
fn value_and_restart(function: &str, bounds: Vec<Bound>, span: Span) -> Bind<(Bound, Vec<Bound>)> {
    let mut bounds = bounds.into_iter();
    let Some(value) = bounds.next() else {
        let message = format!("{function}() takes a value");
        return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
    };
    let restart = restart(bounds.next(), span)?;
    let all = std::iter::once(value.clone()).chain(restart).collect();
    Ok((value, all))
}

fn row_cumsum(bounds: Vec<Bound>, span: Span) -> Bind<(Window, Vec<Bound>, ScalarType)> {
    let (value, bounds) = value_and_restart("row_cumsum", bounds, span)?;
    let scalar_type = value.scalar_type;
    if !is_number(scalar_type) {
        return Err(Fault::wrong_type(
            "what row_cumsum() adds",
            "a number",
            scalar_type,
            value.span,
        ));
    }
    Ok((Window::RowCumsum { scalar_type }, bounds, scalar_type))
}

fn rank_of(
    function: &str,
    bounds: Vec<Bound>,
    span: Span,
) -> Bind<(Window, Vec<Bound>, ScalarType)> {
    let (value, bounds) = value_and_restart(function, bounds, span)?;
    match value.scalar_type {
        ScalarType::Dynamic => Err(Fault::wrong_type(
            &format!("the argument of {function}()"),
            "a scalar that is not dynamic",
            value.scalar_type,
            value.span,
        )),
        ScalarType::Bool => {
            let what = format!("{function}() of a bool");
            Err(Fault::not_supported(what, value.span))
        }
        _ => {
            let is_dense = function == "row_rank_dense";
            Ok((Window::RowRank { is_dense }, bounds, ScalarType::Long))
        }
    }
}

fn session(bounds: Vec<Bound>, span: Span) -> Bind<(Window, Vec<Bound>, ScalarType)> {
    let mut bounds = bounds.into_iter();
    let (Some(time), Some(from_first), Some(between)) =
        (bounds.next(), bounds.next(), bounds.next())
    else {
        let message = "row_window_session() takes a time and two distances";
        return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
    };
    if time.scalar_type != ScalarType::DateTime {
        return Err(Fault::wrong_type(
            "the first argument of row_window_session()",
            "a datetime",
            time.scalar_type,
            time.span,
        ));
    }
    let window = Window::RowWindowSession {
        from_first: distance(&from_first)?,
        between: distance(&between)?,
    };
    let restart = restart(bounds.next(), span)?;
    let bounds = std::iter::once(time).chain(restart).collect();
    Ok((window, bounds, ScalarType::DateTime))
}

fn distance(bound: &Bound) -> Bind<i64> {
    match (&bound.constant, bound.scalar_type) {
        (Some(Value::TimeSpan(ticks)), _) => Ok(*ticks),
        (_, ScalarType::TimeSpan) => {
            let what = "row_window_session() with a distance that is no constant timespan";
            Err(Fault::not_supported(what, bound.span))
        }
        (_, found) => Err(Fault::wrong_type(
            "a distance of row_window_session()",
            "a timespan",
            found,
            bound.span,
        )),
    }
}

fn not_serialized(function: &str, span: Span) -> Fault {
    Finding::error(
        codes::WRONG_KIND,
        format!("{function}() needs rows in a fixed order"),
        span,
    )
    .with_hint("put `sort by` or `serialize` before it")
    .with_service_message(format!(
        "Function '{function}' cannot be invoked. The row set must be serialized."
    ))
    .into()
}
