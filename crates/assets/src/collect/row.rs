//! Rows of hunting as records of the service.

use serde_json::{Map, Value, json};
use tesem_defender::{AnswerProblem, DefenderError, Entity, HuntingResult, MachineId};

/// The rows of a query, with their columns by name.
#[derive(Debug)]
pub(super) struct Rows {
    result: HuntingResult,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    rows: &'a Rows,
    cells: &'a [Value],
}

impl Rows {
    pub(super) fn new(result: HuntingResult) -> Self {
        Self { result }
    }

    pub(super) fn len(&self) -> usize {
        self.result.rows.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let row = |cells| Row { rows: self, cells };
        self.result.rows.iter().map(|cells| &**cells).map(row)
    }
}

impl<'a> Row<'a> {
    /// A cell; nothing where it is absent or null.
    pub(super) fn cell(self, column: &str) -> Option<&'a Value> {
        let mut columns = self.rows.result.columns.iter();
        let place = columns.position(|known| known.name == column)?;
        self.cells.get(place).filter(|cell| !cell.is_null())
    }

    /// A text that is not empty.
    pub(super) fn text(self, column: &str) -> Option<&'a str> {
        self.cell(column)?.as_str().filter(|text| !text.is_empty())
    }

    /// The machine that the row is about.
    pub(super) fn machine(self) -> Option<MachineId> {
        self.text("DeviceId").map(MachineId::new)
    }

    /// A record of the service whose fields are these columns, and `more`.
    ///
    /// # Errors
    /// [`DefenderError::Unreadable`] where a cell has a shape that the record does not.
    pub(super) fn record<T: Entity>(
        self,
        fields: &[(&'static str, &str)],
        more: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<T, DefenderError> {
        let field = |(name, column): &(&'static str, &str)| {
            let cell = self.cell(column)?;
            Some(((*name).to_owned(), cell.clone()))
        };
        let more = more
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        read(fields.iter().filter_map(field).chain(more).collect())
    }
}

/// Reads a record from its fields.
pub(super) fn read<T: Entity>(fields: Map<String, Value>) -> Result<T, DefenderError> {
    T::read(fields).map_err(|problem| DefenderError::Unreadable {
        operation: "run hunting query",
        request: None,
        source: AnswerProblem::Shape {
            problem: problem.to_string(),
        },
    })
}

/// A cell that holds JSON, as JSON or as its text.
pub(super) fn dynamic(cell: &Value) -> Value {
    match cell {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        other => other.clone(),
    }
}
