//! From what is wanted and what a tenant has to a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tesem_hunt::{Budget, CancelSource};
use tesem_indicators::{
    Actual, DesiredItem, Downgraded, FORMAT_VERSION, Key, Memory, Owner, PlanFile, PlanOptions,
    Prevalence, Room, ShrinkRule, downgrade, lint_plan, needs_asking, plan,
};
use tesem_state::{Clock, SystemClock};

use super::prevalence::{self, Asked};
use super::reading::read_tenant;
use super::store::Store;
use super::wanted::Wanted;
use crate::commands::hunt::asking::Asking;
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
    /// Count the devices that each new block would have touched in 30 days, and make those above --audit-above Audit; takes hunting calls. A plan without it makes them block
    #[arg(long)]
    prevalence: bool,
    /// The most devices that a new block may touch [default: `audit_above` of [indicators], 10]; counts them, too
    #[arg(long, value_name = "COUNT")]
    audit_above: Option<u64>,
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
        settings.prevalence |= self.prevalence || self.audit_above.is_some();
        settings.audit_above = self.audit_above.unwrap_or(settings.audit_above);
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

/// What was read of a tenant.
struct Tenant<'a> {
    name: &'a str,
    id: String,
    owner: Owner,
    actual: Actual,
    sees_only_own: bool,
}

/// What counting the devices of new blocks came to.
#[derive(Default)]
struct Counted {
    prevalence: Vec<Prevalence>,
    downgraded: Vec<Downgraded>,
}

/// What was found, and what could not be searched for.
fn prevalences(asked: &Asked) -> Vec<Prevalence> {
    let keys: BTreeSet<&Key> = asked.devices.keys().chain(asked.unknown.keys()).collect();
    let of = |key: &Key| Prevalence {
        key: key.clone(),
        devices: asked.devices.get(key).copied(),
        unknown: asked.unknown.get(key).cloned(),
    };
    let all = keys.into_iter().map(of);
    all.filter(|found| found.devices != Some(0) || found.unknown.is_some())
        .collect()
}

impl Planning<'_> {
    /// Reads the tenant `name` and compares. Nothing is written to the tenant: it is read through a client that cannot.
    pub(super) async fn plan(&self, name: &str) -> anyhow::Result<Planned> {
        let application = &self.indicators.application;
        let (settings, runs) = (self.settings, &self.runs);
        let reading = read_tenant(name, application, settings, runs, self.terminal).await?;
        let mut store = Store::load(&self.runs, name, application)?;
        store.is_of(&reading.tenant_id);
        let now = SystemClock.now();
        let actual = Actual::new(reading.indicators, &reading.owner);
        let mut desired = self.wanted.items(now);
        let counted = self.count(name, &mut desired, &actual).await?;
        let tenant = Tenant {
            name,
            id: reading.tenant_id,
            owner: reading.owner,
            actual,
            sees_only_own: reading.sees_only_own,
        };
        let planned = self.compare(tenant, &desired, counted, &mut store, now);
        if !store.save_memory(&self.runs, name, application)? {
            self.terminal.warn(&format!(
                "{name}: its indicators are being changed, so that this plan will be stale; plan again"
            ));
        }
        Ok(planned)
    }

    /// Counts the devices of new blocks, where that is asked for, and softens those that would touch too many.
    async fn count(
        &self,
        name: &str,
        desired: &mut Vec<DesiredItem>,
        actual: &Actual,
    ) -> anyhow::Result<Counted> {
        if !self.indicators.prevalence {
            return Ok(Counted::default());
        }
        let keys = needs_asking(desired, actual);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let cancel = CancelSource::new();
        let asking = Asking {
            settings: self.settings,
            terminal: self.terminal,
            clock: &clock,
            cancel: cancel.token(),
            budget: Budget::default(),
        };
        let asked = prevalence::ask(&asking, name, &keys).await?;
        let downgraded = downgrade(desired, &asked.devices, self.indicators.audit_above);
        Ok(Counted {
            prevalence: prevalences(&asked),
            downgraded,
        })
    }

    fn compare(
        &self,
        tenant: Tenant<'_>,
        desired: &[DesiredItem],
        counted: Counted,
        store: &mut Store,
        now: Timestamp,
    ) -> Planned {
        let actual = tenant.actual;
        let rule = ShrinkRule {
            share: self.indicators.shrink,
            grace: self.indicators.grace,
        };
        let mut incomplete = self.not_asked(&store.memory);
        incomplete.extend(self.wanted.incomplete(&mut store.memory, rule, now));
        let options = PlanOptions {
            room: Room {
                reserve: self.indicators.reserve,
                ..Room::default()
            },
            renew_before: self.indicators.renew_before,
            grace: self.indicators.grace,
            known: store.memory.known().clone(),
            sources: self.sources(&store.memory),
            incomplete: incomplete.clone(),
            ..PlanOptions::new(now)
        };
        let planned = plan(desired, &actual, &options);
        let file = PlanFile {
            format_version: FORMAT_VERSION,
            tenant: tenant.name.to_owned(),
            tenant_id: tenant.id,
            owner: tenant.owner,
            read: actual.items().len(),
            digest: actual.digest(),
            lints: lint_plan(&planned, &actual),
            plan: planned,
            refused: self.wanted.refused(),
            prevalence: counted.prevalence,
            downgraded: counted.downgraded,
        };
        store.memory.planned(desired, &actual, &options);
        Planned {
            file,
            sees_only_own: tenant.sees_only_own,
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
