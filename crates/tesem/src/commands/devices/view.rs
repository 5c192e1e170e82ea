//! What `tesem devices` prints.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};
use tesem_hunt::HuntReport;
use tesem_hunt::output::OutputFiles;

use super::account::{Line, rows};
use crate::cli::Format;
use crate::terminal::Terminal;
use crate::view::table::{counted, lines as table_lines, plain, printable, thousands};

/// The tables, by the names of their queries.
const TABLES: [&str; 3] = ["software", "logons", "emails"];

/// Most lines of input on the terminal; `devices.csv` has all.
const LINES_SHOWN_MAX: usize = 100;

/// Prints the result, and what it cost as messages.
pub(super) fn write(
    lines: &[Line],
    report: &HuntReport,
    files: &OutputFiles,
    folder: &Path,
    format: Format,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    match format {
        Format::Table => write!(out, "{}", text(lines, report, files))?,
        Format::Csv => out.write_all(&std::fs::read(folder.join("devices.csv"))?)?,
        Format::Json => writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&document(lines, files)?)?
        )?,
        Format::Jsonl => write_lines(lines, files, &mut out)?,
    }
    out.flush()?;
    let calls = counted(report.queries.len() as u64, "call");
    let tables = TABLES.map(|name| format!("{name}.csv"));
    let written = tables.iter().filter(|name| folder.join(name).exists());
    let names: String = written.map(|name| format!("{name}, ")).collect();
    terminal.say(&format!(
        "cost: {calls} of hunting quota\nfiles: {}: devices.csv, {names}run.json",
        folder.display(),
    ));
    Ok(())
}

fn text(lines: &[Line], report: &HuntReport, files: &OutputFiles) -> String {
    let mut table = plain(&["input", "status", "devices", "reason"]);
    for line in lines.iter().take(LINES_SHOWN_MAX) {
        table.add_row([
            printable(&line.value).into_owned(),
            line.status.to_owned(),
            printable(&line.devices.join(", ")).into_owned(),
            printable(&line.reason).into_owned(),
        ]);
    }
    let mut text = table_lines(&table) + "\n";
    let more = lines.len().saturating_sub(LINES_SHOWN_MAX) as u64;
    if more > 0 {
        text += &format!(" and {} more in devices.csv\n", thousands(more));
    }
    for (pack, file) in report.packs.iter().zip(&files.packs).skip(1) {
        let state = match (&pack.failed, &pack.skipped) {
            (Some(reason), _) => format!("failed: {reason}"),
            (None, Some(_)) => "not asked".to_owned(),
            (None, None) => counted(file.rows, "row"),
        };
        text += &format!("\n{}: {}", pack.name, printable(&state));
    }
    text + "\n"
}

fn document(lines: &[Line], files: &OutputFiles) -> anyhow::Result<Value> {
    let mut document = Map::new();
    document.insert("inputs".to_owned(), serde_json::to_value(lines)?);
    for name in TABLES {
        document.insert(name.to_owned(), serde_json::to_value(rows(files, name)?)?);
    }
    Ok(Value::Object(document))
}

fn write_lines(lines: &[Line], files: &OutputFiles, out: &mut dyn Write) -> anyhow::Result<()> {
    for line in lines {
        writeln!(out, "{}", json!({"record": "input", "row": line}))?;
    }
    for name in TABLES {
        for row in rows(files, name)? {
            writeln!(out, "{}", json!({"record": name, "row": row}))?;
        }
    }
    Ok(())
}
