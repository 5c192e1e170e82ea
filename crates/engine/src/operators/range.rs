//! `range name from start to end step step`: one row for each value.
//!
//! Source: learn.microsoft.com/kusto/query/range-operator.

use tesem_kql::Span;
use tesem_kql::ast::{Expr, Name};
use tesem_kql::types::ScalarType;

use super::datatable::built;
use crate::binder::Binder;
use crate::binder::conversion::widest;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::catalog::{Column, TableBuilder};
use crate::error::codes;
use crate::value::Value;

/// How many rows a range may have.
const ROWS_MAX: usize = 10_000_000;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    name: &Name,
    [from, to, step]: [&'q Expr; 3],
    span: Span,
) -> Bind<Relation> {
    let row = Row::none(scope);
    let (from, to, step) = (
        binder.scalar(&row, from)?,
        binder.scalar(&row, to)?,
        binder.scalar(&row, step)?,
    );
    let (scalar_type, step_type) = match (from.scalar_type, to.scalar_type, step.scalar_type) {
        (ScalarType::DateTime, ScalarType::DateTime, ScalarType::TimeSpan) => {
            (ScalarType::DateTime, ScalarType::TimeSpan)
        }
        (ScalarType::TimeSpan, ScalarType::TimeSpan, ScalarType::TimeSpan) => {
            (ScalarType::TimeSpan, ScalarType::TimeSpan)
        }
        (from, to, step) => match widest(from, to).and_then(|ends| widest(ends, step)) {
            Some(ScalarType::Int) => (ScalarType::Int, ScalarType::Int),
            Some(number @ (ScalarType::Long | ScalarType::Real)) => (number, number),
            _ => {
                let message = format!("no range goes from {from} to {to} by {step}");
                return Err(Fault::wrong(codes::WRONG_TYPE, message, span));
            }
        },
    };
    let ends = (
        binder.convert(from, scalar_type)?.constant,
        binder.convert(to, scalar_type)?.constant,
        binder.convert(step, step_type)?.constant,
    );
    let (Some(from), Some(to), Some(step)) = ends else {
        return Err(Fault::not_constant("each part of `range`", span));
    };
    let columns = vec![Column::new(&name.text, scalar_type)];
    let mut rows = TableBuilder::new(columns.clone());
    for value in values(scalar_type, &from, &to, &step, span)? {
        built(rows.value(0, &value))?;
        built(rows.finish_row())?;
    }
    let rows = binder.known_rows(&columns, built(rows.finish())?)?;
    Ok(Relation {
        is_serialized: true,
        ..rows
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the number of a row is far below 2^53"
)]
fn values(
    scalar_type: ScalarType,
    from: &Value,
    to: &Value,
    step: &Value,
    span: Span,
) -> Bind<Vec<Value>> {
    if let (Value::Real(from), Value::Real(to), Value::Real(step)) = (from, to, step) {
        let reals = (0..=ROWS_MAX).map(|row| from + step * row as f64);
        let is_inside = |value: &f64| match *step {
            step if step > 0.0 => value <= to,
            step if step < 0.0 => value >= to,
            _ => false,
        };
        return limited(reals.take_while(is_inside).map(Value::Real).collect(), span);
    }
    let (Some(from), Some(to), Some(step)) = (word(from), word(to), word(step)) else {
        return Ok(Vec::new());
    };
    let next = |value: &i64| value.checked_add(step);
    let is_inside = |value: &i64| match step {
        1.. => *value <= to,
        ..=-1 => *value >= to,
        0 => false,
    };
    let words = std::iter::successors(Some(from), next)
        .take_while(is_inside)
        .take(ROWS_MAX + 1);
    limited(words.map(|value| typed(scalar_type, value)).collect(), span)
}

fn limited(values: Vec<Value>, _span: Span) -> Bind<Vec<Value>> {
    if values.len() > ROWS_MAX {
        let what = format!("`range` has more than {ROWS_MAX} rows");
        return Err(Fault::too_large(what));
    }
    Ok(values)
}

fn word(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(i64::from(*value)),
        Value::Long(value) | Value::DateTime(value) | Value::TimeSpan(value) => Some(*value),
        _ => None,
    }
}

fn typed(scalar_type: ScalarType, value: i64) -> Value {
    match scalar_type {
        ScalarType::Int => i32::try_from(value).map_or(Value::Null(scalar_type), Value::Int),
        ScalarType::DateTime => Value::DateTime(value),
        ScalarType::TimeSpan => Value::TimeSpan(value),
        _ => Value::Long(value),
    }
}
