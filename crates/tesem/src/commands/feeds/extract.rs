//! `tesem feeds extract`: indicators out of any text.

use std::collections::HashSet;
use std::io::Write;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tesem_observable::{Extracted, Extractor, Found, ObservableKind, RefusedItem, decode};

use crate::exit::Exit;
use crate::failure::UsageError;
use crate::input;
use crate::terminal::Terminal;
use crate::view::table::{formula_guarded, lines, plain, printable};

/// Take indicators out of any text, refanged, each once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem feeds extract report.txt\n  \
    tesem feeds extract --format list --kind domain --kind url report.html | tesem hunt - --tenant demo\n  \
    tesem feeds extract --refused mail.eml")]
pub(crate) struct ExtractArgs {
    /// Files with text in any encoding; `-` or nothing is standard input
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Only indicators of this kind, such as sha256, ipv4, domain, url; may be repeated
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Vec<ObservableKind>,
    /// Every place, not only the first
    #[arg(long)]
    all: bool,
    /// Show what looked like an indicator and is none, with the reason, instead
    #[arg(long)]
    refused: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ExtractFormat,
}

/// How indicators are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ExtractFormat {
    /// Aligned columns for people
    #[default]
    Table,
    /// One value a line, as `tesem hunt` reads it
    List,
    /// Comma-separated values with a header; formula cells are guarded
    Csv,
    /// One JSON array
    Json,
    /// One JSON object per line
    Jsonl,
}

fn kind(name: &str) -> Result<ObservableKind, String> {
    name.parse()
        .map_err(|error: tesem_observable::UnknownKind| error.to_string())
}

/// What is printed of an item.
#[derive(Debug, Serialize)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<ObservableKind>,
    value: String,
    input: String,
    line: usize,
    start: usize,
    end: usize,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    defanged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &ExtractArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut items = Vec::new();
    let mut seen = HashSet::new();
    for file in input::names(&args.files) {
        let bytes = input::bytes(file)?;
        let decoded =
            decode(&bytes).map_err(|error| UsageError::new(format!("{file}: {error}")))?;
        let found =
            Extractor::new(&decoded.text).filter_map(|extracted| item(args, file, extracted));
        items.extend(found.filter(|item| args.all || seen.insert((item.kind, item.value.clone()))));
    }
    let mut out = terminal.stdout();
    write(args, &items, &mut out)?;
    out.flush()?;
    let what = if args.refused {
        "refused item"
    } else {
        "indicator"
    };
    terminal.say(&crate::view::table::counted(items.len() as u64, what));
    Ok(Exit::Done)
}

/// The item to print, if it is one of those wanted.
fn item(args: &ExtractArgs, input: &str, extracted: Extracted<'_>) -> Option<Item> {
    match extracted {
        Extracted::Found(found) if !args.refused => {
            let kind = found.observable.kind();
            (args.kind.is_empty() || args.kind.contains(&kind)).then(|| found_item(input, &found))
        }
        Extracted::Refused(refused) if args.refused => Some(refused_item(input, &refused)),
        _ => None,
    }
}

fn found_item(input: &str, found: &Found<'_>) -> Item {
    Item {
        kind: Some(found.observable.kind()),
        value: found.observable.to_string(),
        input: input.to_owned(),
        line: found.line,
        start: found.span.start,
        end: found.span.end,
        text: found.text.to_owned(),
        defanged: Some(found.defanged),
        reason: None,
    }
}

fn refused_item(input: &str, refused: &RefusedItem<'_>) -> Item {
    Item {
        kind: None,
        value: refused.text.to_owned(),
        input: input.to_owned(),
        line: refused.line,
        start: refused.span.start,
        end: refused.span.end,
        text: refused.text.to_owned(),
        defanged: None,
        reason: Some(refused.reason.to_string()),
    }
}

/// The cells of a row: kind or reason, value, place, spelling.
fn cells(item: &Item) -> [String; 5] {
    let first = item
        .kind
        .map(|kind| kind.as_str().to_owned())
        .or_else(|| item.reason.clone());
    [
        first.unwrap_or_default(),
        item.value.clone(),
        item.input.clone(),
        item.line.to_string(),
        item.text.clone(),
    ]
}

fn write(args: &ExtractArgs, items: &[Item], out: &mut dyn Write) -> anyhow::Result<()> {
    let first = if args.refused { "reason" } else { "kind" };
    let header = [first, "value", "input", "line", "text"];
    match args.format {
        ExtractFormat::Table if items.is_empty() => {}
        ExtractFormat::Table => {
            let mut table = plain(&header);
            table.add_rows(
                items
                    .iter()
                    .map(|item| cells(item).map(|cell| printable(&cell).into_owned())),
            );
            writeln!(out, "{}", lines(&table))?;
        }
        ExtractFormat::List => items
            .iter()
            .try_for_each(|item| writeln!(out, "{}", item.value))?,
        ExtractFormat::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(header)?;
            for item in items {
                csv.write_record(cells(item).map(|cell| formula_guarded(&cell).into_owned()))?;
            }
            csv.flush()?;
        }
        ExtractFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(items)?)?,
        ExtractFormat::Jsonl => {
            items.iter().try_for_each(|item| -> anyhow::Result<()> {
                writeln!(out, "{}", serde_json::to_string(item)?)?;
                Ok(())
            })?;
        }
    }
    Ok(())
}
