//! The lists of indicators that a query can ask for.

use serde::{Deserialize, Serialize};
use tesem_observable::ObservableKind;

use crate::indicator::{Indicator, IndicatorId};
use crate::intake::Intake;

/// A list of indicators, `{{indicators.NAME}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorList {
    /// Addresses of both families.
    Ip,
    /// IPv4 addresses.
    Ipv4,
    /// IPv6 addresses.
    Ipv6,
    /// Ranges of addresses, as networks where they are.
    Range,
    /// Domains.
    Domain,
    /// URLs.
    Url,
    /// SHA-256 hashes of files.
    Sha256,
    /// SHA-1 hashes of files.
    Sha1,
    /// MD5 hashes of files.
    Md5,
    /// Hashes of files, of all three kinds.
    Hash,
    /// E-mail addresses.
    Email,
    /// Names of computers.
    Device,
    /// Names of files.
    File,
    /// SHA-1 thumbprints of certificates.
    Certificate,
}

impl IndicatorList {
    /// Every list.
    pub const ALL: [Self; 14] = [
        Self::Ip,
        Self::Ipv4,
        Self::Ipv6,
        Self::Range,
        Self::Domain,
        Self::Url,
        Self::Sha256,
        Self::Sha1,
        Self::Md5,
        Self::Hash,
        Self::Email,
        Self::Device,
        Self::File,
        Self::Certificate,
    ];

    /// Its name behind `indicators.`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Range => "range",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::Hash => "hash",
            Self::Email => "email",
            Self::Device => "device",
            Self::File => "file",
            Self::Certificate => "certificate",
        }
    }

    /// The list of that name, in the singular or plural, or by another name in use.
    pub(super) fn named(name: &str) -> Option<Self> {
        let exact = |name: &str| Self::ALL.into_iter().find(|list| list.as_str() == name);
        exact(name)
            .or_else(|| exact(name.strip_suffix('s')?))
            .or_else(|| exact(name.strip_suffix("es")?))
            .or(match name {
                "ip_address" | "address" | "addresses" => Some(Self::Ip),
                "network" | "networks" | "cidr" | "ip_range" => Some(Self::Range),
                "mail" | "email_address" => Some(Self::Email),
                "device_name" => Some(Self::Device),
                "file_name" | "filename" => Some(Self::File),
                "thumbprint" | "certificate_thumbprint" => Some(Self::Certificate),
                _ => None,
            })
    }

    /// The kinds of observables in it.
    #[must_use]
    pub const fn kinds(self) -> &'static [ObservableKind] {
        use ObservableKind as Kind;
        match self {
            Self::Ip => &[Kind::Ipv4, Kind::Ipv6],
            Self::Ipv4 => &[Kind::Ipv4],
            Self::Ipv6 => &[Kind::Ipv6],
            Self::Range => &[Kind::IpRange],
            Self::Domain => &[Kind::Domain],
            Self::Url => &[Kind::Url],
            Self::Sha256 => &[Kind::Sha256],
            Self::Sha1 => &[Kind::Sha1],
            Self::Md5 => &[Kind::Md5],
            Self::Hash => &[Kind::Sha256, Kind::Sha1, Kind::Md5],
            Self::Email => &[Kind::Email],
            Self::Device => &[Kind::DeviceName],
            Self::File => &[Kind::FileName],
            Self::Certificate => &[Kind::CertificateThumbprint],
        }
    }

    /// Its indicators in `intake`, as far as they come from `feed` and carry `label`.
    pub(super) fn values(
        self,
        intake: &Intake,
        feed: Option<&str>,
        label: Option<&str>,
    ) -> Vec<(IndicatorId, String)> {
        intake
            .with_ids()
            .filter(|(_, indicator)| self.kinds().contains(&indicator.kind()))
            .filter(|(_, indicator)| feed.is_none_or(|feed| comes_from(intake, indicator, feed)))
            .filter(|(_, indicator)| {
                label.is_none_or(|label| is_labelled(intake, indicator, label))
            })
            .map(|(id, indicator)| (id, indicator.observable.to_string()))
            .collect()
    }
}

/// Whether the indicator comes from that feed, or from a file of that name.
fn comes_from(intake: &Intake, indicator: &Indicator, feed: &str) -> bool {
    indicator.feeds().contains(&feed) || is_in_file(intake, indicator, feed)
}

/// Whether a feed puts that label on the indicator, or it comes from a file of that name.
fn is_labelled(intake: &Intake, indicator: &Indicator, label: &str) -> bool {
    let mut labels = indicator.provenance.iter().flat_map(|one| &one.labels);
    labels.any(|one| one == label) || is_in_file(intake, indicator, label)
}

/// Whether it comes from a file of that name, without folder and extension, or of that whole name.
fn is_in_file(intake: &Intake, indicator: &Indicator, name: &str) -> bool {
    indicator.origins.iter().any(|origin| {
        let source = intake.sources.get(origin.source as usize);
        source.is_some_and(|source| source.name == name || stem(&source.name) == name)
    })
}

/// A file's name without folder and extension.
pub(super) fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}
