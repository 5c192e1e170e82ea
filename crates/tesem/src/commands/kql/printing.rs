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
    /// The name that the query gives the result.
    pub(super) name: Option<String>,
    /// The further results of a query that has several.
    pub(super) others: Vec<Answered>,
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
            name: result.name.clone(),
            others: result.others.iter().map(Self::of).collect(),
        }
    }

    /// For machines, as a member of `others`.
    pub(super) fn json(&self) -> Json {
        let mut document = json!({ "columns": self.columns, "rows": self.rows });
        if let (Some(name), Some(members)) = (&self.name, document.as_object_mut()) {
            members.insert("name".to_owned(), json!(name));
        }
        document
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
        Format::Table => print_tables(answer, &mut out)?,
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
    if matches!(format, Format::Csv | Format::Jsonl) && !answer.others.is_empty() {
        let left = view::table::counted(answer.others.len() as u64, "further result");
        terminal.warn(&format!(
            "{left} of the query left out: use --format table or json"
        ));
    }
    Ok(Exit::Done)
}

/// All results, one below the other, under their names.
fn print_tables(answer: &Answered, out: &mut dyn Write) -> anyhow::Result<()> {
    for (place, result) in std::iter::once(answer).chain(&answer.others).enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        if let (Some(name), false) = (&result.name, answer.others.is_empty()) {
            writeln!(out, "{}", view::table::printable(name))?;
        }
        writeln!(out, "{}", text(result))?;
    }
    Ok(())
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
    let mut document = json!({ "columns": answer.columns, "rows": answer.rows });
    if let (false, Some(members)) = (answer.others.is_empty(), document.as_object_mut()) {
        let others: Vec<Json> = answer.others.iter().map(Answered::json).collect();
        members.insert("others".to_owned(), json!(others));
    }
    document
}

fn print_lines(answer: &Answered, out: &mut dyn Write) -> anyhow::Result<()> {
    for row in &answer.rows {
        let members = answer.names().map(str::to_owned).zip(row.iter().cloned());
        writeln!(out, "{}", Json::Object(members.collect()))?;
    }
    Ok(())
}
