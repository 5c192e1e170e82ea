//! Alerts.

use jiff::Timestamp;
use tesem_defender::MachineId;
use tesem_defender::endpoint::{Alert, AlertSeverity, Evidence, EvidenceKind};

use super::target::target;
use super::{Facts, HashBook, Hashes, Maker, SOURCE};
use crate::ctim::{
    DESCRIPTION_CHARS_MAX, Observable, ObservedTime, Relation, RelationName, Relations, Sighting,
    TITLE_CHARS_MAX, Target, Vocabulary,
};

impl Maker<'_> {
    /// The sighting that an alert is.
    #[must_use]
    pub fn alert(&self, alert: &Alert) -> Sighting {
        let time = ObservedTime::at(first_seen(alert).unwrap_or(self.now).to_string());
        let common = self.common(&format!("alert\0{}", alert.id.as_str()), time.clone());
        Sighting {
            timestamp: alert.last_update.map(|time| time.to_string()),
            title: cut(alert.title.as_deref(), TITLE_CHARS_MAX),
            description: cut(alert.description.as_deref(), DESCRIPTION_CHARS_MAX),
            severity: alert.severity.as_ref().and_then(severity),
            source_uri: self.alert_uri(alert.id.as_str()),
            relations: relations(alert, &self.facts.hashes, self.style.vocabulary),
            targets: target_of(alert, self.facts, time).into_iter().collect(),
            ..common
        }
    }

    fn alert_uri(&self, id: &str) -> Option<String> {
        let mut url = self.style.portal.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["alerts", id, "details"]);
        Some(url.into())
    }
}

fn first_seen(alert: &Alert) -> Option<Timestamp> {
    let earliest = alert.first_event.or(alert.created);
    earliest.or(alert.last_event).or(alert.last_update)
}

fn cut(text: Option<&str>, chars_max: usize) -> Option<String> {
    text.map(|text| text.chars().take(chars_max).collect())
}

fn severity(severity: &AlertSeverity) -> Option<&'static str> {
    match severity {
        AlertSeverity::Informational => Some("Info"),
        AlertSeverity::Low => Some("Low"),
        AlertSeverity::Medium => Some("Medium"),
        AlertSeverity::High => Some("High"),
        AlertSeverity::UnSpecified => Some("Unknown"),
        _ => None,
    }
}

/// An alert without the name of its machine has no target.
fn target_of(alert: &Alert, facts: &Facts, time: ObservedTime) -> Option<Target> {
    let name = alert.computer_dns_name.as_deref();
    let name = name.filter(|name| !name.is_empty())?;
    let machine = alert.machine_id.as_ref().map(MachineId::as_str);
    Some(target(Some(name), machine, facts, time))
}

/// The hashes that a piece of evidence names, if it is a file's or a process's.
pub(crate) fn hashes_of(evidence: &Evidence) -> Option<Hashes> {
    let is_file = matches!(
        evidence.kind,
        Some(EvidenceKind::Process | EvidenceKind::File)
    );
    is_file.then(|| stated(evidence))
}

fn stated(evidence: &Evidence) -> Hashes {
    let md5 = evidence.extra.get("md5").and_then(|md5| md5.as_str());
    Hashes::of(evidence.sha1.as_deref(), evidence.sha256.as_deref(), md5)
}

/// What the evidence of one alert says, each relation once. All files and processes of an alert belong to all of its addresses:
/// the service does not say which did what.
fn relations(alert: &Alert, book: &HashBook, vocabulary: Vocabulary) -> Vec<Relation> {
    let origin = alert.detection_source.as_deref().unwrap_or(SOURCE);
    let mut relations = Relations::new(origin, vocabulary);
    let mut hashes = Vec::new();
    for evidence in &alert.evidence {
        if let Some(named) = hashes_of(evidence) {
            let own = book.complete(named);
            names(evidence, &own, &mut relations);
            parents(evidence, &own, alert, book, &mut relations);
            hashes.extend(own.observables());
        }
    }
    addresses(alert, &hashes, &mut relations);
    relations.into_list()
}

fn names(evidence: &Evidence, own: &Hashes, relations: &mut Relations) {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    for hash in own.observables() {
        if let Some(name) = filled(&evidence.file_name) {
            let name = Observable::new("file_name", name);
            relations.add(&name, RelationName::FileNameOf, &hash);
        }
        if let Some(path) = filled(&evidence.file_path) {
            let path = Observable::new("file_path", path);
            relations.add(&path, RelationName::FilePathOf, &hash);
        }
    }
}

/// Relations to the processes of the same alert that started this one.
fn parents(
    evidence: &Evidence,
    own: &Hashes,
    alert: &Alert,
    book: &HashBook,
    relations: &mut Relations,
) {
    let Some(parent_id) = evidence.parent_process_id.filter(|id| *id != 0) else {
        return;
    };
    let is_parent = |other: &&Evidence| other.process_id == Some(parent_id);
    for parent in alert.evidence.iter().filter(is_parent) {
        let parent = book.complete(stated(parent)).strong();
        for own in own.strong() {
            for parent in &parent {
                match relations.vocabulary() {
                    Vocabulary::Legacy => relations.add(&own, RelationName::InjectedInto, parent),
                    Vocabulary::Ctim => relations.add(parent, RelationName::ParentOf, &own),
                }
            }
        }
    }
}

fn addresses(alert: &Alert, hashes: &[Observable], relations: &mut Relations) {
    let of_kind = |kind: EvidenceKind| {
        let all = alert.evidence.iter();
        all.filter(move |evidence| evidence.kind.as_ref() == Some(&kind))
    };
    let urls: Vec<Observable> = of_kind(EvidenceKind::Url)
        .filter_map(|evidence| evidence.url.as_deref().filter(|url| !url.is_empty()))
        .map(Observable::url_or_domain)
        .collect();
    let ips: Vec<Observable> = of_kind(EvidenceKind::Ip)
        .filter_map(|evidence| Observable::address(evidence.ip_address.as_deref()?))
        .collect();
    for url in &urls {
        for ip in &ips {
            relations.add(url, RelationName::ResolvedTo, ip);
        }
    }
    for hash in hashes {
        for address in urls.iter().chain(&ips) {
            relations.add(hash, RelationName::ConnectedTo, address);
        }
    }
}
