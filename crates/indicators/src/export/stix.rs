//! A STIX 2.1 bundle: an identity for each tenant, and an `indicator` for each of its indicators.
//!
//! An indicator has the same id in every export of its tenant; `modified` is the time of its last change. The Defender action and severity
//! are labels; an allowed value is `benign`, so that nobody blocks what the tenant allows.
//! Source: STIX Version 2.1, OASIS Standard, <https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html>.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tesem_defender::endpoint::{IndicatorAction, IndicatorType};
use uuid::Uuid;

use super::{LeftOut, Subject, Unfit, value};
use crate::listing::Listed;

/// The namespace of ids that are made here. The one for cyber-observable objects (section 2.9) is forbidden to others.
const NAMESPACE: Uuid = Uuid::from_u128(0x51a5_3c0e_7f4d_4a2b_9d6c_2e80_b7f1_64d3);

/// When identities were created, as their objects say. An identity is the same in every export, and so this may not change.
const IDENTITY_CREATED: &str = "2026-01-01T00:00:00.000Z";

/// Writes the bundle, and returns what STIX has no pattern for. Where the service does not say when an indicator was made, `now` stands in.
///
/// # Errors
/// Those of `out`.
pub fn write(
    subjects: &[Subject<'_>],
    now: Timestamp,
    mut out: impl io::Write,
) -> io::Result<Vec<LeftOut>> {
    let mut left_out = Vec::new();
    let mut written = BTreeSet::new();
    let id = bundle_id(subjects);
    write!(out, "{{\"type\":\"bundle\",\"id\":\"{id}\",\"objects\":[")?;
    for subject in subjects {
        add(&mut out, &mut written, &identity(subject))?;
        for item in subject.items {
            match pattern(item) {
                Ok(pattern) => add(
                    &mut out,
                    &mut written,
                    &indicator(subject, item, &pattern, now),
                )?,
                Err(because) => left_out.push(LeftOut::new(item, because)),
            }
        }
    }
    out.write_all(b"\n]}\n")?;
    Ok(left_out)
}

/// Writes an object; each id once.
fn add(out: &mut impl io::Write, written: &mut BTreeSet<String>, object: &Value) -> io::Result<()> {
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    let separator = if written.is_empty() { "\n" } else { ",\n" };
    if written.insert(id.to_owned()) {
        out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut *out, object)?;
    }
    Ok(())
}

/// The same content, the same id.
fn bundle_id(subjects: &[Subject<'_>]) -> String {
    let mut names = Vec::new();
    for subject in subjects {
        names.push(subject.tenant_id.to_owned());
        for item in subject.items {
            let changed = item.indicator.last_update.unwrap_or_default();
            names.push(format!("{} {changed}", item.indicator.id));
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    stable_id("bundle", &names)
}

fn tenant_id(subject: &Subject<'_>) -> String {
    stable_id("identity", &[subject.tenant_id])
}

fn identity(subject: &Subject<'_>) -> Value {
    json!({
        "type": "identity",
        "spec_version": "2.1",
        "id": tenant_id(subject),
        "created": IDENTITY_CREATED,
        "modified": IDENTITY_CREATED,
        "name": subject.tenant,
        "identity_class": "organization",
    })
}

fn indicator(subject: &Subject<'_>, item: &Listed, pattern: &str, now: Timestamp) -> Value {
    let one = &item.indicator;
    let created = one.created.or(one.last_update).unwrap_or(now);
    let modified = one.last_update.unwrap_or(created).max(created);
    let mut object = json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": stable_id("indicator", &[subject.tenant_id, one.id.as_str()]),
        "created_by_ref": tenant_id(subject),
        "created": millis(created),
        "modified": millis(modified),
        "name": name(item),
        "indicator_types": [indicator_type(one.action.as_ref())],
        "pattern": pattern,
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": millis(valid_from(created, one.expires)),
        "labels": labels(item),
        "external_references": references(item),
    });
    if let Some(object) = object.as_object_mut() {
        let description = one.description.as_deref().filter(|text| !text.is_empty());
        object.extend(description.map(|text| ("description".to_owned(), json!(text))));
        object.extend(
            one.expires
                .map(|ends| ("valid_until".to_owned(), json!(millis(ends)))),
        );
    }
    object
}

fn name(item: &Listed) -> &str {
    let title = item.indicator.title.as_deref();
    title
        .filter(|title| !title.is_empty())
        .unwrap_or(&item.key.value)
}

/// When it begins to count: when it was made, but before its end, as the standard has it (section 4.7).
fn valid_from(created: Timestamp, expires: Option<Timestamp>) -> Timestamp {
    let before = |end: Timestamp| end.checked_sub(SignedDuration::from_secs(1)).ok();
    expires
        .and_then(before)
        .map_or(created, |last| last.min(created))
}

/// A word of the vocabulary for indicators. Source: section 10.9.
fn indicator_type(action: Option<&IndicatorAction>) -> &'static str {
    match action {
        Some(IndicatorAction::Allowed) => "benign",
        Some(IndicatorAction::Audit | IndicatorAction::Alert | IndicatorAction::Warn) => {
            "anomalous-activity"
        }
        Some(
            IndicatorAction::Block
            | IndicatorAction::BlockAndRemediate
            | IndicatorAction::AlertAndBlock,
        ) => "malicious-activity",
        _ => "unknown",
    }
}

