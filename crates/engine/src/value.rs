//! One cell of a result.

use tesem_kql::types::ScalarType;

use crate::decimal::Decimal;
use crate::dynamic::DynamicValue;

/// A value with its type. A string is never null: missing text is the empty string.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value, of the given type (never [`ScalarType::String`]).
    Null(ScalarType),
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i32),
    /// `long`.
    Long(i64),
    /// `real`.
    Real(f64),
    /// `decimal`.
    Decimal(Decimal),
    /// `string`.
    String(String),
    /// `datetime`: ticks of 100 ns since 0001-01-01T00:00Z, see [`crate::ticks`].
    DateTime(i64),
    /// `timespan`: ticks of 100 ns.
    TimeSpan(i64),
    /// `guid`: the 128 bits, most significant first.
    Guid(u128),
    /// `dynamic`; a null inside (`dynamic(null)`) is [`Value::Null`].
    Dynamic(DynamicValue),
}

impl Value {
    /// The null of a type; for strings the empty string.
    #[must_use]
    pub fn null(scalar_type: ScalarType) -> Self {
        match scalar_type {
            ScalarType::String => Self::String(String::new()),
            other => Self::Null(other),
        }
    }

    /// The type.
    #[must_use]
    pub fn scalar_type(&self) -> ScalarType {
        match self {
            Self::Null(scalar_type) => *scalar_type,
            Self::Bool(_) => ScalarType::Bool,
            Self::Int(_) => ScalarType::Int,
            Self::Long(_) => ScalarType::Long,
            Self::Real(_) => ScalarType::Real,
            Self::Decimal(_) => ScalarType::Decimal,
            Self::String(_) => ScalarType::String,
            Self::DateTime(_) => ScalarType::DateTime,
            Self::TimeSpan(_) => ScalarType::TimeSpan,
            Self::Guid(_) => ScalarType::Guid,
            Self::Dynamic(_) => ScalarType::Dynamic,
        }
    }

    /// Whether it is a null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an `int` or `long`.
    #[must_use]
    pub fn as_long(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(i64::from(*value)),
            Self::Long(value) => Some(*value),
            _ => None,
        }
    }

    /// The truth value of a `bool`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}
