//! Lists of observables.

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value};

use super::complaint::{COMPLAINTS_MAX, InvalidBody, UNKNOWN, note, text, wrong_type};

/// An observable as it was sent, with its type in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SentObservable {
    /// The type's name; any text.
    pub kind: String,
    /// The value, untouched.
    pub value: String,
}

/// The types that the relay answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObservableType {
    /// SHA-1 of a file.
    Sha1,
    /// SHA-256 of a file.
    Sha256,
    /// MD5 of a file.
    Md5,
    /// IPv4 address.
    Ip,
    /// IPv6 address.
    Ipv6,
    /// Domain.
    Domain,
    /// Id of a machine in Defender for Endpoint.
    MsMachineId,
}

impl ObservableType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sha1,
        Self::Sha256,
        Self::Md5,
        Self::Ip,
        Self::Ipv6,
        Self::Domain,
        Self::MsMachineId,
    ];

    /// The type of this name, in lower case only.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name in CTIM.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Md5 => "md5",
            Self::Ip => "ip",
            Self::Ipv6 => "ipv6",
            Self::Domain => "domain",
            Self::MsMachineId => "ms_machine_id",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Md5 => "MD5",
            Self::Ip => "IP",
            Self::Ipv6 => "IPV6",
            Self::Domain => "Domain",
            Self::MsMachineId => "ms_machine_id",
        }
    }
}

impl fmt::Display for ObservableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads the list of observables in `body`, whatever its content type says.
///
/// # Errors
/// [`InvalidBody`] says what is wrong, by element; where there is no end of it, the first thousand elements and members.
pub fn observables(body: &[u8]) -> Result<Vec<SentObservable>, InvalidBody> {
    let Ok(Value::Array(elements)) = serde_json::from_slice(body) else {
        return Err(InvalidBody::whole());
    };
    let mut wrong = Map::new();
    let mut observables = Vec::with_capacity(elements.len());
    for (place, element) in elements.iter().enumerate() {
        if wrong.len() == COMPLAINTS_MAX {
            break;
        }
        match observable(element) {
            Ok(observable) => observables.push(observable),
            Err(tree) => {
                wrong.insert(place.to_string(), Value::Object(tree));
            }
        }
    }
    InvalidBody::unless_empty(wrong).map(|()| observables)
}

fn observable(element: &Value) -> Result<SentObservable, Map<String, Value>> {
    let Value::Object(members) = element else {
        return Err(wrong_type());
    };
    let mut wrong = Map::new();
    let kind = text(members, "type", &mut wrong);
    let value = text(members, "value", &mut wrong);
    let known = ["type", "value"];
    let unknown = members
        .keys()
        .filter(|name| !known.contains(&name.as_str()));
    for name in unknown.take(COMPLAINTS_MAX) {
        note(&mut wrong, name, UNKNOWN);
    }
    match (kind, value) {
        (Some(kind), Some(value)) if wrong.is_empty() => Ok(SentObservable {
            kind: kind.to_lowercase(),
            value: value.to_owned(),
        }),
        _ => Err(wrong),
    }
}

/// Those of `sent` whose type is `wanted`, each once, in the order in which they came first.
#[must_use]
pub fn supported(
    sent: &[SentObservable],
    wanted: impl Fn(ObservableType) -> bool,
) -> Vec<(ObservableType, SentObservable)> {
    let mut seen = HashSet::new();
    sent.iter()
        .filter_map(|observable| Some((ObservableType::named(&observable.kind)?, observable)))
        .filter(|(kind, observable)| wanted(*kind) && seen.insert(*observable))
        .map(|(kind, observable)| (kind, observable.clone()))
        .collect()
}
