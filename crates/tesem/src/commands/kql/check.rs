//! `tesem kql check`: does a query parse and bind against the Defender schema?

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;
use tesem_engine::Engine;

use super::json::{JsonError, diagnostics};
use super::{data, source};
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::terminal::Terminal;
use crate::view;

/// Check queries against the Defender schema, without data
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem kql check detections/*.kql\n  \
    echo 'DeviceEvents | wher 1 == 1' | tesem kql check\n  \
    tesem kql check --jsonl queries.jsonl")]
pub(crate) struct CheckArgs {
    /// Files with one query each; `-` or nothing is standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Check the `{"id","query"}` lines of this file and answer `{"id","ok"}` or `{"id","error"}`
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    jsonl: Option<PathBuf>,
}

/// The answer to a line.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError>,
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let engine = data::engine(&[])?;
    if let Some(path) = &args.jsonl {
        return check_lines(&engine, path, terminal);
    }
    let files = crate::input::names(&args.files);
    let mut wrong = 0;
    for file in &files {
        let query = source::text(file)?;
        wrong += usize::from(!check_one(&engine, file, &query, terminal)?);
    }
    terminal.say(&format!("{} checked, {wrong} wrong", files.len()));
    Ok(if wrong == 0 {
        Exit::Done
    } else {
        Exit::Partial
    })
}

/// Prints what is wrong with `query`; true when nothing is.
fn check_one(
    engine: &Engine,
    name: &str,
    query: &str,
    terminal: &Terminal,
) -> anyhow::Result<bool> {
    let Err(error) = engine.check(query) else {
        return Ok(true);
    };
    let findings = diagnostics(&error);
    if findings.is_empty() {
        return Err(UsageError::new(format!("{name}: {error}")).into());
    }
    let mut out = terminal.stdout();
    for finding in &findings {
        writeln!(
            out,
            "{}\n",
            view::diagnostics::render(query, name, finding, terminal.color_out())
        )?;
    }
    out.flush()?;
    Ok(false)
}

fn check_lines(
    engine: &Engine,
    path: &std::path::Path,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut out = terminal.stdout();
    let mut wrong = 0_usize;
    for request in source::json_lines::<source::Request>(path)? {
        let source::Request { id, query } = request?;
        let error = engine
            .check(&query)
            .err()
            .map(|error| JsonError::of(&error));
        wrong += usize::from(error.is_some());
        let answer = Answer {
            id: &id,
            ok: error.is_none().then_some(true),
            error,
        };
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
    }
    out.flush()?;
    Ok(if wrong == 0 {
        Exit::Done
    } else {
        Exit::Partial
    })
}
