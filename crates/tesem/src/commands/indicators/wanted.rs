//! What the sources of a plan want: files, standard input and feeds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use tesem_hunt::{InputForm, InputSource, Intake};
use tesem_indicators::{Desired, DesiredItem, Memory, Policy, RefusedEntry, ShrinkRule, Source};
use tesem_intel::{Confidence, Item};
use tesem_observable::Observable;

use crate::failure::UsageError;
use crate::pulling::{PullOptions, Pulling};
use crate::settings::{IndicatorSettings, PolicyFile, Settings, configured_lists};
use crate::terminal::Terminal;

/// Where wanted indicators come from, and what is done with them.
#[derive(Debug, Args)]
pub(super) struct WantedArgs {
    /// Files with indicators, lists or any text; `-` is standard input
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// Also what a configured feed gives; may be repeated [default: `feeds` of [indicators] where nothing is named]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    feed: Vec<String>,
    /// Take a feed that gives far fewer indicators than before at its word; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    accept_shrunk: Vec<String>,
    /// Rank what a hunt found first where not all have room: its coverage.csv; may be repeated
    #[arg(long, value_name = "FILE")]
    seen: Vec<PathBuf>,
    /// Also take what a list of [lists] would stop
    #[arg(long)]
    no_lists: bool,
    /// Where copies of feeds are kept [default: the user's cache directory]
    #[arg(long, value_name = "DIR", env = "TESEM_CACHE", hide_short_help = true)]
    cache: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyFile,
}

/// Whether nobody looks at the plan before it is applied. Then files are distrusted as feeds are: one that is suddenly short may have been
/// cut by whatever writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unattended {
    Yes,
    No,
}

/// What all sources want.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    desired: Desired,
    /// One for each source.
    policies: Vec<Policy>,
    /// All sources of this run, by name.
    pub(super) sources: BTreeSet<String>,
    /// Sources that did not give all that they have, and why.
    incomplete: BTreeMap<String, String>,
    /// How many indicators each source gave that gave all and is to be judged by it.
    counts: BTreeMap<String, usize>,
    accepted: Vec<String>,
    /// How many feeds failed.
    pub(super) failed: usize,
    /// Lines and items that are no indicators.
    unread: Vec<RefusedEntry>,
}

impl WantedArgs {
    /// Whether an input can be read only once.
    pub(super) fn reads_standard_input(&self) -> bool {
        self.inputs.iter().any(|input| input == "-")
    }

    /// Sources are told apart by their names.
    fn check_names(&self, feeds: &[String]) -> Result<(), UsageError> {
        let mut seen = BTreeSet::new();
        let files = self.inputs.iter().map(|input| source_name(input));
        for name in files.chain(feeds.iter().cloned()) {
            if !seen.insert(name.clone()) {
                return Err(
                    UsageError::new(format!("two sources have the name `{name}`"))
                        .with_hint("sources are known by it from plan to plan; rename one"),
                );
            }
        }
        let strange = self.accept_shrunk.iter().find(|name| !seen.contains(*name));
        strange.map_or(Ok(()), |name| {
            Err(UsageError::new(format!(
                "--accept-shrunk names `{name}`, which is no source of this run"
            )))
        })
    }

    /// Reads every input and pulls every feed.
    pub(super) async fn gather(
        &self,
        settings: &Settings,
        indicators: &IndicatorSettings,
        terminal: &Terminal,
        unattended: Unattended,
        now: Timestamp,
    ) -> anyhow::Result<Wanted> {
        let feeds = self.feeds(indicators)?;
        self.check_names(feeds)?;
        let mut gathering = Gathering {
            wanted: Wanted {
                accepted: self.accept_shrunk.clone(),
                ..Wanted::default()
            },
            seen: seen(&self.seen)?,
            unattended,
            now,
        };
        for name in &self.inputs {
            let policy = self.policy.over(indicators.policy(name));
            gathering.read(name, policy, self.no_lists, settings)?;
        }
        if !feeds.is_empty() {
            let policies = feeds
                .iter()
                .map(|name| self.policy.over(indicators.policy(name)));
            let policies = policies.collect();
            let options = PullOptions {
                cache: self.cache.clone(),
                refresh: false,
            };
            let pulling = Pulling::new(feeds, settings, options, terminal)?;
            gathering.pull(feeds, policies, pulling).await;
        }
        Ok(gathering.wanted)
    }

    fn feeds<'a>(&'a self, indicators: &'a IndicatorSettings) -> Result<&'a [String], UsageError> {
        match (self.inputs.as_slice(), self.feed.as_slice()) {
            ([], []) if indicators.feeds.is_empty() => {
                Err(UsageError::new("nothing is wanted: no input is named").with_hint(
                    "name a file, `-` for standard input, or a feed with --feed; or list feeds in [indicators] of tesem.toml",
                ))
            }
            ([], []) => Ok(&indicators.feeds),
            (_, named) => Ok(named),
        }
    }
}

impl Wanted {
    /// The indicators as they would be made at `now`.
    pub(super) fn items(&self, now: Timestamp) -> Vec<DesiredItem> {
        self.desired.items(&self.policies, now)
    }

    /// What is not wanted, and why.
    pub(super) fn refused(&self) -> Vec<RefusedEntry> {
        let all: BTreeSet<&RefusedEntry> = self.desired.refused().chain(&self.unread).collect();
        all.into_iter().cloned().collect()
    }