fn labels(item: &Listed) -> Vec<String> {
    let one = &item.indicator;
    let action = one
        .action
        .as_ref()
        .map(|action| format!("defender-action:{action}"));
    let severity = one
        .severity
        .as_ref()
        .map(|severity| format!("defender-severity:{severity}"));
    action.into_iter().chain(severity).collect()
}

fn references(item: &Listed) -> Value {
    let one = &item.indicator;
    let mut own = json!({
        "source_name": "Microsoft Defender for Endpoint",
        "external_id": one.id,
    });
    if let Some(own) = own.as_object_mut()
        && !item.made_by.is_empty()
    {
        own.insert(
            "description".to_owned(),
            json!(format!("made by {}", item.made_by)),
        );
    }
    let technique = |id: &String| json!({"source_name": "mitre-attack", "external_id": id});
    let techniques = one.mitre_techniques.iter().filter(|id| !id.is_empty());
    std::iter::once(own)
        .chain(techniques.map(technique))
        .collect()
}

/// The pattern that finds its value. Source: section 9.
fn pattern(item: &Listed) -> Result<String, Unfit> {
    let value = value(item)?;
    let equals = |path: &str, value: &str| format!("[{path} = {}]", literal(value));
    let key = &item.key.value;
    Ok(match &item.key.kind {
        IndicatorType::FileSha1 => equals("file:hashes.'SHA-1'", key),
        IndicatorType::FileSha256 => equals("file:hashes.'SHA-256'", key),
        IndicatorType::FileMd5 => equals("file:hashes.MD5", key),
        IndicatorType::CertificateThumbprint => equals("x509-certificate:hashes.'SHA-1'", key),
        IndicatorType::DomainName => equals("domain-name:value", key),
        IndicatorType::Url => equals("url:value", value),
        IndicatorType::IpAddress => match value.parse() {
            Ok(IpAddr::V4(address)) => equals("ipv4-addr:value", &address.to_string()),
            Ok(IpAddr::V6(address)) => equals("ipv6-addr:value", &address.to_string()),
            Err(_) => return Err(Unfit::NoAddress),
        },
        other => return Err(Unfit::StixType(other.clone())),
    })
}

