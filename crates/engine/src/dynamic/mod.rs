//! The `dynamic` type: JSON plus the language's scalar types, and its compact encoding.

use crate::decimal::Decimal;

/// A dynamic value as a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum DynamicValue {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; `int` values become `long` inside a dynamic.
    Long(i64),
    /// A number with a fraction or an exponent.
    Real(f64),
    /// `decimal(…)`.
    Decimal(Decimal),
    /// Ticks of 100 ns since 0001-01-01T00:00Z.
    DateTime(i64),
    /// Ticks of 100 ns.
    TimeSpan(i64),
    /// The 128 bits.
    Guid(u128),
    /// Text.
    String(String),
    /// A list.
    Array(Vec<DynamicValue>),
    /// Members in the order of insertion; names are unique.
    Bag(Vec<(String, DynamicValue)>),
}

/// The encoding of a value.
#[must_use]
pub fn encode(value: &DynamicValue) -> Vec<u8> {
    let _ = value;
    Vec::new()
}

/// The value of an encoding; [`DynamicValue::Null`] for bytes that are none.
#[must_use]
pub fn decode(bytes: &[u8]) -> DynamicValue {
    let _ = bytes;
    DynamicValue::Null
}
