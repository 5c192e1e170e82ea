//! The result of a hunt: what was found, what could not be searched, what it cost.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Context;
use comfy_table::Table;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use tesem_hunt::output::{OutputFiles, OutputOptions};
use tesem_hunt::{HuntReport, Indicator, Plan, QueryOutcome, RefusedItem, Status, Verdict};

use super::seen_on::{self, Seen};
use super::table::{align_right, counted, lines, plain, printable, thousands};
use crate::commands::hunt::HuntFormat;
use crate::terminal::Terminal;

/// Most rows of a table on the terminal; the files have all.
const ROWS_SHOWN_MAX: usize = 100;

/// The report's name in a run's folder.
pub(crate) const REPORT_FILE: &str = "report.html";

/// What is shown.
pub(crate) struct Shown<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) report: &'a HuntReport,
    pub(crate) files: &'a OutputFiles,
    pub(crate) folder: &'a Path,
    pub(crate) options: &'a OutputOptions,
}

/// Prints the result in `format`, and the cost as messages.
pub(crate) fn write(
    shown: &Shown<'_>,
    format: HuntFormat,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    match format {
        HuntFormat::Table => write!(out, "{}", text(shown))?,
        HuntFormat::Json => write_json(shown, &mut out)?,
        HuntFormat::JsonSplit => super::packs::write_split(shown, &mut out)?,
        _ => copy_file(shown.files, format, &mut out)?,
    }
    out.flush()?;
    terminal.say(&cost(shown));
    Ok(())
}

