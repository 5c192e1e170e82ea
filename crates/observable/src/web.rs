//! Web and FTP addresses.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;

use url::Host as ParsedHost;

use crate::{DomainName, Reason, Refusal};

/// Longest URL that is accepted, in bytes.
///
/// Longer than what browsers send (2,083 in Internet Explorer), so that nothing real is lost.
pub const URL_BYTES_MAX: usize = 8_192;

/// Schemes of URLs that telemetry records.
pub(crate) const SCHEMES: [&str; 5] = ["https", "http", "ftp", "wss", "ws"];

/// A web or FTP address with a public host: a domain or an IP address.
///
/// Keeps the spelling it was given (after refanging) beside the canonical form of the
/// [URL standard](https://url.spec.whatwg.org), which is what compares, hashes and displays. A URL
/// may be written without a scheme if it has a path (`evil.com/gate.php`); it then displays so, and
/// differs from the same URL with a scheme.
#[derive(Clone)]
pub struct Url(Box<Parts>);

#[derive(Clone)]
struct Parts {
    given: Box<str>,
    parsed: url::Url,
    host: Host,
    has_scheme: bool,
}

/// Where a [`Url`] points.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A domain name.
    Domain(DomainName),
    /// An IP address, which may have been written as one number or in octal.
    Ip(IpAddr),
}

/// The scheme that stands in while a URL without one is parsed.
const ASSUMED_SCHEME: &str = "http://";

impl Url {
    /// The canonical form, such as `http://evil.com/a?b`; without a scheme if none was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let whole = self.0.parsed.as_str();
        match self.0.has_scheme {
            true => whole,
            false => whole.strip_prefix(ASSUMED_SCHEME).unwrap_or(whole),
        }
    }

    /// The spelling it was given, with any defanging undone.
    #[must_use]
    pub fn as_given(&self) -> &str {
        &self.0.given
    }

    /// The canonical form without scheme, `://` and credentials: `evil.com/a?b`.
    #[must_use]
    pub fn without_scheme(&self) -> &str {
        self.0
            .parsed
            .as_str()
            .get(self.host_start()..)
            .unwrap_or_default()
    }

    fn host_start(&self) -> usize {
        self.0.parsed[..url::Position::BeforeHost].len()
    }

    /// The scheme in lower case, where one was given.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.0.has_scheme.then(|| self.0.parsed.scheme())
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.0.host
    }

    /// The port, where it is not the scheme's own.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.0.parsed.port()
    }

    /// The parsed URL; `http` stands in for a scheme that was not given.
    #[must_use]
    pub fn as_url(&self) -> &url::Url {
        &self.0.parsed
    }

    /// Whether there is nothing after the host and port: no path, query or fragment.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        let parsed = &self.0.parsed;
        parsed.path() == "/" && parsed.query().is_none() && parsed.fragment().is_none()
    }

    /// Reads a URL, with a scheme or without.
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        if text.len() > URL_BYTES_MAX {
            return Err(Reason::TooLong {
                bytes: text.len(),
                bytes_max: URL_BYTES_MAX,
            });
        }
        let has_scheme = match text.split_once("://") {
            Some((scheme, _)) if is_scheme_like(scheme) => {
                check_scheme(scheme)?;
                true
            }
            _ => false,
        };
        let parsed = match has_scheme {
            true => url::Url::parse(text),
            false => url::Url::parse(&format!("{ASSUMED_SCHEME}{text}")),
        };
        let mut parsed = parsed.map_err(|error| Reason::UrlSyntax(error.to_string().into()))?;
        let host = host_of(&parsed)?;
        if !has_scheme && matches!(host, Host::Ip(_)) && !is_written_in_full(text, &parsed) {
            return Err(Reason::SingleLabel);
        }
        drop_root_dot(&mut parsed, &host)?;
        Ok(Self(Box::new(Parts {
            given: text.into(),
            parsed,
            host,
            has_scheme,
        })))
    }
}

fn is_scheme_like(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

fn check_scheme(scheme: &str) -> Result<(), Reason> {
    let is_known = SCHEMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme));
    is_known
        .then_some(())
        .ok_or_else(|| Reason::Scheme(scheme.into()))
}

