//! `tesem feeds list`: what is configured.

use std::io::Write;

use clap::Args;
use serde::Serialize;

use crate::cli::Format;
use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::view::table::{formula_guarded, lines, plain, printable};

/// List the configured feeds
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem feeds list\n  \
    tesem feeds list --format json")]
pub(crate) struct ListArgs {
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// A configured feed.
#[derive(Debug, Serialize)]
struct Row<'s> {
    name: &'s str,
    kind: &'static str,
    /// Addresses without their query, files, names of searches.
    places: Vec<String>,
}

impl Row<'_> {
    fn cells(&self) -> [String; 3] {
        [
            self.name.to_owned(),
            self.kind.to_owned(),
            self.places.join(", "),
        ]
    }
}

const HEADER: [&str; 3] = ["name", "kind", "places"];

pub(crate) fn run(
    args: &ListArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let rows: Vec<Row<'_>> = settings
        .file
        .feeds
        .iter()
        .map(|(name, feed)| Row {
            name,
            kind: feed.kind.name(),
            places: feed.places(),
        })
        .collect();
    let mut out = terminal.stdout();
    write(args.format, &rows, &mut out)?;
    out.flush()?;
    if rows.is_empty() {
        terminal.say("no feed is configured; add a section such as [feeds.c2] to tesem.toml");
    }
    Ok(Exit::Done)
}

fn write(format: Format, rows: &[Row<'_>], out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        Format::Table if rows.is_empty() => {}
        Format::Table => {
            let mut table = plain(&HEADER);
            table.add_rows(
                rows.iter()
                    .map(|row| row.cells().map(|cell| printable(&cell).into_owned())),
            );
            writeln!(out, "{}", lines(&table))?;
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            csv.write_record(HEADER)?;
            for row in rows {
                csv.write_record(row.cells().map(|cell| formula_guarded(&cell).into_owned()))?;
            }
            csv.flush()?;
        }
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(rows)?)?,
        Format::Jsonl => rows.iter().try_for_each(|row| -> anyhow::Result<()> {
            Ok(writeln!(out, "{}", serde_json::to_string(row)?)?)
        })?,
    }
    Ok(())
}
