//! `dynamic(…)` literals as values.

use tesem_kql::ast::{DynamicLiteral, Literal};

use super::DynamicValue;

/// The value of a `dynamic(…)` literal.
///
/// A decimal that does not fit becomes null.
#[must_use]
pub fn from_literal(literal: &DynamicLiteral) -> DynamicValue {
    match literal {
        DynamicLiteral::Null => DynamicValue::Null,
        DynamicLiteral::Scalar(scalar) => from_scalar(scalar),
        DynamicLiteral::Array(items) => {
            DynamicValue::Array(items.iter().map(from_literal).collect())
        }
        DynamicLiteral::Bag(entries) => DynamicValue::bag(
            entries
                .iter()
                .map(|(key, item)| (key.as_str(), from_literal(item))),
        ),
    }
}

fn from_scalar(literal: &Literal) -> DynamicValue {
    let value = match literal {
        Literal::Bool(value) => value.map(DynamicValue::Bool),
        Literal::Int(value) => value.map(|value| DynamicValue::Long(i64::from(value))),
        Literal::Long(value) => value.map(DynamicValue::Long),
        Literal::Real(value) => value.map(DynamicValue::Real),
        Literal::Decimal(digits) => digits
            .as_deref()
            .and_then(|digits| digits.parse().ok())
            .map(DynamicValue::Decimal),
        Literal::String(text) => Some(DynamicValue::String(text.clone())),
        Literal::DateTime(ticks) => ticks.map(DynamicValue::DateTime),
        Literal::TimeSpan(ticks) => ticks.map(DynamicValue::TimeSpan),
        Literal::Guid(value) => value.map(DynamicValue::Guid),
        Literal::Dynamic(inner) => Some(from_literal(inner)),
    };
    value.unwrap_or_default()
}
