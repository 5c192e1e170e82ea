//! Rows out of JSON objects.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use tesem_kql::types::ScalarType;

use super::builder::{BuildError, TableBuilder};
use super::source::Source;
use super::table::Table;
use super::{CatalogError, Column};
use crate::dynamic;
use crate::ticks;
use crate::value::Value;

/// A row as JSON has it.
pub(super) type Object = Map<String, Json>;

/// Reads an object from each line; `known` is the schema they are to have.
pub(super) fn read(source: &Source<'_>, known: Option<Vec<Column>>) -> Result<Table, CatalogError> {
    let columns = match known {
        Some(columns) => columns,
        None => {
            let mut types = Types::default();
            for_each_object(source, |_, object| {
                types.see(&object);
                Ok(())
            })?;
            types.columns()
        }
    };
    let mut rows = Rows::new(columns);
    for_each_object(source, |line, object| {
        rows.push(&object)
            .map_err(|error| at_line(source, line, error))
    })?;
    rows.finish()
}

/// Hands out the object of each line with the line's number.
pub(super) fn for_each_object(
    source: &Source<'_>,
    mut handle: impl FnMut(usize, Object) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    source.for_each_line(|number, text| {
        let object = serde_json::from_str(text)
            .map_err(|error| source.failed(format!("line {number}: {error}")))?;
        handle(number, object)
    })
}

/// The error of a row with the place of the row.
pub(super) fn at_line(source: &Source<'_>, line: usize, error: RowError) -> CatalogError {
    match error {
        RowError::Value(message) => source.failed(format!("line {line}: {message}")),
        RowError::Build(error) => error.into(),
    }
}

/// Why an object is no row.
#[derive(Debug)]
pub(super) enum RowError {
    /// A value does not fit its column.
    Value(String),
    /// The row cannot be stored.
    Build(BuildError),
}

impl From<BuildError> for RowError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

/// Rows of known columns.
pub(super) struct Rows {
    columns: Vec<Column>,
    positions: HashMap<String, usize>,
    rows: TableBuilder,
}

impl Rows {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        let positions = columns.iter().enumerate();
        Self {
            positions: positions
                .map(|(index, column)| (column.name.clone(), index))
                .collect(),
            rows: TableBuilder::new(columns.clone()),
            columns,
        }
    }

    /// Adds a row; members that are no column are ignored.
    pub(super) fn push(&mut self, object: &Object) -> Result<(), RowError> {
        for (name, json) in object {
            self.cell(name, json)?;
        }
        Ok(self.rows.finish_row()?)
    }

    /// Gives the current row a value.
    pub(super) fn cell(&mut self, name: &str, json: &Json) -> Result<(), RowError> {
        let Some(&index) = self.positions.get(name) else {
            return Ok(());
        };
        let Some(column) = self.columns.get(index) else {
            return Ok(());
        };
        let value = value_of(json, column.scalar_type).ok_or_else(|| {
            let scalar_type = column.scalar_type;
            RowError::Value(format!(
                "column `{name}` holds {scalar_type}, and {json} is none"
            ))
        })?;
        Ok(self.rows.value(index, &value)?)
    }

    /// Ends the current row.
    pub(super) fn finish_row(&mut self) -> Result<(), RowError> {
        Ok(self.rows.finish_row()?)
    }

    pub(super) fn finish(self) -> Result<Table, CatalogError> {
        Table::in_memory(self.columns, self.rows.finish()?)
    }
}

/// The schema that all rows seen so far fit into.
#[derive(Debug, Default)]
pub(super) struct Types(IndexMap<String, Option<ScalarType>>);

impl Types {
    pub(super) fn see(&mut self, object: &Object) {
        for (name, json) in object {
            self.add(name, natural_type(json));
        }
    }

    /// Notes a value of a type; null has none.
    pub(super) fn add(&mut self, name: &str, scalar_type: Option<ScalarType>) {
        match self.0.get_mut(name) {
            Some(seen) => *seen = joined(*seen, scalar_type),
            None => {
                self.0.insert(name.to_owned(), scalar_type);
            }
        }
    }

    pub(super) fn columns(self) -> Vec<Column> {
        let columns = self.0.into_iter();
        let columns = columns.map(|(name, scalar_type)| {
            Column::new(name, scalar_type.unwrap_or(ScalarType::String))
        });
        columns.collect()
    }
}

fn natural_type(json: &Json) -> Option<ScalarType> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(_) => ScalarType::Bool,
        Json::Number(number) if number.is_i64() => ScalarType::Long,
        Json::Number(_) => ScalarType::Real,
        Json::String(text) if datetime(text).is_some() => ScalarType::DateTime,
        Json::String(_) => ScalarType::String,
        Json::Array(_) | Json::Object(_) => ScalarType::Dynamic,
    })
}

fn joined(left: Option<ScalarType>, right: Option<ScalarType>) -> Option<ScalarType> {
    use ScalarType::{DateTime, Dynamic, Long, Real, String};
    match (left, right) {
        (None, other) | (other, None) => other,
        (Some(left), Some(right)) if left == right => Some(left),
        (Some(Long | Real), Some(Long | Real)) => Some(Real),
        (Some(String | DateTime), Some(String | DateTime)) => Some(String),
        _ => Some(Dynamic),
    }
}

/// A JSON value as a value of a column; `None` where it is none.
fn value_of(json: &Json, scalar_type: ScalarType) -> Option<Value> {
    if json.is_null() {
        return Some(Value::null(scalar_type));
    }
    let text = json.as_str();
    if text == Some("") {
        return Some(Value::null(scalar_type));
    }
    Some(match scalar_type {
        ScalarType::String => Value::String(text_of(json)),
        ScalarType::Bool => Value::Bool(bool_of(json)?),
        ScalarType::Int => Value::Int(i32::try_from(long_of(json)?).ok()?),
        ScalarType::Long => Value::Long(long_of(json)?),
        ScalarType::Real => Value::Real(match text {
            Some(text) => text.parse().ok()?,
            None => json.as_f64()?,
        }),
        ScalarType::Decimal => Value::Decimal(text_of(json).parse().ok()?),
        ScalarType::DateTime => Value::DateTime(datetime(text?)?),
        ScalarType::TimeSpan => Value::TimeSpan(long_of(json)?),
        ScalarType::Guid => Value::Guid(uuid::Uuid::try_parse(text?).ok()?.as_u128()),
        ScalarType::Dynamic => {
            let encoded = dynamic::from_json(&match text {
                Some(text) => text.to_owned(),
                None => json.to_string(),
            });
            match dynamic::decode(&encoded) {
                dynamic::DynamicValue::Null => Value::Null(ScalarType::Dynamic),
                value => Value::Dynamic(value),
            }
        }
    })
}

fn text_of(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn bool_of(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(*value),
        Json::Number(number) => Some(number.as_i64()? != 0),
        Json::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        _ => None,
    }
}

fn long_of(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The ticks of an ISO 8601 time; without a zone it is UTC.
pub(super) fn datetime(text: &str) -> Option<i64> {
    let starts_with_year = text.len() >= 10
        && text.as_bytes().iter().take(4).all(u8::is_ascii_digit)
        && text.as_bytes().get(4) == Some(&b'-');
    if !starts_with_year {
        return None;
    }
    let timestamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })?;
    Some(ticks::from_timestamp(timestamp))
}
