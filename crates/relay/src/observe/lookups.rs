//! Machines, adapters and hashes for alerts and events, each looked up once.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use tesem_defender::{DefenderError, MachineId};

use super::Course;
use super::gather::gather;
use crate::sighting::{EventTable, Facts, Hashes, file_hashes, hashes_of, process_hashes};
use crate::upstream::{Asked, VALUES_PER_QUERY_MAX};

/// Most files that are looked up for one request: the service takes 100 calls a minute for files. The sightings of further files
/// only lack those of their hashes that alerts and events do not tell, so this is no failure.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-file-information, "Limitations".
const FILES_MAX: usize = 60;

impl Course<'_> {
    /// Looks up what alerts and events leave out.
    pub(super) async fn look_up(&mut self) -> Facts {
        let mut facts = Facts::default();
        let files = self.files(&mut facts);
        let machines = self.machine_ids();
        let (upstream, window) = (self.upstream, self.observing.window);
        let (profiles, found, adapters) = futures::join!(
            gather(files.iter().map(|hash| upstream.file(hash)), &self.deadline),
            gather(
                (!machines.is_empty()).then(|| upstream.machines(&machines)),
                &self.deadline
            ),
            gather(
                machines
                    .chunks(VALUES_PER_QUERY_MAX)
                    .map(|ids| upstream.adapters(ids, window)),
                &self.deadline
            ),
        );
        for file in self.had(profiles, Asked::Other).into_iter().flatten() {
            facts.hashes.note(&Hashes::from(&file));
        }
        for machine in self.had(found, Asked::Other).into_iter().flatten() {
            facts
                .machines
                .insert(machine.id.as_str().to_owned(), machine);
        }
        for (machine, adapters) in self.had(adapters, Asked::Hunting).into_iter().flatten() {
            facts.adapters.insert(machine.as_str().to_owned(), adapters);
        }
        facts
    }

    /// What of `calls` came to something. That a thing is not known, or not for us to see, only leaves it out.
    pub(super) fn had<T, E: Borrow<DefenderError>>(
        &mut self,
        calls: Vec<Option<Result<T, E>>>,
        asked: Asked,
    ) -> Vec<T> {
        let mut had = Vec::with_capacity(calls.len());
        for call in calls {
            match call {
                Some(Ok(value)) => had.push(value),
                Some(Err(error)) if error.borrow().is_not_found() => {}
                Some(Err(error)) => self.fail_with(error.borrow(), asked),
                None => self.run_out(),
            }
        }
        had
    }

    /// Every machine of the sightings, in order.
    fn machine_ids(&self) -> Vec<MachineId> {
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for known in self.known.values() {
            let alerts = known.alerts.iter().take(self.observing.limit.get());
            ids.extend(alerts.filter_map(|alert| Some(alert.machine_id.as_ref()?.as_str())));
            let rows = known.events.iter().filter_map(super::Event::row);
            ids.extend(rows.filter_map(|row| row.text("DeviceId")));
        }
        ids.into_iter().map(MachineId::new).collect()
    }

    /// Notes hashes that are whole, and gives those by which the rest can be looked up: where there are too many, those of the newest
    /// alerts and events.
    fn files(&self, facts: &mut Facts) -> Vec<String> {
        let all = self.hashes();
        for hashes in &all {
            facts.hashes.note(hashes);
        }
        let mut seen = HashSet::new();
        let mut wanted: Vec<String> = all
            .into_iter()
            .filter_map(|hashes| {
                let whole = facts.hashes.complete(hashes);
                whole.to_look_up().map(str::to_ascii_lowercase)
            })
            .filter(|hash| seen.insert(hash.clone()))
            .collect();
        if wanted.len() > FILES_MAX {
            tracing::debug!(files = wanted.len() - FILES_MAX, "not looked up");
            wanted.truncate(FILES_MAX);
        }
        wanted
    }

    /// The hashes of files in alerts and events, the newest first.
    fn hashes(&self) -> Vec<Hashes> {
        let mut all: Vec<(Option<Timestamp>, Hashes)> = Vec::new();
        for known in self.known.values() {
            for alert in known.alerts.iter().take(self.observing.limit.get()) {
                let evidence = alert.evidence.iter().filter_map(hashes_of);
                all.extend(evidence.map(|hashes| (alert.created, hashes)));
            }
            for event in &known.events {
                if let Some(row) = event.row() {
                    let time = row.text("Timestamp").and_then(|time| time.parse().ok());
                    all.push((time, process_hashes(&row)));
                    let is_file = event.table == EventTable::File;
                    all.extend(is_file.then(|| (time, file_hashes(&row))));
                }
            }
        }
        all.sort_by_key(|(time, _)| Reverse(*time));
        all.into_iter().map(|(_, hashes)| hashes).collect()
    }
}
