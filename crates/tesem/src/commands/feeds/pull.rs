//! `tesem feeds pull`: indicators of the configured feeds.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tesem_intel::{Item, Merged};

use super::view::{IndicatorRow, LeftOut, PullFormat, write};
use crate::exit::Exit;
use crate::pulling::{PullOptions, Pulling};
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::view::table::counted;

/// Pull feeds and print their indicators, each observable once with all its sources
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem feeds pull\n  \
    tesem feeds pull c2 --format list | tesem hunt - --tenant demo\n  \
    tesem feeds pull --format csv --out indicators.csv\n  \
    tesem feeds pull c2 --dropped\n\n\
    A feed, in tesem.toml:\n  \
    [feeds.c2]\n  \
    kind = \"shodan\"                  # shodan | taxii | misp | csv | text | stix | minemeld\n  \
    key = { env = \"SHODAN_KEY\" }\n  \
    queries = { cobalt-strike = 'product:\"Cobalt Strike Beacon\"' }\n  \
    max_age = \"7d\"\n\n\
    A feed that fails gives its kept copy, marked stale, or an error; never nothing without a word.\n\
    Exit codes: 0 done; 1 every feed failed; 2 wrong usage or configuration; 3 some feeds failed.")]
pub(crate) struct PullArgs {
    /// Feeds of the configuration [default: all]
    #[arg(value_name = "NAME")]
    feeds: Vec<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: PullFormat,
    /// Write to a file, which is replaced when all is there, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show what became no indicator, with the reason, instead: refused items, and values that a list stopped
    #[arg(long)]
    dropped: bool,
    /// Fetch all anew: kept copies count only where that fails
    #[arg(long)]
    refresh: bool,
    /// Where copies are kept [default: the user's cache directory]
    #[arg(long, value_name = "DIR", env = "TESEM_CACHE")]
    cache: Option<PathBuf>,
}

/// What all feeds came to.
#[derive(Debug, Default)]
struct Found {
    merged: Merged,
    left_out: Vec<LeftOut>,
}

pub(crate) async fn run(
    args: &PullArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let options = PullOptions {
        cache: args.cache.clone(),
        refresh: args.refresh,
    };
    let pulling = Pulling::new(&args.feeds, settings, options, terminal)?;
    let mut found = Found::default();
    let pulled = pulling
        .run(|_, item| match item {
            Item::Indicator(indicator) => found.merged.add(indicator),
            Item::Refused(item) if args.dropped => found.left_out.push(item.into()),
            Item::Dropped(item) if args.dropped => found.left_out.push(item.into()),
            Item::Refused(_) | Item::Dropped(_) => {}
        })
        .await;
    print(args, &found, terminal)?;
    terminal.say(&counted(found.merged.len() as u64, "observable"));
    Ok(match pulled.failed {
        0 => Exit::Done,
        failed if failed == pulled.feeds => Exit::Failed,
        _ => Exit::Partial,
    })
}

fn print(args: &PullArgs, found: &Found, terminal: &Terminal) -> anyhow::Result<()> {
    match &args.out {
        None => {
            let mut out = terminal.stdout();
            print_to(args, found, &mut out)?;
            Ok(out.flush()?)
        }
        Some(path) => replace(path, |out| print_to(args, found, out))
            .with_context(|| format!("{} cannot be written", path.display())),
    }
}

fn print_to(args: &PullArgs, found: &Found, out: &mut dyn Write) -> anyhow::Result<()> {
    match args.dropped {
        true => write(args.format, found.left_out.iter(), out),
        false => write(args.format, IndicatorRow::all(&found.merged), out),
    }
}

/// Writes beside the file and moves into place.
fn replace(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    let file = out
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.persist(path)?;
    Ok(())
}
