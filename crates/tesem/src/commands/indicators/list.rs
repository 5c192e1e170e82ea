//! `tesem indicators list`: what tenants have, for people and scripts.

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity, IndicatorType};
use tesem_indicators::Listed;
use tesem_state::{Clock, SystemClock};

use super::selection::SelectionArgs;
use super::several::{Readings, read_all};
use crate::cli::Format;
use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::view::table::{formula_guarded, lines, plain, printable};

/// List a tenant's custom indicators: action, end and maker of each, and how full the tenant is
///
/// The whole list is read or nothing is printed. The summary goes to standard error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem indicators list --tenant demo\n  \
    tesem indicators list --ours --expires-within 30d\n  \
    tesem indicators list --others --action block,block-and-remediate --format csv > theirs.csv\n  \
    tesem indicators list --type domain,url --search evil\n  \
    tesem indicators list --all-tenants --format jsonl\n\n\
    Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 some tenants failed.")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Runs the command.
pub(super) async fn run(
    args: &ListArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let names = args.selection.tenants(settings)?;
    let now = SystemClock.now();
    let readings = read_all(names, &args.selection, settings, now, terminal).await?;
    if !readings.tenants.is_empty() {
        let mut out = terminal.stdout();
        write(args.format, &readings, now, &mut out)?;
        out.flush()?;
    }
    for tenant in &readings.tenants {
        tenant.tell(terminal);
    }
    Ok(readings.exit())
}

/// An indicator as it is printed.
#[derive(Debug, Serialize)]
struct Row<'a> {
    tenant: &'a str,
    #[serde(rename = "type")]
    kind: &'a IndicatorType,
    value: &'a str,
    groups: &'a BTreeSet<String>,
    action: Option<&'a IndicatorAction>,
    severity: Option<&'a IndicatorSeverity>,
    expires: Option<Timestamp>,
    days_left: Option<i64>,
    /// `ours` or `others`.
    owner: &'static str,
    made_by: &'a str,
    title: &'a str,
    id: &'a str,
}

const HEADER: [&str; 12] = [
    "tenant",
    "type",
    "value",
    "groups",
    "action",
    "severity",
    "expires",
    "days_left",
    "owner",
    "made_by",
    "title",
    "id",
];

/// Most characters of a title in the table.
const TITLE_MAX: usize = 40;

impl<'a> Row<'a> {
    fn new(tenant: &'a str, item: &'a Listed, now: Timestamp) -> Self {
        let one = &item.indicator;
        Self {
            tenant,
            kind: &item.key.kind,
            value: one.value.as_deref().unwrap_or_default(),
            groups: &item.key.groups,
            action: one.action.as_ref(),
            severity: one.severity.as_ref(),
            expires: one.expires,
            days_left: item.days_left(now),
            owner: if item.is_ours { "ours" } else { "others" },
            made_by: &item.made_by,
            title: one.title.as_deref().unwrap_or_default(),
            id: one.id.as_str(),
        }
    }

    fn cells(&self) -> [String; HEADER.len()] {
        [
            self.tenant.to_owned(),
            self.kind.to_string(),
            self.value.to_owned(),
            self.groups("; "),
            shown(self.action),
            shown(self.severity),
            shown(self.expires.as_ref()),
            shown(self.days_left.as_ref()),
            self.owner.to_owned(),
            self.made_by.to_owned(),
            self.title.to_owned(),
            self.id.to_owned(),
        ]
    }

    fn groups(&self, between: &str) -> String {
        let names: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        names.join(between)
    }

    /// `2026-12-28 (30 d)`.
    fn end(&self) -> String {
        match (self.expires, self.days_left) {
            (Some(end), Some(days @ 0..)) => format!("{} ({days} d)", end.strftime("%Y-%m-%d")),
            (Some(end), _) => format!("{} (over)", end.strftime("%Y-%m-%d")),
            (None, _) => "never".to_owned(),
        }
    }

    fn maker(&self) -> String {
        match (self.owner, self.made_by) {
            ("ours", _) => "ours".to_owned(),
            (_, "") => "by nobody named".to_owned(),
            (_, name) => format!("by {name}"),
        }
    }

    fn short_title(&self) -> String {
        if self.title.chars().count() <= TITLE_MAX {
            return self.title.to_owned();
        }
        let mut short: String = self.title.chars().take(TITLE_MAX - 1).collect();
        short.push('…');
        short
    }
}

fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

fn rows(readings: &Readings, now: Timestamp) -> impl Iterator<Item = Row<'_>> {
    readings.tenants.iter().flat_map(move |tenant| {
        let items = tenant.listing.items().iter();
        items.map(move |item| Row::new(&tenant.name, item, now))
    })
}

fn write(
    format: Format,
    readings: &Readings,
    now: Timestamp,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut rows = rows(readings, now);
    match format {
        Format::Table => table(&rows.collect::<Vec<_>>(), readings.is_of_several(), out)?,
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(HEADER)?;
            for row in rows {
                csv.write_record(row.cells().map(|cell| formula_guarded(&cell).into_owned()))?;
            }
            csv.flush()?;
        }
        Format::Json => json(rows, out)?,
        Format::Jsonl => rows.try_for_each(|row| -> anyhow::Result<()> {
            Ok(writeln!(out, "{}", serde_json::to_string(&row)?)?)
        })?,
    }
    Ok(())
}

/// The columns for people; those for tenants and device groups only where they tell rows apart.
fn table(rows: &[Row<'_>], is_of_several: bool, out: &mut dyn Write) -> std::io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let has_groups = rows.iter().any(|row| !row.groups.is_empty());
    let columns = |cells: [String; 9]| -> Vec<String> {
        let cells = cells.into_iter().enumerate();
        let is_shown = |(index, _): &(usize, String)| match index {
            0 => is_of_several,
            3 => has_groups,
            _ => true,
        };
        cells
            .filter(is_shown)
            .map(|(_, cell)| printable(&cell).into_owned())
            .collect()
    };
    let header = columns(TABLE_HEADER.map(str::to_owned));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = plain(&header);
    table.add_rows(rows.iter().map(|row| columns(table_cells(row))));
    writeln!(out, "{}", lines(&table))
}

const TABLE_HEADER: [&str; 9] = [
    "tenant", "type", "value", "groups", "action", "severity", "expires", "owner", "title",
];

fn table_cells(row: &Row<'_>) -> [String; TABLE_HEADER.len()] {
    [
        row.tenant.to_owned(),
        row.kind.to_string(),
        row.value.to_owned(),
        row.groups(", "),
        shown(row.action),
        shown(row.severity),
        row.end(),
        row.maker(),
        row.short_title(),
    ]
}

/// An array, one element a line, written as it comes.
fn json<'a>(rows: impl Iterator<Item = Row<'a>>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut before = "[";
    for row in rows {
        write!(out, "{before}\n  {}", serde_json::to_string(&row)?)?;
        before = ",";
    }
    let end = if before == "[" { "[]" } else { "\n]" };
    Ok(writeln!(out, "{end}")?)
}
