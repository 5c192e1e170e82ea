//! `run.json`: what was searched, how, and what it cost.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::{OutputError, PackFile, Subject, write_file};
use crate::intake::SourceSummary;
use crate::plan::PlanOptions;
use crate::query::Missing;
use crate::report::Ending;
use crate::run::{PackReport, QueryLog, Stage};

/// Raised when a field changes its meaning.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct RunJson<'a> {
    format_version: u32,
    tesem_version: &'static str,
    run: &'a str,
    tenant: &'a str,
    started: Timestamp,
    finished: Timestamp,
    result: &'a Ending,
    time_zone: &'a str,
    options: &'a PlanOptions,
    sources: &'a [SourceSummary],
    indicators: usize,
    refused: usize,
    verdicts: BTreeMap<&'static str, usize>,
    hits: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packs: Vec<PackJson<'a>>,
    calls: BTreeMap<Stage, usize>,
    missing: &'a Missing,
    queries: &'a [QueryLog],
}

/// A query of a pack.
#[derive(Serialize)]
struct PackJson<'a> {
    #[serde(flatten)]
    report: &'a PackReport,
    rows: u64,
}

fn packs<'a>(reports: &'a [PackReport], files: &[PackFile]) -> Vec<PackJson<'a>> {
    let rows = files.iter().map(|file| file.rows);
    let packs = reports.iter().zip(rows);
    packs
        .map(|(report, rows)| PackJson { report, rows })
        .collect()
}

/// A run over several tenants.
#[derive(Serialize)]
struct SeveralJson<'a> {
    format_version: u32,
    tesem_version: &'static str,
    run: &'a str,
    hits: u64,
    tenants: Vec<RunJson<'a>>,
}

pub(super) fn write(
    subjects: &[Subject<'_>],
    path: &Path,
    hits: &[u64],
    packs: &[Vec<PackFile>],
) -> Result<(), OutputError> {
    let runs: Vec<RunJson<'_>> = subjects
        .iter()
        .zip(hits)
        .zip(packs)
        .map(|((subject, hits), packs)| run_json(subject, *hits, packs))
        .collect();
    write_file(path, |file| {
        match runs.as_slice() {
            [run] => serde_json::to_writer_pretty(&mut *file, run)?,
            _ => serde_json::to_writer_pretty(&mut *file, &several(runs))?,
        }
        file.write_all(b"\n")?;
        Ok(())
    })
}

fn several(runs: Vec<RunJson<'_>>) -> SeveralJson<'_> {
    SeveralJson {
        format_version: FORMAT_VERSION,
        tesem_version: env!("CARGO_PKG_VERSION"),
        run: runs.first().map_or("", |run| run.run),
        hits: runs.iter().map(|run| run.hits).sum(),
        tenants: runs,
    }
}

fn run_json<'a>(subject: &Subject<'a>, hits: u64, files: &[PackFile]) -> RunJson<'a> {
    let Subject {
        plan,
        report,
        options,
        ..
    } = *subject;
    let counts = report.counts();
    RunJson {
        format_version: FORMAT_VERSION,
        tesem_version: env!("CARGO_PKG_VERSION"),
        run: report.run.as_str(),
        tenant: &options.tenant,
        started: report.started,
        finished: report.finished,
        result: &report.ending,
        time_zone: options.time_zone.iana_name().unwrap_or("unnamed"),
        options: &plan.options,
        sources: &plan.intake.sources,
        indicators: plan.intake.indicators.len(),
        refused: plan.intake.refused.len(),
        verdicts: counts
            .into_iter()
            .map(|(status, count)| (status.as_str(), count))
            .collect(),
        hits,
        packs: packs(&report.packs, files),
        calls: calls(&report.queries),
        missing: &report.missing,
        queries: &report.queries,
    }
}

/// Queries that were sent, by stage.
fn calls(queries: &[QueryLog]) -> BTreeMap<Stage, usize> {
    let mut calls = BTreeMap::new();
    for query in queries {
        *calls.entry(query.stage).or_default() += 1;
    }
    calls
}
