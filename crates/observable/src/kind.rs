//! The closed set of kinds.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an [`Observable`](crate::Observable) is.
///
/// Ordered as reports list them: hashes, addresses, names. The names that [`ObservableKind::as_str`]
/// gives are stable; they appear in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ObservableKind {
    /// SHA-256 of a file.
    #[serde(rename = "sha256")]
    Sha256,
    /// SHA-1 of a file.
    #[serde(rename = "sha1")]
    Sha1,
    /// MD5 of a file.
    #[serde(rename = "md5")]
    Md5,
    /// SHA-1 thumbprint of a certificate.
    #[serde(rename = "certificate")]
    CertificateThumbprint,
    /// One IPv4 address.
    #[serde(rename = "ipv4")]
    Ipv4,
    /// One IPv6 address.
    #[serde(rename = "ipv6")]
    Ipv6,
    /// Several adjacent addresses of one family.
    #[serde(rename = "ip-range")]
    IpRange,
    /// A public domain name.
    #[serde(rename = "domain")]
    Domain,
    /// A web or FTP address.
    #[serde(rename = "url")]
    Url,
    /// An e-mail address, or an account that is named like one.
    #[serde(rename = "email")]
    Email,
    /// The name of a computer.
    #[serde(rename = "device")]
    DeviceName,
    /// The name of a file, without its folder.
    #[serde(rename = "file-name")]
    FileName,
}

impl ObservableKind {
    /// Every kind, in order.
    pub const ALL: [Self; 12] = [
        Self::Sha256,
        Self::Sha1,
        Self::Md5,
        Self::CertificateThumbprint,
        Self::Ipv4,
        Self::Ipv6,
        Self::IpRange,
        Self::Domain,
        Self::Url,
        Self::Email,
        Self::DeviceName,
        Self::FileName,
    ];

    /// The stable name, such as `sha256` or `ip-range`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::CertificateThumbprint => "certificate",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::IpRange => "ip-range",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Email => "email",
            Self::DeviceName => "device",
            Self::FileName => "file-name",
        }
    }

    /// The kind in a sentence, such as `an IPv4 address`.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Sha256 => "a SHA-256 hash",
            Self::Sha1 => "a SHA-1 hash",
            Self::Md5 => "an MD5 hash",
            Self::CertificateThumbprint => "the thumbprint of a certificate",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::IpRange => "a range of addresses",
            Self::Domain => "a domain",
            Self::Url => "a URL",
            Self::Email => "an e-mail address",
            Self::DeviceName => "a device name",
            Self::FileName => "the name of a file",
        }
    }
}

/// The name given is not one of [`ObservableKind::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of observable; known are {known}", known = known_kinds())]
pub struct UnknownKind(Box<str>);

fn known_kinds() -> String {
    ObservableKind::ALL.map(ObservableKind::as_str).join(", ")
}

impl FromStr for ObservableKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text));
        named.ok_or_else(|| UnknownKind(text.into()))
    }
}
