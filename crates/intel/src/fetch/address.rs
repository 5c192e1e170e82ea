//! Addresses: shown without secrets, joined, compared.

use std::net::IpAddr;

use url::{Host, Url};

use crate::Problem;

/// The address without credentials, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let origin = url.origin().ascii_serialization();
    format!("{origin}{}", url.path())
}

/// Whether the address names this computer.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// `name` below `base`, whose last segment counts as a directory; the query stays.
pub(super) fn below(base: &Url, name: &str) -> Result<Url, Problem> {
    let mut url = base.clone();
    let path = format!("{}/{name}", base.path().trim_end_matches('/'));
    url.set_path(&path);
    match url.path().starts_with(base.path().trim_end_matches('/')) {
        true => Ok(url),
        false => Err(Problem::setting(
            "url",
            format!("`{name}` leads out of {}", shown(base)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_address_has_no_secret() {
        let url =
            Url::parse("https://me:hunter2@feeds.example:8443/a?key=hunter2#hunter2").unwrap();
        assert_eq!(shown(&url), "https://feeds.example:8443/a");
    }

    #[test]
    fn names_stay_below_their_directory() {
        let base = Url::parse("https://feeds.example/misp?token=x").unwrap();
        let joined = below(&base, "manifest.json").unwrap();
        assert_eq!(
            joined.as_str(),
            "https://feeds.example/misp/manifest.json?token=x"
        );
        assert!(below(&base, "../../secret").is_err());
    }
}
