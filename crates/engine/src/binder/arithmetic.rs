//! `+ - * / %` and the unary minus.
//!
//! Integers wrap around, divide towards zero, and give null when divided by zero; `%` is never negative. Source:
//! learn.microsoft.com/kusto/query/numerical-operators and observed answers.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Decimal256Array, Float64Array, Int64Array};
use datafusion::arrow::datatypes::{Decimal256Type, i256};
use datafusion::common::{DataFusionError, exec_datafusion_err};
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::conversion::{is_number, widest};
use super::fault::{Bind, Fault};
use super::row::Row;
use crate::bound::Bound;
use crate::decimal::{self, Decimal};
use crate::error::{Finding, codes};
use crate::kernel::{self, Input};
use crate::ticks;
use crate::value::Value;

/// How many operands an arithmetic chain may have.
const CHAIN_MAX: usize = 1_000;

impl Binder<'_> {
    /// A chain of arithmetic operators, bound from the left without recursion.
    pub(crate) fn arithmetic_chain<'q>(&self, row: &Row<'_, 'q>, expr: &'q Expr) -> Bind<Bound> {
        let mut spine = Vec::new();
        let mut innermost = expr;
        while let ExprKind::Binary { op, left, right } = &innermost.kind
            && is_arithmetic(*op)
        {
            spine.push((*op, right, innermost.span));
            innermost = left;
        }
        if spine.len() > CHAIN_MAX {
            let what = format!("a chain of more than {CHAIN_MAX} arithmetic operators");
            return Err(Fault::too_large(what));
        }
        let mut value = self.scalar(row, innermost)?;
        for (op, right, span) in spine.into_iter().rev() {
            let right = self.scalar(row, right)?;
            value = self.arithmetic(op, value, right, span)?;
        }
        Ok(value)
    }

    /// `left op right`.
    fn arithmetic(&self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bind<Bound> {
        let (left, right) = self.without_dynamics(op, left, right, span)?;
        let (left_type, right_type) = (left.scalar_type, right.scalar_type);
        if let Some(widest) = widest(left_type, right_type) {
            let common = match widest {
                ScalarType::Int => ScalarType::Long,
                other => other,
            };
            let (left, right) = (self.convert(left, common)?, self.convert(right, common)?);
            return Ok(number(op, left, right, common, span));
        }
        self.time(op, left, right, span)
    }

    /// A dynamic operand takes the type of the other one.
    fn without_dynamics(
        &self,
        op: BinaryOp,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Bind<(Bound, Bound)> {
        let as_operand = |scalar_type| match scalar_type {
            ScalarType::Int => Some(ScalarType::Long),
            ScalarType::Long
            | ScalarType::Real
            | ScalarType::Decimal
            | ScalarType::TimeSpan
            | ScalarType::DateTime => Some(scalar_type),
            _ => None,
        };
        match (left.scalar_type, right.scalar_type) {
            (ScalarType::Dynamic, ScalarType::Dynamic) => Err(Fault::not_supported(
                "arithmetic between two dynamics (convert them with tolong(), toreal() or the like)",
                span,
            )),
            (ScalarType::Dynamic, other) => match as_operand(other) {
                Some(target) => Ok((self.convert(left, target)?, right)),
                None => Err(no_operator(op, ScalarType::Dynamic, other, span)),
            },
            (other, ScalarType::Dynamic) => match as_operand(other) {
                Some(target) => Ok((left, self.convert(right, target)?)),
                None => Err(no_operator(op, other, ScalarType::Dynamic, span)),
            },
            _ => Ok((left, right)),
        }
    }

    /// Arithmetic with at least one datetime or timespan.
    fn time(&self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bind<Bound> {
        use BinaryOp::{Add, Divide, Modulo, Multiply, Subtract};
        use ScalarType::{DateTime, Long, Real, TimeSpan};
        let types = (left.scalar_type, right.scalar_type);
        Ok(match (op, types) {
            (Add, (TimeSpan, TimeSpan)) => add_ticks(left, right, Sign::Plus, TimeSpan, span),
            (Add, (DateTime, TimeSpan) | (TimeSpan, DateTime)) => {
                add_ticks(left, right, Sign::Plus, DateTime, span)
            }
            (Subtract, (TimeSpan, TimeSpan) | (DateTime, DateTime)) => {
                add_ticks(left, right, Sign::Minus, TimeSpan, span)
            }
            (Subtract, (DateTime, TimeSpan)) => add_ticks(left, right, Sign::Minus, DateTime, span),
            (Divide, (TimeSpan, TimeSpan) | (DateTime, TimeSpan)) => ticks_ratio(left, right, span),
            (Modulo, (TimeSpan | DateTime, TimeSpan)) => Bound {
                scalar_type: TimeSpan,
                ..retyped(number(op, left, right, Long, span), TimeSpan)
            },
            (Multiply, (TimeSpan, other)) if is_number(other) => {
                scaled_ticks(op, left, self.convert(right, Real)?, span)
            }
            (Multiply, (other, TimeSpan)) if is_number(other) => {
                scaled_ticks(op, right, self.convert(left, Real)?, span)
            }
            (Divide, (TimeSpan, other)) if is_number(other) => {
                scaled_ticks(op, left, self.convert(right, Real)?, span)
            }
            (_, (left, right)) => return Err(no_operator(op, left, right, span)),
        })
    }

    /// `-operand`.
    pub(crate) fn negate(&self, operand: Bound, span: Span) -> Bind<Bound> {
        let zero = match operand.scalar_type {
            ScalarType::Int | ScalarType::Long => Value::Long(0),
            ScalarType::Dynamic => {
                let what = "`-` before a dynamic (convert it with tolong() or toreal())";
                return Err(Fault::not_supported(what, span));
            }
            ScalarType::Real => Value::Real(-0.0),
            ScalarType::Decimal => Value::Decimal(Decimal::default()),
            ScalarType::TimeSpan => Value::TimeSpan(0),
            found => {
                return Err(Fault::wrong_type(
                    "the operand of `-`",
                    "a number",
                    found,
                    span,
                ));
            }
        };
        self.arithmetic(
            BinaryOp::Subtract,
            Bound::constant(zero, span),
            operand,
            span,
        )
    }
}

fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo
    )
}

