//! An import of assets as people and programs see it.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use tesem_assets::{Forecast, Reach};

use tesem_assets::around::Found;

use super::table::{align_right, counted, formula_guarded, lines, plain, printable, thousands};
use crate::cli::Format;
use crate::commands::assets::{ImportRecord, PartRecord};

const HEADER: [&str; 3] = ["Part", "Records", "Read"];

/// A part of what an import will take.
#[derive(Debug, Serialize)]
struct ForecastRow {
    part: &'static str,
    read: String,
    calls: BTreeMap<&'static str, u64>,
}

/// Writes what an import will take.
pub(crate) fn forecast(
    out: &mut impl Write,
    parts: &[Forecast],
    format: Format,
) -> anyhow::Result<()> {
    let row = |part: &Forecast| ForecastRow {
        part: part.aspect.name(),
        read: match &part.reach {
            Reach::Full(because) => format!("in full: {because}"),
            Reach::Since(since) => format!("since {:.0}", since.timestamp()),
        },
        calls: part.calls.iter().copied().collect(),
    };
    let rows: Vec<ForecastRow> = parts.iter().map(row).collect();
    match format {
        Format::Json | Format::Jsonl => writeln!(out, "{}", serde_json::to_string(&rows)?)?,
        Format::Table | Format::Csv => {
            let mut table = plain(&["Part", "About so many calls", "Read"]);
            for row in &rows {
                let calls = row
                    .calls
                    .iter()
                    .map(|(call, count)| format!("{count} x {call}"));
                let calls: Vec<String> = calls.collect();
                table.add_row([row.part, &calls.join(", "), &row.read]);
            }
            writeln!(out, "{}", lines(&table))?;
            let total: u64 = rows.iter().flat_map(|row| row.calls.values()).sum();
            writeln!(
                out,
                "\nabout {} in all, within a minute's quota of each kind; an empty sink is taken for a tenant of 10,000 machines",
                counted(total, "call")
            )?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Writes what may have been meant.
pub(crate) fn candidates(
    out: &mut impl Write,
    found: &Found,
    format: Format,
) -> anyhow::Result<()> {
    if format != Format::Table {
        writeln!(out, "{}", serde_json::to_string(found)?)?;
        return Ok(out.flush()?);
    }
    let mut table = plain(&["Kind", "Key", "Name", "Source"]);
    for one in &found.candidates {
        let name = one.name.as_deref().unwrap_or_default();
        let cells = [one.node.kind.name(), &one.node.key, name, one.source.key()];
        table.add_row(cells.map(|cell| printable(cell).into_owned()));
    }
    writeln!(out, "{}", lines(&table))?;
    if found.is_cut {
        writeln!(out, "... and more")?;
    }
    out.flush()?;
    Ok(())
}

/// Writes an import that was done.
pub(crate) fn write(
    out: &mut impl Write,
    record: &ImportRecord,
    format: Format,
) -> anyhow::Result<()> {
    match format {
        Format::Table => table(out, record)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(record)?)?,
        Format::Jsonl => writeln!(out, "{}", serde_json::to_string(record)?)?,
        Format::Csv => csv(out, record)?,
    }
    out.flush()?;
    Ok(())
}

fn table(out: &mut impl Write, record: &ImportRecord) -> anyhow::Result<()> {
    let mut table = plain(&HEADER);
    for part in &record.parts {
        table.add_row([part.part.to_owned(), thousands(part.records), read(part)]);
    }
    align_right(&mut table, &[1]);
    writeln!(out, "{}\n", lines(&table))?;
    for line in summary(record) {
        writeln!(out, "{}", printable(&line))?;
    }
    Ok(())
}

fn read(part: &PartRecord) -> String {
    match (&part.since, &part.because) {
        (Some(since), _) => format!("since {since:.0}"),
        (None, Some(because)) => format!("in full: {because}"),
        (None, None) => String::new(),
    }
}

fn summary(record: &ImportRecord) -> Vec<String> {
    let changed = &record.changed;
    let mut lines = Vec::new();
    if let Some(graph) = &record.graph {
        lines.push(format!(
            "{} -> {}, source {}: {} nodes, {} edges",
            record.tenant,
            record.sink,
            record.source,
            thousands(graph.nodes as u64),
            thousands(graph.edges as u64)
        ));
    }
    lines.push(format!(
        "nodes: {} created, {} updated, {} removed; edges: {} created, {} updated, {} closed",
        thousands(changed.nodes_created),
        thousands(changed.nodes_updated),
        thousands(changed.nodes_removed),
        thousands(changed.edges_created),
        thousands(changed.edges_updated),
        thousands(changed.edges_closed)
    ));
    if changed.alerts_passed > 0 {
        let passed = counted(changed.alerts_passed, "alert");
        lines.push(format!("{passed} came and went since the import before"));
    }
    lines.push(format!(
        "{} in {:.1} s, {:.1} s of them waiting",
        counted(record.calls_total, "request"),
        record.seconds,
        record.waited_seconds
    ));
    lines.extend(record.unmapped.iter().map(|unmapped| {
        format!(
            "left out, {}: {} ({}), e.g. {}",
            unmapped.reason,
            thousands(unmapped.count),
            unmapped.record,
            unmapped.examples.first().map_or("", String::as_str)
        )
    }));
    lines
}

fn csv(out: &mut impl Write, record: &ImportRecord) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["Tenant", "Sink", "Source", "Part", "Records", "Read"])?;
    for part in &record.parts {
        let cells = [
            &*record.tenant,
            &*record.sink,
            &*record.source,
            part.part,
            &part.records.to_string(),
            &read(part),
        ];
        writer.write_record(cells.map(|cell| formula_guarded(cell).into_owned()))?;
    }
    writer.flush()?;
    Ok(())
}
