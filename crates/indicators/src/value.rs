//! From observables to the service's types and values.

use std::net::{IpAddr, Ipv6Addr};

use tesem_defender::endpoint::IndicatorType;
use tesem_observable::address::{Scope, scope};
use tesem_observable::{Host, IpRange, Observable, Url};

/// Most addresses that a range is written out to, unless said otherwise.
pub const RANGE_ADDRESSES_MAX: usize = 256;

/// Why an observable cannot be an indicator of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryRefusal {
    /// The service has no type for it.
    #[error("the service has no indicators of type {0}")]
    NoType(&'static str),
    /// The service takes addresses of the internet only.
    #[error("the address is {0}; the service takes addresses of the internet only")]
    NotPublic(&'static str),
    /// The range has more addresses than are written out.
    #[error("the range has {count} addresses; ranges of up to {limit} are written out")]
    WideRange {
        /// How many it has.
        count: u128,
        /// How many are written out.
        limit: usize,
    },
}

/// The indicators that stand for an observable: one, or one for each address of a range.
///
/// Source of the rules: <https://learn.microsoft.com/defender-endpoint/indicators-overview>.
///
/// # Errors
/// [`EntryRefusal`] for what the service would refuse.
pub fn entries(
    observable: &Observable,
    range_max: usize,
) -> Result<Vec<(IndicatorType, String)>, EntryRefusal> {
    let one = |kind, value: String| Ok(vec![(kind, value)]);
    match observable {
        Observable::Sha256(hash) => one(IndicatorType::FileSha256, hash.to_string()),
        Observable::Sha1(hash) => one(IndicatorType::FileSha1, hash.to_string()),
        Observable::Md5(hash) => one(IndicatorType::FileMd5, hash.to_string()),
        Observable::CertificateThumbprint(hash) => {
            one(IndicatorType::CertificateThumbprint, hash.to_string())
        }
        Observable::Ipv4(address) => single(IpAddr::V4(*address)),
        Observable::Ipv6(address) => single(IpAddr::V6(*address)),
        Observable::IpRange(range) => addresses(range, range_max),
        // No suffix of a registry, such as `co.uk`: that is no `DomainName`. That of a host whose customers choose names below it,
        // such as `github.io`, may be wanted, and the lint tells what it comes to.
        Observable::Domain(domain) => one(IndicatorType::DomainName, domain.to_string()),
        Observable::Url(url) => link(url),
        Observable::Email(_) | Observable::DeviceName(_) | Observable::FileName(_) => {
            Err(EntryRefusal::NoType(observable.kind().as_str()))
        }
    }
}

fn link(url: &Url) -> Result<Vec<(IndicatorType, String)>, EntryRefusal> {
    if let Host::Ip(address) = url.host() {
        check_public(*address)?;
    }
    Ok(vec![(IndicatorType::Url, url.as_str().to_owned())])
}

fn single(address: IpAddr) -> Result<Vec<(IndicatorType, String)>, EntryRefusal> {
    check_public(address)?;
    Ok(vec![(IndicatorType::IpAddress, address_text(address))])
}

fn addresses(
    range: &IpRange,
    range_max: usize,
) -> Result<Vec<(IndicatorType, String)>, EntryRefusal> {
    let count = range.count();
    if count > range_max as u128 {
        return Err(EntryRefusal::WideRange {
            count,
            limit: range_max,
        });
    }
    let mut entries = Vec::new();
    for address in range.addresses(range_max) {
        entries.extend(single(address)?);
    }
    Ok(entries)
}

fn check_public(address: IpAddr) -> Result<(), EntryRefusal> {
    match scope(address) {
        // Those for examples are what demonstrations and tests are made of, and harm nobody.
        Scope::Public | Scope::Documentation => Ok(()),
        other => Err(EntryRefusal::NotPublic(other.as_str())),
    }
}

/// An address as the service wants it: IPv6 with all eight groups, mapped IPv4 as IPv4.
pub(crate) fn address_text(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => written_out(address),
    }
}

fn written_out(address: Ipv6Addr) -> String {
    let groups: Vec<String> = address
        .segments()
        .iter()
        .map(|group| format!("{group:04x}"))
        .collect();
    groups.join(":")
}