fn no_operator(op: BinaryOp, left: ScalarType, right: ScalarType, span: Span) -> Fault {
    let symbol = symbol(op);
    let finding = Finding::error(
        codes::WRONG_TYPE,
        format!("`{symbol}` does not take {left} and {right}"),
        span,
    );
    match (left, right) {
        (ScalarType::String, _) | (_, ScalarType::String) => {
            finding.with_hint("join texts with strcat(), read numbers with tolong() or toreal()")
        }
        _ => finding,
    }
    .into()
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        _ => "%",
    }
}

/// The same 64 bits under another type: long, datetime and timespan are stored alike.
fn retyped(bound: Bound, scalar_type: ScalarType) -> Bound {
    match (&bound.constant, scalar_type) {
        (Some(Value::Long(value)), ScalarType::TimeSpan) => {
            Bound::constant(Value::TimeSpan(*value), bound.span)
        }
        (Some(Value::Null(_)), _) => Bound::null(scalar_type, bound.span),
        _ => Bound {
            scalar_type,
            ..bound
        },
    }
}

/// Arithmetic of two numbers of one type.
fn number(op: BinaryOp, left: Bound, right: Bound, scalar_type: ScalarType, span: Span) -> Bound {
    let nullable = left.nullable || right.nullable || may_fail(op, &right, scalar_type);
    let arguments = vec![left, right];
    let bound = match scalar_type {
        ScalarType::Real => kernel::call(symbol(op), arguments, scalar_type, span, move |input| {
            reals(op, input)
        }),
        ScalarType::Decimal => {
            kernel::call(symbol(op), arguments, scalar_type, span, move |input| {
                decimals(op, input)
            })
        }
        _ => kernel::call(
            symbol(op),
            arguments,
            ScalarType::Long,
            span,
            move |input| longs(op, input),
        ),
    };
    Bound {
        nullable: bound.nullable && nullable,
        ..bound
    }
}

/// Whether values that are not null may give null.
fn may_fail(op: BinaryOp, right: &Bound, scalar_type: ScalarType) -> bool {
    match (op, scalar_type) {
        (_, ScalarType::Decimal) => true,
        (BinaryOp::Divide | BinaryOp::Modulo, ScalarType::Long) => {
            !matches!(&right.constant, Some(Value::Long(value) | Value::TimeSpan(value)) if *value != 0)
        }
        _ => false,
    }
}

fn longs(op: BinaryOp, input: &Input<'_>) -> Result<ArrayRef, DataFusionError> {
    let compute: fn(i64, i64) -> Option<i64> = match op {
        BinaryOp::Add => |left, right| Some(left.wrapping_add(right)),
        BinaryOp::Subtract => |left, right| Some(left.wrapping_sub(right)),
        BinaryOp::Multiply => |left, right| Some(left.wrapping_mul(right)),
        BinaryOp::Divide => |left, right| (right != 0).then(|| left.wrapping_div(right)),
        _ => |left, right| (right != 0).then(|| left.wrapping_rem_euclid(right)),
    };
    let (left, right) = (input.longs(0)?, input.longs(1)?);
    let result: Int64Array = left
        .iter()
        .zip(right.iter())
        .map(|(left, right)| compute(left?, right?))
        .collect();
    Ok(Arc::new(result))
}

