//! What an indicator becomes in a query: texts in lists, which queries compare columns with.

mod address;
mod link;

use std::fmt;
use std::net::IpAddr;

use tesem_observable::{Observable, address::Scope};

use crate::map::{Holds, Side, TableReach, places};
pub(crate) use address::read as read_address;
pub(crate) use link::{keys as link_keys, spellings as domain_spellings};

/// A list of values in a query. Every value of a query is written once, in one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum List {
    Sha256,
    Sha1,
    Md5,
    Certificates,
    /// Single IPv4 addresses to look for on a side.
    Addresses(Side),
    /// IPv6 addresses to look for on a side, with all digits of all groups.
    Ipv6(Side),
    /// For each of them a group that every spelling of it has, which most rows can be ruled out with.
    Ipv6Groups(Side),
    /// The first 1, 2 or 3 octets of IPv4 addresses, such as `198.51.100`.
    Octets(Side, u8),
    /// Domain names of that many labels.
    Domains(u8),
    /// Hosts of URLs without path and port.
    Hosts,
    /// `host:port` of URLs without path.
    Sites,
    /// URLs of that many path segments, without scheme and query.
    Paths(u8),
    /// Whole URLs without scheme, for those with a query or a longer path.
    Links,
    /// The IPv6 hosts of URLs, with all digits, which rows of other hosts are ruled out with.
    UrlHosts6,
    /// The last two labels of every host looked for, which most rows can be ruled out with.
    Tails,
    Mailboxes,
    Devices,
    FileNames,
}

impl fmt::Display for List {
    /// The name; queries put `wanted_` before it, which no column begins with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256 => f.write_str("sha256"),
            Self::Sha1 => f.write_str("sha1"),
            Self::Md5 => f.write_str("md5"),
            Self::Certificates => f.write_str("certificates"),
            Self::Addresses(side) => write!(f, "addresses_{}", side_name(*side)),
            Self::Ipv6(side) => write!(f, "ipv6_{}", side_name(*side)),
            Self::Ipv6Groups(side) => write!(f, "ipv6_groups_{}", side_name(*side)),
            Self::Octets(side, count) => write!(f, "octets{count}_{}", side_name(*side)),
            Self::Domains(labels) => write!(f, "domains{labels}"),
            Self::Hosts => f.write_str("hosts"),
            Self::Sites => f.write_str("sites"),
            Self::Paths(segments) => write!(f, "paths{segments}"),
            Self::Links => f.write_str("links"),
            Self::UrlHosts6 => f.write_str("url_hosts6"),
            Self::Tails => f.write_str("tails"),
            Self::Mailboxes => f.write_str("mailboxes"),
            Self::Devices => f.write_str("devices"),
            Self::FileNames => f.write_str("file_names"),
        }
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Remote => "remote",
        Side::Local => "local",
        Side::Either => "either",
    }
}

impl List {
    /// Whether the tail of a host is compared with this list.
    pub(crate) fn is_of_tails(self) -> bool {
        matches!(self, Self::Tails | Self::Domains(..=2))
    }

    /// Whether a host that is an address is compared with this list.
    pub(crate) fn is_of_host_addresses(self) -> bool {
        match self {
            Self::Addresses(side) | Self::Octets(side, _) | Self::Ipv6(side) => {
                side.meets(Side::Remote)
            }
            Self::UrlHosts6 => true,
            _ => false,
        }
    }

    /// Whether a text that holds none of the list's values as a term has no host that is looked for with it.
    pub(crate) fn is_of_host_terms(self) -> bool {
        match self {
            Self::Addresses(side) | Self::Octets(side, _) | Self::Ipv6Groups(side) => {
                side.meets(Side::Remote)
            }
            _ => self.is_of_tails(),
        }
    }

    /// Whether a column of that kind is compared with this list.
    pub(crate) fn is_looked_for_in(self, holds: Holds) -> bool {
        match (self, holds) {
            (Self::Sha256, Holds::Sha256)
            | (Self::Sha1, Holds::Sha1)
            | (Self::Md5, Holds::Md5)
            | (Self::Certificates, Holds::Certificate)
            | (Self::Mailboxes, Holds::Mailbox)
            | (Self::Devices, Holds::DeviceName)
            | (Self::FileNames, Holds::FileName)
            | (Self::Domains(_), Holds::Link | Holds::Host)
            | (Self::Hosts | Self::Sites | Self::Paths(_) | Self::Links, Holds::Link) => true,
            (
                Self::Addresses(side) | Self::Ipv6(side) | Self::Octets(side, _),
                Holds::Address(of),
            ) => of.meets(side),
            (Self::Addresses(side) | Self::Ipv6(side) | Self::Octets(side, _), Holds::Link) => {
                side.meets(Side::Remote)
            }
            _ => false,
        }
    }
}

