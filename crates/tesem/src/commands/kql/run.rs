//! `tesem kql run`: a query over files, or in a tenant.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use tesem_state::{Clock, SystemClock};

use super::answerer::{Answerer, Failure};
use super::external::ExternalOptions;
use super::json::JsonError;
use super::limits::LimitOptions;
use super::printing::Answered;
use super::{data, printing, source};
use crate::cli::Format;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::{HuntingName, Settings};
use crate::terminal::Terminal;
use crate::view;

/// Run a query over tables in files, or in a tenant
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem kql run 'print x = strcat(\"a\", 1)'\n  \
    tesem kql run --data my-tenant --file hunt.kql --format csv\n  \
    tesem kql run --tenant demo 'DeviceInfo | summarize dcount(DeviceId) by OSPlatform'\n  \
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
    /// Directory with <Table>.jsonl, .csv (both also .gz) or .parquet, or a lake with <Table>/…/*.parquet; may be repeated
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// Directory or file that Defender's streaming API has written to (…/y=2026/m=05/d=01/h=00/m=00/PT1H.json); may be repeated
    #[arg(long, value_name = "DIR")]
    streamed: Vec<PathBuf>,
    /// Ask this tenant of the configuration, or `demo`, instead of reading files
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data", "streamed", "external", "now", "rows_max", "seconds_max", "memory_max"])]
    tenant: Option<String>,
    /// Hunting API, over the tenant's own setting
    #[arg(long, value_enum, value_name = "API", requires = "tenant")]
    hunting: Option<HuntingName>,
    /// The time that now() gives [default: the computer's clock]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    external: ExternalOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

/// The answer to a line.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<(String, String)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<Vec<Json>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError>,
}

/// Runs the command; `settings` are read only where a tenant is asked.
pub(super) async fn run(
    args: &RunArgs,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let answerer = match &args.tenant {
        Some(name) => Answerer::tenant(name, args.hunting, &settings()?, terminal).await?,
        None => Answerer::Engine {
            engine: Box::new(data::engine(
                &args.data,
                &args.streamed,
                args.external.engine(args.limits.engine()),
            )?),
            options: args
                .limits
                .run(args.now.unwrap_or_else(|| SystemClock.now())),
        },
    };
    let exit = match &args.jsonl {
        Some(path) => run_lines(&answerer, path, terminal).await,
        None => run_one(&answerer, args, terminal).await,
    };
    answerer.close().await;
    exit
}

async fn run_one(answerer: &Answerer, args: &RunArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let (name, query) = match (&args.file, args.query.as_deref()) {
        (Some(file), _) => (file.as_str(), source::text(file)?),
        (None, Some("-")) => ("-", source::text("-")?),
        (None, query) => ("query", query.unwrap_or_default().to_owned()),
    };
    match answerer.answer(&query).await {
        Ok(answer) => printing::print(&answer, args.format, terminal),
        Err(failure) => Err(refusal(name, &query, failure, terminal)),
    }
}

/// Prints what is wrong where the query's text can show it.
fn refusal(name: &str, query: &str, failure: Failure, terminal: &Terminal) -> anyhow::Error {
    let findings = failure.diagnostics();
    for finding in &findings {
        terminal.error(&view::diagnostics::render(
            query,
            name,
            finding,
            terminal.color_err(),
        ));
    }
    match findings.len() {
        0 => failure.into_error(),
        1 => UsageError::new("the query cannot be run").into(),
        several => {
            UsageError::new(format!("the query cannot be run, for {several} reasons")).into()
        }
    }
}

async fn run_lines(answerer: &Answerer, path: &Path, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut out = terminal.stdout();
    let mut failed = false;
    for request in source::json_lines::<source::Request>(path)? {
        let source::Request { id, query } = request?;
        let answer = match answerer.answer(&query).await {
            Ok(answer) => Answer {
                id: &id,
                others: answer.others.iter().map(Answered::json).collect(),
                columns: Some(answer.columns),
                rows: Some(answer.rows),
                error: None,
            },
            Err(failure) => Answer {
                id: &id,
                columns: None,
                rows: None,
                others: Vec::new(),
                error: Some(failure.json()),
            },
        };
        failed |= answer.error.is_some();
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(if failed { Exit::Partial } else { Exit::Done })
}
