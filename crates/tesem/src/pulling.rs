//! Pulling the configured feeds: which, how, and what is said about each.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::{BaseStrategy, choose_base_strategy};
use jiff::Timestamp;
use tesem_intel::{
    Feed, FeedError, FetchSettings, Fetcher, Freshness, Item, StopLists, Summary, Wait,
};
use tesem_state::{Clock as _, SystemClock};

use crate::failure::UsageError;
use crate::settings::{FeedFile, Settings, feed, fetch_settings, stop_lists};
use crate::terminal::Terminal;
use crate::view::table::{counted, printable};

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

/// How feeds are pulled.
#[derive(Debug, Clone, Default)]
pub(crate) struct PullOptions {
    /// Where copies are kept; the user's cache directory by default.
    pub(crate) cache: Option<PathBuf>,
    /// Kept copies count only where fetching fails.
    pub(crate) refresh: bool,
}

/// Feeds that are ready to be pulled.
pub(crate) struct Pulling<'a> {
    feeds: Vec<(Feed, Freshness)>,
    fetcher: Fetcher,
    stops: Arc<StopLists>,
    terminal: &'a Terminal,
}

/// How many feeds there were, how many failed, and which did not give all that they have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub(crate) feeds: usize,
    pub(crate) failed: usize,
    /// Why, by name.
    pub(crate) incomplete: BTreeMap<String, String>,
}

impl<'a> Pulling<'a> {
    /// The feeds that are named, or all. Their settings are read before the first is pulled, so that a slip in the last one shows at
    /// once.
    pub(crate) fn new(
        names: &[String],
        settings: &Settings,
        options: PullOptions,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Self> {
        let stops = Arc::new(stop_lists(&settings.file.lists)?);
        let fetch = FetchSettings {
            cache: options.cache.or_else(cache_folder),
            ..fetch_settings(&settings.file.fetch)
        };
        let ready = |(name, file): (&str, &FeedFile)| {
            let freshness = Freshness {
                refresh: options.refresh,
                fresh_for: file.fresh_for.unwrap_or_default(),
            };
            Ok((feed(name, file)?, freshness))
        };
        Ok(Self {
            feeds: chosen(names, settings)?
                .into_iter()
                .map(ready)
                .collect::<anyhow::Result<_>>()?,
            fetcher: Fetcher::new(fetch, Arc::new(FeedClock))?,
            stops,
            terminal,
        })
    }

    /// Pulls one after the other, gives every item to `take`, and says what became of each feed.
    pub(crate) async fn run(self, mut take: impl FnMut(&str, Item)) -> Pulled {
        let mut pulled = Pulled {
            feeds: self.feeds.len(),
            failed: 0,
            incomplete: BTreeMap::new(),
        };
        for (feed, freshness) in self.feeds {
            let name = feed.name.clone();
            let mut pull = Arc::new(feed).pull(&self.fetcher, freshness, &self.stops);
            while let Some(item) = pull.next().await {
                take(&name, item);
            }
            let end = pull.finish().await;
            pulled.failed += usize::from(end.is_err());
            if let Some(reason) = incomplete(&end) {
                pulled.incomplete.insert(name.clone(), reason);
            }
            tell(&name, end, self.terminal);
        }
        pulled
    }
}

fn cache_folder() -> Option<PathBuf> {
    let base = choose_base_strategy().ok()?;
    Some(base.cache_dir().join("tesem").join("feeds"))
}

/// The sections of the feeds that are named, or of all.
fn chosen<'s>(
    names: &'s [String],
    settings: &'s Settings,
) -> Result<Vec<(&'s str, &'s FeedFile)>, UsageError> {
    let all: &BTreeMap<String, FeedFile> = &settings.file.feeds;
    if all.is_empty() {
        return Err(UsageError::new("no feed is configured").with_hint(
            "add a section such as [feeds.c2] to tesem.toml; `tesem feeds pull --help` shows one",
        ));
    }
    if names.is_empty() {
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
    names.iter().map(find).collect()
}

/// Why a feed did not give all that it has now, where it did not.
fn incomplete(end: &Result<Summary, FeedError>) -> Option<String> {
    let summary = match end {
        Ok(summary) => summary,
        Err(error) => return Some(error.to_string()),
    };
    let stale = summary
        .stale
        .as_ref()
        .map(|stale| format!("a copy of {} stands in", stale.since));
    let left = summary
        .left
        .first()
        .map(|left| format!("left at the service: {left}"));
    stale.or(left)
}

/// Says what became of a feed.
fn tell(name: &str, end: Result<Summary, FeedError>, terminal: &Terminal) {
    let summary = match end {
        Ok(summary) => summary,
        Err(error) => {
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
