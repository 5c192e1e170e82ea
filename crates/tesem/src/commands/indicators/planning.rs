//! From what is wanted and what a tenant has to a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tesem_indicators::{
    Actual, FORMAT_VERSION, Memory, PlanFile, PlanOptions, Room, ShrinkRule, plan,
};
use tesem_state::Clock as _;
use tesem_state::SystemClock;

use super::reading::{Reading, read_tenant};
use super::store::Store;
use super::wanted::Wanted;
use crate::settings::{IndicatorSettings, Settings, span};
use crate::terminal::Terminal;

/// How plans are made, over the configuration's `[indicators]`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Planning, over the configuration's")]
pub(super) struct PlanningArgs {
    /// Label by which our indicators are told from others'
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// Places of the tenant's 15,000 that are left for people and other tools
    #[arg(long, value_name = "COUNT")]
    reserve: Option<usize>,
    /// Renew indicators when less than this is left, such as 30d
    #[arg(long, value_name = "SPAN", value_parser = span)]
    renew_before: Option<SignedDuration>,
    /// How long an indicator stays after its feed is no longer configured, such as 7d
    #[arg(long, value_name = "SPAN", value_parser = span)]
    grace: Option<SignedDuration>,
}

impl PlanningArgs {
    /// The settings with what is said here over them.
    pub(super) fn over(&self, mut settings: IndicatorSettings) -> IndicatorSettings {
        if let Some(application) = &self.application {
            settings.application.clone_from(application);
        }
        settings.reserve = self.reserve.unwrap_or(settings.reserve);
        settings.renew_before = self.renew_before.unwrap_or(settings.renew_before);
        settings.grace = self.grace.unwrap_or(settings.grace);
        settings
    }
}

/// What plans for any number of tenants share.
pub(super) struct Planning<'a> {
    pub(super) settings: &'a Settings,
    pub(super) indicators: &'a IndicatorSettings,
    pub(super) terminal: &'a Terminal,
    pub(super) wanted: &'a Wanted,
    /// Where what is remembered of tenants lies.
    pub(super) runs: PathBuf,
}

/// A plan, and what is to be told with it.
pub(super) struct Planned {
    pub(super) file: PlanFile,
    /// The app sees its own indicators only, so that the room is not known.
    pub(super) sees_only_own: bool,
    /// Sources that did not give all that they have.
    pub(super) incomplete: BTreeMap<String, String>,
}

impl Planning<'_> {
    /// Reads the tenant `name` and compares. Nothing is written to the tenant: it is read through a client that cannot.
    pub(super) async fn plan(&self, name: &str) -> anyhow::Result<Planned> {
        let application = &self.indicators.application;
        let (settings, runs) = (self.settings, &self.runs);
        let reading = read_tenant(name, application, settings, runs, self.terminal).await?;
        let mut store = Store::load(&self.runs, name)?;
        let planned = self.compare(name, reading, &mut store, SystemClock.now());
        store.save()?;
        Ok(planned)
    }

    fn compare(&self, name: &str, reading: Reading, store: &mut Store, now: Timestamp) -> Planned {
        let actual = Actual::new(reading.indicators, &reading.owner);
        let desired = self.wanted.items(now);
        let rule = ShrinkRule {
            share: self.indicators.shrink,
            grace: self.indicators.grace,
        };
        let mut incomplete = self.not_asked(&store.memory);
        incomplete.extend(self.wanted.incomplete(&mut store.memory, rule, now));
        let sources = self.sources(&store.memory);
        let options = PlanOptions {
            room: Room {
                reserve: self.indicators.reserve,
                ..Room::default()
            },
            renew_before: self.indicators.renew_before,
            grace: self.indicators.grace,
            known: store.memory.known().clone(),
            sources: sources.clone(),
            incomplete: incomplete.clone(),
            ..PlanOptions::new(now)
        };
        let file = PlanFile {
            format_version: FORMAT_VERSION,
            tenant: name.to_owned(),
            tenant_id: reading.tenant_id,
            made: now,
            owner: reading.owner,
            read: actual.items().len(),
            digest: actual.digest(),
            plan: plan(&desired, &actual, &options),
            refused: self.wanted.refused(),
        };
        store.memory.planned(&desired, &actual, &sources, now);
        Planned {
            file,
            sees_only_own: reading.sees_only_own,
            incomplete,
        }
    }

    /// The sources that there are. A file is one by being named, so that what an earlier file wanted has no grace.
    fn sources(&self, memory: &Memory) -> BTreeSet<String> {
        let known = memory.known().values().flat_map(|known| &known.sources);
        let files = known.filter(|source| !memory.is_feed(source));
        self.wanted.sources.iter().chain(files).cloned().collect()
    }

    /// Feeds that are configured and were asked before, and are not in this run: nothing is known of what they want now.
    fn not_asked(&self, memory: &Memory) -> BTreeMap<String, String> {
        let feeds = self.settings.file.feeds.keys();
        feeds
            .filter(|name| memory.is_feed(name) && !self.wanted.sources.contains(*name))
            .map(|name| (name.clone(), "it is not asked in this run".to_owned()))
            .collect()
    }
}
