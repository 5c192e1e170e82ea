//! An observable as a cyber-observable object.
//!
//! Source: STIX Version 2.1, section 6; ids: section 2.9.

use serde_json::{Value, json};
use tesem_observable::Observable;
use uuid::Uuid;

/// The namespace of the ids of cyber-observable objects, the same for every producer. Source: section 2.9.
const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);

/// The object; nothing for a device's name, which the standard has no object for, and for addresses that are no network.
pub(super) fn of(observable: &Observable) -> Option<Value> {
    let text = observable.to_string();
    let value = json!({ "value": text });
    let hash = |algorithm: &str| json!({ "hashes": { algorithm: text } });
    let (kind, content) = match observable {
        Observable::Sha256(_) => ("file", hash("SHA-256")),
        Observable::Sha1(_) => ("file", hash("SHA-1")),
        Observable::Md5(_) => ("file", hash("MD5")),
        Observable::CertificateThumbprint(_) => ("x509-certificate", hash("SHA-1")),
        Observable::Ipv4(_) => ("ipv4-addr", value),
        Observable::Ipv6(_) => ("ipv6-addr", value),
        Observable::IpRange(range) => {
            range.prefix_length()?;
            let is_v4 = range.first().is_ipv4();
            (if is_v4 { "ipv4-addr" } else { "ipv6-addr" }, value)
        }
        Observable::Domain(_) => ("domain-name", value),
        Observable::Url(_) => ("url", value),
        Observable::Email(_) => ("email-addr", value),
        Observable::FileName(_) => ("file", json!({ "name": text })),
        Observable::DeviceName(_) => return None,
    };
    Some(object(kind, content))
}

/// The object with its id, which is a digest of what it holds in canonical JSON. One property alone is in canonical order.
fn object(kind: &str, content: Value) -> Value {
    let id = Uuid::new_v5(&NAMESPACE, content.to_string().as_bytes());
    let head = json!({
        "type": kind,
        "spec_version": "2.1",
        "id": format!("{kind}--{id}"),
    });
    super::joined(head, content)
}

#[cfg(test)]
mod tests {
    use tesem_observable::{ObservableKind, recognise_as};

    use super::*;

    /// The ids were computed with the Python library `stix2` 3.0.2.
    #[test]
    fn ids_are_those_that_every_producer_gives() {
        use ObservableKind as Kind;
        let cases = [
            (
                Kind::Ipv4,
                "198.51.100.7",
                "ipv4-addr--12592121-be4c-5a93-a813-5a5af16e50db",
            ),
            (
                Kind::Domain,
                "evil.com",
                "domain-name--5d7b159c-1821-5595-b1f7-2213ba2674e6",
            ),
            (
                Kind::Url,
                "http://evil.com/it's?q=1",
                "url--5377d210-3463-52d2-8cf8-9c604331ac7c",
            ),
            (
                Kind::Md5,
                "44d88612fea8a8f36de82e1278abb02f",
                "file--5a0c55a1-48a3-5003-9776-42946d1054cb",
            ),
            (
                Kind::FileName,
                "it's.exe",
                "file--ed7ec899-0842-571c-8058-4994ceca39b5",
            ),
            (
                Kind::Email,
                "o'neil@evil.com",
                "email-addr--7b18a336-029d-5e8d-b9df-549c61ba5334",
            ),
        ];
        for (kind, text, expected) in cases {
            let object = of(&recognise_as(kind, text).unwrap()).unwrap();
            assert_eq!(object["id"], expected, "{text}");
        }
    }

    #[test]
    fn what_has_no_object_is_left_out() {
        let none = [
            (ObservableKind::DeviceName, "ws-1"),
            (ObservableKind::IpRange, "198.51.100.1-198.51.100.4"),
        ];
        for (kind, text) in none {
            assert_eq!(of(&recognise_as(kind, text).unwrap()), None, "{text}");
        }
    }
}
