//! `tesem kql check`: does a query parse and bind against the Defender schema, and is it a good one?

use std::io::Write;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;
use tesem_engine::{Engine, EngineOptions};
use tesem_kql::Diagnostic;

use super::json::{JsonError, diagnostics};
use super::{data, source};
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::terminal::Terminal;
use crate::view;

/// Check queries against the Defender schema, without data
///
/// Says what is wrong with a query, and warns about what costs quota or hides hits: `contains` where `has` serves, no filter by time, a `join` without
/// kind, names that the service has given up. `tesem kql check --rules` lists the warnings.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem kql check detections/*.kql\n  \
    echo 'DeviceEvents | wher 1 == 1' | tesem kql check\n  \
    tesem kql check --deny-warnings --allow KQL0202 detections/*.kql\n  \
    tesem kql check --jsonl queries.jsonl")]
pub(crate) struct CheckArgs {
    /// Files with one query each; `-` or nothing is standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Check the `{"id","query"}` lines of this file and answer `{"id","ok"}` or `{"id","error"}`, with `"warnings"` where there are any
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    jsonl: Option<PathBuf>,
    /// Say nothing of the warning with this code; may be repeated
    #[arg(long, value_name = "CODE", value_parser = rule)]
    allow: Vec<&'static str>,
    /// Exit with 3 when there are warnings, too
    #[arg(long)]
    deny_warnings: bool,
    /// List what is warned about, and check nothing
    #[arg(long, conflicts_with_all = ["files", "jsonl"])]
    rules: bool,
}

/// The answer to a line.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<JsonError>,
}

/// How many queries are how good.
#[derive(Debug, Default)]
struct Tally {
    checked: usize,
    wrong: usize,
    warnings: usize,
}

impl Tally {
    fn add(&mut self, answer: &Answer<'_>) {
        self.checked += 1;
        self.wrong += usize::from(answer.error.is_some());
        self.warnings += answer.warnings.len();
    }

    fn exit(&self, args: &CheckArgs) -> Exit {
        let is_clean = self.wrong == 0 && (self.warnings == 0 || !args.deny_warnings);
        if is_clean { Exit::Done } else { Exit::Partial }
    }
}

/// The code of a warning that exists.
fn rule(code: &str) -> Result<&'static str, String> {
    tesem_kql::LINT_RULES
        .iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
        .map(|rule| rule.code)
        .ok_or_else(|| format!("`{code}` is no warning; `tesem kql check --rules` lists them"))
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    if args.rules {
        return list_rules(terminal);
    }
    let engine = data::engine(&[], &[], EngineOptions::default())?;
    let tally = match &args.jsonl {
        Some(path) => check_lines(&engine, path, args, terminal)?,
        None => check_files(&engine, args, terminal)?,
    };
    Ok(tally.exit(args))
}

fn list_rules(terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut table = view::table::plain(&["code", "name", "why"]);
    for rule in tesem_kql::LINT_RULES {
        table.add_row([rule.code, rule.name, rule.summary]);
    }
    let mut out = terminal.stdout();
    writeln!(out, "{}", view::table::lines(&table))?;
    out.flush()?;
    Ok(Exit::Done)
}

fn check_files(engine: &Engine, args: &CheckArgs, terminal: &Terminal) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for file in crate::input::names(&args.files) {
        let query = source::text(file)?;
        let warnings = warnings(&query, args);
        let errors = errors(engine, file, &query)?;
        tally.checked += 1;
        tally.wrong += usize::from(!errors.is_empty());
        tally.warnings += warnings.len();
        print(errors.iter().chain(&warnings), file, &query, terminal)?;
    }
    let Tally {
        checked,
        wrong,
        warnings,
    } = tally;
    terminal.say(&format!(
        "{checked} checked, {wrong} wrong, {}",
        view::table::counted(warnings as u64, "warning")
    ));
    Ok(tally)
}

fn print<'a>(
    findings: impl Iterator<Item = &'a Diagnostic>,
    name: &str,
    query: &str,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    for finding in findings {
        let text = view::diagnostics::render(query, name, finding, terminal.color_out());
        writeln!(out, "{text}\n")?;
    }
    out.flush()?;
    Ok(())
}

/// What is wrong with a query.
fn errors(engine: &Engine, name: &str, query: &str) -> anyhow::Result<Vec<Diagnostic>> {
    let Err(error) = engine.check(query) else {
        return Ok(Vec::new());
    };
    let findings = diagnostics(&error);
    if findings.is_empty() {
        return Err(UsageError::new(format!("{name}: {error}")).into());
    }
    Ok(findings)
}

/// What a query that can be read is warned about.
fn warnings(query: &str, args: &CheckArgs) -> Vec<Diagnostic> {
    let parsed = tesem_kql::parse(query);
    if parsed.has_errors() {
        return Vec::new();
    }
    let mut warnings = tesem_kql::lint(query, &parsed.query);
    warnings.extend(parsed.diagnostics);
    warnings.retain(|warning| !args.allow.contains(&warning.code));
    warnings.sort_by_key(|warning| warning.span.start);
    warnings
}

/// So many lines are checked at a time, shared between all processors, and answered in their order.
const LINES_AT_A_TIME: usize = 1024;

fn check_lines(
    engine: &Engine,
    path: &Path,
    args: &CheckArgs,
    terminal: &Terminal,
) -> anyhow::Result<Tally> {
    let mut out = terminal.stdout();
    let mut tally = Tally::default();
    let mut requests = source::json_lines::<source::Request>(path)?;
    loop {
        let (lines, unreadable) = until_unreadable(requests.by_ref().take(LINES_AT_A_TIME));
        for answer in answers(engine, &lines, args) {
            tally.add(&answer);
            writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        }
        out.flush()?;
        match unreadable {
            Some(error) => return Err(error),
            None if lines.is_empty() => return Ok(tally),
            None => {}
        }
    }
}

/// The lines before the first one that cannot be read, and why that one cannot.
fn until_unreadable(
    requests: impl Iterator<Item = anyhow::Result<source::Request>>,
) -> (Vec<source::Request>, Option<anyhow::Error>) {
    let mut lines = Vec::new();
    for request in requests {
        match request {
            Ok(line) => lines.push(line),
            Err(error) => return (lines, Some(error)),
        }
    }
    (lines, None)
}

/// The answers to some lines, in their order.
fn answers<'a>(engine: &Engine, lines: &'a [source::Request], args: &CheckArgs) -> Vec<Answer<'a>> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = lines.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let shares: Vec<_> = lines
            .chunks(share)
            .map(|share| scope.spawn(|| of_share(engine, share, args)))
            .collect();
        shares
            .into_iter()
            .flat_map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn of_share<'a>(
    engine: &Engine,
    lines: &'a [source::Request],
    args: &CheckArgs,
) -> Vec<Answer<'a>> {
    lines
        .iter()
        .map(|line| answer(engine, line, args))
        .collect()
}

fn answer<'a>(engine: &Engine, line: &'a source::Request, args: &CheckArgs) -> Answer<'a> {
    let error = engine.check(&line.query).err();
    let warnings = warnings(&line.query, args);
    Answer {
        id: &line.id,
        ok: error.is_none().then_some(true),
        error: error.as_ref().map(JsonError::of),
        warnings: warnings.iter().map(JsonError::of_diagnostic).collect(),
    }
}
