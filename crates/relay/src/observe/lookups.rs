//! Machines, adapters and hashes for alerts and events, each looked up once.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use tesem_defender::{DefenderError, MachineId};

use super::Course;
use super::gather::gather;
use crate::request::{ObservableType, Subject};
use crate::sighting::{
    EventTable, Facts, HashBook, Hashes, file_hashes, hashes_of, process_hashes,
};
use crate::upstream::{Asked, IDS_PER_CALL, SharedResult, Triples, VALUES_PER_QUERY_MAX};

/// Most files that are not worth a hunting call, which is one of 45 a minute: a few calls for files, of which there are 100 a minute,
/// have their answers sooner, and all at the same time.
const FEW_FILES: usize = 8;

/// Most files that are looked up for one request: the service takes 100 calls a minute for files. The sightings of further files
/// only lack those of their hashes that alerts and events do not tell, so this is no failure.
///
/// Source: learn.microsoft.com/defender-endpoint/api/get-file-information, "Limitations".
const FILES_MAX: usize = 60;

/// What came of the calls for hashes.
struct HashCalls {
    hunted: Vec<Option<SharedResult<Triples>>>,
    called: Vec<Option<SharedResult<Option<Hashes>>>>,
}

impl Course<'_> {
    /// Looks up what alerts and events leave out.
    pub(super) async fn look_up(&mut self) -> Facts {
        let mut facts = Facts::default();
        let machines = self.machine_ids();
        let (upstream, window) = (self.upstream, self.observing.window);
        let (files, found, adapters) = futures::join!(
            self.find_hashes(&mut facts.hashes),
            gather(
                machines
                    .chunks(IDS_PER_CALL)
                    .map(|ids| upstream.machines(ids)),
                &self.deadlines.whole
            ),
            gather(
                machines
                    .chunks(VALUES_PER_QUERY_MAX)
                    .map(|ids| upstream.adapters(ids, window)),
                &self.deadlines.whole
            ),
        );
        self.had(files.hunted, Asked::Hunting);
        self.had(files.called, Asked::Other);
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

    /// Notes the hashes of files. What alerts and events leave out is kept, or else told by one hunting call where it is much, or else by
    /// calls for files.
    async fn find_hashes(&self, book: &mut HashBook) -> HashCalls {
        let all = self.hashes();
        all.iter().for_each(|hashes| book.note(hashes));
        let files = self.not_kept(incomplete(all, book), book).await;
        let hunted = self.hunt_hashes(&files).await;
        for triples in hunted.iter().flatten().flatten() {
            triples.values().for_each(|hashes| book.note(hashes));
        }
        let mut wanted = keys(&incomplete(files, book));
        if wanted.len() > FILES_MAX {
            tracing::debug!(files = wanted.len() - FILES_MAX, "not looked up");
            wanted.truncate(FILES_MAX);
        }
        let calls = wanted.iter().map(|hash| self.upstream.file(hash));
        let called = gather(calls, &self.deadlines.whole).await;
        for file in called.iter().flatten().flatten().flatten() {
            book.note(file);
        }
        HashCalls { hunted, called }
    }

    /// Notes what is kept of `files`, and gives those of which nothing is.
    async fn not_kept(&self, mut files: Vec<Hashes>, book: &mut HashBook) -> Vec<Hashes> {
        let wanted = keys(&files);
        let kept = self.upstream.kept_files(&wanted).await;
        for hashes in wanted.iter().filter_map(|hash| kept.get(hash)?.as_ref()) {
            book.note(hashes);
        }
        files.retain(|hashes| key(hashes).is_some_and(|hash| !kept.contains_key(&hash)));
        incomplete(files, book)
    }

    /// Hunts for the hashes of files where they are more than a few: of the newest, where one call cannot ask for all.
    async fn hunt_hashes(&self, files: &[Hashes]) -> Vec<Option<SharedResult<Triples>>> {
        let subjects = files.iter().filter_map(subject);
        let subjects: Vec<Subject> = subjects.take(VALUES_PER_QUERY_MAX).collect();
        let (upstream, window) = (self.upstream, self.observing.window);
        let is_much = subjects.len() > FEW_FILES;
        let call = is_much.then(|| upstream.hashes(&subjects, window));
        gather(call, &self.deadlines.whole).await
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

/// Those of `files` that stay incomplete and can be looked up, each once, in their order, with what `book` tells of them.
fn incomplete(files: Vec<Hashes>, book: &HashBook) -> Vec<Hashes> {
    let mut seen = HashSet::new();
    files
        .into_iter()
        .map(|hashes| book.complete(hashes))
        .filter(|hashes| key(hashes).is_some_and(|hash| seen.insert(hash)))
        .collect()
}

/// The hash by which a file is to be looked up, in lower case.
fn key(hashes: &Hashes) -> Option<String> {
    hashes.to_look_up().map(str::to_ascii_lowercase)
}

fn keys(files: &[Hashes]) -> Vec<String> {
    files.iter().filter_map(key).collect()
}

/// The hash by which a file can be hunted for; nothing where those that the service tells are malformed.
fn subject(hashes: &Hashes) -> Option<Subject> {
    let of = |kind, hash: &Option<String>| Subject::of(kind, hash.as_deref()?);
    of(ObservableType::Sha1, &hashes.sha1).or_else(|| of(ObservableType::Sha256, &hashes.sha256))
}