/// Prints the results of one run in several tenants, whose merged `files` lie in `folder`.
pub(crate) fn write_merged(
    shown: &[Shown<'_>],
    files: &OutputFiles,
    folder: &Path,
    format: HuntFormat,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    match format {
        HuntFormat::Table => {
            let texts: Vec<String> = shown.iter().map(text).collect();
            write!(out, "{}", texts.join("\n"))?;
        }
        HuntFormat::Json => {
            for (number, one) in shown.iter().enumerate() {
                write!(out, "{}", if number == 0 { "[" } else { "," })?;
                write_json(one, &mut out)?;
            }
            writeln!(out, "]")?;
        }
        HuntFormat::JsonSplit => super::packs::write_split_of_several(shown, &mut out)?,
        _ => copy_file(files, format, &mut out)?,
    }
    out.flush()?;
    for one in shown {
        terminal.say(&format!(
            "{}: {}",
            printable(&one.options.tenant),
            spent(one)
        ));
    }
    terminal.say(&listed(files, folder));
    Ok(())
}

/// Copies the file that is `format`, where there is one.
fn copy_file(files: &OutputFiles, format: HuntFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    let path = match format {
        HuntFormat::Table | HuntFormat::Json | HuntFormat::JsonSplit => return Ok(()),
        HuntFormat::Csv => &files.hits_csv,
        HuntFormat::Jsonl => &files.hits_jsonl,
        HuntFormat::Timesketch => &files.timesketch_csv,
        HuntFormat::Stix => &files.sightings_stix,
        HuntFormat::Parquet => &files.hits_parquet,
    };
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    std::io::copy(&mut file, out)?;
    Ok(())
}

/// Everything about the run for people.
fn text(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    let sections = [
        found(shown),
        seen_on(shown),
        failed(shown),
        not_searchable(shown),
        super::packs::table(shown),
    ];
    for section in sections.into_iter().flatten() {
        text.push_str(&section);
        text.push_str("\n\n");
    }
    text + &summary(shown) + "\n"
}

fn found(shown: &Shown<'_>) -> Option<String> {
    let hits: Vec<&Verdict> = shown.report.hits().collect();
    let mut header = vec![
        "found",
        "kind",
        "events",
        "first seen",
        "last seen",
        "devices",
    ];
    if shown.plan.options.prevalence {
        header.splice(3..3, ["devices", "users"]);
        header.pop();
        header.push("where");
    }
    let mut table = plain(&header);
    for verdict in hits.iter().take(ROWS_SHOWN_MAX) {
        add_hit(&mut table, shown, verdict);
    }
    align_right(
        &mut table,
        if shown.plan.options.prevalence {
            &[2, 3, 4]
        } else {
            &[2]
        },
    );
    section(&table, hits.len(), "sightings.csv")
}

/// The devices of each hit; a prevalence hunt says no more than how many they are.
fn seen_on(shown: &Shown<'_>) -> Option<String> {
    if shown.plan.options.prevalence {
        return None;
    }
    let seen = |verdict| Seen {
        indicator: raw_value(shown, verdict),
        sightings: &verdict.sightings,
    };
    let hits: Vec<Seen<'_>> = shown.report.hits().map(seen).collect();
    seen_on::section(&hits, &shown.options.time_zone)
}

fn add_hit(table: &mut Table, shown: &Shown<'_>, verdict: &Verdict) {
    let time = |time: Option<Timestamp>| time.map(|time| local(shown, time)).unwrap_or_default();
    let mut row = vec![
        value(shown, verdict),
        kind(shown, verdict).to_owned(),
        thousands(verdict.events()),
        time(verdict.first_seen()),
        time(verdict.last_seen()),
        devices(verdict),
    ];
    if shown.plan.options.prevalence {
        row.insert(3, thousands(verdict.users.len() as u64));
        row.insert(3, thousands(verdict.devices() as u64));
    }
    table.add_row(row);
}

/// `ws-0042 and 3 more`, by host name; the files have them all, with their domains.
fn devices(verdict: &Verdict) -> String {
    let hosts: BTreeSet<&str> = verdict
        .sightings
        .iter()
        .filter_map(|sighting| sighting.device_name.split('.').next())
        .filter(|host| !host.is_empty())
        .collect();
    let Some(first) = hosts.first() else {
        return String::new();
    };
    let more = hosts.len().saturating_sub(1) as u64;
    let rest = if more > 0 {
        format!(" and {} more", thousands(more))
    } else {
        String::new()
    };
    printable(first).into_owned() + &rest
}

fn failed(shown: &Shown<'_>) -> Option<String> {
    reasons(shown, "failed", Status::Failed, &[])
}

fn not_searchable(shown: &Shown<'_>) -> Option<String> {
    reasons(
        shown,
        "not searchable",
        Status::NotSearchable,
        &shown.plan.intake.refused,
    )
}

/// A table of indicators with that status, and of refused items, with the reason of each.
fn reasons(
    shown: &Shown<'_>,
    title: &str,
    status: Status,
    refused: &[RefusedItem],
) -> Option<String> {
    let verdicts = shown
        .report
        .verdicts
        .iter()
        .filter(|verdict| verdict.status == status);
    let mut rows: Vec<[String; 3]> = verdicts
        .map(|v| {
            [
                value(shown, v),
                place(shown, v),
                printable(&v.reason).into_owned(),
            ]
        })
        .collect();
    rows.extend(refused.iter().map(|item| {
        [
            printable(&item.text).into_owned(),
            origin(shown, item.origin),
            printable(&item.reason).into_owned(),
        ]
    }));
    let count = rows.len();
    let mut table = plain(&[title, "input", "reason"]);
    table.add_rows(rows.into_iter().take(ROWS_SHOWN_MAX));
    section(&table, count, "coverage.csv")
}

/// The table, and how many rows it leaves to `file`; nothing for an empty one.
fn section(table: &Table, rows: usize, file: &str) -> Option<String> {
    let more = rows.saturating_sub(ROWS_SHOWN_MAX);
    let rest = if more > 0 {
        format!("\n and {more} more in {file}")
    } else {
        String::new()
    };
    (rows > 0).then(|| lines(table) + &rest)
}

fn summary(shown: &Shown<'_>) -> String {
    let counts = shown.report.counts();
    let count = |status| *counts.get(&status).unwrap_or(&0) as u64;
    let refused = shown.plan.intake.refused.len() as u64;
    let mut parts = vec![
        format!("{} found", thousands(count(Status::Hit))),
        format!("{} searched and clear", thousands(count(Status::Clear))),
        format!(
            "{} not searchable",
            thousands(count(Status::NotSearchable) + refused)
        ),
    ];
    if count(Status::Failed) > 0 {
        parts.push(format!("{} failed", thousands(count(Status::Failed))));
    }
    let indicators = counted(shown.plan.intake.indicators.len() as u64, "indicator");
    format!(
        "{indicators} in tenant {}: {}",
        printable(&shown.options.tenant),
        parts.join(", ")
    )
}

fn cost(shown: &Shown<'_>) -> String {
    let files = listed(shown.files, shown.folder);
    format!("cost: {}\n{files}", spent(shown))
}

fn spent(shown: &Shown<'_>) -> String {
    let queries = &shown.report.queries;
    let rows: u64 = queries.iter().map(|query| rows(&query.outcome)).sum();
    let time = shown.report.finished.duration_since(shown.report.started);
    let window = shown.report.window;
    let days = window.end.duration_since(window.start).as_hours() / 24;
    format!(
        "{} of hunting quota, {} answered, {:.1} s; {} of telemetry searched",
        counted(queries.len() as u64, "call"),
        counted(rows, "row"),
        time.as_secs_f64(),
        counted(days.unsigned_abs(), "day"),
    )
}

/// The files that people open; the help lists those for machines.
fn listed(files: &OutputFiles, folder: &Path) -> String {
    format!(
        "files: {}: {} in hits.csv; {REPORT_FILE}, sightings.csv, coverage.csv, run.json and more",
        folder.display(),
        counted(files.hits, "event"),
    )
}

fn rows(outcome: &QueryOutcome) -> u64 {
    match outcome {
        QueryOutcome::Answered { rows, .. } => *rows,
        _ => 0,
    }
}

fn indicator<'a>(shown: &Shown<'a>, verdict: &Verdict) -> Option<&'a Indicator> {
    shown.plan.intake.get(verdict.indicator)
}

