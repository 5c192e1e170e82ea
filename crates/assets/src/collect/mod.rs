//! Reading a tenant: which calls tell what, one file per part of what is known of machines.
//!
//! | part | calls |
//! | --- | --- |
//! | machines | the list, by pages of 10,000; adapters of those that were seen anew from hunting's `DeviceNetworkInfo` |
//! | logons | hunting's `DeviceLogonEvents`, summed up by machine and account; one call a machine where the tenant has no such table |
//! | software, vulnerabilities | export files; hunting's tables of vulnerability management for few machines |
//! | alerts | the list of Defender for Endpoint, with evidence; or that of Microsoft Graph |
//!
//! Machines are always listed whole: it costs no more calls than asking for those that were seen anew, and shows what became of the rest.

mod adapters;
mod alerts;
mod descriptions;
mod export;
mod graph_alerts;
mod hunting;
mod logons;
mod machines;
mod row;
mod tables;
mod watcher;
mod weaknesses;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tesem_defender::{DefenderClient, DefenderError, MachineId};

use crate::graph::AssetGraph;
use crate::millis::Millis;
use crate::observed::{Aspect, Observed};
use crate::save_point::Reach;

pub use watcher::{Notice, Silent, Watcher};

/// How far back hunting reaches.
///
/// Source: learn.microsoft.com/defender-xdr/advanced-hunting-limits.
const HUNTING_REACH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// From where it is known who signed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogonRoute {
    /// Hunting; where the tenant does not have the table or the app may not hunt, [`LogonRoute::Machines`].
    #[default]
    Hunting,
    /// One call a machine.
    Machines,
}

/// From where software and vulnerabilities are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InventoryRoute {
    /// Export files for many machines, hunting for few. Where the app may not export, hunting for all.
    #[default]
    Files,
    /// Hunting's tables of vulnerability management.
    Tables,
}

/// From where alerts are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AlertRoute {
    /// Defender for Endpoint; where the app may not read them there, [`AlertRoute::Graph`].
    #[default]
    Defender,
    /// Microsoft Graph: those that Defender for Endpoint raised.
    Graph,
}

/// What is read and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectOptions {
    /// From where logons are known.
    pub logons: LogonRoute,
    /// From where software and vulnerabilities are known.
    pub inventory: InventoryRoute,
    /// From where alerts are known.
    pub alerts: AlertRoute,
}

/// What one import has read so far, besides what it observed.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// How many machines there are.
    pub(crate) count: usize,
    /// All of them.
    pub(crate) all: BTreeSet<MachineId>,
    /// Those that were seen anew.
    pub(crate) changed: BTreeSet<MachineId>,
    /// Those that the graph did not know. All of them are among the changed ones.
    pub(crate) new: BTreeSet<MachineId>,
}

/// One import's reading.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) client: &'a DefenderClient,
    pub(crate) options: &'a CollectOptions,
    pub(crate) watcher: &'a dyn Watcher,
    /// When it began.
    pub(crate) at: Timestamp,
    /// How much of each aspect.
    pub(crate) reaches: BTreeMap<Aspect, Reach>,
    /// The graph before.
    pub(crate) earlier: &'a AssetGraph,
    pub(crate) listed: Listed,
    pub(crate) observed: Observed,
}

/// Why a part of the tenant could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the tenant's {} could not be read", .aspect.name())]
pub struct CollectError {
    /// The part.
    pub aspect: Aspect,
    /// The client's error.
    pub source: DefenderError,
}

impl Collector<'_> {
    /// Reads `aspects`, of which machines come first.
    pub(crate) async fn read(&mut self, aspects: &BTreeSet<Aspect>) -> Result<(), CollectError> {
        for aspect in aspects {
            self.watcher.began(*aspect);
            self.read_one(*aspect)
                .await
                .map_err(|source| CollectError {
                    aspect: *aspect,
                    source,
                })?;
        }
        Ok(())
    }

    async fn read_one(&mut self, aspect: Aspect) -> Result<(), DefenderError> {
        match aspect {
            Aspect::Machines => machines::read(self).await,
            Aspect::Logons => logons::read(self).await,
            Aspect::Software => weaknesses::software(self).await,
            Aspect::Vulnerabilities => weaknesses::vulnerabilities(self).await,
            Aspect::Alerts => alerts::read(self).await,
        }
    }

    /// Since when an aspect is read; nothing where it is read in full.
    fn since(&self, aspect: Aspect) -> Option<Millis> {
        match self.reaches.get(&aspect) {
            Some(Reach::Since(since)) => Some(*since),
            _ => None,
        }
    }

    /// The beginning of what hunting can tell.
    fn hunting_from(&self) -> Timestamp {
        self.at.checked_sub(HUNTING_REACH).unwrap_or(Timestamp::MIN)
    }
}

/// Whether another way can tell the same: the app may not go this way, or the tenant does not have it.
fn is_barred(error: &DefenderError) -> bool {
    if matches!(
        error.hunting_problem(),
        Some(tesem_defender::HuntingProblem::UnknownTable(_))
    ) {
        return true;
    }
    let refused = error.refusal().map(|refusal| refusal.status);
    matches!(refused, Some(403 | 404 | 501))
}
