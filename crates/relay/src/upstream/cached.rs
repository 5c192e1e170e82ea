//! A tenant whose slow facts are kept for a while.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tesem_defender::endpoint::{
    ActionAvailability, ActionRequest, ActionType, Alert, File, Indicator, Machine, MachineAction,
    NewIndicator,
};
use tesem_defender::{AlertId, DefenderError, HuntingResult, IndicatorId, MachineId};
use tokio::sync::Mutex;

use super::Upstream;
use crate::time::Time;

/// How long the profile of a file is kept: its hashes never change.
pub const FILE_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How long it is kept that the service does not know a file.
pub const UNKNOWN_FILE_AGE_MAX: SignedDuration = SignedDuration::from_mins(10);

/// How long a machine is kept.
pub const MACHINE_AGE_MAX: SignedDuration = SignedDuration::from_mins(15);

/// Most files, and most machines, that are kept.
pub const KEPT_MAX: usize = 10_000;

/// A tenant whose files and machines are kept for a while. Alerts, events and indicators are asked for each time.
pub struct Cached {
    upstream: Arc<dyn Upstream>,
    time: Arc<dyn Time>,
    /// The lock of a file is held while it is asked for, so that many who want it cost one call.
    files: Mutex<HashMap<String, Arc<Place>>>,
    machines: Mutex<HashMap<MachineId, Kept<Machine>>>,
}

/// What is kept of a file, once somebody asked for it.
type Place = Mutex<Option<Kept<File>>>;

/// What the service said, and when.
struct Kept<T> {
    at: Timestamp,
    value: Option<T>,
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").finish_non_exhaustive()
    }
}

impl<T> Kept<T> {
    fn is_fresh(&self, now: Timestamp, age_max: SignedDuration) -> bool {
        now.duration_since(self.at) < age_max
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
            machines: Mutex::default(),
        }
    }

    async fn place_of(&self, hash: String) -> Arc<Place> {
        let mut files = self.files.lock().await;
        make_room(&mut files, &hash);
        Arc::clone(files.entry(hash).or_default())
    }

    /// The machines that are kept, and the ids of the others.
    async fn kept_machines(
        &self,
        ids: &[MachineId],
        now: Timestamp,
    ) -> (Vec<Machine>, Vec<MachineId>) {
        let machines = self.machines.lock().await;
        let (mut kept, mut missing) = (Vec::new(), Vec::new());
        for id in ids {
            match machines.get(id) {
                Some(known) if known.is_fresh(now, MACHINE_AGE_MAX) => {
                    kept.extend(known.value.clone());
                }
                _ => missing.push(id.clone()),
            }
        }
        (kept, missing)
    }

    /// Keeps what was found of `asked`, and that the rest was not.
    async fn keep_machines(&self, asked: &[MachineId], found: &[Machine], now: Timestamp) {
        let mut machines = self.machines.lock().await;
        for id in asked {
            let value = found.iter().find(|machine| machine.id == *id).cloned();
            make_room(&mut machines, id);
            machines.insert(id.clone(), Kept { at: now, value });
        }
    }
}

/// Forgets everything where one more would be too many: rare, and cheaper than to tell old from new.
fn make_room<K: std::hash::Hash + Eq, V>(kept: &mut HashMap<K, V>, key: &K) {
    if kept.len() >= KEPT_MAX && !kept.contains_key(key) {
        kept.clear();
    }
}

fn age_max(file: Option<&File>) -> SignedDuration {
    if file.is_some() {
        FILE_AGE_MAX
    } else {
        UNKNOWN_FILE_AGE_MAX
    }
}

#[async_trait]
impl Upstream for Cached {
    async fn file(&self, hash: &str) -> Result<Option<File>, DefenderError> {
        let place = self.place_of(hash.to_ascii_lowercase()).await;
        let mut place = place.lock().await;
        if let Some(kept) = place.as_ref()
            && kept.is_fresh(self.time.now(), age_max(kept.value.as_ref()))
        {
            return Ok(kept.value.clone());
        }
        let value = self.upstream.file(hash).await?;
        let at = self.time.now();
        *place = Some(Kept {
            at,
            value: value.clone(),
        });
        Ok(value)
    }

    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError> {
        let (mut machines, missing) = self.kept_machines(ids, self.time.now()).await;
        if missing.is_empty() {
            return Ok(machines);
        }
        let found = self.upstream.machines(&missing).await?;
        self.keep_machines(&missing, &found, self.time.now()).await;
        machines.extend(found);
        Ok(machines)
    }

    async fn alerts_of_file(&self, sha1: &str) -> Result<Vec<Alert>, DefenderError> {
        self.upstream.alerts_of_file(sha1).await
    }

    async fn alerts_of_domain(&self, domain: &str) -> Result<Vec<Alert>, DefenderError> {
        self.upstream.alerts_of_domain(domain).await
    }

    async fn alerts_of_ip(&self, address: IpAddr) -> Result<Vec<Alert>, DefenderError> {
        self.upstream.alerts_of_ip(address).await
    }

    async fn alerts_with_evidence(&self, ids: &[AlertId]) -> Result<Vec<Alert>, DefenderError> {
        self.upstream.alerts_with_evidence(ids).await
    }

    async fn hunt(&self, query: &str) -> Result<HuntingResult, DefenderError> {
        self.upstream.hunt(query).await
    }

    async fn probe(&self) -> Result<(), DefenderError> {
        self.upstream.probe().await
    }

    async fn available_actions(
        &self,
        machine: &MachineId,
    ) -> Result<Vec<ActionAvailability>, DefenderError> {
        self.upstream.available_actions(machine).await
    }

    async fn last_action(
        &self,
        machine: &MachineId,
        kinds: [ActionType; 2],
    ) -> Result<Option<MachineAction>, DefenderError> {
        self.upstream.last_action(machine, kinds).await
    }

    async fn indicator(&self, value: &str) -> Result<Option<Indicator>, DefenderError> {
        self.upstream.indicator(value).await
    }

    async fn order(
        &self,
        machine: &MachineId,
        action: &ActionRequest,
        comment: &str,
    ) -> Result<(), DefenderError> {
        self.upstream.order(machine, action, comment).await
    }

    async fn start_investigation(
        &self,
        machine: &MachineId,
        comment: &str,
    ) -> Result<(), DefenderError> {
        self.upstream.start_investigation(machine, comment).await
    }

    async fn add_indicator(&self, indicator: &NewIndicator) -> Result<(), DefenderError> {
        self.upstream.add_indicator(indicator).await
    }

    async fn remove_indicator(&self, id: &IndicatorId) -> Result<(), DefenderError> {
        self.upstream.remove_indicator(id).await
    }
}