fn value(shown: &Shown<'_>, verdict: &Verdict) -> String {
    printable(&raw_value(shown, verdict)).into_owned()
}

fn raw_value(shown: &Shown<'_>, verdict: &Verdict) -> String {
    let value = indicator(shown, verdict).map(|indicator| indicator.observable.to_string());
    value.unwrap_or_default()
}

fn kind(shown: &Shown<'_>, verdict: &Verdict) -> &'static str {
    indicator(shown, verdict).map_or("", |indicator| indicator.kind().as_str())
}

fn place(shown: &Shown<'_>, verdict: &Verdict) -> String {
    let first = indicator(shown, verdict).and_then(|indicator| indicator.origins.first());
    first.map(|first| origin(shown, *first)).unwrap_or_default()
}

/// `list.txt:7`.
fn origin(shown: &Shown<'_>, origin: tesem_hunt::Origin) -> String {
    let source = shown.plan.intake.sources.get(origin.source as usize);
    let name = source.map_or("", |source| source.name.as_str());
    let line = if origin.line == 0 {
        String::new()
    } else {
        format!(":{}", origin.line)
    };
    format!("{}{line}", printable(name))
}

fn local(shown: &Shown<'_>, time: Timestamp) -> String {
    time.to_zoned(shown.options.time_zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// One indicator of the JSON document.
#[derive(Serialize)]
struct JsonVerdict<'a> {
    indicator: String,
    kind: &'static str,
    verdict: Status,
    reason: &'a str,
    events: u64,
    devices: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<usize>,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    tables: &'a [&'static str],
    calls: u32,
}

/// One refused item of the JSON document.
#[derive(Serialize)]
struct JsonRefused<'a> {
    text: &'a str,
    verdict: Status,
    reason: &'a str,
    input: String,
}

/// `{"run": …, "indicators": […], "refused": […], "hits": […]}`; hits are streamed from their file.
fn write_json(shown: &Shown<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let run = std::fs::read_to_string(&shown.files.run_json).context("cannot read run.json")?;
    let run: Box<RawValue> = serde_json::from_str(&run)?;
    let verdicts: Vec<_> = shown
        .report
        .verdicts
        .iter()
        .map(|v| json_verdict(shown, v))
        .collect();
    let refused: Vec<_> = shown
        .plan
        .intake
        .refused
        .iter()
        .map(|item| json_refused(shown, item))
        .collect();
    writeln!(out, "{{\"run\":{run},")?;
    writeln!(out, "\"indicators\":{},", serde_json::to_string(&verdicts)?)?;
    writeln!(out, "\"refused\":{},", serde_json::to_string(&refused)?)?;
    write!(out, "\"hits\":[")?;
    let file = File::open(&shown.files.hits_jsonl).context("cannot read hits.jsonl")?;
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let separator = if index == 0 { "\n" } else { ",\n" };
        write!(out, "{separator}{}", line?)?;
    }
    writeln!(out, "]}}")?;
    Ok(())
}

fn json_verdict<'a>(shown: &Shown<'_>, verdict: &'a Verdict) -> JsonVerdict<'a> {
    JsonVerdict {
        indicator: indicator(shown, verdict)
            .map(|i| i.observable.to_string())
            .unwrap_or_default(),
        kind: kind(shown, verdict),
        verdict: verdict.status,
        reason: &verdict.reason,
        events: verdict.events(),
        devices: verdict.devices(),
        users: shown.plan.options.prevalence.then_some(verdict.users.len()),
        first_seen: verdict.first_seen(),
        last_seen: verdict.last_seen(),
        tables: &verdict.tables,
        calls: verdict.calls,
    }
}

fn json_refused<'a>(shown: &Shown<'_>, item: &'a RefusedItem) -> JsonRefused<'a> {
    JsonRefused {
        text: &item.text,
        verdict: Status::NotSearchable,
        reason: &item.reason,
        input: origin(shown, item.origin),
    }
}
