//! Rows out of CSV: the first record names the columns.

use serde_json::Value as Json;
use tesem_kql::types::ScalarType;

use super::json_lines::{Rows, Types, at_line, datetime};
use super::source::Source;
use super::table::Table;
use super::{CatalogError, Column};

/// Reads CSV; `known` is the schema it is to have.
pub(super) fn read(source: &Source<'_>, known: Option<Vec<Column>>) -> Result<Table, CatalogError> {
    let columns = match known {
        Some(columns) => columns,
        None => inferred(source)?,
    };
    let mut rows = Rows::new(columns);
    for_each_record(source, |line, head, record| {
        for (name, text) in head.iter().zip(record) {
            rows.cell(name, &Json::from(text))
                .map_err(|error| at_line(source, line, error))?;
        }
        rows.finish_row()
            .map_err(|error| at_line(source, line, error))
    })?;
    rows.finish()
}

fn for_each_record(
    source: &Source<'_>,
    mut handle: impl FnMut(usize, &csv::StringRecord, &csv::StringRecord) -> Result<(), CatalogError>,
) -> Result<(), CatalogError> {
    let mut reader = csv::Reader::from_reader(source.open()?);
    let failed = |error: csv::Error| source.failed(error.to_string());
    let head = reader.headers().map_err(failed)?.clone();
    let head: csv::StringRecord = head
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}'))
        .collect();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(failed)? {
        let line = record.position().map_or(0, csv::Position::line);
        handle(usize::try_from(line).unwrap_or_default(), &head, &record)?;
    }
    Ok(())
}

/// The schema that all records fit into: what differs is text.
fn inferred(source: &Source<'_>) -> Result<Vec<Column>, CatalogError> {
    let mut types = Types::default();
    for_each_record(source, |_, head, record| {
        for (name, text) in head.iter().zip(record) {
            types.add(name, natural_type(text));
        }
        Ok(())
    })?;
    let mut columns = types.columns();
    for column in &mut columns {
        if column.scalar_type == ScalarType::Dynamic {
            column.scalar_type = ScalarType::String;
        }
    }
    Ok(columns)
}

fn natural_type(text: &str) -> Option<ScalarType> {
    // `007` is a name, not a number.
    let is_name = text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    Some(if text.is_empty() {
        return None;
    } else if text == "true" || text == "false" {
        ScalarType::Bool
    } else if !is_name && text.parse::<i64>().is_ok() {
        ScalarType::Long
    } else if !is_name && text.contains(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
    {
        ScalarType::Real
    } else if datetime(text).is_some() {
        ScalarType::DateTime
    } else {
        ScalarType::String
    })
}
