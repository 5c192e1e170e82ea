//! JSON Lines files as tables in memory.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use tesem_kql::types::ScalarType;

use super::builder::TableBuilder;
use super::table::Table;
use super::{CatalogError, Column};
use crate::dynamic;
use crate::ticks;
use crate::value::Value;

/// Reads a file; `known` is the schema it is to have.
pub(super) fn read(path: &Path, known: Option<Vec<Column>>) -> Result<Table, CatalogError> {
    let columns = match known {
        Some(columns) => columns,
        None => inferred(path)?,
    };
    let positions: IndexMap<String, usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| (column.name.clone(), index))
        .collect();
    let mut rows = TableBuilder::new(columns.clone());
    for_each_object(path, |line, object| {
        for (name, json) in object {
            let Some(&index) = positions.get(&name) else {
                continue;
            };
            let Some(column) = columns.get(index) else {
                continue;
            };
            let value = value_of(&json, column.scalar_type).ok_or_else(|| {
                let message = format!(
                    "line {line}: column `{name}` holds {}, and {json} is none",
                    column.scalar_type
                );
                failed(path, message)
            })?;
            rows.value(index, &value)?;
        }
        Ok(rows.finish_row()?)
    })?;
    Table::in_memory(columns, rows.finish()?)
}

fn failed(path: &Path, message: String) -> CatalogError {
    CatalogError::File {
        path: path.to_owned(),
        message,
    }
}

fn for_each_object(
    path: &Path,
    mut handle: impl FnMut(usize, Map<String, Json>) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    let file = File::open(path).map_err(|error| failed(path, error.to_string()))?;
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let number = index + 1;
        let line = line.map_err(|error| failed(path, format!("line {number}: {error}")))?;
        let text = line.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let object = serde_json::from_str(text)
            .map_err(|error| failed(path, format!("line {number}: {error}")))?;
        handle(number, object)?;
    }
    Ok(())
}

/// The schema that all rows of a file fit into.
fn inferred(path: &Path) -> Result<Vec<Column>, CatalogError> {
    let mut types: IndexMap<String, Option<ScalarType>> = IndexMap::new();
    for_each_object(path, |_, object| {
        for (name, json) in object {
            let seen = types.entry(name).or_default();
            *seen = joined(*seen, natural_type(&json));
        }
        Ok(())
    })?;
    let columns = types
        .into_iter()
        .map(|(name, scalar_type)| Column::new(name, scalar_type.unwrap_or(ScalarType::String)));
    Ok(columns.collect())
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
fn datetime(text: &str) -> Option<i64> {
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
