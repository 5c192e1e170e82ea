//! Events of what is asked for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use tesem_defender::HuntingResult;

use super::gather::gather;
use super::{Course, Event};
use crate::request::{SentObservable, Subject};
use crate::sighting::{EventTable, Row, file_hashes};
use crate::upstream::{Asked, EventsWanted};

impl Course<'_> {
    /// Finds events of each thing whose alerts leave room for them.
    pub(super) async fn find_events(&mut self, asked: &[(SentObservable, Subject)]) {
        let limit = self.observing.limit.get();
        let has_room = |subject: &&Subject| {
            let known = self.known.get(*subject);
            known.is_some_and(|known| known.alerts.len() < limit)
        };
        let mut subjects: Vec<&Subject> = Vec::new();
        let mut seen = HashSet::new();
        for (_, subject) in asked {
            if has_room(&subject) && seen.insert(subject) {
                subjects.push(subject);
            }
        }
        let questions = self.questions(&subjects);
        let upstream = self.upstream;
        let calls = questions
            .iter()
            .map(|(wanted, subjects)| upstream.events(*wanted, subjects));
        let results = gather(calls, &self.deadlines.events).await;
        for ((wanted, subjects), result) in questions.iter().zip(results) {
            match result {
                Some(Ok(result)) => self.keep_events(wanted.table, &result, subjects),
                Some(Err(error)) => self.fail_with(&error, Asked::Hunting),
                None => self.run_out(),
            }
        }
    }

    /// One question for all files and one for everything else, unless there are so many that their rows would not fit.
    fn questions(&self, subjects: &[&Subject]) -> Vec<(EventsWanted, Vec<Subject>)> {
        let (files, others): (Vec<&Subject>, Vec<&Subject>) =
            subjects.iter().partition(|subject| subject.is_file());
        let mut questions = Vec::new();
        for (table, subjects) in [(EventTable::File, files), (EventTable::Network, others)] {
            let wanted = EventsWanted {
                table,
                window: self.observing.window,
                limit: self.observing.limit.get(),
            };
            let parts = subjects.chunks(wanted.subjects_max());
            questions.extend(parts.map(|part| (wanted, part.iter().copied().cloned().collect())));
        }
        questions
    }

    /// Gives each of `subjects` its events, newest first, as many as there is room for. A result may have those of others too.
    fn keep_events(
        &mut self,
        table: EventTable,
        result: &Arc<HuntingResult>,
        subjects: &[Subject],
    ) {
        let mut by_value: HashMap<String, Vec<(&str, usize)>> = HashMap::new();
        for (place, row) in Row::all(result).enumerate() {
            let time = row.text("Timestamp").unwrap_or_default();
            for value in values(table, &row) {
                by_value.entry(value).or_default().push((time, place));
            }
        }
        for subject in subjects {
            let Some(mut places) = by_value.remove(subject.value().as_str()) else {
                continue;
            };
            places.sort_by(|(one, _), (other, _)| other.cmp(one));
            let limit = self.observing.limit.get();
            if let Some(known) = self.known.get_mut(subject) {
                let room = limit.saturating_sub(known.alerts.len());
                let events = places.into_iter().take(room).map(|(_, place)| Event {
                    table,
                    result: Arc::clone(result),
                    place,
                });
                known.events.extend(events);
            }
        }
    }
}

/// The values, in canonical form, that a row is for: what it says itself, or else, from a source that does not carry the queries'
/// own column, what is in it.
fn values(table: EventTable, row: &Row<'_>) -> BTreeSet<String> {
    if let Some(asked) = row.cell("Asked") {
        return asked.as_str().map(str::to_owned).into_iter().collect();
    }
    match table {
        EventTable::File => file_hashes(row)
            .observables()
            .into_iter()
            .map(|hash| hash.value.to_ascii_lowercase())
            .collect(),
        EventTable::Network => {
            let address = row.text("RemoteIP").and_then(|text| text.parse().ok());
            let address = address.map(|address: IpAddr| address.to_canonical().to_string());
            let host = row.text("RemoteUrl").map(host_of);
            address.into_iter().chain(host).collect()
        }
    }
}

/// The host of a URL, or of a name with a port or a path, in lower case.
fn host_of(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}
