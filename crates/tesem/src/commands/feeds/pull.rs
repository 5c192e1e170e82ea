//! `tesem feeds pull`: indicators of the configured feeds.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use etcetera::{BaseStrategy, choose_base_strategy};
use jiff::Timestamp;
use tesem_intel::{
    Feed, FeedError, FetchSettings, Fetcher, Freshness, Item, Merged, StopLists, Summary, Wait,
};
use tesem_state::{Clock as _, SystemClock};

use super::view::{IndicatorRow, LeftOut, PullFormat, write};
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::{FeedFile, Settings, feed, stop_lists};
use crate::terminal::Terminal;
use crate::view::table::{counted, printable};

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

/// The program's clock, as feeds want it.
#[derive(Debug)]
struct FeedClock;

impl tesem_intel::Clock for FeedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn sleep(&self, span: Duration) -> Wait {
        Box::pin(tokio::time::sleep(span))
    }
}

/// What all feeds came to.
#[derive(Debug, Default)]
struct Pulled {
    merged: Merged,
    left_out: Vec<LeftOut>,
    failed: usize,
}

pub(crate) async fn run(
    args: &PullArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let chosen = chosen(args, settings)?;
    let stops = Arc::new(stop_lists(&settings.file.lists)?);
    let fetch = FetchSettings {
        cache: args.cache.clone().or_else(cache_folder),
        ..FetchSettings::default()
    };
    let fetcher = Fetcher::new(fetch, Arc::new(FeedClock))?;
    // All are read before the first is pulled: a slip in the last one shows at once.
    let feeds: Vec<(Feed, Duration)> = chosen
        .iter()
        .map(|(name, file)| Ok((feed(name, file)?, file.fresh_for.unwrap_or_default())))
        .collect::<anyhow::Result<_>>()?;
    let count = feeds.len();
    let mut pulled = Pulled::default();
    for (feed, fresh_for) in feeds {
        let freshness = Freshness {
            refresh: args.refresh,
            fresh_for,
        };
        let name = feed.name.clone();
        let end = pull(args, feed, &fetcher, freshness, &stops, &mut pulled).await;
        tell(&name, end, &mut pulled, terminal);
    }
    print(args, &pulled, terminal)?;
    terminal.say(&counted(pulled.merged.len() as u64, "observable"));
    Ok(match pulled.failed {
        0 => Exit::Done,
        failed if failed == count => Exit::Failed,
        _ => Exit::Partial,
    })
}

fn cache_folder() -> Option<PathBuf> {
    let base = choose_base_strategy().ok()?;
    Some(base.cache_dir().join("tesem").join("feeds"))
}

/// The sections of the feeds that are named, or of all.
fn chosen<'s>(
    args: &'s PullArgs,
    settings: &'s Settings,
) -> Result<Vec<(&'s str, &'s FeedFile)>, UsageError> {
    let all: &BTreeMap<String, FeedFile> = &settings.file.feeds;
    if all.is_empty() {
        return Err(UsageError::new("no feed is configured").with_hint(
            "add a section such as [feeds.c2] to tesem.toml; `tesem feeds pull --help` shows one",
        ));
    }
    if args.feeds.is_empty() {
        return Ok(all
            .iter()
            .map(|(name, file)| (name.as_str(), file))
            .collect());
    }
    let find = |name: &'s String| {
        let file = all.get(name).ok_or_else(|| {
            let known: Vec<&str> = all.keys().map(String::as_str).collect();
            UsageError::new(format!("there is no feed `{name}`"))
                .with_hint(format!("configured are: {}", known.join(", ")))
        });
        file.map(|file| (name.as_str(), file))
    };
    args.feeds.iter().map(find).collect()
}

async fn pull(
    args: &PullArgs,
    feed: Feed,
    fetcher: &Fetcher,
    freshness: Freshness,
    stops: &Arc<StopLists>,
    pulled: &mut Pulled,
) -> Result<Summary, FeedError> {
    let mut pull = Arc::new(feed).pull(fetcher, freshness, stops);
    while let Some(item) = pull.next().await {
        match item {
            Item::Indicator(indicator) => pulled.merged.add(indicator),
            Item::Refused(item) if args.dropped => pulled.left_out.push(item.into()),
            Item::Dropped(item) if args.dropped => pulled.left_out.push(item.into()),
            Item::Refused(_) | Item::Dropped(_) => {}
        }
    }
    pull.finish().await
}

/// Says what became of a feed.
fn tell(name: &str, end: Result<Summary, FeedError>, pulled: &mut Pulled, terminal: &Terminal) {
    let summary = match end {
        Ok(summary) => summary,
        Err(error) => {
            pulled.failed += 1;
            let text = error.to_string();
            return terminal.error(&format!(
                "error: {}; what came before is kept, but is not all",
                printable(&text)
            ));
        }
    };
    if let Some(stale) = &summary.stale {
        let text = format!(
            "{name}: a copy of {} stands in, because {}",
            stale.since, stale.because
        );
        terminal.warn(&printable(&text));
    }
    for left in &summary.left {
        terminal.warn(&printable(&format!("{name}: left at the service: {left}")));
    }
    terminal.say(&printable(&format!("{name}: {}", counts(&summary))));
}

/// `250 indicators, 3 refused (form 1, too-old 2), 1 dropped (ours 1)`.
fn counts(summary: &Summary) -> String {
    let mut text = counted(summary.indicators, "indicator");
    text.push_str(&group("refused", &summary.refused));
    text.push_str(&group("dropped", &summary.dropped));
    text.push_str(&group("beside them", &summary.context));
    text.push_str(&group("fields not read", &summary.unread_fields));
    if summary.credits > 0 {
        text.push_str(&format!(", {}", counted(summary.credits, "credit")));
    }
    text
}

fn group<K: Display>(what: &str, counts: &BTreeMap<K, u64>) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let total: u64 = counts.values().sum();
    let parts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    format!(", {total} {what} ({})", parts.join(", "))
}

fn print(args: &PullArgs, pulled: &Pulled, terminal: &Terminal) -> anyhow::Result<()> {
    match &args.out {
        None => {
            let mut out = terminal.stdout();
            print_to(args, pulled, &mut out)?;
            Ok(out.flush()?)
        }
        Some(path) => replace(path, |out| print_to(args, pulled, out))
            .with_context(|| format!("{} cannot be written", path.display())),
    }
}

fn print_to(args: &PullArgs, pulled: &Pulled, out: &mut dyn Write) -> anyhow::Result<()> {
    match args.dropped {
        true => write(args.format, pulled.left_out.iter(), out),
        false => write(args.format, IndicatorRow::all(&pulled.merged), out),
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
