//! Comparison operators, and the string operators with one value on the right.
//!
//! Equality is total: one null is different from every value, so that `!=` is true for it; only two nulls compare to null. Order is
//! null where an operand is. Source: learn.microsoft.com/kusto/query/scalar-data-types/null-values and observed answers.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::compute::kernels::cmp;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{Expr as PlanExpr, Operator as PlanOperator, binary_expr, when};
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, StringOp, StringTest};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::arithmetic::{Sign, add_ticks};
use super::conversion::{is_number, widest};
use super::fault::{Bind, Fault};
use super::logic::combine;
use super::row::Row;
use crate::bound::Bound;
use crate::error::{Finding, codes};
use crate::kernel::{self, Input};
use crate::kernels::strings;
use crate::value::Value;

/// Integers beyond this magnitude are not exact as reals.
const EXACT_REAL: i64 = 1 << 53;

/// What [`is_true`] is called in plans.
const IS_TRUE: &str = "is_true";

impl Binder<'_> {
    /// `left op right` for `==`, `!=`, `<`, `<=`, `>`, `>=`.
    pub(crate) fn compare(
        &self,
        op: BinaryOp,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Bind<Bound> {
        let Some(order) = plan_operator(op) else {
            return Err(Fault::not_supported("this operator", span));
        };
        let is_equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let (left, right) = self.comparable(is_equality, left, right, span)?;
        Ok(match op {
            BinaryOp::Equal => equal(left, right, span),
            BinaryOp::NotEqual => not_equal(left, right, span),
            _ => ordered(order, left, right, span),
        })
    }

    /// Both sides as values of one type.
    fn comparable(
        &self,
        is_equality: bool,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Bind<(Bound, Bound)> {
        let common = common_type(is_equality, &left, &right)
            .ok_or_else(|| incomparable(left.scalar_type, right.scalar_type, span))?;
        if left.scalar_type == ScalarType::Dynamic && right.scalar_type == ScalarType::Dynamic {
            return Err(two_dynamics(span));
        }
        Ok((self.convert(left, common)?, self.convert(right, common)?))
    }

    /// `operand between (low .. high)`, ends included.
    pub(crate) fn between<'q>(
        &self,
        row: &Row<'_, 'q>,
        negated: bool,
        [operand, low, high]: [&'q Expr; 3],
        span: Span,
    ) -> Bind<Bound> {
        let operand = self.scalar(row, operand)?;
        let low = self.scalar(row, low)?;
        let high = self.scalar(row, high)?;
        let high = match (low.scalar_type, high.scalar_type) {
            (ScalarType::DateTime, ScalarType::TimeSpan) => {
                add_ticks(low.clone(), high, Sign::Plus, ScalarType::DateTime, span)
            }
            _ => high,
        };
        let above = self.compare(BinaryOp::GreaterOrEqual, operand.clone(), low, span)?;
        let below = self.compare(BinaryOp::LessOrEqual, operand, high, span)?;
        let inside = combine(true, vec![above, below], span);
        Ok(if negated { not(inside) } else { inside })
    }

    /// `left op right` for the string operators.
    pub(crate) fn string_operator(
        &self,
        op: StringOp,
        left: Bound,
        right: Bound,
        span: Span,
    ) -> Bind<Bound> {
        let name = string_operator_name(op);
        let left = self.text(left, name)?;
        let right = self.text(right, name)?;
        let context = self.context(name, &left);
        let bound = strings::binary(&context, op, left, right)?;
        Ok(Bound {
            span,
            ..bound.non_null()
        })
    }
}

/// The type in which two values are compared; dynamics take the type of the other side.
fn common_type(is_equality: bool, left: &Bound, right: &Bound) -> Option<ScalarType> {
    let (left_type, right_type) = (left.scalar_type, right.scalar_type);
    if left_type == right_type {
        let has_order = left_type != ScalarType::String && left_type != ScalarType::Guid;
        return (is_equality || has_order).then_some(left_type);
    }
    if let Some(number) = widest(left_type, right_type) {
        return Some(number);
    }
    match (left_type, right_type) {
        (ScalarType::Dynamic, _) => Some(dynamic_as(right)),
        (_, ScalarType::Dynamic) => Some(dynamic_as(left)),
        (ScalarType::Bool, other) | (other, ScalarType::Bool) if is_number(other) => Some(other),
        (ScalarType::String, other) if is_equality => Some(text_as(left, other)),
        (other, ScalarType::String) if is_equality => Some(text_as(right, other)),
        _ => None,
    }
}

/// The type a dynamic takes when it is compared with a value.
fn dynamic_as(other: &Bound) -> ScalarType {
    match (other.scalar_type, other.constant_long()) {
        (ScalarType::Int | ScalarType::Long, Some(number))
            if number.saturating_abs() > EXACT_REAL =>
        {
            ScalarType::Long
        }
        (ScalarType::Int | ScalarType::Long, _) => ScalarType::Real,
        (scalar_type, _) => scalar_type,
    }
}

/// The type in which a string and another value are compared: a constant string is read as the other type.
fn text_as(text: &Bound, other: ScalarType) -> ScalarType {
    if text.is_constant() {
        other
    } else {
        ScalarType::String
    }
}

fn incomparable(left: ScalarType, right: ScalarType, span: Span) -> Fault {
    Finding::error(
        codes::WRONG_TYPE,
        format!("values of types {left} and {right} cannot be compared"),
        span,
    )
    .with_hint(format!("convert one of them, as with to{right}()"))
    .with_service_message(format!(
        "Cannot compare values of types {left} and {right}. Try adding explicit casts"
    ))
    .into()
}

/// The service refuses two dynamics when it runs the query.
fn two_dynamics(span: Span) -> Fault {
    Finding::error(codes::WRONG_TYPE, "two dynamics cannot be compared", span)
        .with_hint("convert them, as with tostring() or tolong()")
        .with_service_message("Cannot compare dynamic values without explicit cast")
        .into()
}

fn plan_operator(op: BinaryOp) -> Option<PlanOperator> {
    Some(match op {
        BinaryOp::Equal => PlanOperator::Eq,
        BinaryOp::NotEqual => PlanOperator::NotEq,
        BinaryOp::Less => PlanOperator::Lt,
        BinaryOp::LessOrEqual => PlanOperator::LtEq,
        BinaryOp::Greater => PlanOperator::Gt,
        BinaryOp::GreaterOrEqual => PlanOperator::GtEq,
        _ => return None,
    })
}

/// `left == right` for values of one type.
pub(crate) fn equal(left: Bound, right: Bound, span: Span) -> Bound {
    let both_nullable = left.nullable && right.nullable;
    let any_nullable = left.nullable || right.nullable;
    let both_null = both_nullable.then(|| both_null(&left, &right));
    let equal = ordered(PlanOperator::Eq, left, right, span);
    if let Some(constant) = equal.constant_bool() {
        return Bound::constant(Value::Bool(constant), span);
    }
    match both_null {
        Some(both_null) => null_where(both_null, is_true(equal), span),
        None if any_nullable => is_true(equal),
        None => equal,
    }
}

/// `left != right` for values of one type.
pub(crate) fn not_equal(left: Bound, right: Bound, span: Span) -> Bound {
    not(equal(left, right, span))
}

fn both_null(left: &Bound, right: &Bound) -> PlanExpr {
    left.expr
        .clone()
        .is_null()
        .and(right.expr.clone().is_null())
}

fn null_where(condition: PlanExpr, otherwise: Bound, span: Span) -> Bound {
    let null = super::conversion::literal(&Value::Null(ScalarType::Bool));
    let expr = when(condition, null)
        .otherwise(otherwise.expr.clone())
        .unwrap_or(otherwise.expr);
    Bound::new(expr, ScalarType::Bool, span)
}

/// Null counts as false. This is a function of ours and not DataFusion's `IS TRUE`, because the planner and the executor of DataFusion 55
/// disagree whether that can be null.
pub(crate) fn is_true(condition: Bound) -> Bound {
    let arguments = vec![condition.expr];
    let expr = kernel::call_plan(IS_TRUE, arguments, DataType::Boolean, |input| {
        let values = input.bools(0)?;
        let is_true = match values.nulls() {
            Some(nulls) => values.values() & nulls.inner(),
            None => values.values().clone(),
        };
        Ok(Arc::new(BooleanArray::new(is_true, None)))
    });
    Bound {
        expr,
        constant: None,
        nullable: false,
        ..condition
    }
}

/// The condition inside [`is_true`].
pub(crate) fn inside_is_true(expr: PlanExpr) -> PlanExpr {
    match expr {
        PlanExpr::ScalarFunction(call) if call.func.name() == IS_TRUE => {
            let fallback = PlanExpr::ScalarFunction(call.clone());
            call.args.into_iter().next().unwrap_or(fallback)
        }
        other => other,
    }
}

/// `not(condition)`: null stays null.
pub(crate) fn not(condition: Bound) -> Bound {
    if let Some(constant) = condition.constant_bool() {
        return Bound::constant(Value::Bool(!constant), condition.span);
    }
    let expr = PlanExpr::Not(Box::new(condition.expr));
    Bound { expr, ..condition }
}

/// A comparison that is null where an operand is.
fn ordered(op: PlanOperator, left: Bound, right: Bound, span: Span) -> Bound {
    let nullable = left.nullable || right.nullable;
    let is_real = left.scalar_type == ScalarType::Real;
    if is_real || left.is_constant() && right.is_constant() {
        let bound = kernel::call(
            "compare",
            vec![left, right],
            ScalarType::Bool,
            span,
            move |input| compare_arrays(op, is_real, input),
        );
        return Bound {
            nullable: bound.nullable && nullable,
            ..bound
        };
    }
    Bound {
        nullable,
        ..Bound::new(
            binary_expr(left.expr, op, right.expr),
            ScalarType::Bool,
            span,
        )
    }
}

fn compare_arrays(
    op: PlanOperator,
    is_real: bool,
    input: &Input<'_>,
) -> Result<ArrayRef, DataFusionError> {
    if is_real {
        return compare_reals(op, input);
    }
    let (left, right) = (input.array(0)?, input.array(1)?);
    let result = match op {
        PlanOperator::Eq => cmp::eq(&left, &right)?,
        PlanOperator::NotEq => cmp::neq(&left, &right)?,
        PlanOperator::Lt => cmp::lt(&left, &right)?,
        PlanOperator::LtEq => cmp::lt_eq(&left, &right)?,
        PlanOperator::Gt => cmp::gt(&left, &right)?,
        _ => cmp::gt_eq(&left, &right)?,
    };
    Ok(Arc::new(result))
}

/// IEEE comparison: NaN is neither equal to nor less than anything, and -0 is 0; Arrow's own kernels order them totally.
fn compare_reals(op: PlanOperator, input: &Input<'_>) -> Result<ArrayRef, DataFusionError> {
    let (left, right) = (input.reals(0)?, input.reals(1)?);
    let test: fn(f64, f64) -> bool = match op {
        PlanOperator::Eq => |left, right| left == right,
        PlanOperator::NotEq => |left, right| left != right,
        PlanOperator::Lt => |left, right| left < right,
        PlanOperator::LtEq => |left, right| left <= right,
        PlanOperator::Gt => |left, right| left > right,
        _ => |left, right| left >= right,
    };
    let result: BooleanArray = left
        .iter()
        .zip(right.iter())
        .map(|(left, right)| Some(test(left?, right?)))
        .collect();
    Ok(Arc::new(result))
}

/// How the query spells an operator, without `!`.
pub(crate) fn string_operator_name(op: StringOp) -> &'static str {
    match op.test {
        StringTest::Equals => "=~",
        StringTest::Contains => "contains",
        StringTest::StartsWith => "startswith",
        StringTest::EndsWith => "endswith",
        StringTest::Has => "has",
        StringTest::HasPrefix => "hasprefix",
        StringTest::HasSuffix => "hassuffix",
        StringTest::Like => "like",
        StringTest::MatchesRegex => "matches regex",
        StringTest::Search => ":",
    }
}
