//! One spelling for each name, address and id, so that one thing is one node.

use std::net::IpAddr;

use super::Reason;
use crate::text::clean;

/// Characters that Connected Assets and Risk refuses in the name of a host.
///
/// Source: `hostname` in the import schema, <https://github.com/IBM/cp4s-car-schema>.
const NOT_IN_HOST_NAMES: [char; 9] = ['&', '#', '^', '|', '?', '<', '>', '[', ']'];

/// A host's name in lower case, without the root's dot.
///
/// # Errors
/// [`Reason::HostName`].
pub(crate) fn host_name(name: &str) -> Result<String, Reason> {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    let is_refused = |letter: char| {
        letter.is_whitespace() || letter.is_control() || NOT_IN_HOST_NAMES.contains(&letter)
    };
    if name.is_empty() || name.contains(is_refused) {
        return Err(Reason::HostName);
    }
    Ok(name)
}

/// An IP address: IPv6 without its zone, IPv4 that is mapped into IPv6 as IPv4.
///
/// # Errors
/// [`Reason::NoAddress`]; [`Reason::EveryMachine`] for loopback and unspecified addresses, which would join all machines.
pub(crate) fn address(text: &str) -> Result<IpAddr, Reason> {
    let text = text.trim();
    let without_zone = text.split_once('%').map_or(text, |(address, _)| address);
    let address: IpAddr = without_zone.parse().map_err(|_| Reason::NoAddress)?;
    let address = address.to_canonical();
    if address.is_loopback() || address.is_unspecified() {
        return Err(Reason::EveryMachine);
    }
    Ok(address)
}

/// What an address is for, as far as that tells machines apart.
pub(crate) fn address_scope(address: IpAddr) -> &'static str {
    let (is_private, is_link_local) = match address {
        IpAddr::V4(address) => (address.is_private(), address.is_link_local()),
        IpAddr::V6(address) => (address.is_unique_local(), address.is_unicast_link_local()),
    };
    match (is_private, is_link_local) {
        (true, _) => "private",
        (_, true) => "link-local",
        _ if address.is_multicast() => "multicast",
        _ => "other",
    }
}

/// A hardware address of 6 to 8 bytes, in upper case with colons, whatever stood between its digits.
///
/// # Errors
/// [`Reason::NoMac`], also for those of all zeros and all ones, which no adapter has.
pub(crate) fn mac(text: &str) -> Result<String, Reason> {
    let mut digits = String::new();
    for letter in text.trim().chars() {
        match letter {
            ':' | '-' | '.' => {}
            digit if digit.is_ascii_hexdigit() => digits.push(digit.to_ascii_uppercase()),
            _ => return Err(Reason::NoMac),
        }
    }
    let is_all = |digit: char| digits.chars().all(|other| other == digit);
    if !matches!(digits.len(), 12 | 14 | 16) || is_all('0') || is_all('F') {
        return Err(Reason::NoMac);
    }
    let mut spelled = String::with_capacity(digits.len() * 3 / 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 2 == 0 {
            spelled.push(':');
        }
        spelled.push(digit);
    }
    Ok(spelled)
}

/// A security id in upper case; nothing for other texts.
///
/// Source: learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers.
pub(crate) fn sid(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_uppercase();
    let numbers = text.strip_prefix("S-1-")?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('-').all(is_number).then_some(text)
}

