//! The summary: verdict counts, and what was searched at which cost in each tenant.

use std::io::{self, Write};
use std::time::Duration;

use askama::Template;
use jiff::Timestamp;
use tesem_hunt::{BackendLimits, Ending, QueryLog, QueryOutcome, Stage, Status};

use super::events::tally;
use super::searched::Searches;
use super::text::{Moment, counted, thousands};
use super::{Searched, coverage};

#[derive(Template)]
#[template(path = "hunt_report/summary.html")]
struct Summary<'a> {
    tiles: Vec<Tile>,
    costs: Vec<Cost<'a>>,
    several: bool,
}

/// How many indicators got a verdict.
struct Tile {
    verdict: &'static str,
    count: String,
    says: &'static str,
}

/// What a tenant's search covered and cost.
struct Cost<'a> {
    tenant: &'a str,
    ending: String,
    is_partial: bool,
    started: Moment,
    finished: Moment,
    seconds: String,
    window_start: Moment,
    window_end: Moment,
    window_days: String,
    indicators: String,
    sources: String,
    calls: String,
    quota: Vec<String>,
    rows: String,
    trouble: Vec<String>,
}

pub(super) fn write(out: &mut dyn Write, all: &Searches<'_>) -> io::Result<()> {
    Summary {
        tiles: tiles(all),
        costs: all.each.iter().map(|one| cost(all, one)).collect(),
        several: all.several(),
    }
    .write_into(out)
}

fn tiles(all: &Searches<'_>) -> Vec<Tile> {
    let counts = coverage::counts(all);
    let says = [
        (Status::Hit, "seen in the window"),
        (Status::Clear, "searched everywhere, not seen"),
        (Status::NotSearchable, "cannot be searched, or refused"),
        (Status::Failed, "search incomplete"),
    ];
    let tile = |(status, says): (Status, &'static str)| Tile {
        verdict: status.as_str(),
        count: thousands(counts.get(&status).copied().unwrap_or_default()),
        says,
    };
    says.map(tile).into()
}

fn cost<'a>(all: &Searches<'_>, one: &Searched<'a>) -> Cost<'a> {
    let report = one.report;
    let window = report.window;
    let seconds = report.finished.duration_since(report.started).as_secs_f64();
    let days = window.end.duration_since(window.start).as_secs_f64() / 86_400.0;
    let intake = &one.plan.intake;
    Cost {
        tenant: one.tenant,
        ending: ending(&report.ending),
        is_partial: report.is_incomplete(),
        started: all.moment(report.started),
        finished: all.moment(report.finished),
        seconds: format!("{seconds:.1} s"),
        window_start: all.moment(window.start),
        window_end: all.moment(window.end),
        window_days: format!("{} days", (days * 10.0).round() / 10.0),
        indicators: format!(
            "{}, {} refused",
            counted(intake.indicators.len(), "indicator"),
            thousands(intake.refused.len())
        ),
        sources: sources(one),
        calls: calls(&report.queries),
        quota: quota(one),
        rows: counted(rows(&report.queries), "row"),
        trouble: trouble(one),
    }
}

fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Complete => "complete: every query was asked".to_owned(),
        Ending::Cancelled => "cancelled before its end; it can be resumed".to_owned(),
        Ending::Budget { spent } => format!("stopped: {spent} used up; it can be resumed"),
        Ending::Stopped { reason } => format!("stopped before its end: {reason}"),
    }
}

/// Sources named in full.
const SOURCES_SHOWN_MAX: usize = 10;

fn sources(one: &Searched<'_>) -> String {
    let sources = &one.plan.intake.sources;
    let shown = sources.iter().take(SOURCES_SHOWN_MAX);
    let line = |lines: u64| counted(usize::try_from(lines).unwrap_or(usize::MAX), "line");
    let mut texts: Vec<String> = shown
        .map(|source| format!("{} ({})", source.name, line(source.lines)))
        .collect();
    if sources.len() > texts.len() {
        texts.push(format!("{} more", thousands(sources.len() - texts.len())));
    }
    texts.join(", ")
}

/// `2 (1 summary, 1 details)`.
fn calls(queries: &[QueryLog]) -> String {
    let by_stage = tally(queries.iter().map(|query| query.stage));
    let count = |stage| by_stage.get(&stage).copied().unwrap_or_default();
    format!(
        "{} ({} summary, {} details)",
        thousands(queries.len()),
        thousands(count(Stage::Summary)),
        thousands(count(Stage::Details))
    )
}

fn rows(queries: &[QueryLog]) -> usize {
    let rows = queries.iter().map(|query| match query.outcome {
        QueryOutcome::Answered { rows, .. } => rows,
        _ => 0,
    });
    usize::try_from(rows.sum::<u64>()).unwrap_or(usize::MAX)
}

/// How much of each call limit the busiest span of the run used.
fn quota(one: &Searched<'_>) -> Vec<String> {
    let mut sent: Vec<Timestamp> = one
        .report
        .queries
        .iter()
        .map(|query| query.started)
        .collect();
    sent.sort_unstable();
    let limits = BackendLimits::service(one.plan.options.tables);
    let windows = limits.windows.iter();
    windows
        .map(|window| share(busiest(&sent, window.length), window.limit, window.length))
        .collect()
}

/// `4.4 % of 45 calls a minute`.
#[expect(clippy::cast_precision_loss, reason = "a share to one decimal")]
fn share(calls: usize, limit: u32, length: Duration) -> String {
    let percent = calls as f64 * 100.0 / f64::from(limit);
    let span = match length.as_secs() {
        60 => "a minute".to_owned(),
        3_600 => "an hour".to_owned(),
        seconds => format!("in {seconds} s"),
    };
    format!("{percent:.1} % of {} calls {span}", thousands(limit))
}

/// Most calls within any span of `length`; `sent` is sorted.
fn busiest(sent: &[Timestamp], length: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, time) in sent.iter().enumerate() {
        let outside = |start: &Timestamp| {
            Duration::try_from(time.duration_since(*start)).is_ok_and(|passed| passed >= length)
        };
        while sent.get(first).is_some_and(outside) {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

/// What was split, failed, cut, or is missing.
fn trouble(one: &Searched<'_>) -> Vec<String> {
    let queries = &one.report.queries;
    let count = |is: fn(&QueryOutcome) -> bool| queries.iter().filter(|q| is(&q.outcome)).count();
    let split = count(|outcome| matches!(outcome, QueryOutcome::Split { .. }));
    let failed = count(|outcome| matches!(outcome, QueryOutcome::Failed { .. }));
    let cut = count(|outcome| matches!(outcome, QueryOutcome::Answered { cut: true, .. }));
    let mut told = Vec::new();
    if split > 0 {
        let text = counted(split, "query");
        told.push(format!("{text} split and asked in parts"));
    }
    if failed > 0 {
        told.push(format!("{} failed", counted(failed, "query")));
    }
    if cut > 0 {
        told.push(format!("{} cut at the row limit", counted(cut, "answer")));
    }
    let missing = &one.report.missing;
    let lists = [("tables", &missing.tables), ("columns", &missing.columns)];
    for (what, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        told.push(format!(
            "the tenant does not have the {what} {}",
            names.join(", ")
        ));
    }
    told
}
