//! Terms of domains and URLs, and the form in which URLs are compared.
//!
//! Telemetry writes URLs with and without scheme, and often only a host. So two URLs are the same here when they are equal after
//! dropping scheme, user and fragment, the ports 80 and 443, a final dot of the host and one final slash, with the host in lower
//! case and an IPv6 address with all its digits. Path and query keep their case, as RFC 3986 has it. A URL without query is also found where the path goes on behind a
//! whole segment, or a query follows. A URL without path is searched as its host.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use tesem_observable::{DomainName, Host, Url};

use super::{List, Term, address};

/// Longest path, in segments, that is found as the beginning of a longer one; longer ones are found where they are equal.
pub(crate) const PATH_SEGMENTS_MAX: usize = 8;

/// A URL in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkKey {
    /// Host and, unless it is 80 or 443, port.
    pub(crate) site: String,
    /// Path and query, without final slash; empty or beginning with `/` or `?`.
    pub(crate) rest: String,
}

impl LinkKey {
    /// The key of a URL. Takes apart what the patterns in the queries take apart, in the same way.
    pub(crate) fn of(url: &str) -> Self {
        let bare = without_scheme(url);
        let (authority, rest) = bare.split_at(bare.find(['/', '?', '#']).unwrap_or(bare.len()));
        let site = authority
            .rsplit_once('@')
            .map_or(authority, |(_, site)| site);
        let site = site
            .strip_suffix(":80")
            .or_else(|| site.strip_suffix(":443"))
            .unwrap_or(site);
        let rest = rest.split('#').next().unwrap_or(rest);
        Self {
            site: with_all_digits(site.trim_end_matches('.')).to_lowercase(),
            rest: rest.strip_suffix('/').unwrap_or(rest).to_owned(),
        }
    }

    /// Site and rest as one text.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.site, self.rest)
    }

    fn list(&self) -> List {
        let segments = self.rest.matches('/').count();
        let is_plain_path = !self.rest.contains('?') && !self.rest.contains("//");
        match u8::try_from(segments) {
            Ok(0) if self.rest.is_empty() && self.has_port() => List::Sites,
            Ok(0) if self.rest.is_empty() => List::Hosts,
            Ok(count) if is_plain_path && segments <= PATH_SEGMENTS_MAX => List::Paths(count),
            _ => List::Links,
        }
    }

    fn has_port(&self) -> bool {
        !self.site.ends_with(']') && self.site.contains(':')
    }
}

/// A site whose host is an IPv6 address in brackets, with that address as `parse_ipv6` gives every spelling of it.
fn with_all_digits(site: &str) -> Cow<'_, str> {
    match bracketed(site) {
        Some((address, port)) => format!("[{}]{port}", address::all_digits(address)).into(),
        None => site.into(),
    }
}

/// The IPv6 address of a site and what follows its brackets.
fn bracketed(site: &str) -> Option<(Ipv6Addr, &str)> {
    let (address, port) = site.strip_prefix('[')?.split_once(']')?;
    Some((address.parse().ok()?, port))
}

/// What follows `scheme://` or `//`.
fn without_scheme(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("//") else {
        return url;
    };
    let scheme = scheme
        .strip_suffix(':')
        .map_or(if scheme.is_empty() { Some("") } else { None }, |name| {
            Some(name).filter(|name| is_scheme(name))
        });
    scheme.map_or(url, |_| rest)
}

fn is_scheme(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
}

/// The last two labels of a host, or its only one.
pub(crate) fn tail(site: &str) -> String {
    let host = site.split(':').next().unwrap_or(site);
    let host = host.strip_suffix('.').unwrap_or(host).to_lowercase();
    let start = host
        .rmatch_indices('.')
        .nth(1)
        .map_or(0, |(dot, _)| dot + 1);
    host.get(start..).unwrap_or_default().to_owned()
}

/// The terms of a domain name: it is found as the host and as the end of the host, label by label.
pub(super) fn domain(domain: &DomainName) -> Vec<Term> {
    spellings(domain)
        .iter()
        .flat_map(|name| name_terms(name))
        .collect()
}

