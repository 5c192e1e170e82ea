//! Rows of hunting results by the names of their columns.

use serde_json::Value;
use tesem_defender::{HuntingColumn, HuntingResult};

/// The table that an event is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventTable {
    /// `DeviceFileEvents`.
    File,
    /// `DeviceNetworkEvents`.
    Network,
}

/// One row of a result.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [HuntingColumn],
    cells: &'a [Value],
}

impl<'a> Row<'a> {
    /// All rows of a result.
    pub fn all(result: &'a HuntingResult) -> impl Iterator<Item = Self> {
        result.rows.iter().map(|cells| Self {
            columns: &result.columns,
            cells,
        })
    }

    /// The row at a place of a result.
    #[must_use]
    pub fn at(result: &'a HuntingResult, place: usize) -> Option<Self> {
        let cells = result.rows.get(place)?;
        Some(Self {
            columns: &result.columns,
            cells,
        })
    }

    /// The cell in a column; nothing where there is no such column.
    #[must_use]
    pub fn cell(&self, column: &str) -> Option<&'a Value> {
        let place = self.columns.iter().position(|known| known.name == column)?;
        self.cells.get(place)
    }

    /// The text in a column; nothing where it is empty or no text.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        let text = self.cell(column)?.as_str();
        text.filter(|text| !text.is_empty())
    }

    /// All of it, to tell it from others.
    pub(super) fn key(&self) -> String {
        let cells: Vec<String> = self.cells.iter().map(Value::to_string).collect();
        cells.join("\0")
    }
}
