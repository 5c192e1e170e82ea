//! `sightings.stix.json`: what was seen, as a STIX 2.1 bundle.
//!
//! Per indicator that was seen an `indicator`, the cyber-observable object that it looks for, and per device a `sighting` with its
//! `observed-data`. Ids are of the run: the same run gives the same bytes, and another run's objects are others, because one id may not
//! have two times of creation. What feeds say about an indicator goes with it, and to whom it may be passed on is marked on every object
//! that tells of it ([`marking`]).
//! Source: STIX Version 2.1, OASIS Standard, <https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html>.

mod marking;
mod observable;
mod pattern;
mod place;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::time::{utc_micros_zulu, utc_millis};
use super::{OutputError, Subject, write_file};
use crate::indicator::Indicator;
use crate::verdict::Verdict;
use marking::{Level, marked};
use place::{Place, places};

/// The namespace of ids that are made here. The one for cyber-observable objects (section 2.9) is forbidden to others.
const NAMESPACE: Uuid = Uuid::from_u128(0x8a6e_0d52_93c1_4f7b_a1de_5b04_77c3_e9f2);

/// Largest `count` of a sighting and `number_observed`. Source: sections 4.14 and 5.2.
const COUNT_MAX: u64 = 999_999_999;

/// When identities were created, as their objects say. An identity is the same in every run, and so this may not change.
const IDENTITY_CREATED: &str = "2026-01-01T00:00:00.000Z";

pub(super) fn write(subjects: &[Subject<'_>], path: &Path) -> Result<(), OutputError> {
    write_file(path, |file| {
        let mut objects = Objects::begin(file, &bundle_id(subjects))?;
        for subject in subjects {
            let bundle = Bundle::new(subject);
            objects.add(&bundle.tenant())?;
            for verdict in subject.report.hits() {
                if let Some(indicator) = subject.plan.intake.get(verdict.indicator) {
                    bundle.add_hit(indicator, verdict, &mut objects)?;
                }
            }
        }
        objects.end()?;
        Ok(())
    })
}

fn bundle_id(subjects: &[Subject<'_>]) -> String {
    let names = subjects
        .iter()
        .flat_map(|subject| [subject.report.run.as_str(), &subject.options.tenant]);
    stable_id("bundle", &names.collect::<Vec<_>>())
}

/// The bundle while it is written, object by object; each id once.
struct Objects<W: Write> {
    file: W,
    written: BTreeSet<String>,
}

impl<W: Write> Objects<W> {
    fn begin(mut file: W, id: &str) -> io::Result<Self> {
        write!(file, "{{\"type\":\"bundle\",\"id\":\"{id}\",\"objects\":[")?;
        Ok(Self {
            file,
            written: BTreeSet::new(),
        })
    }

    fn add(&mut self, object: &Value) -> io::Result<()> {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        if self.written.contains(id) {
            return Ok(());
        }
        let separator = if self.written.is_empty() { "\n" } else { ",\n" };
        self.written.insert(id.to_owned());
        self.file.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut self.file, object)?;
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.file.write_all(b"\n]}\n")
    }
}

/// What all objects of a bundle share.
struct Bundle<'a> {
    run: &'a str,
    tenant: &'a str,
    tenant_id: String,
    /// When the run began.
    created: String,
}

impl<'a> Bundle<'a> {
    fn new(subject: &Subject<'a>) -> Self {
        let tenant = subject.options.tenant.as_str();
        Self {
            run: subject.report.run.as_str(),
            tenant,
            tenant_id: stable_id("identity", &["tenant", tenant]),
            created: utc_millis(subject.report.started),
        }
    }

    /// The id of an object of this run.
    fn id(&self, kind: &str, name: &str) -> String {
        stable_id(kind, &[self.run, self.tenant, name])
    }

    /// What every object of the run begins with.
    fn common(&self, kind: &str, name: &str) -> Value {
        json!({
            "type": kind,
            "spec_version": "2.1",
            "id": self.id(kind, name),
            "created_by_ref": self.tenant_id,
            "created": self.created,
            "modified": self.created,
        })
    }

    /// The identity of the tenant.
    fn tenant(&self) -> Value {
        json!({
            "type": "identity",
            "spec_version": "2.1",
            "id": self.tenant_id,
            "created": IDENTITY_CREATED,
            "modified": IDENTITY_CREATED,
            "name": self.tenant,
            "identity_class": "organization",
        })
    }

    /// The identity of a device.
    fn device(&self, place: &Place<'_>) -> Value {
        json!({
            "type": "identity",
            "spec_version": "2.1",
            "id": self.device_id(place),
            "created_by_ref": self.tenant_id,
            "created": IDENTITY_CREATED,
            "modified": IDENTITY_CREATED,
            "name": if place.device_name.is_empty() { place.device_id } else { place.device_name },
            "identity_class": "system",
        })
    }

