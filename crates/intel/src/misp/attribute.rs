//! Attributes of MISP.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tesem_observable::ObservableKind;

use crate::feed::time;
use crate::output::Output;
use crate::stix::pattern::recognised;
use crate::{Confidence, Details, Problem, RefusedBecause, Tlp};

/// An attribute. Source: the MISP core format.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attribute {
    uuid: String,
    #[serde(rename = "type")]
    kind: String,
    value: String,
    to_ids: bool,
    pub(super) deleted: bool,
    comment: Option<String>,
    #[serde(deserialize_with = "loose_time")]
    timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "loose_time")]
    first_seen: Option<Timestamp>,
    #[serde(deserialize_with = "loose_time")]
    last_seen: Option<Timestamp>,
    #[serde(rename = "Tag")]
    tags: Vec<Tag>,
    #[serde(rename = "Event")]
    event: Option<Event>,
}

/// A tag of an event or an attribute.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Tag {
    name: String,
}

/// What an attribute or a manifest tells of its event.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) uuid: String,
    pub(super) info: String,
    #[serde(deserialize_with = "loose_time")]
    pub(super) timestamp: Option<Timestamp>,
    #[serde(rename = "Tag")]
    pub(super) tags: Vec<Tag>,
}

/// Unix time as text or number, or RFC 3339.
fn loose_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => time::read(&text).filter(|time| time.as_second() > 0),
        Value::Number(number) => number
            .as_i64()
            .filter(|number| *number > 0)
            .and_then(time::of_number),
        _ => None,
    })
}

use ObservableKind as Kind;

const IP: &[Kind] = &[Kind::Ipv4, Kind::Ipv6, Kind::IpRange];
const NAME: &[Kind] = &[Kind::Domain];

/// What the parts of a type's value are, between bars; nothing for a part that is no observable.
///
/// Source: MISP core format, section 2.4.2.3, and MISP's list of types.
fn parts(kind: &str) -> Option<&'static [&'static [Kind]]> {
    Some(match kind {
        "md5" => &[&[Kind::Md5]],
        "sha1" => &[&[Kind::Sha1]],
        "sha256" => &[&[Kind::Sha256]],
        "filename" => &[&[Kind::FileName]],
        // With a hash the name is too wide to stand alone.
        "filename|md5" | "malware-sample" => &[&[], &[Kind::Md5]],
        "filename|sha1" => &[&[], &[Kind::Sha1]],
        "filename|sha256" => &[&[], &[Kind::Sha256]],
        "ip-src" | "ip-dst" | "ip" => &[IP],
        "ip-src|port" | "ip-dst|port" => &[IP, &[]],
        "domain" | "hostname" => &[NAME],
        "hostname|port" => &[NAME, &[]],
        "domain|ip" => &[NAME, IP],
        "url" | "uri" => &[&[Kind::Url]],
        "email" | "email-src" | "email-dst" | "email-reply-to" => &[&[Kind::Email]],
        "x509-fingerprint-sha1" => &[&[Kind::CertificateThumbprint]],
        _ => return None,
    })
}

/// Which attributes are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) to_ids_only: bool,
}

/// When an attribute was changed, and whether that deleted it: of two with the same time the deleted one counts.
type Version = (Timestamp, bool);

/// The newest version of each attribute, by UUID.
#[derive(Debug)]
pub(super) struct Versions<'a>(HashMap<&'a str, Version>);

impl<'a> Versions<'a> {
    pub(super) fn of(attributes: impl Iterator<Item = &'a Attribute>) -> Self {
        let mut newest = HashMap::new();
        for attribute in attributes.filter(|attribute| !attribute.uuid.is_empty()) {
            let version = attribute.version();
            let known = newest.entry(attribute.uuid.as_str()).or_insert(version);
            *known = version.max(*known);
        }
        Self(newest)
    }

    /// When a newer version was made.
    fn newer_than(&self, attribute: &Attribute) -> Option<Timestamp> {
        let newest = self.0.get(attribute.uuid.as_str())?;
        (*newest > attribute.version()).then_some(newest.0)
    }
}

impl Attribute {
    fn version(&self) -> Version {
        (self.timestamp.unwrap_or(Timestamp::MIN), self.deleted)
    }

    /// Hands on what the attribute holds.
    pub(super) fn read(
        &self,
        wanted: Wanted,
        event: Option<&Event>,
        versions: &Versions<'_>,
        number: u64,
        output: &mut Output,
    ) -> Result<(), Problem> {
        if let Some(by) = versions.newer_than(self) {
            return output.refused(number, &self.value, RefusedBecause::Superseded(by));
        }
        if self.deleted {
            return output.refused(number, &self.value, RefusedBecause::Revoked);
        }
        if wanted.to_ids_only && !self.to_ids {
            output.context("attribute without to_ids");
            return Ok(());
        }
        let Some(parts) = parts(&self.kind) else {
            let kind = crate::item::excerpt(&self.kind);
            return output.refused(number, &self.value, RefusedBecause::Type(kind));
        };
        let values: Vec<&str> = match parts.len() {
            1 => vec![self.value.as_str()],
            count => self.value.splitn(count, '|').collect(),
        };
        if values.len() != parts.len() {
            let why = format!("has not the {} parts of a `{}`", parts.len(), self.kind);
            return output.refused(number, &self.value, RefusedBecause::Form(why.into()));
        }
        let details = Arc::new(self.details(event.or(self.event.as_ref())));
        for (kinds, value) in parts
            .iter()
            .zip(values)
            .filter(|(kinds, _)| !kinds.is_empty())
        {
            output.value(number, recognised(kinds, value), Some(Arc::clone(&details)))?;
        }
        Ok(())
    }

    fn details(&self, event: Option<&Event>) -> Details {
        let event_tags = event.map(|event| event.tags.as_slice()).unwrap_or_default();
        let names = || {
            self.tags
                .iter()
                .chain(event_tags)
                .map(|tag| tag.name.as_str())
        };
        let title = event
            .map(|event| event.info.as_str())
            .filter(|info| !info.is_empty());
        let comment = self
            .comment
            .as_deref()
            .filter(|comment| !comment.is_empty());
        let comment: Vec<&str> = title.into_iter().chain(comment).collect();
        let mut labels: Vec<Box<str>> = Vec::new();
        for name in names() {
            if !labels.iter().any(|label| **label == *name) {
                labels.push(name.into());
            }
        }
        Details {
            object_id: Some(self.uuid.as_str().into()),
            first_seen: self.first_seen.or(self.timestamp),
            last_seen: self.last_seen.or(self.timestamp),
            confidence: names().find_map(confidence),
            tlp: names()
                .filter(|name| name.starts_with("tlp:"))
                .filter_map(|name| name.parse::<Tlp>().ok())
                .max(),
            labels,
            comment: (!comment.is_empty()).then(|| comment.join(": ").into()),
            references: event
                .map(|event| format!("event {}", event.uuid).into())
                .into_iter()
                .collect(),
            ..Details::NOTHING
        }
    }
}

/// The confidence levels of MISP's taxonomy `misp`.
fn confidence(tag: &str) -> Option<Confidence> {
    let level = tag
        .strip_prefix("misp:confidence-level=\"")?
        .strip_suffix('"')?;
    let value = match level {
        "completely-confident" => 100,
        "usually-confident" => 75,
        "fairly-confident" => 50,
        "rarely-confident" => 25,
        "unconfident" => 0,
        _ => return None,
    };
    Confidence::new(value)
}
