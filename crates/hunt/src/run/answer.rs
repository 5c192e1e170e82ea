//! Answers on disk, and the rows of a summary.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::backend::BackendRows;
use crate::query::TABLE_FORM;

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
    /// Empty unless the query counts by user, and where the table names none.
    pub(super) user: String,
}

/// What a summary's answer says.
#[derive(Debug, Default)]
pub(super) struct SummaryAnswer<'a> {
    pub(super) rows: Vec<SummaryRow>,
    /// Tables that the tenant has. Empty where the query did not ask for that.
    pub(super) tables: BTreeSet<&'a str>,
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

/// Reads a summary's answer.
pub(super) fn summary_answer(answer: &BackendRows) -> Result<SummaryAnswer<'_>, AnswerError> {
    let cells = Cells::of(answer);
    let places = Places::of(&cells)?;
    let mut read = SummaryAnswer::default();
    for row in &answer.rows {
        if row.get(places.form).and_then(Value::as_str) == Some(TABLE_FORM) {
            read.tables
                .extend(row.get(places.table).and_then(Value::as_str));
        } else {
            read.rows.push(places.read(row)?);
        }
    }
    Ok(read)
}

/// Where the columns of a summary's answer stand.
struct Places {
    form: usize,
    value: usize,
    table: usize,
    column: usize,
    device_id: usize,
    device_name: usize,
    events: usize,
    first: usize,
    last: usize,
    user: Option<usize>,
}

impl Places {
    fn of(cells: &Cells<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            form: cells.require("Form")?,
            value: cells.require("Value")?,
            table: cells.require("SourceTable")?,
            column: cells.require("SourceColumn")?,
            device_id: cells.require("DeviceId")?,
            device_name: cells.require("DeviceName")?,
            events: cells.require("Sightings")?,
            first: cells.require("FirstSeen")?,
            last: cells.require("LastSeen")?,
            user: cells.get("UserName"),
        })
    }

    fn read(&self, row: &[Value]) -> Result<SummaryRow, AnswerError> {
        Ok(SummaryRow {
            form: text(row, self.form),
            value: text(row, self.value),
            table: text(row, self.table),
            column: text(row, self.column),
            device_id: text(row, self.device_id),
            device_name: text(row, self.device_name),
            events: count(row, self.events, "Sightings")?,
            first_seen: instant(row, self.first, "FirstSeen")?,
            last_seen: instant(row, self.last, "LastSeen")?,
            user: self.user.map(|user| text(row, user)).unwrap_or_default(),
        })
    }
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
