//! The names that an indicator of the network falls under.

use tesem_defender::endpoint::IndicatorType;

use crate::key::Key;

/// The names whose domain indicator matches it, too: those above a domain, and the host of a URL and those above it; the nearest first.
pub(crate) fn above(key: &Key) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut name = match key.kind {
        IndicatorType::DomainName => key.value.as_str(),
        IndicatorType::Url => {
            let host = host(&key.value)?;
            names.push(host);
            host
        }
        _ => return None,
    };
    while let Some((_, parent)) = name.split_once('.') {
        names.push(parent);
        name = parent;
    }
    Some(names)
}

/// The host of a URL, an IPv6 address without its brackets.
pub(crate) fn host(url: &str) -> Option<&str> {
    let (authority, _) = split(url);
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => host,
        None => authority,
    };
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => host.split(':').next(),
    };
    host.filter(|host| !host.is_empty())
}

/// What follows the host and port of a URL: path, query and fragment.
pub(crate) fn path(url: &str) -> &str {
    split(url).1
}

fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_perhaps_a_path() {
        let cases = [
            ("https://evil.com", Some("evil.com"), ""),
            ("https://evil.com:8443/a?b", Some("evil.com"), "/a?b"),
            ("http://me:x@evil.com?b=/", Some("evil.com"), "?b=/"),
            ("http://[2001:db8::1]:80/a", Some("2001:db8::1"), "/a"),
            ("evil.com/a", Some("evil.com"), "/a"),
            ("https:///a", None, "/a"),
            ("", None, ""),
        ];
        for (url, expected_host, expected_path) in cases {
            assert_eq!(
                (host(url), path(url)),
                (expected_host, expected_path),
                "{url}"
            );
        }
    }
}
