//! Answers of the last minute, for when asking again would have to wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tesem_defender::HuntingResult;

use super::EventsWanted;
use super::kept::KEPT_MAX;
use crate::request::Subject;

/// How old an answer may be that is given again where the quota is used up: clients ask again within seconds, and what is new is
/// seen a minute later.
pub const ANSWER_AGE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// Answers, and when they came.
pub(super) struct Recent<K, V> {
    answers: Mutex<HashMap<K, (Timestamp, V)>>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            answers: Mutex::default(),
        }
    }
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// The answer to `key`, unless it is too old.
    pub(super) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = answers.get(key)?;
        is_recent(*at, now).then(|| value.clone())
    }

    /// Keeps answers of `now`, and forgets old ones.
    pub(super) fn keep(&self, new: impl IntoIterator<Item = (K, V)>, now: Timestamp) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|_, (at, _)| is_recent(*at, now));
        let room = KEPT_MAX.saturating_sub(answers.len());
        let new = new.into_iter().take(room);
        answers.extend(new.map(|(key, value)| (key, (now, value))));
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    (SignedDuration::ZERO..ANSWER_AGE_MAX).contains(&now.duration_since(at))
}

/// Events by what they were asked for.
pub(super) type RecentEvents = Recent<(EventsWanted, Subject), Arc<HuntingResult>>;

impl RecentEvents {
    /// The events of all `subjects`, where all of them were asked for lately.
    pub(super) fn all(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
        now: Timestamp,
    ) -> Option<Arc<HuntingResult>> {
        let mut merged = HuntingResult::default();
        for subject in subjects {
            let result = self.get(&(wanted, subject.clone()), now)?;
            add_rows(&mut merged, &result, &subject.value())?;
        }
        Some(Arc::new(merged))
    }

    /// Keeps the events that were found for `subjects`.
    pub(super) fn keep_all(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
        found: &Arc<HuntingResult>,
        now: Timestamp,
    ) {
        let new = subjects
            .iter()
            .map(|subject| ((wanted, subject.clone()), Arc::clone(found)));
        self.keep(new, now);
    }
}

/// Adds those rows of `result` that are for `value`. Nothing where the rows do not say for what they are.
fn add_rows(merged: &mut HuntingResult, result: &HuntingResult, value: &str) -> Option<()> {
    if result.rows.is_empty() {
        return Some(());
    }
    if merged.columns.is_empty() {
        merged.columns.clone_from(&result.columns);
    }
    if merged.columns != result.columns {
        return None;
    }
    let asked = result
        .columns
        .iter()
        .position(|column| column.name == "Asked")?;
    let of_value =
        |row: &&Vec<_>| row.get(asked).and_then(serde_json::Value::as_str) == Some(value);
    merged
        .rows
        .extend(result.rows.iter().filter(of_value).cloned());
    Some(())
}
