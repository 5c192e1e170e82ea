//! A dynamic value as a tree of its own.

use indexmap::IndexMap;

use super::{Dynamic, DynamicError, View, Writer, to_text};
use crate::decimal::Decimal;

/// A dynamic value that owns what it holds: for literals, results and tests.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DynamicValue {
    /// No value.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Long(i64),
    /// A 64-bit floating-point number.
    Real(f64),
    /// A decimal number.
    Decimal(Decimal),
    /// Ticks of 100 ns since 0001-01-01, UTC.
    DateTime(i64),
    /// Ticks of 100 ns.
    TimeSpan(i64),
    /// A guid as one number, its first hex digit the most significant.
    Guid(u128),
    /// Text.
    String(String),
    /// A sequence of values.
    Array(Vec<DynamicValue>),
    /// Named values in the order in which they were written; a name occurs once.
    Bag(Vec<(String, DynamicValue)>),
}

/// The encoded form of a tree.
///
/// What nests deeper than [`super::DEPTH_MAX`] becomes null, as does a value too large to encode.
#[must_use]
pub fn encode(value: &DynamicValue) -> Vec<u8> {
    let mut writer = Writer::new();
    if write(value, &mut writer).is_err() {
        writer.clear();
        writer.null();
    }
    writer.into_bytes()
}

/// The tree of encoded bytes; null for bytes that are no encoded value.
#[must_use]
pub fn decode(bytes: &[u8]) -> DynamicValue {
    DynamicValue::try_from(Dynamic::new(bytes)).unwrap_or_default()
}

fn write(value: &DynamicValue, writer: &mut Writer) -> Result<(), DynamicError> {
    match value {
        DynamicValue::Null => writer.null(),
        DynamicValue::Bool(value) => writer.bool(*value),
        DynamicValue::Long(value) => writer.long(*value),
        DynamicValue::Real(value) => writer.real(*value),
        DynamicValue::Decimal(value) => writer.decimal(*value),
        DynamicValue::DateTime(ticks) => writer.datetime(*ticks),
        DynamicValue::TimeSpan(ticks) => writer.timespan(*ticks),
        DynamicValue::Guid(value) => writer.guid(*value),
        DynamicValue::String(text) => writer.string(text),
        DynamicValue::Array(items) => {
            writer.open_array()?;
            items.iter().try_for_each(|item| write(item, writer))?;
            writer.close()?;
        }
        DynamicValue::Bag(entries) => {
            writer.open_bag()?;
            for (key, item) in entries {
                writer.key(key);
                write(item, writer)?;
            }
            writer.close()?;
        }
    }
    Ok(())
}

impl TryFrom<Dynamic<'_>> for DynamicValue {
    type Error = DynamicError;

    fn try_from(value: Dynamic<'_>) -> Result<Self, DynamicError> {
        value.validate()?;
        Ok(tree(value))
    }
}

/// The tree of a value that has been validated, which bounds the depth.
fn tree(value: Dynamic<'_>) -> DynamicValue {
    match value.view_or_null() {
        View::Null => DynamicValue::Null,
        View::Bool(value) => DynamicValue::Bool(value),
        View::Long(value) => DynamicValue::Long(value),
        View::Real(value) => DynamicValue::Real(value),
        View::Decimal(value) => DynamicValue::Decimal(value),
        View::DateTime(ticks) => DynamicValue::DateTime(ticks),
        View::TimeSpan(ticks) => DynamicValue::TimeSpan(ticks),
        View::Guid(value) => DynamicValue::Guid(value),
        View::String(text) => DynamicValue::String(text.to_owned()),
        View::Array(array) => DynamicValue::Array(array.iter().map(tree).collect()),
        View::Bag(bag) => {
            let entries = bag.iter().map(|(key, item)| (key.to_owned(), tree(item)));
            DynamicValue::Bag(entries.collect())
        }
    }
}

impl DynamicValue {
    /// A bag of the given entries; a name that comes again keeps its place and takes the later value.
    pub fn bag<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Self::Bag(
            entries
                .collect::<IndexMap<String, Self>>()
                .into_iter()
                .collect(),
        )
    }

    /// The value as the language prints it: a string without quotes, null as nothing.
    #[must_use]
    pub fn to_text(&self) -> String {
        to_text(Dynamic::new(&encode(self)))
    }

    /// The value as compact JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        super::to_json(Dynamic::new(&encode(self)))
    }
}

impl From<&str> for DynamicValue {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<i64> for DynamicValue {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for DynamicValue {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for DynamicValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<T: Into<DynamicValue>> FromIterator<T> for DynamicValue {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}