fn reals(op: BinaryOp, input: &Input<'_>) -> Result<ArrayRef, DataFusionError> {
    let compute: fn(f64, f64) -> f64 = match op {
        BinaryOp::Add => |left, right| left + right,
        BinaryOp::Subtract => |left, right| left - right,
        BinaryOp::Multiply => |left, right| left * right,
        BinaryOp::Divide => |left, right| left / right,
        _ => f64::rem_euclid,
    };
    let (left, right) = (input.reals(0)?, input.reals(1)?);
    let result: Float64Array = left
        .iter()
        .zip(right.iter())
        .map(|(left, right)| Some(compute(left?, right?)))
        .collect();
    Ok(Arc::new(result))
}

fn decimals(op: BinaryOp, input: &Input<'_>) -> Result<ArrayRef, DataFusionError> {
    let (left, right) = (decimal_array(input, 0)?, decimal_array(input, 1)?);
    let result: Decimal256Array = left
        .iter()
        .zip(right.iter())
        .map(|(left, right)| decimal_result(op, left?, right?))
        .collect();
    let result = result.with_precision_and_scale(decimal::PRECISION, decimal::SCALE)?;
    Ok(Arc::new(result))
}

fn decimal_array(input: &Input<'_>, index: usize) -> Result<Decimal256Array, DataFusionError> {
    let array = input.array(index)?;
    let decimals = array.as_primitive_opt::<Decimal256Type>();
    decimals
        .cloned()
        .ok_or_else(|| exec_datafusion_err!("an operator expects decimals"))
}

/// The result in units of the last digit; `None` when it has too many digits.
fn decimal_result(op: BinaryOp, left: i256, right: i256) -> Option<i256> {
    let (left, right) = (Decimal::from_units(left)?, Decimal::from_units(right)?);
    let result = match op {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Subtract => left.checked_sub(right),
        BinaryOp::Multiply => left.checked_mul(right),
        BinaryOp::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    result.map(Decimal::units)
}

/// Whether ticks are added or subtracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// A sum or difference of ticks; a datetime before the year 1 or after 9999 becomes null.
pub(crate) fn add_ticks(
    left: Bound,
    right: Bound,
    sign: Sign,
    scalar_type: ScalarType,
    span: Span,
) -> Bound {
    let nullable = left.nullable || right.nullable || scalar_type == ScalarType::DateTime;
    let bound = kernel::call("+", vec![left, right], scalar_type, span, move |input| {
        let (left, right) = (input.longs(0)?, input.longs(1)?);
        let add = |left: i64, right: i64| {
            let sum = match sign {
                Sign::Plus => left.wrapping_add(right),
                Sign::Minus => left.wrapping_sub(right),
            };
            let is_valid =
                scalar_type != ScalarType::DateTime || (0..=ticks::MAX_DATETIME).contains(&sum);
            is_valid.then_some(sum)
        };
        let result: Int64Array = left
            .iter()
            .zip(right.iter())
            .map(|(left, right)| add(left?, right?))
            .collect();
        Ok(Arc::new(result))
    });
    Bound {
        nullable: bound.nullable && nullable,
        ..bound
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of timespans is a real by definition"
)]
fn ticks_ratio(left: Bound, right: Bound, span: Span) -> Bound {
    kernel::call("/", vec![left, right], ScalarType::Real, span, |input| {
        let (left, right) = (input.longs(0)?, input.longs(1)?);
        let result: Float64Array = left
            .iter()
            .zip(right.iter())
            .map(|(left, right)| Some(left? as f64 / right? as f64))
            .collect();
        Ok(Arc::new(result))
    })
}

/// A timespan times or divided by a real.
fn scaled_ticks(op: BinaryOp, span_value: Bound, factor: Bound, span: Span) -> Bound {
    let arguments = vec![span_value, factor];
    kernel::call(
        symbol(op),
        arguments,
        ScalarType::TimeSpan,
        span,
        move |input| {
            let (ticks, factors) = (input.longs(0)?, input.reals(1)?);
            let result: Int64Array = ticks
                .iter()
                .zip(factors.iter())
                .map(|(ticks, factor)| scale(op, ticks?, factor?))
                .collect();
            Ok(Arc::new(result))
        },
    )
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "timespans are scaled as reals; what does not fit becomes null"
)]
fn scale(op: BinaryOp, ticks: i64, factor: f64) -> Option<i64> {
    if factor.fract() == 0.0 && factor.abs() < 9e15 {
        let whole = factor as i64;
        return match op {
            BinaryOp::Multiply => ticks.checked_mul(whole),
            _ => ticks.checked_div(whole),
        };
    }
    let scaled = match op {
        BinaryOp::Multiply => ticks as f64 * factor,
        _ => ticks as f64 / factor,
    };
    (scaled.is_finite() && scaled.abs() < 9.2e18).then_some(scaled as i64)
}