fn host_of(parsed: &url::Url) -> Result<Host, Reason> {
    match parsed.host() {
        Some(ParsedHost::Domain(name)) => DomainName::parse(name).map(Host::Domain),
        Some(ParsedHost::Ipv4(address)) => Ok(Host::Ip(address.into())),
        Some(ParsedHost::Ipv6(address)) => Ok(Host::Ip(address.to_canonical())),
        None => Err(Reason::UrlSyntax("it has no host".into())),
    }
}

/// Whether the address that a URL without scheme starts with is written in the usual way; `1/x` is no
/// way to write one.
fn is_written_in_full(text: &str, parsed: &url::Url) -> bool {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host);
    text.starts_with('[')
        || parsed
            .host_str()
            .is_some_and(|parsed| host.starts_with(parsed))
}

/// `http://evil.com./` is the same place as `http://evil.com/`.
fn drop_root_dot(parsed: &mut url::Url, host: &Host) -> Result<(), Reason> {
    let Host::Domain(domain) = host else {
        return Ok(());
    };
    if parsed.host_str() == Some(domain.as_str()) {
        return Ok(());
    }
    let set = parsed.set_host(Some(domain.as_str()));
    set.map_err(|error| Reason::UrlSyntax(error.to_string().into()))
}

impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Url {}

impl Hash for Url {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for Url {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Url {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl FromStr for Url {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"))
    }

    #[test]
    fn urls_have_one_canonical_form_and_keep_their_spelling() {
        let cases = [
            ("HTTP://Evil.COM", "http://evil.com/", "evil.com/"),
            (
                "https://evil.com:443/A?b=C#d",
                "https://evil.com/A?b=C#d",
                "evil.com/A?b=C#d",
            ),
            (
                "https://user:pw@evil.com:8443/x",
                "https://user:pw@evil.com:8443/x",
                "evil.com:8443/x",
            ),
            ("ftp://1.2.3.4/x", "ftp://1.2.3.4/x", "1.2.3.4/x"),
            (
                "http://[2001:DB8::1]:8080/",
                "http://[2001:db8::1]:8080/",
                "[2001:db8::1]:8080/",
            ),
            (
                "http://münchen.de/ä",
                "http://xn--mnchen-3ya.de/%C3%A4",
                "xn--mnchen-3ya.de/%C3%A4",
            ),
            (
                "Evil.com/Gate.php",
                "evil.com/Gate.php",
                "evil.com/Gate.php",
            ),
            ("http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1/"),
            ("http://evil.com./x", "http://evil.com/x", "evil.com/x"),
            (
                "wss://evil.com/socket",
                "wss://evil.com/socket",
                "evil.com/socket",
            ),
        ];
        for (given, canonical, without_scheme) in cases {
            assert_eq!(url(given).as_str(), canonical, "{given}");
            assert_eq!(url(given).as_given(), given);
            assert_eq!(url(given).without_scheme(), without_scheme);
            assert_eq!(url(canonical), url(given), "{given}");
        }
    }

    #[test]
    fn hosts_are_domains_or_addresses() {
        let domain = Host::Domain(DomainName::parse("evil.com").unwrap());
        assert_eq!(url("http://evil.com./").host(), &domain);
        assert_eq!(
            url("http://[::ffff:1.2.3.4]/").host(),
            &Host::Ip("1.2.3.4".parse().unwrap())
        );
    }

    #[test]
    fn what_is_no_url_says_why() {
        let cases = [
            ("gopher://evil.com/", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("http://", "url-syntax"),
            ("http://999.999.999.999/", "url-syntax"),
            ("http://localhost/", "single-label"),
            ("http://co.uk/", "public-suffix"),
            ("http://evil.cmo/", "unknown-top-level"),
            ("http://dc01.corp.local/", "internal-name"),
            ("javascript:alert(1)", "url-syntax"),
        ];
        for (given, code) in cases {
            assert_eq!(Url::parse(given).unwrap_err().code(), code, "{given}");
        }
        let long = format!("http://evil.com/{}", "a".repeat(URL_BYTES_MAX));
        assert_eq!(Url::parse(&long).unwrap_err().code(), "too-long");
    }
}
