//! `--explain`: what a hunt will take.

use std::io::Write;

use serde::Serialize;
use tesem_hunt::{Explanation, RunTimeUse, TimeWindow};

use super::table::{align_right, counted, formula_guarded, lines, plain, printable, thousands};
use crate::cli::Format;

/// Most queries listed one by one.
const LISTED_MAX: usize = 12;

#[derive(Serialize)]
struct Document<'a> {
    tenant: &'a str,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

/// Writes the explanation of the hunt in `tenant`.
pub(crate) fn write(
    out: &mut dyn Write,
    tenant: &str,
    explanation: &Explanation,
    format: Format,
) -> anyhow::Result<()> {
    let document = Document {
        tenant,
        explanation,
    };
    match format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?,
        Format::Jsonl => writeln!(out, "{}", serde_json::to_string(&document)?)?,
        Format::Csv => write_csv(out, tenant, explanation)?,
        Format::Table => write_text(out, tenant, explanation)?,
    }
    out.flush()?;
    Ok(())
}

fn write_csv(out: &mut dyn Write, tenant: &str, explanation: &Explanation) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["Tenant", "Query", "Bytes", "Indicators"])?;
    for query in &explanation.queries {
        let (bytes, indicators) = (query.bytes.to_string(), query.indicators.to_string());
        csv.write_record([tenant, &query.key, &bytes, &indicators])?;
    }
    for pack in &explanation.packs {
        let values = pack.values.to_string();
        csv.write_record([tenant, &formula_guarded(&pack.name), "", &values])?;
    }
    csv.flush()?;
    Ok(())
}

fn write_text(out: &mut dyn Write, tenant: &str, explanation: &Explanation) -> anyhow::Result<()> {
    let kinds: Vec<String> = explanation
        .kinds
        .iter()
        .map(|(kind, count)| format!("{} {kind}", thousands(*count as u64)))
        .collect();
    writeln!(
        out,
        "tenant {tenant}: {} to search for ({})",
        counted(explanation.indicators as u64, "indicator"),
        kinds.join(", ")
    )?;
    if explanation.not_searchable > 0 {
        writeln!(
            out,
            "not searchable: {}",
            thousands(explanation.not_searchable as u64)
        )?;
    }
    let (least, hits) = (
        explanation.calls_min as u64,
        explanation.calls_with_hits as u64,
    );
    writeln!(
        out,
        "calls: {} if nothing is found, about {} otherwise; at least {} s under the quota",
        thousands(least),
        thousands(hits),
        explanation.seconds_min
    )?;
    writeln!(out, "{}", expected_time(explanation))?;
    for quota in &explanation.quota {
        writeln!(
            out,
            "quota: at most {} of {} calls in {} s",
            quota.calls,
            thousands(quota.limit.into()),
            quota.seconds
        )?;
    }
    for run_time in &explanation.run_time {
        writeln!(out, "{}", run_time_use(run_time))?;
    }
    writeln!(out, "\n{}", queries(explanation))?;
    if !explanation.packs.is_empty() {
        writeln!(out, "\n{}", packs(explanation))?;
    }
    writeln!(out, "\n{}", tables(explanation))?;
    Ok(())
}

fn run_time_use(used: &RunTimeUse) -> String {
    let expected = match used.expected {
        Some(seconds) => format!("about {} s", thousands(seconds)),
        None => "a time that is not known".to_owned(),
    };
    format!(
        "run time: {expected} of {} s of queries in {} s; {} s spent before",
        thousands(used.limit),
        used.seconds,
        thousands(used.spent)
    )
}

fn expected_time(explanation: &Explanation) -> String {
    match explanation.seconds_expected {
        Some(seconds) => format!(
            "time: about {} s of searching, learned from {} of this tenant",
            thousands(seconds),
            counted(explanation.learned_from, "answer")
        ),
        None => "time: not known, this tenant has answered no hunt yet; the service gives up a query after 180 s".to_owned(),
    }
}

fn queries(explanation: &Explanation) -> String {
    let mut table = plain(&["query", "bytes", "indicators", "days", "parts"]);
    for query in explanation.queries.iter().take(LISTED_MAX) {
        table.add_row([
            query.key.clone(),
            thousands(query.bytes as u64),
            thousands(query.indicators as u64),
            days(query.window),
            query.parts.to_string(),
        ]);
    }
    align_right(&mut table, &[1, 2, 3, 4]);
    let more = explanation.queries.len().saturating_sub(LISTED_MAX);
    let rest = if more > 0 {
        format!(
            "\n and {} more",
            counted(more as u64, "query").replace("querys", "queries")
        )
    } else {
        String::new()
    };
    lines(&table) + &rest
}

/// Days of a window, e.g. `30` or `0.5`.
fn days(window: TimeWindow) -> String {
    let days = window.end.duration_since(window.start).as_secs_f64() / 86_400.0;
    format!("{days:.1}").trim_end_matches(".0").to_owned()
}

fn packs(explanation: &Explanation) -> String {
    let mut table = plain(&["pack query", "calls", "values", "note"]);
    for pack in &explanation.packs {
        let reason = pack
            .reason
            .as_deref()
            .map(|reason| format!("not asked: {reason}"));
        table.add_row([
            printable(&pack.name).into_owned(),
            thousands(pack.calls as u64),
            thousands(pack.values as u64),
            printable(&reason.unwrap_or_default()).into_owned(),
        ]);
    }
    align_right(&mut table, &[1, 2]);
    lines(&table)
}

fn tables(explanation: &Explanation) -> String {
    let mut table = plain(&["table", "columns"]);
    for (name, columns) in &explanation.tables {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        table.add_row([name.clone(), columns.join(", ")]);
    }
    let missing = &explanation.missing;
    let missing: Vec<&str> = missing
        .tables
        .iter()
        .chain(&missing.columns)
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return lines(&table);
    }
    let missing = missing.join(", ");
    format!(
        "{}\n\nnot asked for, since the tenant did not have it lately: {missing}",
        lines(&table)
    )
}
