//! Implicit conversions between scalar types.

use datafusion::logical_expr::{Expr, cast};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::fault::{Bind, Fault};
use crate::bound::{Bound, CallContext};
use crate::decimal::Decimal;
use crate::functions;
use crate::kernels::dynamics;
use crate::types;
use crate::value::Value;

/// Whether values of the type are numbers.
pub(crate) fn is_number(scalar_type: ScalarType) -> bool {
    number_rank(scalar_type).is_some()
}

fn number_rank(scalar_type: ScalarType) -> Option<u8> {
    match scalar_type {
        ScalarType::Int => Some(0),
        ScalarType::Long => Some(1),
        ScalarType::Real => Some(2),
        ScalarType::Decimal => Some(3),
        _ => None,
    }
}

/// The type that holds the numbers of both types; `None` if one is no number.
pub(crate) fn widest(left: ScalarType, right: ScalarType) -> Option<ScalarType> {
    let (left_rank, right_rank) = (number_rank(left)?, number_rank(right)?);
    Some(if left_rank >= right_rank { left } else { right })
}

impl Binder<'_> {
    /// A context for kernels that are called by an operator instead of a function.
    pub(crate) fn context<'c>(&self, function: &'c str, at: &Bound) -> CallContext<'c> {
        CallContext {
            function,
            span: at.span,
            now: self.environment.now,
            columns: &[],
        }
    }

    /// The value converted to `target` the way `tolong()` and its relatives do; numbers are widened without loss of time.
    pub(crate) fn convert(&self, value: Bound, target: ScalarType) -> Bind<Bound> {
        let source = value.scalar_type;
        if source == target {
            return Ok(value);
        }
        if widest(source, target) == Some(target) {
            return Ok(widen(value, target));
        }
        let context = self.context("operator", &value);
        match (source, target) {
            (ScalarType::Dynamic, _) => Ok(dynamics::to_scalar(&context, value, target)?),
            (_, ScalarType::Dynamic) => Ok(dynamics::from_scalar(&context, value)?),
            _ => convert_by_function(&context, value, target),
        }
    }

    /// The value as text, if it is a string or a dynamic.
    pub(crate) fn text(&self, value: Bound, operator: &str) -> Bind<Bound> {
        match value.scalar_type {
            ScalarType::String | ScalarType::Dynamic => self.convert(value, ScalarType::String),
            found => Err(Fault::wrong_type(
                &format!("an operand of `{operator}`"),
                "a string or dynamic",
                found,
                value.span,
            )),
        }
    }

    /// The value as a condition.
    pub(crate) fn condition(&self, value: Bound, what: &str) -> Bind<Bound> {
        match value.scalar_type {
            ScalarType::Bool => Ok(value),
            ScalarType::Dynamic => self.convert(value, ScalarType::Bool),
            found => Err(Fault::wrong_type(what, "a bool", found, value.span)),
        }
    }
}

fn convert_by_function(context: &CallContext<'_>, value: Bound, target: ScalarType) -> Bind<Bound> {
    let name = match target {
        ScalarType::Bool => "tobool",
        ScalarType::Int => "toint",
        ScalarType::Long => "tolong",
        ScalarType::Real => "toreal",
        ScalarType::Decimal => "todecimal",
        ScalarType::String => "tostring",
        ScalarType::DateTime => "todatetime",
        ScalarType::TimeSpan => "totimespan",
        ScalarType::Guid => "toguid",
        ScalarType::Dynamic => "todynamic",
    };
    let Some(function) = functions::scalar(name) else {
        return Err(Fault::not_supported(format!("{name}()"), value.span));
    };
    Ok((function.bind)(context, vec![value])?)
}

/// A number as a number of a wider type.
fn widen(value: Bound, target: ScalarType) -> Bound {
    if let Some(constant) = &value.constant {
        let widened = Bound::constant(widen_value(constant, target), value.span);
        return Bound {
            name: value.name,
            ..widened
        };
    }
    Bound {
        expr: cast(value.expr, types::physical(target)),
        scalar_type: target,
        is_column: false,
        ..value
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the language widens long to real, too"
)]
fn widen_value(value: &Value, target: ScalarType) -> Value {
    match (value, target) {
        (Value::Int(value), ScalarType::Long) => Value::Long(i64::from(*value)),
        (Value::Int(value), ScalarType::Real) => Value::Real(f64::from(*value)),
        (Value::Long(value), ScalarType::Real) => Value::Real(*value as f64),
        (Value::Int(value), ScalarType::Decimal) => {
            Value::Decimal(Decimal::from_long(i64::from(*value)))
        }
        (Value::Long(value), ScalarType::Decimal) => Value::Decimal(Decimal::from_long(*value)),
        (Value::Real(value), ScalarType::Decimal) => {
            let decimal = format!("{value:e}").parse().map(Value::Decimal);
            decimal.unwrap_or(Value::Null(ScalarType::Decimal))
        }
        _ => Value::null(target),
    }
}

/// A constant as an expression without a name.
pub(crate) fn literal(value: &Value) -> Expr {
    Expr::Literal(types::literal(value), None)
}
