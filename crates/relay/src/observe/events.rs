//! Events of what is asked for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use tesem_defender::HuntingResult;

use super::gather::gather;
use super::query::{ROWS_PER_QUERY_MAX, file_events_query, network_events_query};
use super::{Course, Event};
use crate::request::{SentObservable, Subject};
use crate::sighting::{EventTable, Row, file_hashes};
use crate::upstream::Asked;

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
        let queries = self.queries(&subjects);
        let upstream = self.upstream;
        let calls = queries.iter().map(|(_, query)| upstream.hunt(query));
        let results = gather(calls, &self.deadline).await;
        for ((table, _), result) in queries.iter().zip(results) {
            match result {
                Some(Ok(result)) => self.keep_events(*table, result, &subjects),
                Some(Err(error)) => self.fail_with(&error, Asked::Hunting),
                None => self.run_out(),
            }
        }
    }

    /// One query for all files and one for everything else, unless there are so many that their rows would not fit.
    fn queries(&self, subjects: &[&Subject]) -> Vec<(EventTable, String)> {
        let limit = self.observing.limit.get();
        let window = self.observing.window;
        let per_query = (ROWS_PER_QUERY_MAX / limit.max(1)).max(1);
        let (files, others): (Vec<&Subject>, Vec<&Subject>) =
            subjects.iter().partition(|subject| subject.is_file());
        let files = files
            .chunks(per_query)
            .map(|files| (EventTable::File, file_events_query(files, window, limit)));
        let others = others.chunks(per_query).map(|others| {
            let query = network_events_query(others, window, limit);
            (EventTable::Network, query)
        });
        files.chain(others).collect()
    }

    /// Gives each thing its events, newest first, as many as there is room for.
    fn keep_events(&mut self, table: EventTable, result: HuntingResult, subjects: &[&Subject]) {
        let result = Arc::new(result);
        let mut by_value: HashMap<String, Vec<(&str, usize)>> = HashMap::new();
        for (place, row) in Row::all(&result).enumerate() {
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
            if let Some(known) = self.known.get_mut(*subject) {
                let room = limit.saturating_sub(known.alerts.len());
                let events = places.into_iter().take(room).map(|(_, place)| Event {
                    table,
                    result: Arc::clone(&result),
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
