//! `tesem kql run`: a query over files.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use tesem_engine::{Engine, EngineError, QueryResult, RunOptions};
use tesem_state::{Clock, SystemClock};

use super::json::{self, JsonError, diagnostics};
use super::{data, source};
use crate::cli::Format;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::terminal::Terminal;
use crate::view::{self, table::plain};

/// Run a query over tables in files
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem kql run 'print x = strcat(\"a\", 1)'\n  \
    tesem kql run --data my-tenant --file hunt.kql --format csv\n  \
    tesem kql run --jsonl queries.jsonl")]
pub(crate) struct RunArgs {
    /// The query; `-` is standard input
    #[arg(value_name = "QUERY", required_unless_present_any = ["file", "jsonl"])]
    query: Option<String>,
    /// Read the query from this file
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    file: Option<String>,
    /// Run the `{"id","query"}` lines of this file and answer `{"id","columns","rows"}` or `{"id","error"}`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["query", "file", "format"])]
    jsonl: Option<PathBuf>,
    /// Directory with <Table>.jsonl and <Table>.parquet; may be repeated
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// The time that now() gives [default: the computer's clock]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The answer to a line.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<Vec<Json>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError>,
}

/// Runs the command.
pub(super) fn run(args: &RunArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let engine = data::engine(&args.data)?;
    let options = RunOptions::at(args.now.unwrap_or_else(|| SystemClock.now()));
    if let Some(path) = &args.jsonl {
        return run_lines(&engine, &options, path, terminal);
    }
    let (name, query) = match (&args.file, args.query.as_deref()) {
        (Some(file), _) => (file.as_str(), source::text(file)?),
        (None, Some("-")) => ("-", source::text("-")?),
        (None, query) => ("query", query.unwrap_or_default().to_owned()),
    };
    match answer(&engine, &query, &options)? {
        Ok(result) => print(&result, args.format, terminal),
        Err(error) => Err(refusal(name, &query, &error, terminal)),
    }
}

/// The engine's answer, waited for.
pub(super) fn answer(
    engine: &Engine,
    query: &str,
    options: &RunOptions,
) -> anyhow::Result<Result<QueryResult, EngineError>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime cannot be started")?;
    Ok(runtime.block_on(engine.run(query, options)))
}

/// Prints what is wrong where the query's text can show it.
fn refusal(name: &str, query: &str, error: &EngineError, terminal: &Terminal) -> anyhow::Error {
    let findings = diagnostics(error);
    for finding in &findings {
        terminal.error(&view::diagnostics::render(
            query,
            name,
            finding,
            terminal.color_err(),
        ));
    }
    match findings.len() {
        0 => anyhow::anyhow!("{error}"),
        1 => UsageError::new("the query cannot be run").into(),
        several => {
            UsageError::new(format!("the query cannot be run, for {several} reasons")).into()
        }
    }
}

fn run_lines(
    engine: &Engine,
    options: &RunOptions,
    path: &Path,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut out = terminal.stdout();
    let mut failed = false;
    for request in source::json_lines::<source::Request>(path)? {
        let source::Request { id, query } = request?;
        let answer = match answer(engine, &query, options)? {
            Ok(result) => Answer {
                id: &id,
                columns: Some(json::columns(&result.columns)),
                rows: Some(rows(&result)),
                error: None,
            },
            Err(error) => {
                failed = true;
                Answer {
                    id: &id,
                    columns: None,
                    rows: None,
                    error: Some(JsonError::of(&error)),
                }
            }
        };
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(if failed { Exit::Partial } else { Exit::Done })
}

/// The rows of a result as JSON.
pub(super) fn rows(result: &QueryResult) -> Vec<Vec<Json>> {
    result
        .rows()
        .map(|row| row.iter().map(json::cell).collect())
        .collect()
}

fn print(result: &QueryResult, format: Format, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut out = terminal.stdout();
    match format {
        Format::Table => writeln!(out, "{}", text(result))?,
        Format::Csv => print_csv(result, &mut out)?,
        Format::Json => writeln!(out, "{}", document(result))?,
        Format::Jsonl => print_lines(result, &mut out)?,
    }
    out.flush()?;
    result
        .notes
        .iter()
        .for_each(|note| terminal.say(&format!("note: {note}")));
    terminal.say(&view::table::counted(result.row_count() as u64, "row"));
    Ok(Exit::Done)
}

fn cell_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(result: &QueryResult) -> String {
    let names: Vec<&str> = result
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut table = plain(&[]);
    table.set_header(names);
    for row in rows(result) {
        table.add_row(
            row.iter()
                .map(|cell| view::table::printable(&cell_text(cell)).into_owned()),
        );
    }
    view::table::lines(&table)
}

fn print_csv(result: &QueryResult, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(result.columns.iter().map(|column| column.name.as_str()))?;
    for row in rows(result) {
        csv.write_record(
            row.iter()
                .map(|cell| view::table::formula_guarded(&cell_text(cell)).into_owned()),
        )?;
    }
    csv.flush()?;
    Ok(())
}

fn document(result: &QueryResult) -> Json {
    serde_json::json!({ "columns": json::columns(&result.columns), "rows": rows(result) })
}

fn print_lines(result: &QueryResult, out: &mut dyn Write) -> anyhow::Result<()> {
    for row in rows(result) {
        let members = result
            .columns
            .iter()
            .map(|column| column.name.clone())
            .zip(row);
        writeln!(out, "{}", Json::Object(members.collect()))?;
    }
    Ok(())
}
