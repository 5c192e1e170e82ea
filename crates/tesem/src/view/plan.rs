//! A plan as people and programs see it.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use tesem_indicators::{
    Change, ChangedField, Content, Downgraded, Instead, Item, Key, PlanFile, Step, time_to_act,
};

use super::table::{counted, formula_guarded, lines, plain, printable, thousands};
use crate::cli::Format;
use crate::terminal::Terminal;

/// Lines of each kind that are shown unless all are asked for.
const LINES_MAX: usize = 20;

const HEADER: [&str; 13] = [
    "Tenant", "Do", "Type", "Value", "Groups", "Action", "Severity", "Expires", "Fields", "Reason",
    "Sources", "Drift", "Devices",
];

/// One line: what is done, or left, or kept, or refused.
#[derive(Debug, Clone, Default, Serialize)]
struct Row<'p> {
    tenant: &'p str,
    #[serde(rename = "do")]
    does: &'static str,
    #[serde(rename = "type")]
    kind: String,
    value: &'p str,
    groups: Vec<&'p str>,
    action: String,
    severity: String,
    expires: String,
    /// What is changed: field, from, to.
    fields: Vec<FieldChange>,
    reason: String,
    sources: Vec<&'p str>,
    drift: bool,
    /// Devices that it was seen on, where they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<u64>,
}

#[derive(Debug, Clone, Serialize)]
struct FieldChange {
    field: &'static str,
    from: String,
    to: String,
}

/// Writes plans to standard output, and their sums to standard error.
pub(crate) fn write(
    files: &[&PlanFile],
    format: Format,
    all: bool,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let mut out = terminal.stdout();
    match format {
        Format::Table => {
            for file in files {
                table(file, all, files.len() > 1, &mut out)?;
            }
        }
        Format::Csv => csv(files, &mut out)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&files)?)?,
        Format::Jsonl => {
            for row in files.iter().flat_map(|file| rows(file)) {
                writeln!(out, "{}", serde_json::to_string(&row)?)?;
            }
        }
    }
    out.flush()?;
    for file in files {
        terminal.say(&sum(file));
        let made = file
            .plan
            .steps
            .iter()
            .filter(|step| step.change.to().is_some());
        for text in time_to_act(made.map(|step| &step.key)) {
            terminal.say(&format!("  {text}"));
        }
    }
    Ok(())
}

/// `contoso: 12 to create, 3 to change, ...`.
pub(crate) fn sum(file: &PlanFile) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for step in &file.plan.steps {
        *counts.entry(step.change.verb()).or_default() += 1;
    }
    let of = |verb: &str| counts.get(verb).copied().unwrap_or_default();
    let mut text = format!(
        "{}: {} to create, {} to change, {} to renew, {} to withdraw; {} as they should be, {} of others",
        printable(&file.tenant),
        thousands(of("create")),
        thousands(of("change")),
        thousands(of("renew")),
        thousands(of("withdraw")),
        thousands(file.plan.unchanged as u64),
        thousands(file.plan.foreign as u64),
    );
    let more = [
        (file.plan.left.len(), "left alone"),
        (file.plan.kept.len(), "kept"),
        (file.refused.len(), "refused"),
        (file.downgraded.len(), "softened"),
        (file.lints.len(), "to be noted"),
        (
            file.plan.steps.iter().filter(|step| step.drift).count(),
            "changed by others since they were applied",
        ),
    ];
    for (count, what) in more.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!(", {} {what}", thousands(count as u64)));
    }
    text
}

fn table(
    file: &PlanFile,
    all: bool,
    is_of_several: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let rows = rows(file);
    if rows.is_empty() {
        return Ok(());
    }
    if is_of_several {
        writeln!(out, "{}", printable(&file.tenant))?;
    }
    let mut table = plain(&["", "type", "value", "action", "until", "why"]);
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut hidden: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        let count = shown.entry(row.does).or_default();
        *count += 1;
        if all || *count <= LINES_MAX {
            table.add_row(line(row).map(|cell| printable(&cell).into_owned()));
        } else {
            *hidden.entry(row.does).or_default() += 1;
        }
    }
    writeln!(out, "{}", lines(&table))?;
    for (does, count) in hidden {
        writeln!(
            out,
            "… and {} more to {does}; --all shows them",
            thousands(count)
        )?;
    }
    Ok(())
}

