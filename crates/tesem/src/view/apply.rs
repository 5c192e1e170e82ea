//! What became of the steps of a plan, as people and programs see it.

use std::io::Write;

use serde::Serialize;
use tesem_indicators::apply::StepEnd;
use tesem_indicators::{PlanFile, Step};

use super::table::{formula_guarded, lines, plain, printable, thousands};
use crate::cli::Format;
use crate::terminal::Terminal;

/// Failures that are shown unless all are asked for.
const LINES_MAX: usize = 50;

const HEADER: [&str; 8] = [
    "Tenant", "Do", "Type", "Value", "Groups", "Result", "Id", "Reason",
];

/// A step and what became of it.
#[derive(Debug, Serialize)]
struct Row<'p> {
    tenant: &'p str,
    #[serde(rename = "do")]
    does: &'static str,
    #[serde(rename = "type")]
    kind: String,
    value: &'p str,
    groups: Vec<&'p str>,
    result: &'static str,
    id: &'p str,
    reason: &'p str,
}

/// Writes what became of the steps to standard output; as a table, only of those that are not done.
pub(crate) fn write(
    plan: &PlanFile,
    ends: &[StepEnd],
    format: Format,
    all: bool,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    match format {
        Format::Table => table(plan, ends, all, &mut out)?,
        Format::Csv => out.write_all(&csv(plan, ends)?)?,
        Format::Json => {
            let rows: Vec<Row<'_>> = rows(plan, ends).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        }
        Format::Jsonl => {
            for row in rows(plan, ends) {
                writeln!(out, "{}", serde_json::to_string(&row)?)?;
            }
        }
    }
    Ok(out.flush()?)
}

/// All rows as CSV.
pub(crate) fn csv(plan: &PlanFile, ends: &[StepEnd]) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(HEADER)?;
    for row in rows(plan, ends) {
        let cells = [
            row.tenant.to_owned(),
            row.does.to_owned(),
            row.kind,
            row.value.to_owned(),
            row.groups.join(";"),
            row.result.to_owned(),
            row.id.to_owned(),
            row.reason.to_owned(),
        ];
        csv.write_record(cells.map(|cell| formula_guarded(&cell).into_owned()))?;
    }
    Ok(csv.into_inner()?)
}

fn table(plan: &PlanFile, ends: &[StepEnd], all: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let failed: Vec<Row<'_>> = rows(plan, ends)
        .filter(|row| row.result == "failed")
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let shown = if all { failed.len() } else { LINES_MAX };
    let mut table = plain(&["failed", "type", "value", "why"]);
    for row in failed.iter().take(shown) {
        let cells = [row.does, &row.kind, row.value, row.reason];
        table.add_row(cells.map(|cell| printable(cell).into_owned()));
    }
    writeln!(out, "{}", lines(&table))?;
    if failed.len() > shown {
        let more = thousands((failed.len() - shown) as u64);
        writeln!(out, "… and {more} more; --all shows them")?;
    }
    Ok(())
}

fn rows<'p>(plan: &'p PlanFile, ends: &'p [StepEnd]) -> impl Iterator<Item = Row<'p>> {
    let all = plan.plan.steps.iter().zip(ends);
    all.map(|(step, end)| row(plan, step, end))
}

fn row<'p>(plan: &'p PlanFile, step: &'p Step, end: &'p StepEnd) -> Row<'p> {
    let (result, id, reason) = match end {
        StepEnd::Done { id } => ("done", id.as_ref().map_or("", |id| id.as_str()), ""),
        StepEnd::Failed { reason } => ("failed", "", reason.as_str()),
        StepEnd::Pending { reason, .. } => ("not-done", "", reason.as_deref().unwrap_or_default()),
    };
    Row {
        tenant: &plan.tenant,
        does: step.change.verb(),
        kind: step.key.kind.to_string(),
        value: &step.key.value,
        groups: step.key.groups.iter().map(String::as_str).collect(),
        result,
        id,
        reason,
    }
}
