//! A tenant whose slow facts are kept for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::{Alert, Machine};
use tesem_defender::{AlertId, DefenderError, HuntingResult, MachineId};
use tokio::sync::Mutex;

use super::kept::{Kept, Shelf, make_room};
use super::{
    Adapters, EventsWanted, KeptFiles, Named, ResponseActions, SharedResult, Triples, Upstream,
};
use crate::request::Subject;
use crate::sighting::{Adapter, Hashes};
use crate::time::Time;

/// How long the hashes of a file are kept: they never change.
pub const FILE_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How long it is kept that the service does not know a file.
pub const UNKNOWN_FILE_AGE_MAX: SignedDuration = SignedDuration::from_mins(10);

/// How long a machine is kept, and how long its adapters are.
pub const MACHINE_AGE_MAX: SignedDuration = SignedDuration::from_mins(15);

/// How long the evidence of an alert is kept, unless the alert changes.
pub const EVIDENCE_AGE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// An alert as it was after its last change.
type AlertVersion = (AlertId, Option<Timestamp>);

fn version(alert: &Arc<Alert>) -> AlertVersion {
    (alert.id.clone(), alert.last_update)
}

/// A tenant whose files' hashes, machines, adapters, and evidence of alerts are kept for a while. Alerts, events and indicators are asked for each time.
pub struct Cached {
    upstream: Arc<dyn Upstream>,
    time: Arc<dyn Time>,
    files: Mutex<HashMap<String, Arc<Place>>>,
    machines: Mutex<Shelf<MachineId, Machine>>,
    evidence: Mutex<Shelf<AlertVersion, Arc<Alert>>>,
    /// By how far back they were looked for, too.
    adapters: Mutex<Shelf<(MachineId, SignedDuration), Vec<Adapter>>>,
}

/// What is kept of a file, once somebody asked for it.
type Place = Mutex<Option<Kept<Hashes>>>;

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").finish_non_exhaustive()
    }
}

impl Cached {
    /// What `upstream` says, with nothing kept yet.
    #[must_use]
    pub fn new(upstream: Arc<dyn Upstream>, time: Arc<dyn Time>) -> Self {
        Self {
            upstream,
            time,
            files: Mutex::default(),
            machines: Mutex::new(Shelf::new(MACHINE_AGE_MAX)),
            evidence: Mutex::new(Shelf::new(EVIDENCE_AGE_MAX)),
            adapters: Mutex::new(Shelf::new(MACHINE_AGE_MAX)),
        }
    }

    async fn place_of(&self, hash: String) -> Arc<Place> {
        let mut files = self.files.lock().await;
        make_room(&mut files, &hash);
        Arc::clone(files.entry(hash).or_default())
    }

    /// Keeps the evidence of alerts that say when they changed last.
    async fn keep_evidence(&self, alerts: &[Arc<Alert>]) {
        let dated = alerts.iter().filter(|alert| alert.last_update.is_some());
        let found: HashMap<AlertVersion, &Arc<Alert>> =
            dated.map(|alert| (version(alert), alert)).collect();
        let keys: Vec<AlertVersion> = found.keys().cloned().collect();
        let now = self.time.now();
        let mut evidence = self.evidence.lock().await;
        evidence.keep(&keys, |key| found.get(key).copied(), now);
    }

    /// Keeps the hashes of a file for each of them that nothing is known for.
    async fn keep_file(&self, hashes: &Hashes) {
        let now = self.time.now();
        for hash in hashes.keys() {
            let place = self.place_of(hash).await;
            if let Ok(mut place) = place.try_lock()
                && fresh(place.as_ref(), now).is_none_or(Option::is_none)
            {
                *place = Some(Kept {
                    at: now,
                    value: Some(hashes.clone()),
                });
            }
        }
    }
}

/// What is kept, unless it is too old.
fn fresh(kept: Option<&Kept<Hashes>>, now: Timestamp) -> Option<&Option<Hashes>> {
    let kept = kept?;
    let age_max = match kept.value {
        Some(_) => FILE_AGE_MAX,
        None => UNKNOWN_FILE_AGE_MAX,
    };
    kept.is_fresh(now, age_max).then_some(&kept.value)
}