    fn device_id(&self, place: &Place<'_>) -> String {
        let names = ["device", self.tenant, place.device_id, place.device_name];
        stable_id("identity", &names)
    }

    fn add_hit<W: Write>(
        &self,
        indicator: &Indicator,
        verdict: &Verdict,
        objects: &mut Objects<W>,
    ) -> io::Result<()> {
        let pattern = pattern::of(&indicator.observable);
        let level = Level::of(indicator);
        let markings: Vec<Value> = level.into_iter().flat_map(Level::definitions).collect();
        for definition in &markings {
            objects.add(definition)?;
        }
        let observable =
            observable::of(&indicator.observable).map(|object| marked(object, &markings));
        let object = self.indicator(indicator, verdict, &pattern);
        objects.add(&marked(object, &markings))?;
        if let Some(observable) = &observable {
            objects.add(observable)?;
        }
        for place in places(verdict) {
            if place.has_device() {
                objects.add(&self.device(&place))?;
            }
            let observed = observable
                .as_ref()
                .map(|observable| self.observed(&pattern, &place, observable))
                .map(|object| marked(object, &markings));
            if let Some(observed) = &observed {
                objects.add(observed)?;
            }
            let sighting = self.sighting(&pattern, &place, observed.as_ref());
            objects.add(&marked(sighting, &markings))?;
        }
        Ok(())
    }

    fn indicator(&self, indicator: &Indicator, verdict: &Verdict, pattern: &str) -> Value {
        let valid_from = verdict.first_seen().map(utc_micros_zulu);
        let name = indicator.observable.to_string();
        let mut more = json!({
            "name": name,
            "pattern": pattern,
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": valid_from.as_ref().unwrap_or(&self.created),
        });
        let references = references(indicator);
        if let (Some(more), false) = (more.as_object_mut(), references.is_empty()) {
            more.insert("external_references".to_owned(), json!(references));
        }
        joined(self.common("indicator", pattern), more)
    }

    fn observed(&self, pattern: &str, place: &Place<'_>, observable: &Value) -> Value {
        let more = json!({
            "first_observed": utc_micros_zulu(place.first_seen),
            "last_observed": utc_micros_zulu(place.last_seen),
            "number_observed": place.events.clamp(1, COUNT_MAX),
            "object_refs": [observable.get("id")],
        });
        joined(
            self.common("observed-data", &self.named(pattern, place)),
            more,
        )
    }

    fn sighting(&self, pattern: &str, place: &Place<'_>, observed: Option<&Value>) -> Value {
        let mut more = json!({
            "description": place.description(),
            "first_seen": utc_micros_zulu(place.first_seen),
            "last_seen": utc_micros_zulu(place.last_seen),
            "count": place.events.min(COUNT_MAX),
            "sighting_of_ref": self.id("indicator", pattern),
        });
        let observed = observed.and_then(|observed| observed.get("id"));
        if let (Some(observed), Some(more)) = (observed, more.as_object_mut()) {
            more.insert("observed_data_refs".to_owned(), json!([observed]));
        }
        let seen_by = if place.has_device() {
            json!([self.tenant_id, self.device_id(place)])
        } else {
            json!([self.tenant_id])
        };
        if let Some(more) = more.as_object_mut() {
            more.insert("where_sighted_refs".to_owned(), seen_by);
        }
        joined(self.common("sighting", &self.named(pattern, place)), more)
    }

    /// Names an indicator on a device.
    fn named(&self, pattern: &str, place: &Place<'_>) -> String {
        length_prefixed(&[pattern, &self.device_id(place)])
    }
}

/// Where the indicator comes from: its feeds, and their ids of it where they have any.
fn references(indicator: &Indicator) -> Vec<Value> {
    let mut references = Vec::new();
    for said in &indicator.provenance {
        // A reference says more than its source's name. Source: section 2.5.
        let reference = match &said.object {
            Some(object) => json!({ "source_name": said.feed, "external_id": object }),
            None => json!({ "source_name": said.feed, "description": "feed" }),
        };
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    references
}

/// `head` with the properties of `more` behind its own.
fn joined(mut head: Value, more: Value) -> Value {
    if let (Some(head), Value::Object(more)) = (head.as_object_mut(), more) {
        head.extend(more);
    }
    head
}

/// `<kind>--<UUID of version 5>`.
fn stable_id(kind: &str, names: &[&str]) -> String {
    let name = length_prefixed(names);
    let id = Uuid::new_v5(&NAMESPACE, format!("{kind}:{name}").as_bytes());
    format!("{kind}--{id}")
}

/// Names in a row, so that no two rows read alike.
fn length_prefixed(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("{}:{name}", name.len()))
        .collect()
}
