//! Answers on disk, and the rows of a summary.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::backend::BackendRows;

/// An answer with the query it answers, as it lies in a run's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The digest of the query text.
    pub digest: Uuid,
    /// The rows.
    #[serde(flatten)]
    pub rows: BackendRows,
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// A column that the query returns is not there.
    #[error("the answer has no column `{0}`")]
    NoColumn(&'static str),
    /// A cell of another type than the column's.
    #[error("the answer's column `{column}` holds `{value}`")]
    Cell {
        /// The column.
        column: &'static str,
        /// The cell, as JSON, cut.
        value: String,
    },
}

/// A row of a summary query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SummaryRow {
    pub(super) form: String,
    pub(super) value: String,
    pub(super) table: String,
    pub(super) column: String,
    pub(super) device_id: String,
    pub(super) device_name: String,
    pub(super) events: u64,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
}

/// Access to the cells of an answer by column name.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    index: HashMap<&'a str, usize>,
}

impl<'a> Cells<'a> {
    pub(crate) fn of(rows: &'a BackendRows) -> Self {
        let names = rows.columns.iter().map(|column| column.name.as_str());
        Self {
            index: names.zip(0..).collect(),
        }
    }

    /// Where a column stands.
    pub(crate) fn require(&self, column: &'static str) -> Result<usize, AnswerError> {
        self.get(column).ok_or(AnswerError::NoColumn(column))
    }

    /// Where a column stands, if there is one.
    pub(crate) fn get(&self, column: &str) -> Option<usize> {
        self.index.get(column).copied()
    }
}

/// Reads the rows of a summary answer.
pub(super) fn summary_rows(answer: &BackendRows) -> Result<Vec<SummaryRow>, AnswerError> {
    let cells = Cells::of(answer);
    let [form, value, table, column, device_id, device_name] = [
        cells.require("Form")?,
        cells.require("Value")?,
        cells.require("SourceTable")?,
        cells.require("SourceColumn")?,
        cells.require("DeviceId")?,
        cells.require("DeviceName")?,
    ];
    let (events, first, last) = (
        cells.require("Sightings")?,
        cells.require("FirstSeen")?,
        cells.require("LastSeen")?,
    );
    let read = |row: &Vec<Value>| {
        Ok(SummaryRow {
            form: text(row, form),
            value: text(row, value),
            table: text(row, table),
            column: text(row, column),
            device_id: text(row, device_id),
            device_name: text(row, device_name),
            events: count(row, events, "Sightings")?,
            first_seen: instant(row, first, "FirstSeen")?,
            last_seen: instant(row, last, "LastSeen")?,
        })
    };
    answer.rows.iter().map(read).collect()
}

/// A cell as text; null and missing cells are empty.
pub(crate) fn text(row: &[Value], index: usize) -> String {
    match row.get(index) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn count(row: &[Value], index: usize, column: &'static str) -> Result<u64, AnswerError> {
    let cell = row.get(index).unwrap_or(&Value::Null);
    cell.as_u64().ok_or_else(|| unfit(column, cell))
}

fn instant(row: &[Value], index: usize, column: &'static str) -> Result<Timestamp, AnswerError> {
    let cell = row.get(index).unwrap_or(&Value::Null);
    let text = cell.as_str().ok_or_else(|| unfit(column, cell))?;
    text.parse().map_err(|_| unfit(column, cell))
}

fn unfit(column: &'static str, cell: &Value) -> AnswerError {
    AnswerError::Cell {
        column,
        value: cell.to_string().chars().take(80).collect(),
    }
}
