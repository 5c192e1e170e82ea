//! What an observable is to be looked up as.

use std::net::IpAddr;

use tesem_defender::MachineId;
use tesem_observable::{DomainName, Md5, ObservableKind, Sha1, Sha256, recognise_as};

use super::ObservableType;

/// Longest host name. Source: RFC 1035, section 2.3.4.
const HOST_NAME_BYTES_MAX: usize = 253;

/// Longest name of a machine that is asked for: ids have 40 characters, and names of machines are host names.
const MACHINE_BYTES_MAX: usize = HOST_NAME_BYTES_MAX;

/// The machine that `value` names, by id or by name; nothing for what is neither.
#[must_use]
pub(crate) fn machine(value: &str) -> Option<MachineId> {
    let value = value.trim();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = !value.is_empty()
        && value.len() <= MACHINE_BYTES_MAX
        && value.bytes().all(is_letter)
        && value.bytes().any(|byte| byte != b'.');
    is_name.then(|| MachineId::new(value))
}

/// An observable in canonical form. What a client sends reaches the service as one of these only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A file.
    Sha1(Sha1),
    /// A file.
    Sha256(Sha256),
    /// A file.
    Md5(Md5),
    /// An address of either family.
    Ip(IpAddr),
    /// A domain in lower case; need not be a public one.
    Domain(String),
}

impl Subject {
    /// `value` as the `kind` that it was sent as; nothing where it is malformed, or not to be looked up.
    #[must_use]
    pub fn of(kind: ObservableType, value: &str) -> Option<Self> {
        let value = value.trim();
        match kind {
            ObservableType::Sha1 => value.parse().ok().map(Self::Sha1),
            ObservableType::Sha256 => value.parse().ok().map(Self::Sha256),
            ObservableType::Md5 => value.parse().ok().map(Self::Md5),
            ObservableType::Ip | ObservableType::Ipv6 => address(value).map(Self::Ip),
            ObservableType::Domain => domain(value).map(Self::Domain),
            ObservableType::MsMachineId => None,
        }
    }

    /// The canonical value, as hunting tables hold it.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::Sha1(hash) => hash.to_string(),
            Self::Sha256(hash) => hash.to_string(),
            Self::Md5(hash) => hash.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Domain(name) => name.clone(),
        }
    }

    /// Whether it is the hash of a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self, Self::Sha1(_) | Self::Sha256(_) | Self::Md5(_))
    }
}

/// Clients send addresses of either family under either type.
fn address(value: &str) -> Option<IpAddr> {
    let families = [ObservableKind::Ipv4, ObservableKind::Ipv6];
    let read = families
        .into_iter()
        .find_map(|kind| recognise_as(kind, value).ok())?;
    read.address()
}

/// Tenants have names of their own, such as `intranet.corp`, beside public ones.
fn domain(value: &str) -> Option<String> {
    if let Ok(name) = value.parse::<DomainName>() {
        return Some(name.as_str().to_owned());
    }
    is_host_name(value).then(|| value.to_ascii_lowercase())
}

fn is_host_name(value: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_letter);
    value.len() <= HOST_NAME_BYTES_MAX
        && value.contains('.')
        && value.parse::<IpAddr>().is_err()
        && value.split('.').all(is_label)
}
