//! Names that feeds use for kinds of observables.

use tesem_observable::{Observable, ObservableKind, Refusal, recognise};

use crate::RefusedBecause;
use crate::stix::pattern::recognised;

use ObservableKind as Kind;

/// What a feed's word for a type may mean, likeliest first.
pub(crate) fn named(name: &str) -> Option<&'static [ObservableKind]> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    Some(match plain.to_ascii_lowercase().as_str() {
        "sha256" | "sha256hash" | "filesha256" | "filehashsha256" => &[Kind::Sha256],
        "sha1" | "sha1hash" | "filesha1" | "filehashsha1" => &[Kind::Sha1],
        "md5" | "md5hash" | "filemd5" | "filehashmd5" => &[Kind::Md5],
        "hash" | "filehash" | "file" => &[Kind::Sha256, Kind::Sha1, Kind::Md5],
        "certificate"
        | "certificatethumbprint"
        | "thumbprint"
        | "sslcertsha1"
        | "x509fingerprintsha1" => &[Kind::CertificateThumbprint],
        "ip" | "ipaddress" | "ipaddr" | "address" | "ipport" | "ipsrc" | "ipdst" | "ipv4"
        | "ipv6" | "ipv4addr" | "ipv6addr" | "ipv4address" | "ipv6address" | "iprange" | "cidr"
        | "network" | "netblock" => &[Kind::Ipv4, Kind::Ipv6, Kind::IpRange],
        "domain" | "domainname" | "hostname" | "host" | "fqdn" => &[Kind::Domain],
        "url" | "uri" => &[Kind::Url],
        "email" | "emailaddr" | "emailaddress" | "mail" | "emailsrc" | "emaildst" => &[Kind::Email],
        "device" | "devicename" | "computer" => &[Kind::DeviceName],
        "filename" => &[Kind::FileName],
        _ => return None,
    })
}

/// A value with a feed's word for its type; without a word its form decides.
pub(crate) fn read(
    kind: Option<&str>,
    value: &str,
) -> Result<Result<Observable, Refusal>, RefusedBecause> {
    let Some(kind) = kind.map(str::trim).filter(|kind| !kind.is_empty()) else {
        return Ok(recognise(value));
    };
    let kinds = named(kind).ok_or_else(|| RefusedBecause::Type(crate::item::excerpt(kind)))?;
    Ok(recognised(kinds, value))
}