/// One text to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term {
    pub(crate) list: List,
    pub(crate) text: String,
}

impl Term {
    pub(crate) fn new(list: List, text: impl Into<String>) -> Self {
        Self {
            list,
            text: text.into(),
        }
    }
}

/// Why an indicator that is well formed cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSearchable {
    /// An address that tells nothing about who was talked to.
    #[error("{0} addresses occur on every device and identify nothing")]
    EverywhereAddress(&'static str),
    /// A range over the limit.
    #[error("the range has {count} addresses; ranges of up to {RANGE_ADDRESSES_MAX} are searched")]
    WideRange {
        /// How many addresses it has.
        count: u128,
    },
    /// An IPv6 range with more addresses than are listed one by one.
    #[error(
        "the IPv6 range has {count} addresses; IPv6 ranges are searched address by address, up to {}",
        address::IPV6_RANGE_ADDRESSES_MAX
    )]
    WideIpv6Range {
        /// How many addresses it has.
        count: u128,
    },
    /// The hunting API serves no table with such values.
    #[error("no table that this hunting API serves holds {kind} values")]
    NoTable {
        /// The indicator's kind.
        kind: &'static str,
    },
    /// The indicator's own texts are over the byte budget of a query.
    #[error("the query for this indicator alone has {bytes} bytes, over the budget of {budget}")]
    OverBudget {
        /// The size of its query.
        bytes: usize,
        /// The budget.
        budget: usize,
    },
}

/// Most addresses of an IPv4 range that is searched: those of a `/8`.
pub const RANGE_ADDRESSES_MAX: u128 = 1 << 24;

/// How indicators become terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TermOptions {
    /// Every address is searched on both sides of a connection.
    pub(crate) any_side: bool,
    pub(crate) reach: TableReach,
}

/// The terms of an indicator; never none.
pub(crate) fn terms(
    observable: &Observable,
    options: TermOptions,
) -> Result<Vec<Term>, NotSearchable> {
    let text = observable.to_string();
    let terms = match observable {
        Observable::Sha256(_) => vec![Term::new(List::Sha256, text)],
        Observable::Sha1(_) => vec![Term::new(List::Sha1, text)],
        Observable::Md5(_) => vec![Term::new(List::Md5, text)],
        Observable::CertificateThumbprint(_) => vec![Term::new(List::Certificates, text)],
        Observable::Ipv4(one) => address::single(IpAddr::V4(*one), options.any_side)?,
        Observable::Ipv6(one) => address::single(IpAddr::V6(*one), options.any_side)?,
        Observable::IpRange(range) => address::range(range, options.any_side)?,
        Observable::Domain(domain) => link::domain(domain),
        Observable::Url(url) => link::url(url),
        Observable::Email(_) => vec![Term::new(List::Mailboxes, text.to_lowercase())],
        Observable::DeviceName(_) => vec![Term::new(List::Devices, text.to_lowercase())],
        Observable::FileName(_) => vec![Term::new(List::FileNames, text.to_lowercase())],
    };
    if is_reachable(&terms, options.reach) {
        return Ok(terms);
    }
    Err(NotSearchable::NoTable {
        kind: observable.kind().as_str(),
    })
}

fn is_reachable(terms: &[Term], reach: TableReach) -> bool {
    places()
        .filter(|place| reach.reaches(place.table))
        .any(|place| {
            terms
                .iter()
                .any(|term| term.list.is_looked_for_in(place.column.holds))
        })
}

/// The side on which an address of that scope is looked for; none for addresses that identify nothing.
fn side_of(scope: Scope, any_side: bool) -> Result<Side, NotSearchable> {
    match scope {
        Scope::Loopback | Scope::Multicast | Scope::Unspecified => {
            Err(NotSearchable::EverywhereAddress(scope.as_str()))
        }
        _ if any_side => Ok(Side::Either),
        _ if scope.is_internal() => Ok(Side::Local),
        _ => Ok(Side::Remote),
    }
}
