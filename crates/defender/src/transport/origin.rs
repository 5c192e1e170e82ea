//! Where an address leads.

use url::{Host, Url};

/// Whether `url` is on this computer: `localhost` and names below it, `127.0.0.0/8`, `::1`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Scheme, host and port, for messages.
pub(crate) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_computer_and_others() {
        let cases = [
            ("http://127.0.0.1:8080/", true),
            ("http://127.1.2.3/", true),
            ("http://[::1]:1/", true),
            ("http://localhost/", true),
            ("http://LOCALHOST./", true),
            ("http://twin.localhost/", true),
            ("http://localhost.example/", false),
            ("http://notlocalhost/", false),
            ("http://127.0.0.1.example/", false),
            ("http://10.0.0.1/", false),
            ("http://[::2]/", false),
        ];
        for (url, expected) in cases {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
