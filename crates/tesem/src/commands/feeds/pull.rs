//! `tesem feeds pull`: indicators of the configured feeds.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use tesem_intel::{Item, Merged};

use super::view::{IndicatorRow, LeftOut, PullFormat, write};
use crate::exit::Exit;
use crate::pulling::{PullOptions, Pulling};
use crate::settings::Settings;
use crate::terminal::Terminal;
use crate::view::table::counted;
use crate::whole_file;

/// Pull feeds and print their indicators, each observable once with all its sources
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem feeds pull\n  \
    tesem feeds pull c2 --format list | tesem hunt - --tenant demo\n  \
    tesem feeds pull --format csv --out indicators.csv\n  \
    tesem feeds pull c2 --dropped\n\n\
    A feed, in tesem.toml:\n  \
    [feeds.c2]\n  \
    kind = \"shodan\"                  # shodan | taxii | misp | csv | json | text | stix | minemeld\n  \
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
    let out = args.out.as_deref();
    whole_file::print(out, terminal, |out| print_to(args, &found, out))?;
    terminal.say(&counted(found.merged.len() as u64, "observable"));
    Ok(match pulled.failed {
        0 => Exit::Done,
        failed if failed == pulled.feeds => Exit::Failed,
        _ => Exit::Partial,
    })
}

fn print_to(args: &PullArgs, found: &Found, out: &mut dyn Write) -> anyhow::Result<()> {
    match args.dropped {
        true => write(args.format, found.left_out.iter(), out),
        false => write(args.format, IndicatorRow::all(&found.merged), out),
    }
}
