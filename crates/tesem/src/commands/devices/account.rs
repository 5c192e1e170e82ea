//! What became of every line of input.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tesem_hunt::output::OutputFiles;
use tesem_hunt::{HuntReport, Origin, Plan};
use tesem_observable::Observable;

use super::PACK;
use crate::view::table::formula_guarded;

/// A line of input.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Line {
    pub(super) input: String,
    pub(super) line: u64,
    pub(super) value: String,
    pub(super) kind: &'static str,
    /// `found`, `unknown`, `failed` or `refused`.
    pub(super) status: &'static str,
    /// Devices: those of the name, or on which the address was used.
    pub(super) devices: Vec<String>,
    pub(super) reason: String,
}

/// A row of a query, by column name.
pub(super) type Row = Map<String, Value>;

/// A table in the form of pandas.
#[derive(Deserialize)]
struct Split {
    columns: Vec<String>,
    data: Vec<Vec<Value>>,
}

/// The rows of the query of that name.
pub(super) fn rows(files: &OutputFiles, name: &str) -> anyhow::Result<Vec<Row>> {
    let file = files.packs.iter().find(|file| file.name == name);
    let Some(path) = file.and_then(|file| file.json.as_deref()) else {
        return Ok(Vec::new());
    };
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let split: Split = serde_json::from_reader(BufReader::new(file))?;
    let row = |row: Vec<Value>| split.columns.iter().cloned().zip(row).collect();
    Ok(split.data.into_iter().map(row).collect())
}

/// Every line, in the order of the input.
pub(super) fn lines(
    plan: &Plan,
    report: &HuntReport,
    files: &OutputFiles,
) -> anyhow::Result<Vec<Line>> {
    let devices = Known::devices(&rows(files, PACK)?);
    let emails = Known::emails(&rows(files, "emails")?);
    let mut lines = Vec::new();
    for indicator in &plan.intake.indicators {
        let (known, query) = match &indicator.observable {
            Observable::DeviceName(_) => (&devices, PACK),
            _ => (&emails, "emails"),
        };
        let value = indicator.observable.to_string();
        let found = known.of(&value);
        let trouble = trouble(report, query);
        let (status, reason) = match (found.is_empty(), trouble) {
            (false, _) => ("found", String::new()),
            (true, Some(reason)) => ("failed", reason),
            (true, None) => (
                "unknown",
                "no telemetry of it in the time searched".to_owned(),
            ),
        };
        lines.extend(indicator.origins.iter().map(|origin| {
            let kind = indicator.kind().as_str();
            line(
                plan,
                *origin,
                &value,
                kind,
                status,
                found.clone(),
                reason.clone(),
            )
        }));
    }
    lines.extend(plan.intake.refused.iter().map(|item| {
        line(
            plan,
            item.origin,
            &item.text,
            "",
            "refused",
            Vec::new(),
            item.reason.clone(),
        )
    }));
    let order = |source: &str| plan.intake.sources.iter().position(|s| s.name == source);
    lines.sort_by_key(|line| (order(&line.input), line.line));
    Ok(lines)
}

/// Why the query does not tell that something is unknown, if so.
fn trouble(report: &HuntReport, query: &str) -> Option<String> {
    let pack = report.packs.iter().find(|pack| pack.name == query)?;
    let unasked = pack
        .unasked
        .then(|| "not asked to the end; resume the run".to_owned());
    pack.failed.clone().or(unasked)
}

fn line(
    plan: &Plan,
    origin: Origin,
    value: &str,
    kind: &'static str,
    status: &'static str,
    devices: Vec<String>,
    reason: String,
) -> Line {
    let source = plan.intake.sources.get(origin.source as usize);
    Line {
        input: source.map(|source| source.name.clone()).unwrap_or_default(),
        line: origin.line,
        value: value.to_owned(),
        kind,
        status,
        devices,
        reason,
    }
}

/// Names of devices by what they are known under.
struct Known(BTreeMap<String, Vec<String>>);

impl Known {
    fn devices(rows: &[Row]) -> Self {
        let mut known = Self(BTreeMap::new());
        for name in rows.iter().filter_map(|row| text(row, "DeviceName")) {
            let full = name.to_lowercase();
            let short = full.split('.').next().unwrap_or_default().to_owned();
            if short != full {
                known.add(short, name);
            }
            known.add(full, name);
        }
        known
    }

    fn emails(rows: &[Row]) -> Self {
        let mut known = Self(BTreeMap::new());
        for row in rows {
            if let (Some(email), Some(device)) = (text(row, "Email"), text(row, "DeviceName")) {
                known.add(email.to_lowercase(), device);
            }
        }
        known
    }

    fn add(&mut self, key: String, device: &str) {
        let devices = self.0.entry(key).or_default();
        if !devices.iter().any(|known| known == device) {
            devices.push(device.to_owned());
        }
    }

    fn of(&self, value: &str) -> Vec<String> {
        self.0
            .get(&value.to_lowercase())
            .cloned()
            .unwrap_or_default()
    }
}

fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    row.get(column)?.as_str()
}

/// Writes `devices.csv`.
pub(super) fn write(path: &Path, lines: &[Line]) -> anyhow::Result<()> {
    let mut csv =
        csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    csv.write_record([
        "Input", "Line", "Value", "Kind", "Status", "Devices", "Reason",
    ])?;
    for line in lines {
        let devices = line.devices.join(" ");
        csv.write_record([
            &*formula_guarded(&line.input),
            &line.line.to_string(),
            &*formula_guarded(&line.value),
            line.kind,
            line.status,
            &*formula_guarded(&devices),
            &*formula_guarded(&line.reason),
        ])?;
    }
    csv.flush()?;
    Ok(())
}
