//! Many rows as one array for each column: a statement takes thousands of rows in one way to the server.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::millis::Millis;
use crate::property::{Properties, Property, Real, Value, ValueType};
use crate::sink::words::{list_of_text, list_text};

/// A column of many rows.
pub(super) type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// One column for each property.
pub(super) fn columns<'a>(properties: &[Property], rows: &[&'a Properties]) -> Vec<Column<'a>> {
    let column = |property: &Property| column(*property, rows);
    properties.iter().map(column).collect()
}

fn column<'a>(property: Property, rows: &[&'a Properties]) -> Column<'a> {
    let values = rows.iter().map(|said| said.value(property));
    match property.value_type() {
        ValueType::Text => Box::new(values.map(text).collect::<Vec<Option<&str>>>()),
        ValueType::Texts => Box::new(values.map(list).collect::<Vec<Option<String>>>()),
        ValueType::Integer | ValueType::Time => {
            Box::new(values.map(number).collect::<Vec<Option<i64>>>())
        }
        ValueType::Flag => Box::new(values.map(flag).collect::<Vec<Option<bool>>>()),
        ValueType::Real => Box::new(values.map(real).collect::<Vec<Option<f64>>>()),
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn list(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Texts(texts) => Some(list_text(texts)),
        _ => None,
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Integer(number) => Some(*number),
        Value::Time(millis) => Some(millis.get()),
        _ => None,
    }
}

fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Flag(is_so) => Some(*is_so),
        _ => None,
    }
}

fn real(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::Real(real) => Some(real.0),
        _ => None,
    }
}

/// The type of a property's column in an array, and how a value of that becomes one of the table.
pub(super) fn array_type(property: Property) -> (&'static str, &'static str) {
    match property.value_type() {
        ValueType::Text => ("text[]", ""),
        ValueType::Texts => ("text[]", "::jsonb"),
        ValueType::Integer | ValueType::Time => ("bigint[]", ""),
        ValueType::Flag => ("boolean[]", ""),
        ValueType::Real => ("double precision[]", ""),
    }
}

/// The properties of a row, whose columns begin at `first`.
pub(super) fn properties_of(
    row: &Row,
    first: usize,
    properties: &[Property],
) -> Result<Properties, tokio_postgres::Error> {
    let mut said = Vec::new();
    for (index, property) in (first..).zip(properties) {
        let value = match property.value_type() {
            ValueType::Text => {
                let text: Option<&str> = row.try_get(index)?;
                text.map(|text| Value::Text(text.into()))
            }
            ValueType::Texts => {
                let text: Option<&str> = row.try_get(index)?;
                text.and_then(list_of_text)
            }
            ValueType::Integer => row.try_get::<_, Option<i64>>(index)?.map(Value::Integer),
            ValueType::Time => {
                let number: Option<i64> = row.try_get(index)?;
                number.map(|number| Value::Time(Millis::new(number)))
            }
            ValueType::Flag => row.try_get::<_, Option<bool>>(index)?.map(Value::Flag),
            ValueType::Real => {
                let number: Option<f64> = row.try_get(index)?;
                number.map(|number| Value::Real(Real(number)))
            }
        };
        said.extend(value.map(|value| (*property, value)));
    }
    Ok(said.into_iter().collect())
}
