//! Values of properties as SQLite keeps them.

use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
use rusqlite::{Row, ToSql};

use crate::millis::Millis;
use crate::property::{Properties, Property, Real, Value, ValueType};
use crate::sink::words::{list_of_text, list_text};

/// A parameter of a statement.
pub(super) enum Parameter<'a> {
    Text(&'a str),
    Number(i64),
    Said(Option<&'a Value>),
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Number(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
            Self::Said(None) => ToSqlOutput::Owned(Owned::Null),
            Self::Text(word) => ToSqlOutput::Borrowed(ValueRef::Text(word.as_bytes())),
            Self::Said(Some(value)) => match value {
                Value::Text(word) => ToSqlOutput::Borrowed(ValueRef::Text(word.as_bytes())),
                Value::Integer(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
                Value::Real(number) => ToSqlOutput::Owned(Owned::Real(number.0)),
                Value::Flag(is_so) => ToSqlOutput::Owned(Owned::Integer(i64::from(*is_so))),
                Value::Time(millis) => ToSqlOutput::Owned(Owned::Integer(millis.get())),
                Value::Texts(texts) => ToSqlOutput::Owned(Owned::Text(list_text(texts))),
            },
        })
    }
}

/// The parameters of a statement that ends in properties.
pub(super) fn with_properties<'a>(
    first: impl IntoIterator<Item = Parameter<'a>>,
    properties: &'a [Property],
    said: &'a Properties,
) -> impl Iterator<Item = Parameter<'a>> {
    let values = properties
        .iter()
        .map(|property| Parameter::Said(said.value(*property)));
    first.into_iter().chain(values)
}

/// The properties of a row, whose columns begin at `first`.
pub(super) fn properties_of(
    row: &Row<'_>,
    first: usize,
    properties: &[Property],
) -> Result<Properties, rusqlite::Error> {
    let mut said = Vec::new();
    for (index, property) in (first..).zip(properties) {
        let column = row.get_ref(index)?;
        if column == ValueRef::Null {
            continue;
        }
        let value = value_of(property.value_type(), column).ok_or_else(|| {
            rusqlite::Error::InvalidColumnType(
                index,
                property.name().to_owned(),
                column.data_type(),
            )
        })?;
        said.push((*property, value));
    }
    Ok(said.into_iter().collect())
}

fn value_of(kind: ValueType, column: ValueRef<'_>) -> Option<Value> {
    match (kind, column) {
        (ValueType::Text, ValueRef::Text(_)) => Some(Value::Text(column.as_str().ok()?.into())),
        (ValueType::Texts, ValueRef::Text(_)) => list_of_text(column.as_str().ok()?),
        (ValueType::Integer, ValueRef::Integer(number)) => Some(Value::Integer(number)),
        (ValueType::Flag, ValueRef::Integer(number)) => Some(Value::Flag(number != 0)),
        (ValueType::Time, ValueRef::Integer(number)) => Some(Value::Time(Millis::new(number))),
        (ValueType::Real, ValueRef::Real(number)) => Some(Value::Real(Real(number))),
        _ => None,
    }
}
