//! Which properties of cyber-observable objects are observables.

use serde_json::{Map, Value};
use tesem_observable::ObservableKind;

const IPV4: &[ObservableKind] = &[ObservableKind::Ipv4, ObservableKind::IpRange];
const IPV6: &[ObservableKind] = &[ObservableKind::Ipv6, ObservableKind::IpRange];
const DOMAIN: &[ObservableKind] = &[ObservableKind::Domain];
const ENDPOINT: &[ObservableKind] = &[
    ObservableKind::Ipv4,
    ObservableKind::Ipv6,
    ObservableKind::IpRange,
    ObservableKind::Domain,
];

/// The kinds that a property may hold, likeliest first; nothing where it is no observable.
///
/// `keys` is the way to the property without list indices. Source: STIX 2.1, section 6.
pub(crate) fn kinds(object: &str, keys: &[&str]) -> Option<&'static [ObservableKind]> {
    match (object, keys) {
        ("ipv4-addr", ["value"]) => Some(IPV4),
        ("ipv6-addr", ["value"]) => Some(IPV6),
        ("domain-name" | "hostname" | "x-hostname", ["value"]) => Some(DOMAIN),
        ("domain-name", ["resolves_to_refs", "value"])
        | ("network-traffic", ["src_ref" | "dst_ref", "value"]) => Some(ENDPOINT),
        // What the bundles of `tesem hunt` name devices by; the standard has no object for them.
        ("x-tesem-device", ["value"]) => Some(&[ObservableKind::DeviceName]),
        ("url", ["value"]) => Some(&[ObservableKind::Url]),
        ("email-addr", ["value"])
        | ("email-message", ["from_ref" | "sender_ref" | "to_refs" | "cc_refs", "value"]) => {
            Some(&[ObservableKind::Email])
        }
        ("file", ["name"]) | ("process", ["image_ref" | "binary_ref", "name"]) => {
            Some(&[ObservableKind::FileName])
        }
        ("file" | "artifact", ["hashes", algorithm])
        | ("process", ["image_ref" | "binary_ref", "hashes", algorithm])
        | ("file", ["content_ref", "hashes", algorithm]) => hash(algorithm),
        ("x509-certificate", ["hashes", "SHA-1" | "SHA1"]) => {
            Some(&[ObservableKind::CertificateThumbprint])
        }
        _ => None,
    }
}

fn hash(algorithm: &str) -> Option<&'static [ObservableKind]> {
    match algorithm
        .to_ascii_uppercase()
        .replace(['-', '_'], "")
        .as_str()
    {
        "MD5" => Some(&[ObservableKind::Md5]),
        "SHA1" => Some(&[ObservableKind::Sha1]),
        "SHA256" => Some(&[ObservableKind::Sha256]),
        _ => None,
    }
}

/// Types of cyber-observable objects. Source: STIX 2.1, section 6.
pub(crate) const TYPES: [&str; 18] = [
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
];

/// The observables that an object itself holds, as kinds and text. A file's name counts only without hashes.
pub(crate) fn values<'o>(
    object: &'o Map<String, Value>,
) -> Vec<(&'static [ObservableKind], &'o str)> {
    let kind = object
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let hashes = object.get("hashes").and_then(Value::as_object);
    let one = |keys: &[&str], value: Option<&'o Value>| {
        kinds(kind, keys).zip(value.and_then(Value::as_str))
    };
    let mut found: Vec<_> = one(&["value"], object.get("value")).into_iter().collect();
    let of_hash = |(algorithm, hash): (&String, &'o Value)| one(&["hashes", algorithm], Some(hash));
    found.extend(hashes.into_iter().flatten().filter_map(of_hash));
    if found.is_empty() {
        found.extend(one(&["name"], object.get("name")));
    }
    found
}
