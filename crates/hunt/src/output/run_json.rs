//! `run.json`: what was searched, how, and what it cost.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::{OutputError, OutputFiles, PackFile, Subject, write_file};
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

pub(super) fn write(
    subject: &Subject<'_>,
    path: &Path,
    files: &OutputFiles,
) -> Result<(), OutputError> {
    let Subject {
        plan,
        report,
        options,
        ..
    } = subject;
    let counts = report.counts();
    let run = RunJson {
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
        hits: files.hits,
        packs: packs(&report.packs, &files.packs),
        calls: calls(&report.queries),
        missing: &report.missing,
        queries: &report.queries,
    };
    write_file(path, |file| {
        serde_json::to_writer_pretty(&mut *file, &run)?;
        file.write_all(b"\n")?;
        Ok(())
    })
}

/// Queries that were sent, by stage.
fn calls(queries: &[QueryLog]) -> BTreeMap<Stage, usize> {
    let mut calls = BTreeMap::new();
    for query in queries {
        *calls.entry(query.stage).or_default() += 1;
    }
    calls
}
