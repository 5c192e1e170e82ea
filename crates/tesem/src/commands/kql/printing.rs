//! The rows of an answer on standard output.

use std::io::Write;

use serde_json::{Value as Json, json};
use tesem_engine::QueryResult;

use super::json;
use crate::cli::Format;
use crate::exit::Exit;
use crate::terminal::Terminal;
use crate::view::{self, table::plain};

/// An answer, of the engine or of a tenant.
#[derive(Debug)]
pub(super) struct Answered {
    /// Names and KQL types.
    pub(super) columns: Vec<(String, String)>,
    /// One cell per column.
    pub(super) rows: Vec<Vec<Json>>,
    /// What the reader should know about the rows.
    pub(super) notes: Vec<String>,
}

impl Answered {
    /// The engine's answer.
    pub(super) fn of(result: &QueryResult) -> Self {
        let columns = result.columns.iter();
        Self {
            columns: columns
                .map(|column| (column.name.clone(), column.scalar_type.name().to_owned()))
                .collect(),
            rows: rows(result),
            notes: result.notes.clone(),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }
}

/// The rows of a result as JSON.
pub(super) fn rows(result: &QueryResult) -> Vec<Vec<Json>> {
    result
        .rows()
        .map(|row| row.iter().map(json::cell).collect())
        .collect()
}

/// Writes the rows to standard output, and how many there are to standard error.
pub(super) fn print(
    answer: &Answered,
    format: Format,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut out = terminal.stdout();
    match format {
        Format::Table => writeln!(out, "{}", text(answer))?,
        Format::Csv => print_csv(answer, &mut out)?,
        Format::Json => writeln!(out, "{}", document(answer))?,
        Format::Jsonl => print_lines(answer, &mut out)?,
    }
    out.flush()?;
    answer
        .notes
        .iter()
        .for_each(|note| terminal.say(&format!("note: {note}")));
    terminal.say(&view::table::counted(answer.rows.len() as u64, "row"));
    Ok(Exit::Done)
}

fn cell_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(answer: &Answered) -> String {
    let mut table = plain(&[]);
    table.set_header(answer.names());
    for row in &answer.rows {
        table.add_row(
            row.iter()
                .map(|cell| view::table::printable(&cell_text(cell)).into_owned()),
        );
    }
    view::table::lines(&table)
}

fn print_csv(answer: &Answered, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(answer.names())?;
    for row in &answer.rows {
        csv.write_record(
            row.iter()
                .map(|cell| view::table::formula_guarded(&cell_text(cell)).into_owned()),
        )?;
    }
    csv.flush()?;
    Ok(())
}

fn document(answer: &Answered) -> Json {
    json!({ "columns": answer.columns, "rows": answer.rows })
}

fn print_lines(answer: &Answered, out: &mut dyn Write) -> anyhow::Result<()> {
    for row in &answer.rows {
        let members = answer.names().map(str::to_owned).zip(row.iter().cloned());
        writeln!(out, "{}", Json::Object(members.collect()))?;
    }
    Ok(())
}
