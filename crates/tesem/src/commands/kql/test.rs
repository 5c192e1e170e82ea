//! `tesem kql test`: unit tests for queries.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tesem_engine::Database;
use tesem_state::{Clock, SystemClock};

use super::external::ExternalOptions;
use super::limits::LimitOptions;
use super::printing::rows;
use super::{compare, data, source};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Run test cases for queries and print those that fail
#[derive(Debug, Args)]
#[command(after_help = "A case is one line:\n  \
    {\"id\":\"cmd\",\"query\":\"T | where a > 1\",\"tables\":{\"T\":[{\"a\":1},{\"a\":2}]},\"expected\":{\"columns\":[[\"a\",\"long\"]],\"rows\":[[2]]}}\n\n\
    Example:\n  tesem kql test detections.jsonl")]
pub(crate) struct TestArgs {
    /// Files of cases, one JSON object a line
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The time that now() gives [default: the computer's clock]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    external: ExternalOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

/// A case.
#[derive(Debug, Deserialize)]
struct Case {
    id: Json,
    query: String,
    #[serde(default)]
    tables: BTreeMap<String, Vec<Map<String, Json>>>,
    expected: Expected,
    #[serde(default)]
    order_significant: bool,
}

/// The answer a case wants.
#[derive(Debug, Deserialize)]
struct Expected {
    columns: Vec<(String, String)>,
    rows: Vec<Vec<Json>>,
}

/// Runs the command.
pub(super) async fn run(args: &TestArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let now = args.now.unwrap_or_else(|| SystemClock.now());
    let mut out = terminal.stdout();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for file in &args.files {
        for case in source::json_lines::<Case>(file)? {
            let case = case?;
            match failure(&case, args, now).await? {
                None => passed += 1,
                Some(why) => {
                    failed += 1;
                    writeln!(out, "FAILED {}: {why}", name(&case.id))?;
                }
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    out.flush()?;
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Partial
    })
}

fn name(id: &Json) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// Why a case fails; `None` when it passes.
async fn failure(case: &Case, args: &TestArgs, now: Timestamp) -> anyhow::Result<Option<String>> {
    let engine = data::over(
        database(&case.tables)?,
        args.external.engine(args.limits.engine()),
    )?;
    let result = match engine.run(&case.query, &args.limits.run(now)).await {
        Ok(result) => result,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let columns: Vec<(String, String)> = result
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.scalar_type.name().to_owned()))
        .collect();
    if columns != case.expected.columns {
        return Ok(Some(format!(
            "expected columns {}, got {}",
            list(&case.expected.columns),
            list(&columns)
        )));
    }
    let types: Vec<String> = columns.into_iter().map(|(_, kind)| kind).collect();
    Ok(compare::difference(
        &case.expected.rows,
        &rows(&result),
        &types,
        case.order_significant,
    ))
}

fn list(columns: &[(String, String)]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name}:{kind}"))
        .collect();
    format!("({})", columns.join(", "))
}

/// The tables of a case, of the Defender schema where it knows them.
fn database(tables: &BTreeMap<String, Vec<Map<String, Json>>>) -> anyhow::Result<Database> {
    let mut database = Database::defender();
    for (name, rows) in tables {
        let mut lines = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut lines, row)?;
            lines.push(b'\n');
        }
        database.add_json_lines_from(name, &lines)?;
    }
    Ok(database)
}