/// The cells of a line for people.
fn line(row: &Row<'_>) -> [String; 6] {
    let sign = match row.does {
        "create" => "+",
        "change" => "~",
        "renew" => "^",
        "withdraw" => "-",
        "refuse" => "!",
        "note" | "soften" => "*",
        _ => " ",
    };
    let date = row.expires.split('T').next().unwrap_or_default();
    let mut value = row.value.to_owned();
    if !row.groups.is_empty() {
        value.push_str(&format!(" ({})", row.groups.join(", ")));
    }
    [
        format!("{sign} {}", row.does),
        row.kind.clone(),
        value,
        [row.action.as_str(), row.severity.as_str()]
            .join(" ")
            .trim()
            .to_owned(),
        date.to_owned(),
        why(row),
    ]
}

fn why(row: &Row<'_>) -> String {
    let changes: Vec<String> = row
        .fields
        .iter()
        .map(
            |change| match (change.from.is_empty(), change.to.is_empty()) {
                (true, true) => change.field.to_owned(),
                _ => format!("{}: {} -> {}", change.field, change.from, change.to),
            },
        )
        .collect();
    let drift = if row.drift { "others changed it" } else { "" };
    let devices = row
        .devices
        .map(|devices| format!("seen on {}", counted(devices, "device")));
    let sources = row.sources.join(", ");
    let parts = [
        changes.join("; "),
        row.reason.clone(),
        drift.to_owned(),
        devices.unwrap_or_default(),
        sources,
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}

fn csv(files: &[&PlanFile], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER)?;
    for row in files.iter().flat_map(|file| rows(file)) {
        let fields: Vec<String> = row
            .fields
            .iter()
            .map(|change| format!("{}: {} -> {}", change.field, change.from, change.to))
            .collect();
        let cells = [
            row.tenant.to_owned(),
            row.does.to_owned(),
            row.kind,
            row.value.to_owned(),
            row.groups.join(";"),
            row.action,
            row.severity,
            row.expires,
            fields.join("; "),
            row.reason,
            row.sources.join(";"),
            if row.drift { "true" } else { "" }.to_owned(),
            row.devices
                .map(|devices| devices.to_string())
                .unwrap_or_default(),
        ];
        csv.write_record(cells.map(|cell| formula_guarded(&cell).into_owned()))?;
    }
    csv.flush()?;
    Ok(())
}

/// Everything that a plan says, steps first.
fn rows(file: &PlanFile) -> Vec<Row<'_>> {
    let devices: BTreeMap<&Key, u64> = file
        .prevalence
        .iter()
        .filter_map(|found| Some((&found.key, found.devices?)))
        .collect();
    let steps = file.plan.steps.iter().map(|step| Row {
        devices: devices.get(&step.key).copied(),
        ..step_row(file, step)
    });
    let left = file.plan.left.iter().map(|left| Row {
        does: "leave",
        reason: left.because.to_string(),
        sources: left.sources.iter().map(String::as_str).collect(),
        ..key_row(file, &left.key)
    });
    let kept = file.plan.kept.iter().map(|kept| Row {
        does: "keep",
        reason: kept.because.to_string(),
        ..key_row(file, &kept.key)
    });
    let refused = file.refused.iter().map(|refused| Row {
        tenant: &file.tenant,
        does: "refuse",
        value: &refused.value,
        reason: refused.reason.clone(),
        sources: vec![&refused.source],
        ..Row::default()
    });
    let softened = file.downgraded.iter().map(|one| softened_row(file, one));
    let unknown = file.prevalence.iter().filter_map(|found| {
        let reason = found.unknown.as_ref()?;
        Some(Row {
            does: "note",
            reason: format!("not searched for in full: {reason}"),
            ..key_row(file, &found.key)
        })
    });
    let notes = file.lints.iter().map(|lint| Row {
        does: "note",
        reason: lint.text.clone(),
        ..key_row(file, &lint.key)
    });
    let rest = left.chain(kept).chain(softened).chain(unknown).chain(notes);
    steps.chain(rest).chain(refused).collect()
}