    /// The sources that did not give all they have, by what they say themselves and by what `memory` knows of them.
    pub(super) fn incomplete(
        &self,
        memory: &mut Memory,
        rule: ShrinkRule,
        now: Timestamp,
    ) -> BTreeMap<String, String> {
        let given = self.accepted.iter();
        for name in given.filter(|name| self.counts.contains_key(*name)) {
            memory.believe(name);
        }
        let mut incomplete = self.incomplete.clone();
        for (name, count) in &self.counts {
            let shrunk = memory.pulled(name, *count, rule, now);
            incomplete.extend(shrunk.map(|reason| (name.clone(), reason)));
        }
        incomplete
    }
}

/// A plan's sources while they are read.
struct Gathering {
    wanted: Wanted,
    /// Values that a hunt has found.
    seen: BTreeSet<String>,
    unattended: Unattended,
    now: Timestamp,
}

impl Gathering {
    fn begin(&mut self, name: &str, policy: Policy) -> Source {
        let rank = self.wanted.policies.len();
        self.wanted.policies.push(policy);
        self.wanted.sources.insert(name.to_owned());
        Source {
            name: name.to_owned(),
            rank,
            valid_until: None,
            last_seen: None,
            confidence: None,
            tlp: None,
            labels: Vec::new(),
            seen: false,
        }
    }

    fn add(&mut self, observable: &Observable, mut source: Source) {
        source.seen = self.seen.contains(&observable.to_string());
        let Wanted {
            desired, policies, ..
        } = &mut self.wanted;
        desired.add(observable, &source, policies, source.rank, self.now);
    }

    fn refuse(&mut self, value: String, source: &str, reason: String) {
        self.wanted.unread.push(RefusedEntry {
            value,
            source: source.to_owned(),
            reason,
        });
    }

    fn read(
        &mut self,
        name: &str,
        policy: Policy,
        no_lists: bool,
        settings: &Settings,
    ) -> anyhow::Result<()> {
        let bytes = crate::input::bytes(name)?;
        let mut intake = Intake::default();
        intake.read_source(InputSource {
            name,
            bytes: &bytes,
            form: InputForm::Auto,
        });
        if let Some(unread) = intake.refused.iter().find(|item| item.origin.line == 0) {
            let text = format!("{name} cannot be read: {}", unread.reason);
            return Err(UsageError::new(text).into());
        }
        if !no_lists {
            let lists = configured_lists(&settings.file.lists)?;
            intake.stop(|observable| {
                let stop = lists.stop(observable)?;
                Some(stopped(&stop.list, &stop.entry))
            });
        }
        let source = self.begin(&source_name(name), policy);
        if self.unattended == Unattended::Yes {
            let count = intake.indicators.len();
            self.wanted.counts.insert(source.name.clone(), count);
        }
        for indicator in &intake.indicators {
            self.add(&indicator.observable, source.clone());
        }
        for item in intake.refused {
            self.refuse(item.text, &source.name, item.reason);
        }
        Ok(())
    }

    async fn pull(&mut self, names: &[String], policies: Vec<Policy>, pulling: Pulling<'_>) {
        let sources: BTreeMap<&String, Source> = names
            .iter()
            .zip(policies)
            .map(|(name, policy)| (name, self.begin(name, policy)))
            .collect();
        let mut counts: BTreeMap<String, usize> =
            names.iter().map(|name| (name.clone(), 0)).collect();
        let pulled = pulling
            .run(|feed, item| {
                if let Some(source) = sources.get(&feed.to_owned()) {
                    *counts.entry(feed.to_owned()).or_default() += self.take(item, source);
                }
            })
            .await;
        counts.retain(|name, _| !pulled.incomplete.contains_key(name));
        self.wanted.failed = pulled.failed;
        self.wanted.incomplete = pulled.incomplete;
        self.wanted.counts.extend(counts);
    }

    /// Takes an item of a feed; gives how many indicators it is.
    fn take(&mut self, item: Item, source: &Source) -> usize {
        match item {
            Item::Indicator(indicator) => {
                let details = indicator.provenance.details();
                let source = Source {
                    valid_until: details.valid_until,
                    last_seen: details.last_seen,
                    confidence: details.confidence.map(Confidence::get),
                    tlp: details.tlp.map(|tlp| tlp.as_str().to_owned()),
                    labels: details.labels.iter().map(ToString::to_string).collect(),
                    ..source.clone()
                };
                self.add(&indicator.observable, source);
                1
            }
            Item::Refused(item) => {
                self.refuse(item.text.into(), &source.name, item.reason.to_string());
                0
            }
            Item::Dropped(item) => {
                let reason = stopped(&item.list, &item.entry);
                self.refuse(item.indicator.observable.to_string(), &source.name, reason);
                0
            }
        }
    }
}

fn stopped(list: &str, entry: &str) -> String {
    format!("is on the list {list}: {entry}")
}

/// How a file is called as a source: by its name, wherever it lies.
fn source_name(input: &str) -> String {
    match (input, Path::new(input).file_name()) {
        ("-", _) => "standard input".to_owned(),
        (_, Some(name)) => name.to_string_lossy().into_owned(),
        (_, None) => input.to_owned(),
    }
}

/// The values that hunts have found, out of their coverage.csv.
fn seen(files: &[PathBuf]) -> anyhow::Result<BTreeSet<String>> {
    let mut seen = BTreeSet::new();
    for path in files {
        let found = hits(path)
            .with_context(|| format!("{} is no coverage.csv of a hunt", path.display()))?;
        seen.extend(found);
    }
    Ok(seen)
}

fn hits(path: &Path) -> anyhow::Result<Vec<String>> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| header == name);
        found.with_context(|| format!("it has no column {name}"))
    };
    let (indicator, verdict) = (column("Indicator")?, column("Verdict")?);
    let mut hits = Vec::new();
    for record in reader.records() {
        let record = record?;
        if record.get(verdict) == Some("hit") {
            hits.extend(record.get(indicator).map(str::to_owned));
        }
    }
    Ok(hits)
}
