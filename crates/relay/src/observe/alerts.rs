//! Alerts of what is asked for.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use tesem_defender::DefenderError;
use tesem_defender::endpoint::Alert;

use super::Course;
use super::gather::gather;
use crate::request::{SentObservable, Subject};
use crate::upstream::{Asked, IDS_PER_CALL, Named, SharedResult, Upstream};

/// Alerts of one thing.
enum Found {
    Alerts(Vec<Arc<Alert>>),
    /// Alerts go by SHA-1, and the service does not know the one of this file.
    NoSha1,
}

impl Course<'_> {
    /// Finds the alerts of each thing that is asked for, and gives the files whose SHA-1 is not known.
    pub(super) async fn find_alerts(
        &mut self,
        asked: &[(SentObservable, Subject)],
    ) -> Vec<Subject> {
        let mut subjects: Vec<&Subject> = Vec::with_capacity(asked.len());
        for (_, subject) in asked {
            if self
                .known
                .insert(subject.clone(), super::Known::default())
                .is_none()
            {
                subjects.push(subject);
            }
        }
        let calls = subjects
            .iter()
            .map(|subject| alerts(self.upstream, subject));
        let found = gather(calls, &self.deadlines.alerts).await;
        let mut unresolved = Vec::new();
        for (subject, found) in subjects.into_iter().zip(found) {
            match found {
                Some(Ok(Found::Alerts(alerts))) => self.keep(subject, alerts),
                Some(Ok(Found::NoSha1)) => unresolved.push(subject.clone()),
                Some(Err(error)) => self.fail_with(&error, Asked::Other),
                None => self.run_out(),
            }
        }
        unresolved
    }

    /// Finds alerts of files whose SHA-1 only their events tell.
    pub(super) async fn find_alerts_by_events(&mut self, unresolved: &[Subject]) {
        let by_sha1: Vec<(&Subject, Named)> = unresolved
            .iter()
            .filter_map(|subject| Some((subject, self.sha1_of_events(subject)?)))
            .collect();
        let upstream = self.upstream;
        let calls = by_sha1.iter().map(|(_, file)| upstream.alerts(file));
        let found = gather(calls, &self.deadlines.events).await;
        for ((subject, _), found) in by_sha1.iter().zip(found) {
            match found.map(existing) {
                Some(Ok(alerts)) => self.keep(subject, alerts),
                Some(Err(error)) => self.fail_with(&error, Asked::Other),
                None => self.run_out(),
            }
        }
    }

    /// Finds the evidence of alerts that came without it, as lists of alerts do by now.
    pub(super) async fn find_evidence(&mut self) {
        let bare = self.alerts_without_evidence();
        if bare.is_empty() {
            return;
        }
        let upstream = self.upstream;
        let calls = bare
            .chunks(IDS_PER_CALL)
            .map(|bare| upstream.alerts_with_evidence(bare));
        let found = gather(calls, &self.deadlines.evidence).await;
        for alert in self.had(found, Asked::Other).into_iter().flatten() {
            self.replace(&alert);
        }
    }

    /// The alerts that will be seen and have no evidence, each once, in order.
    fn alerts_without_evidence(&self) -> Vec<Arc<Alert>> {
        let limit = self.observing.limit.get();
        let bare: BTreeMap<&str, &Arc<Alert>> = self
            .known
            .values()
            .flat_map(|known| known.alerts.iter().take(limit))
            .filter(|alert| alert.evidence.is_empty())
            .map(|alert| (alert.id.as_str(), alert))
            .collect();
        bare.into_values().cloned().collect()
    }

    fn replace(&mut self, alert: &Arc<Alert>) {
        let known = self.known.values_mut();
        for bare in known.flat_map(|known| &mut known.alerts) {
            if bare.id == alert.id {
                *bare = Arc::clone(alert);
            }
        }
    }

    fn sha1_of_events(&self, subject: &Subject) -> Option<Named> {
        let events = &self.known.get(subject)?.events;
        events.iter().find_map(|event| {
            let sha1 = event.row()?.text("SHA1")?;
            Some(Named::File(sha1.to_ascii_lowercase()))
        })
    }

    /// Keeps alerts, newest first.
    fn keep(&mut self, subject: &Subject, mut alerts: Vec<Arc<Alert>>) {
        alerts.sort_by_key(|alert| Reverse(alert.created));
        let limit = self.observing.limit.get();
        if let Some(known) = self.known.get_mut(subject) {
            known.events.truncate(limit.saturating_sub(alerts.len()));
            known.alerts = alerts;
        }
    }
}

async fn alerts(upstream: &dyn Upstream, subject: &Subject) -> SharedResult<Found> {
    let named = match subject {
        Subject::Ip(address) => Named::Ip(*address),
        Subject::Domain(name) => Named::Domain(name.clone()),
        Subject::Sha1(hash) => Named::File(hash.to_string()),
        Subject::Sha256(_) | Subject::Md5(_) => match file(upstream, &subject.value()).await? {
            Some(file) => file,
            None => return Ok(Found::NoSha1),
        },
    };
    existing(upstream.alerts(&named).await).map(Found::Alerts)
}

/// A file by the SHA-1 that the service knows for `hash`.
async fn file(upstream: &dyn Upstream, hash: &str) -> SharedResult<Option<Named>> {
    match upstream.file(hash).await {
        Ok(file) => {
            let sha1 = file.and_then(|file| file.sha1);
            Ok(sha1.map(|sha1| Named::File(sha1.to_ascii_lowercase())))
        }
        Err(error) if is_none(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The service has no alerts where it does not know the thing, or does not take its value.
fn existing(found: SharedResult<Vec<Arc<Alert>>>) -> SharedResult<Vec<Arc<Alert>>> {
    match found {
        Err(error) if is_none(&error) => Ok(Vec::new()),
        found => found,
    }
}

fn is_none(error: &DefenderError) -> bool {
    let status = error.refusal().map(|refusal| refusal.status);
    matches!(status, Some(400 | 404))
}
