//! The sum of all kinds.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::recognise::read_as;
use crate::{
    DeviceName, DomainName, EmailAddress, FileName, Host, IpRange, Md5, ObservableKind, Refusal,
    Sha1, Sha256, Thumbprint, Url,
};

/// Something that can be seen on a device or on the wire, in its canonical form.
///
/// Two spellings of one thing are equal, hash alike and [`fmt::Display`] alike. Serialises as
/// `{"kind": "domain", "value": "evil.com"}`; reading checks the value again.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Observable {
    /// SHA-256 of a file.
    Sha256(Sha256),
    /// SHA-1 of a file.
    Sha1(Sha1),
    /// MD5 of a file.
    Md5(Md5),
    /// SHA-1 thumbprint of a certificate.
    CertificateThumbprint(Thumbprint),
    /// One IPv4 address, also one that was mapped into IPv6.
    Ipv4(Ipv4Addr),
    /// One IPv6 address.
    Ipv6(Ipv6Addr),
    /// Several adjacent addresses.
    IpRange(IpRange),
    /// A public domain name.
    Domain(DomainName),
    /// A web or FTP address.
    Url(Url),
    /// An e-mail address, or an account that is named like one.
    Email(EmailAddress),
    /// The name of a computer.
    DeviceName(DeviceName),
    /// The name of a file.
    FileName(FileName),
}

impl Observable {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ObservableKind {
        match self {
            Self::Sha256(_) => ObservableKind::Sha256,
            Self::Sha1(_) => ObservableKind::Sha1,
            Self::Md5(_) => ObservableKind::Md5,
            Self::CertificateThumbprint(_) => ObservableKind::CertificateThumbprint,
            Self::Ipv4(_) => ObservableKind::Ipv4,
            Self::Ipv6(_) => ObservableKind::Ipv6,
            Self::IpRange(_) => ObservableKind::IpRange,
            Self::Domain(_) => ObservableKind::Domain,
            Self::Url(_) => ObservableKind::Url,
            Self::Email(_) => ObservableKind::Email,
            Self::DeviceName(_) => ObservableKind::DeviceName,
            Self::FileName(_) => ObservableKind::FileName,
        }
    }

    /// Reads the canonical value of a kind, as [`fmt::Display`] writes it.
    ///
    /// Nothing is trimmed or refanged: this is for values that were stored, not for what people write.
    ///
    /// # Errors
    /// A [`Refusal`] when the value is not of that kind.
    pub fn from_canonical(kind: ObservableKind, value: &str) -> Result<Self, Refusal> {
        read_as(kind, value)
    }

    /// The public domain it is or names: of a domain itself, a URL's host, or an e-mail address.
    #[must_use]
    pub fn domain(&self) -> Option<&DomainName> {
        match self {
            Self::Domain(domain) => Some(domain),
            Self::Email(email) => email.domain(),
            Self::Url(url) => match url.host() {
                Host::Domain(domain) => Some(domain),
                Host::Ip(_) => None,
            },
            _ => None,
        }
    }

    /// The address it is or names: of an address itself, or a URL's host.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Ipv4(address) => Some((*address).into()),
            Self::Ipv6(address) => Some((*address).into()),
            Self::Url(url) => match url.host() {
                Host::Ip(address) => Some(*address),
                Host::Domain(_) => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for Observable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(hash) => hash.fmt(formatter),
            Self::Sha1(hash) => hash.fmt(formatter),
            Self::Md5(hash) => hash.fmt(formatter),
            Self::CertificateThumbprint(thumbprint) => thumbprint.fmt(formatter),
            Self::Ipv4(address) => address.fmt(formatter),
            Self::Ipv6(address) => address.fmt(formatter),
            Self::IpRange(range) => range.fmt(formatter),
            Self::Domain(domain) => domain.fmt(formatter),
            Self::Url(url) => url.fmt(formatter),
            Self::Email(email) => email.fmt(formatter),
            Self::DeviceName(name) => name.fmt(formatter),
            Self::FileName(name) => name.fmt(formatter),
        }
    }
}

impl fmt::Debug for Observable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({self})", self.kind())
    }
}

impl From<IpAddr> for Observable {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::Ipv4(address),
            IpAddr::V6(address) => Self::Ipv6(address),
        }
    }
}

impl From<IpRange> for Observable {
    /// A range of one address becomes that address.
    fn from(range: IpRange) -> Self {
        range.single().map_or(Self::IpRange(range), Self::from)
    }
}

macro_rules! from_kind {
    ($($variant:ident($kind:ty)),+ $(,)?) => {
        $(impl From<$kind> for Observable {
            fn from(value: $kind) -> Self {
                Self::$variant(value)
            }
        })+
    };
}

from_kind! {
    Sha256(Sha256),
    Sha1(Sha1),
    Md5(Md5),
    CertificateThumbprint(Thumbprint),
    Domain(DomainName),
    Url(Url),
    Email(EmailAddress),
    DeviceName(DeviceName),
    FileName(FileName),
}

/// The form in files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    kind: ObservableKind,
    value: String,
}

impl Serialize for Observable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored {
            kind: self.kind(),
            value: self.to_string(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Observable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        Self::from_canonical(stored.kind, &stored.value).map_err(serde::de::Error::custom)
    }
}