/// A text in quotes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `2026-11-21T04:00:00.123Z`, cut at the millisecond.
fn millis(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `<kind>--<UUID of version 5>`, of names in a row, no two rows of which read alike.
fn stable_id(kind: &str, names: &[&str]) -> String {
    let prefixed = names.iter().map(|name| format!("{}:{name}", name.len()));
    let text = format!("{kind}:{}", prefixed.collect::<String>());
    format!("{kind}--{}", Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{any_indicator, listing, now};

    fn bundle(items: &[Listed]) -> (Vec<LeftOut>, Value) {
        let subject = Subject {
            tenant: "contoso",
            tenant_id: "11111111-1111-1111-1111-111111111111",
            items,
        };
        let mut out = Vec::new();
        let left_out = write(&[subject], now(), &mut out).unwrap();
        (left_out, serde_json::from_slice(&out).unwrap())
    }

    #[test]
    fn an_indicator_says_what_it_does_from_when_to_when() {
        let items = listing([
            json!({"id": "7", "indicatorType": "DomainName", "indicatorValue": "Evil.com", "action": "Block",
            "severity": "High", "title": "C2", "description": "beacon", "createdByDisplayName": "ann",
            "creationTimeDateTimeUtc": "2026-01-02T03:04:05.6789Z", "lastUpdateTime": "2026-02-02T00:00:00Z",
            "expirationTime": "2027-01-01T00:00:00Z", "mitreTechniques": ["T1071"]}),
        ]);
        let (left_out, bundle) = bundle(items.items());
        assert_eq!(left_out, []);
        assert_eq!(
            bundle,
            json!({"type": "bundle", "id": "bundle--eb387107-99d7-5316-a08b-62da46ca43df", "objects": [
                {"type": "identity", "spec_version": "2.1", "id": "identity--08c7f252-9007-5827-9f0d-8506977d0018", "created": IDENTITY_CREATED,
                    "modified": IDENTITY_CREATED, "name": "contoso", "identity_class": "organization"},
                {"type": "indicator", "spec_version": "2.1", "id": "indicator--9a44c56f-2735-5a40-8969-6860f7523d33",
                    "created_by_ref": "identity--08c7f252-9007-5827-9f0d-8506977d0018",
                    "created": "2026-01-02T03:04:05.678Z", "modified": "2026-02-02T00:00:00.000Z", "name": "C2", "description": "beacon",
                    "indicator_types": ["malicious-activity"], "pattern": "[domain-name:value = 'evil.com']", "pattern_type": "stix",
                    "pattern_version": "2.1", "valid_from": "2026-01-02T03:04:05.678Z", "valid_until": "2027-01-01T00:00:00.000Z",
                    "labels": ["defender-action:Block", "defender-severity:High"], "external_references": [
                        {"source_name": "Microsoft Defender for Endpoint", "external_id": "7", "description": "made by ann"},
                        {"source_name": "mitre-attack", "external_id": "T1071"}]}]})
        );
    }

    #[test]
    fn every_type_has_its_object_and_no_value_ends_its_quotes() {
        let cases = [
            ("FileSha1", "AB", Ok("[file:hashes.'SHA-1' = 'ab']")),
            ("FileSha256", "CD", Ok("[file:hashes.'SHA-256' = 'cd']")),
            ("FileMd5", "EF", Ok("[file:hashes.MD5 = 'ef']")),
            (
                "CertificateThumbprint",
                "12",
                Ok("[x509-certificate:hashes.'SHA-1' = '12']"),
            ),
            (
                "IpAddress",
                "198.51.100.7",
                Ok("[ipv4-addr:value = '198.51.100.7']"),
            ),
            (
                "IpAddress",
                "2001:0db8:0:0:0:0:0:1",
                Ok("[ipv6-addr:value = '2001:db8::1']"),
            ),
            (
                "Url",
                r"https://Evil.com/it's\A",
                Ok(r"[url:value = 'https://Evil.com/it\'s\\A']"),
            ),
            ("IpAddress", "x", Err(Unfit::NoAddress)),
            (
                "WebCategory",
                "x",
                Err(Unfit::StixType(IndicatorType::WebCategory)),
            ),
            ("Url", "", Err(Unfit::NoValue)),
        ];
        for (kind, value, expected) in cases {
            let items =
                listing([json!({"id": "1", "indicatorType": kind, "indicatorValue": value})]);
            let found = pattern(&items.items()[0]);
            assert_eq!(found, expected.map(str::to_owned), "{kind} {value}");
        }
    }

    #[test]
    fn what_is_allowed_is_benign_and_validity_never_ends_before_it_begins() {
        let items = listing([
            json!({"id": "1", "indicatorType": "Url", "indicatorValue": "x", "action": "Allowed",
            "creationTimeDateTimeUtc": "2026-05-01T00:00:00Z", "expirationTime": "2026-05-01T00:00:00Z"}),
        ]);
        let (_, bundle) = bundle(items.items());
        let object = &bundle["objects"][1];
        assert_eq!(object["indicator_types"], json!(["benign"]));
        assert_eq!(object["valid_from"], "2026-04-30T23:59:59.000Z");
        assert_eq!(object["valid_until"], "2026-05-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn any_content_is_one_object_or_left_out(wires in prop::collection::btree_map(any::<u16>(), any_indicator(), 0..6)) {
            let numbered = wires.into_iter().map(|(id, mut wire)| {
                wire["id"] = json!(id.to_string());
                wire
            });
            let items = listing(numbered);
            let (left_out, first) = bundle(items.items());
            let objects = first["objects"].as_array().unwrap();
            prop_assert_eq!(objects.len() - 1 + left_out.len(), items.items().len());
            prop_assert_eq!(&bundle(items.items()).1, &first);
            for object in &objects[1..] {
                prop_assert!(object["valid_until"].is_null() || object["valid_until"].as_str() > object["valid_from"].as_str());
                let pattern = object["pattern"].as_str().unwrap();
                let text = pattern.split_once(" = '").unwrap().1.strip_suffix("']").unwrap();
                let unescaped = text.replace("\\\\", "").replace("\\'", "");
                prop_assert!(!unescaped.contains(['\'', '\\']), "{}", pattern);
            }
        }
    }
}