/// A vulnerability's id in upper case: `CVE-2026-1234`, or `TVM-2026-0001` where it has no CVE yet.
///
/// # Errors
/// [`Reason::NoCve`].
pub(crate) fn cve(text: Option<&str>) -> Result<String, Reason> {
    let text = text.unwrap_or_default().trim().to_ascii_uppercase();
    let mut parts = text.splitn(3, '-');
    let (list, year, number) = (parts.next(), parts.next(), parts.next());
    let digits = |part: Option<&str>, at_least: usize| {
        part.is_some_and(|part| {
            part.len() >= at_least && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if matches!(list, Some("CVE" | "TVM")) && digits(year, 4) && digits(number, 4) {
        Ok(text)
    } else {
        Err(Reason::NoCve)
    }
}

/// A product with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) vendor: String,
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Product {
    /// A product; all three parts must be there.
    ///
    /// # Errors
    /// [`Reason::NoProduct`].
    pub(crate) fn new(
        vendor: Option<&str>,
        name: Option<&str>,
        version: Option<&str>,
    ) -> Result<Self, Reason> {
        let part = |part: Option<&str>| {
            let part = part.unwrap_or_default().trim();
            (!part.is_empty()).then(|| part.to_owned())
        };
        match (part(vendor), part(name), part(version)) {
            (Some(vendor), Some(name), Some(version)) => Ok(Self {
                vendor,
                name,
                version,
            }),
            _ => Err(Reason::NoProduct),
        }
    }

    /// `vendor:name:version`. A colon in one of the first two is written `%3A`, so that no two products share a key; versions may
    /// have one, as Debian's epochs do.
    pub(crate) fn key(&self) -> String {
        let part = |part: &str| part.replace('%', "%25").replace(':', "%3A");
        format!(
            "{}:{}:{}",
            part(&self.vendor),
            part(&self.name),
            self.version
        )
    }
}

/// The key of a product's node; nothing where one of its parts is missing.
pub(crate) fn product_key(
    vendor: Option<&str>,
    name: Option<&str>,
    version: Option<&str>,
) -> Option<crate::text::Text> {
    let product = Product::new(vendor, name, version).ok()?;
    Some(clean(&product.key()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_have_one_spelling() {
        let cases = [
            ("PC-1.Contoso.com", Ok("pc-1.contoso.com")),
            (" pc-1.contoso.com. ", Ok("pc-1.contoso.com")),
            ("Ärger.example", Ok("ärger.example")),
            ("", Err(Reason::HostName)),
            (".", Err(Reason::HostName)),
            ("a b", Err(Reason::HostName)),
            ("a<b>", Err(Reason::HostName)),
            ("a\0b", Err(Reason::HostName)),
        ];
        for (name, expected) in cases {
            assert_eq!(host_name(name), expected.map(str::to_owned), "{name}");
        }
    }

    #[test]
    fn addresses_have_one_spelling() {
        let cases = [
            ("10.0.0.5", Ok("10.0.0.5")),
            ("2001:0DB8:0::0001", Ok("2001:db8::1")),
            ("fe80::1%eth0", Ok("fe80::1")),
            ("::ffff:10.0.0.5", Ok("10.0.0.5")),
            ("127.0.0.1", Err(Reason::EveryMachine)),
            ("::1", Err(Reason::EveryMachine)),
            ("::ffff:127.0.0.1", Err(Reason::EveryMachine)),
            ("0.0.0.0", Err(Reason::EveryMachine)),
            ("010.0.0.5", Err(Reason::NoAddress)),
            ("10.0.0.5/24", Err(Reason::NoAddress)),
            ("pc-1", Err(Reason::NoAddress)),
            ("", Err(Reason::NoAddress)),
        ];
        for (text, expected) in cases {
            let found = address(text).map(|address| address.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn addresses_have_a_scope() {
        let cases = [
            ("192.168.1.1", "private"),
            ("fd00::1", "private"),
            ("169.254.3.4", "link-local"),
            ("fe80::1", "link-local"),
            ("239.1.1.1", "multicast"),
            ("203.0.113.7", "other"),
            ("2001:4860::1", "other"),
        ];
        for (text, expected) in cases {
            assert_eq!(address_scope(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn hardware_addresses_have_one_spelling() {
        let spelled = Ok("00:0C:29:AB:CD:EF");
        let cases = [
            ("000C29ABCDEF", spelled),
            ("000c29abcdef", spelled),
            ("00-0c-29-ab-cd-ef", spelled),
            ("00:0C:29:ab:cd:ef", spelled),
            ("000c.29ab.cdef", spelled),
            ("000c29fffeabcdef", Ok("00:0C:29:FF:FE:AB:CD:EF")),
            ("000000000000", Err(Reason::NoMac)),
            ("ff:ff:ff:ff:ff:ff", Err(Reason::NoMac)),
            ("000C29ABCDE", Err(Reason::NoMac)),
            ("000C29ABCDEG", Err(Reason::NoMac)),
            ("", Err(Reason::NoMac)),
        ];
        for (text, expected) in cases {
            assert_eq!(mac(text), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn security_ids_and_cves_have_one_spelling() {
        assert_eq!(
            sid(" s-1-5-21-1-2-3-500"),
            Some("S-1-5-21-1-2-3-500".to_owned())
        );
        assert_eq!((sid("ana"), sid("S-1-5-"), sid("")), (None, None, None));
        let cases = [
            (Some("cve-2026-12345"), Ok("CVE-2026-12345")),
            (Some("TVM-2026-0001"), Ok("TVM-2026-0001")),
            (Some("CVE-2026-1"), Err(Reason::NoCve)),
            (Some("openssl"), Err(Reason::NoCve)),
            (None, Err(Reason::NoCve)),
        ];
        for (text, expected) in cases {
            assert_eq!(cve(text), expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn no_two_products_share_a_key() {
        let key = |vendor, name, version| {
            let product = Product::new(Some(vendor), Some(name), Some(version));
            product.unwrap().key()
        };
        assert_eq!(key("microsoft", "edge", "1.2"), "microsoft:edge:1.2");
        assert_eq!(key("debian", "openssl", "1:3.0"), "debian:openssl:1:3.0");
        let similar = [
            key("a", "b:c", "d"),
            key("a", "b", "c:d"),
            key("a:b", "c", "d"),
        ];
        assert!(similar[0] != similar[1] && similar[1] != similar[2] && similar[0] != similar[2]);
        assert_ne!(key("a%3A", "b", "c"), key("a:", "b", "c"));
        assert_eq!(
            Product::new(Some("a"), Some(" "), Some("1")),
            Err(Reason::NoProduct)
        );
    }
}
