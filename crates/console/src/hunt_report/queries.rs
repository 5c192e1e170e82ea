//! The queries: what was asked and what became of it.

use std::io::{self, Write};

use askama::Template;
use tesem_hunt::{QueryLog, QueryOutcome, SplitFirst, Stage};

use super::searched::Searches;
use super::text::{Moment, left_out, thousands};

#[derive(Template)]
#[template(path = "hunt_report/queries.html")]
struct Section<'a> {
    count: usize,
    left_out: Option<String>,
    several: bool,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    tenant: &'a str,
    tenant_number: usize,
    key: &'a str,
    stage: &'static str,
    indicators: usize,
    indicators_text: String,
    bytes: usize,
    bytes_text: String,
    started: Moment,
    milliseconds: i128,
    duration: String,
    state: &'static str,
    outcome: String,
}

pub(super) fn write(out: &mut dyn Write, all: &Searches<'_>) -> io::Result<()> {
    let numbered = (0..).zip(all.each);
    let mut queries: Vec<(usize, &QueryLog)> = numbered
        .flat_map(|(number, one)| one.report.queries.iter().map(move |query| (number, query)))
        .collect();
    let count = queries.len();
    if count > all.limits.queries {
        // Stable: what is shown stays in the order in which it finished.
        queries.sort_by_key(|(_, query)| is_plain(&query.outcome));
        queries.truncate(all.limits.queries);
    }
    let rows = queries
        .iter()
        .map(|(number, query)| row(all, *number, query));
    Section {
        count,
        left_out: left_out(
            queries.len(),
            count,
            "queries, troubled ones first",
            "run.json",
        ),
        several: all.several(),
        rows: rows.collect(),
    }
    .write_into(out)
}

fn is_plain(outcome: &QueryOutcome) -> bool {
    matches!(outcome, QueryOutcome::Answered { cut: false, .. })
}

fn row<'a>(all: &Searches<'a>, number: usize, query: &'a QueryLog) -> Row<'a> {
    let milliseconds = query.finished.duration_since(query.started).as_millis();
    let (state, outcome) = outcome(&query.outcome);
    Row {
        tenant: all.tenant(number),
        tenant_number: number + 1,
        key: &query.key,
        stage: match query.stage {
            Stage::Summary => "summary",
            Stage::Details => "details",
        },
        indicators: query.indicators,
        indicators_text: thousands(query.indicators),
        bytes: query.bytes,
        bytes_text: thousands(query.bytes),
        started: all.moment(query.started),
        milliseconds,
        duration: format!("{}.{:03} s", milliseconds / 1_000, milliseconds % 1_000),
        state,
        outcome,
    }
}

/// What became of a query: one word, and the rest.
fn outcome(outcome: &QueryOutcome) -> (&'static str, String) {
    match outcome {
        QueryOutcome::Answered { rows, cut: false } => {
            ("answered", format!("{} rows", thousands(*rows)))
        }
        QueryOutcome::Answered { rows, cut: true } => (
            "cut",
            format!(
                "{} rows, the most an answer has; there may be more",
                thousands(*rows)
            ),
        ),
        QueryOutcome::Split { reason, first } => {
            let along = match first {
                SplitFirst::Indicators => "indicators",
                SplitFirst::Window => "time",
            };
            ("split", format!("by {along}: {reason}"))
        }
        QueryOutcome::MissingTable { table } => ("repeated", format!("without the table {table}")),
        QueryOutcome::MissingColumn { column } => {
            ("repeated", format!("without the column {column}"))
        }
        QueryOutcome::Failed { reason } => ("failed", reason.clone()),
    }
}