fn softened_row<'p>(file: &'p PlanFile, one: &'p Downgraded) -> Row<'p> {
    let instead = match one.instead {
        Instead::Audit => "it raises alerts instead",
        Instead::Nothing => "it is not made, because its type has no Audit",
    };
    Row {
        does: "soften",
        devices: Some(one.devices),
        action: one.action.to_string(),
        reason: format!("too many devices in 30 days; {instead}"),
        sources: one.sources.iter().map(String::as_str).collect(),
        ..key_row(file, &one.key)
    }
}

fn key_row<'p>(file: &'p PlanFile, key: &'p Key) -> Row<'p> {
    Row {
        tenant: &file.tenant,
        kind: key.kind.to_string(),
        value: &key.value,
        groups: key.groups.iter().map(String::as_str).collect(),
        ..Row::default()
    }
}

fn step_row<'p>(file: &'p PlanFile, step: &'p Step) -> Row<'p> {
    let mut row = Row {
        does: step.change.verb(),
        sources: step.sources.iter().map(String::as_str).collect(),
        drift: step.drift,
        ..key_row(file, &step.key)
    };
    let was = step.change.from().and_then(Content::of);
    if let Some(content) = step.change.to().or(was.as_ref()) {
        row.action = content.action.to_string();
        row.severity = content.severity.to_string();
        row.expires = content.expires.map(|at| at.to_string()).unwrap_or_default();
    }
    match &step.change {
        Change::Change { from, to, fields } => {
            row.fields = fields
                .iter()
                .map(|field| change(*field, from, to, step))
                .collect();
        }
        Change::Renew { from, .. } => {
            let at = from.expires.map(|at| at.to_string()).unwrap_or_default();
            row.reason = format!("it ends at {at}");
        }
        Change::Withdraw { because, .. } => row.reason.clone_from(because),
        Change::Create { .. } => {}
    }
    row
}

fn change(field: ChangedField, from: &Item, to: &Content, step: &Step) -> FieldChange {
    let groups = |key: &Key| key.groups.iter().cloned().collect::<Vec<_>>().join(", ");
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let word = |word: Option<String>| word.unwrap_or_default();
    let (field, from, to) = match field {
        ChangedField::Action => (
            "action",
            word(from.action.as_ref().map(ToString::to_string)),
            to.action.to_string(),
        ),
        ChangedField::Severity => (
            "severity",
            word(from.severity.as_ref().map(ToString::to_string)),
            to.severity.to_string(),
        ),
        ChangedField::Title => ("title", from.title.clone(), to.title.clone()),
        ChangedField::Description => (
            "description",
            from.description.clone(),
            to.description.clone(),
        ),
        ChangedField::RecommendedActions => (
            "recommended_actions",
            text(&from.recommended_actions),
            text(&to.recommended_actions),
        ),
        ChangedField::EducateUrl => (
            "educate_url",
            text(&from.educate_url),
            text(&to.educate_url),
        ),
        ChangedField::GenerateAlert => (
            "generate_alert",
            from.generate_alert.to_string(),
            to.generate_alert.to_string(),
        ),
        ChangedField::Expires => (
            "expires",
            word(from.expires.map(|at| at.to_string())),
            word(to.expires.map(|at| at.to_string())),
        ),
        ChangedField::Groups => ("groups", groups(&from.key), groups(&step.key)),
    };
    FieldChange { field, from, to }
}