#[async_trait]
impl Upstream for Cached {
    async fn file(&self, hash: &str) -> SharedResult<Option<Hashes>> {
        let place = self.place_of(hash.to_ascii_lowercase()).await;
        if let Some(kept) = fresh(place.lock().await.as_ref(), self.time.now()) {
            return Ok(kept.clone());
        }
        let value = self.upstream.file(hash).await?;
        let at = self.time.now();
        *place.lock().await = Some(Kept {
            at,
            value: value.clone(),
        });
        Ok(value)
    }

    async fn kept_files(&self, hashes: &[String]) -> KeptFiles {
        let (files, now) = (self.files.lock().await, self.time.now());
        let kept = |hash: &String| {
            let place = files.get(&hash.to_ascii_lowercase())?.try_lock().ok()?;
            Some((hash.clone(), fresh(place.as_ref(), now)?.clone()))
        };
        hashes.iter().filter_map(kept).collect()
    }

    /// Only what is found is kept: of other files the service may know more than hunting tells.
    async fn hashes(&self, files: &[Subject], window: SignedDuration) -> SharedResult<Triples> {
        let found = self.upstream.hashes(files, window).await?;
        for hashes in found.values() {
            self.keep_file(hashes).await;
        }
        Ok(found)
    }

    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError> {
        let (kept, missing) = self.machines.lock().await.look(ids, self.time.now());
        let mut machines: Vec<Machine> = kept.into_iter().map(|(_, machine)| machine).collect();
        if missing.is_empty() {
            return Ok(machines);
        }
        let found = self.upstream.machines(&missing).await?;
        let of = |id: &MachineId| found.iter().find(|machine| machine.id == *id);
        let mut shelf = self.machines.lock().await;
        shelf.keep(&missing, of, self.time.now());
        machines.extend(found);
        Ok(machines)
    }

    async fn adapters(
        &self,
        machines: &[MachineId],
        window: SignedDuration,
    ) -> SharedResult<Adapters> {
        let keys: Vec<_> = machines.iter().map(|id| (id.clone(), window)).collect();
        let (kept, missing) = self.adapters.lock().await.look(&keys, self.time.now());
        let mut adapters: Adapters = kept.into_iter().map(|((id, _), all)| (id, all)).collect();
        if missing.is_empty() {
            return Ok(adapters);
        }
        let ids: Vec<MachineId> = missing.iter().map(|(id, _)| id.clone()).collect();
        let found = self.upstream.adapters(&ids, window).await?;
        let mut shelf = self.adapters.lock().await;
        shelf.keep(&missing, |(id, _)| found.get(id), self.time.now());
        adapters.extend(found);
        Ok(adapters)
    }

    async fn alerts(&self, named: &Named) -> SharedResult<Vec<Arc<Alert>>> {
        self.upstream.alerts(named).await
    }

    async fn alerts_with_evidence(&self, bare: &[Arc<Alert>]) -> SharedResult<Vec<Arc<Alert>>> {
        let keys: Vec<AlertVersion> = bare.iter().map(version).collect();
        let (kept, _) = self.evidence.lock().await.look(&keys, self.time.now());
        let is_kept = |alert: &&Arc<Alert>| kept.iter().any(|(key, _)| *key == version(alert));
        let missing: Vec<Arc<Alert>> = bare
            .iter()
            .filter(|alert| !is_kept(alert))
            .cloned()
            .collect();
        let mut alerts: Vec<Arc<Alert>> = kept.iter().map(|(_, alert)| Arc::clone(alert)).collect();
        if !missing.is_empty() {
            let found = self.upstream.alerts_with_evidence(&missing).await?;
            self.keep_evidence(&found).await;
            alerts.extend(found);
        }
        Ok(alerts)
    }

    async fn events(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
    ) -> SharedResult<Arc<HuntingResult>> {
        self.upstream.events(wanted, subjects).await
    }

    fn actions(&self) -> &dyn ResponseActions {
        self.upstream.actions()
    }
}
