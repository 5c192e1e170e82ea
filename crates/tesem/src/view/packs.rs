//! What the queries of packs gave.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use tesem_hunt::PackReport;
use tesem_hunt::output::PackFile;

use super::hunt::Shown;
use super::table::{align_right, lines, plain, printable, thousands};

/// A table with a line per query: rows, calls, and its file or why there is none.
pub(super) fn table(shown: &Shown<'_>) -> Option<String> {
    if shown.report.packs.is_empty() {
        return None;
    }
    let mut table = plain(&["query", "rows", "calls", "file"]);
    for (report, file) in shown.report.packs.iter().zip(&shown.files.packs) {
        table.add_row([
            printable(&report.name).into_owned(),
            thousands(file.rows),
            thousands(report.calls as u64),
            printable(&remark(report, file, shown.folder)).into_owned(),
        ]);
    }
    align_right(&mut table, &[1, 2]);
    Some(lines(&table))
}

/// The file, and what must be known about it.
fn remark(report: &PackReport, file: &PackFile, folder: &Path) -> String {
    let csv = file.csv.as_deref();
    let csv = csv.map(|path| {
        path.strip_prefix(folder)
            .unwrap_or(path)
            .display()
            .to_string()
    });
    let mut parts: Vec<String> = csv.into_iter().collect();
    parts.extend(
        report
            .skipped
            .as_ref()
            .map(|reason| format!("not asked: {reason}")),
    );
    parts.extend(
        report
            .failed
            .as_ref()
            .map(|reason| format!("failed: {reason}")),
    );
    if report.cut {
        parts.push("cut at the service's limit of rows; there are more".to_owned());
    }
    if report.per_part {
        parts.push("asked in parts: what it summarizes or limits is so for each part".to_owned());
    }
    if report.unasked {
        parts.push("not asked to the end; resume the run".to_owned());
    }
    parts.join("; ")
}

/// Writes the rows as pandas reads them with `orient="split"`: of one query its document, of several an object by the names of their
/// files. A query without rows has none.
pub(super) fn write_split(shown: &Shown<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    if let [only] = shown.files.packs.as_slice() {
        return copy(only, out);
    }
    let mut separator = "{";
    let stems = shown.report.packs.iter().map(|report| &report.file_stem);
    let files = stems.zip(&shown.files.packs);
    for (stem, file) in files.filter(|(_, file)| file.json.is_some()) {
        write!(out, "{separator}{}:", serde_json::to_string(stem)?)?;
        copy(file, out)?;
        separator = ",";
    }
    writeln!(out, "{}", if separator == "{" { "{}" } else { "}" })?;
    Ok(())
}

/// The same for several tenants: an object by their names.
pub(super) fn write_split_of_several(
    shown: &[Shown<'_>],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut separator = "{";
    for one in shown {
        let mut document = Vec::new();
        write_split(one, &mut document)?;
        if document.is_empty() {
            continue;
        }
        let tenant = serde_json::to_string(&one.options.tenant)?;
        write!(out, "{separator}{tenant}:")?;
        out.write_all(&document)?;
        separator = ",";
    }
    writeln!(out, "{}", if separator == "{" { "{}" } else { "}" })?;
    Ok(())
}

fn copy(file: &PackFile, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(path) = &file.json else {
        return Ok(());
    };
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    std::io::copy(&mut file, out)?;
    Ok(())
}