/// How telemetry writes a domain: in ASCII, and, where that is another, as browsers show it.
pub(crate) fn spellings(domain: &DomainName) -> Vec<String> {
    let mut all = vec![
        domain.as_str().to_lowercase(),
        domain.to_unicode().to_lowercase(),
    ];
    all.dedup();
    all
}

fn name_terms(name: &str) -> Vec<Term> {
    let labels = u8::try_from(name.split('.').count()).unwrap_or(u8::MAX);
    let mut terms = Vec::with_capacity(2);
    if labels > 2 {
        terms.push(Term::new(List::Tails, tail(name)));
    }
    terms.push(Term::new(List::Domains(labels), name));
    terms
}

/// The terms of a URL.
pub(super) fn url(url: &Url) -> Vec<Term> {
    let terms = |key: &LinkKey| {
        let mut terms = match bracketed(&key.site) {
            Some((host, _)) => address::url_host(host),
            None => vec![Term::new(List::Tails, tail(&key.site))],
        };
        terms.push(Term::new(key.list(), key.text()));
        terms
    };
    keys(url).iter().flat_map(terms).collect()
}

/// The keys of a URL, one for each spelling of its host.
pub(crate) fn keys(url: &Url) -> Vec<LinkKey> {
    let key = LinkKey::of(url.as_str());
    let Host::Domain(domain) = url.host() else {
        return vec![key];
    };
    let respelled = |name: &String| LinkKey {
        site: key.site.replacen(domain.as_str(), name, 1),
        rest: key.rest.clone(),
    };
    spellings(domain).iter().map(respelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_compared_without_what_telemetry_varies() {
        let cases = [
            ("https://Evil.com/Dl/", "evil.com/Dl", List::Paths(1)),
            ("http://evil.com:80/dl#top", "evil.com/dl", List::Paths(1)),
            (
                "https://user:pass@evil.com./dl/x.exe",
                "evil.com/dl/x.exe",
                List::Paths(2),
            ),
            ("evil.com:8443/a", "evil.com:8443/a", List::Paths(1)),
            ("https://bing.com", "bing.com", List::Hosts),
            ("https://bing.com/", "bing.com", List::Hosts),
            ("https://bing.com:8080/", "bing.com:8080", List::Sites),
            ("https://evil.com/a?b=//c/", "evil.com/a?b=//c", List::Links),
            ("https://evil.com?b", "evil.com?b", List::Links),
            ("https://evil.com//a", "evil.com//a", List::Links),
            (
                "https://evil.com/1/2/3/4/5/6/7/8/9",
                "evil.com/1/2/3/4/5/6/7/8/9",
                List::Links,
            ),
            (
                "http://[2001:DB8::1]/x",
                "[2001:0db8:0000:0000:0000:0000:0000:0001]/x",
                List::Paths(1),
            ),
            (
                "http://[2001:db8:0::1]:81",
                "[2001:0db8:0000:0000:0000:0000:0000:0001]:81",
                List::Sites,
            ),
            (
                "http://[::1]:80/",
                "[0000:0000:0000:0000:0000:0000:0000:0001]",
                List::Hosts,
            ),
            ("//evil.com/x", "evil.com/x", List::Paths(1)),
            ("evil.com/a//b", "evil.com/a//b", List::Links),
        ];
        for (url, text, list) in cases {
            let key = LinkKey::of(url);
            assert_eq!((key.text().as_str(), key.list()), (text, list), "{url}");
        }
    }

    #[test]
    fn the_tail_of_a_host_is_its_last_two_labels() {
        let cases = [
            ("www.evil.com", "evil.com"),
            ("evil.com:8080", "evil.com"),
            ("A.B.C.", "b.c"),
            ("localhost", "localhost"),
            ("192.0.2.1", "2.1"),
        ];
        for (site, expected) in cases {
            assert_eq!(tail(site), expected, "{site}");
        }
    }

    #[test]
    fn only_long_domains_need_a_tail() {
        assert_eq!(
            name_terms("evil.com"),
            [Term::new(List::Domains(2), "evil.com")]
        );
        assert_eq!(
            name_terms("a.evil.co.uk"),
            [
                Term::new(List::Tails, "co.uk"),
                Term::new(List::Domains(4), "a.evil.co.uk")
            ]
        );
    }
}
