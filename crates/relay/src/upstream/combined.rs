//! A tenant of which many ask at the same time.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use jiff::SignedDuration;
use tesem_defender::endpoint::{Alert, Machine};
use tesem_defender::{DefenderError, HuntingResult, MachineId};

use super::flights::Flights;
use super::pace::{Paces, Turns};
use super::recent::{Recent, RecentEvents};
use super::together::{Hunt, Together};
use super::{
    Adapters, EventsWanted, KeptFiles, Named, ResponseActions, SharedResult, Triples, Upstream,
    VALUES_PER_QUERY_MAX,
};
use crate::request::Subject;
use crate::sighting::Hashes;
use crate::time::Time;

/// A tenant whose hunting API is asked at a pace, with one query for all the questions that wait, and whose alerts of the same thing
/// are asked for once by all who want them at the same time.
///
/// Nothing is lost where some of those who wait give up: a call goes on as long as anybody waits for it, and is not made where
/// nobody does. Where the quota is used up, answers of the last minute are given again.
pub struct Combined {
    upstream: Arc<dyn Upstream>,
    time: Arc<dyn Time>,
    hunting: Arc<Turns>,
    asking: AlertTurns,
    recent_alerts: Recent<Named, Vec<Arc<Alert>>>,
    recent_events: RecentEvents,
    alerts: Flights<Named, SharedResult<Vec<Arc<Alert>>>>,
    files: Flights<String, SharedResult<Option<Hashes>>>,
    events: Together<EventsWanted>,
    adapters: Together<AdaptersWanted>,
    hashes: Together<HashesWanted>,
}

/// Turns to ask for alerts: what alerts are asked by has a quota each.
struct AlertTurns {
    files: Turns,
    domains: Turns,
    addresses: Turns,
}

impl AlertTurns {
    fn of(&self, named: &Named) -> &Turns {
        match named {
            Named::File(_) => &self.files,
            Named::Domain(_) => &self.domains,
            Named::Ip(_) => &self.addresses,
        }
    }
}

/// Which adapters are asked for, of whatever machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct AdaptersWanted {
    window: SignedDuration,
}

/// Which hashes are asked for, of whatever files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct HashesWanted {
    window: SignedDuration,
}

impl fmt::Debug for Combined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Combined").finish_non_exhaustive()
    }
}

impl Combined {
    /// What `upstream` says, asked no more often than `paces` say.
    #[must_use]
    pub fn new(upstream: Arc<dyn Upstream>, paces: Paces, time: Arc<dyn Time>) -> Self {
        let hunting = Arc::new(Turns::new(paces.hunting, Arc::clone(&time)));
        let alerts = || Turns::new(paces.alerts, Arc::clone(&time));
        Self {
            asking: AlertTurns {
                files: alerts(),
                domains: alerts(),
                addresses: alerts(),
            },
            recent_alerts: Recent::default(),
            recent_events: Recent::default(),
            alerts: Flights::default(),
            files: Flights::default(),
            events: Together::new(Arc::clone(&upstream), Arc::clone(&hunting)),
            adapters: Together::new(Arc::clone(&upstream), Arc::clone(&hunting)),
            hashes: Together::new(Arc::clone(&upstream), Arc::clone(&hunting)),
            hunting,
            upstream,
            time,
        }
    }
}

#[async_trait]
impl Hunt for EventsWanted {
    type Value = Subject;
    type Found = Arc<HuntingResult>;

    fn values_max(&self) -> usize {
        self.subjects_max()
    }

    async fn ask(
        &self,
        upstream: &dyn Upstream,
        subjects: &[Subject],
    ) -> SharedResult<Arc<HuntingResult>> {
        upstream.events(*self, subjects).await
    }
}

#[async_trait]
impl Hunt for AdaptersWanted {
    type Value = MachineId;
    type Found = Arc<Adapters>;

    fn values_max(&self) -> usize {
        VALUES_PER_QUERY_MAX
    }

    async fn ask(
        &self,
        upstream: &dyn Upstream,
        machines: &[MachineId],
    ) -> SharedResult<Arc<Adapters>> {
        upstream.adapters(machines, self.window).await.map(Arc::new)
    }
}

#[async_trait]
impl Hunt for HashesWanted {
    type Value = Subject;
    type Found = Arc<Triples>;

    fn values_max(&self) -> usize {
        VALUES_PER_QUERY_MAX
    }

    async fn ask(&self, upstream: &dyn Upstream, files: &[Subject]) -> SharedResult<Arc<Triples>> {
        upstream.hashes(files, self.window).await.map(Arc::new)
    }
}

#[async_trait]
impl Upstream for Combined {
    async fn alerts(&self, named: &Named) -> SharedResult<Vec<Arc<Alert>>> {
        let turns = self.asking.of(named);
        if !turns.is_free()
            && let Some(recent) = self.recent_alerts.get(named, self.time.now())
        {
            return Ok(recent);
        }
        let flight = self.alerts.join(named.clone(), || {
            // Where there is no turn and nothing to give again, the client itself waits for the quota.
            turns.take();
            let (upstream, named) = (Arc::clone(&self.upstream), named.clone());
            async move { upstream.alerts(&named).await }.boxed()
        });
        let found = flight.await?;
        let new = [(named.clone(), found.clone())];
        self.recent_alerts.keep(new, self.time.now());
        Ok(found)
    }

    async fn events(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
    ) -> SharedResult<Arc<HuntingResult>> {
        if !self.hunting.is_free()
            && let Some(recent) = self.recent_events.all(wanted, subjects, self.time.now())
        {
            return Ok(recent);
        }
        let found = self.events.ask(wanted, subjects).await?;
        let now = self.time.now();
        self.recent_events.keep_all(wanted, subjects, &found, now);
        Ok(found)
    }

    async fn adapters(
        &self,
        machines: &[MachineId],
        window: SignedDuration,
    ) -> SharedResult<Adapters> {
        let wanted = AdaptersWanted { window };
        let found = self.adapters.ask(wanted, machines).await?;
        let own = |id: &MachineId| Some((id.clone(), found.get(id)?.clone()));
        Ok(machines.iter().filter_map(own).collect())
    }

    async fn hashes(&self, files: &[Subject], window: SignedDuration) -> SharedResult<Triples> {
        let found = self.hashes.ask(HashesWanted { window }, files).await?;
        let own = |file: &Subject| Some((file.clone(), found.get(file)?.clone()));
        Ok(files.iter().filter_map(own).collect())
    }

    async fn alerts_with_evidence(&self, bare: &[Arc<Alert>]) -> SharedResult<Vec<Arc<Alert>>> {
        self.upstream.alerts_with_evidence(bare).await
    }

    async fn file(&self, hash: &str) -> SharedResult<Option<Hashes>> {
        let flight = self.files.join(hash.to_ascii_lowercase(), || {
            let (upstream, hash) = (Arc::clone(&self.upstream), hash.to_owned());
            async move { upstream.file(&hash).await }.boxed()
        });
        flight.await
    }

    async fn kept_files(&self, hashes: &[String]) -> KeptFiles {
        self.upstream.kept_files(hashes).await
    }

    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError> {
        self.upstream.machines(ids).await
    }

    fn actions(&self) -> &dyn ResponseActions {
        self.upstream.actions()
    }
}
