//! Where the service is, how it is signed in to, and how much of its patience is used.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tesem_defender::retry::RetryPolicy;
use url::{Host, Url};

use super::CarError;

/// How the service is signed in to.
///
/// Source: README of <https://github.com/IBM/cp4s-car-connector-framework>.
#[derive(Debug, Clone)]
pub enum CarAccess {
    /// An API key with its password, as HTTP Basic.
    Key {
        /// The key.
        key: SecretString,
        /// Its password.
        password: SecretString,
    },
    /// A token of the platform, for connectors that run inside of it.
    Token(SecretString),
}

/// How the service names an address where an edge is patched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AddressIds {
    /// `0/10.0.0.5`: addresses belong to a region, and to the one called `0` where an import names none. The store that answers GraphQL,
    /// which incremental imports need, has them so.
    #[default]
    InRegion,
    /// `10.0.0.5`, as older stores have them.
    Bare,
}

/// The service and how it is used.
#[derive(Debug, Clone)]
pub struct CarSettings {
    /// The base of version 2 of the API, e.g. `https://host/api/car/v2`.
    pub url: Url,
    /// How it is signed in to.
    pub access: CarAccess,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Most objects of one import: [`PAGE_OBJECTS`] unless set.
    pub page_objects: usize,
    /// Most rows of one read: [`READ_ROWS`] unless set.
    pub read_rows: usize,
    /// How addresses are named in patches of edges.
    pub address_ids: AddressIds,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time for one answer.
    pub answer_timeout: Duration,
    /// Longest answer, in bytes as it unfolds.
    pub answer_bytes_max: usize,
    /// How requests are repeated. Each may be: what is imported, patched or deleted twice is there, so, or gone once.
    pub retry: RetryPolicy,
    /// Longest wait for a database that is being made ready.
    pub ready_max: Duration,
    /// Longest wait for a job, and for the next import of those outstanding to be completed.
    pub job_max: Duration,
}

/// Objects of one import, as IBM's connectors have it.
pub const PAGE_OBJECTS: usize = 2_000;

/// Rows of one read.
pub const READ_ROWS: usize = 2_000;

/// Most imports that are outstanding at one time, as IBM's connectors have it.
pub const OUTSTANDING_MAX: usize = 20;

impl CarSettings {
    /// A service with the defaults.
    #[must_use]
    pub fn new(url: Url, access: CarAccess) -> Self {
        Self {
            url,
            access,
            user_agent: concat!("tesem/", env!("CARGO_PKG_VERSION")).to_owned(),
            page_objects: PAGE_OBJECTS,
            read_rows: READ_ROWS,
            address_ids: AddressIds::default(),
            connect_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(5 * 60),
            answer_bytes_max: 64 << 20,
            retry: RetryPolicy {
                attempts_max: 4,
                throttles_max: 8,
                ..RetryPolicy::default()
            },
            ready_max: Duration::from_secs(10 * 60),
            job_max: Duration::from_secs(60 * 60),
        }
    }

    /// Refuses what cannot work, before anything is sent.
    pub(super) fn check(&self) -> Result<(), CarError> {
        let refuse = |setting, problem| Err(CarError::Setting { setting, problem });
        if self.page_objects == 0 || self.read_rows == 0 {
            return refuse("the page size", "it must be at least 1");
        }
        let url = &self.url;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return refuse("the URL", "it must begin with https://");
        }
        if url.scheme() == "http" && !is_loopback(url) {
            return refuse(
                "the URL",
                "a secret goes over plain http to this computer only",
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(
                "the URL",
                "it holds credentials, which have a setting of their own",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("the URL", "it has a query or a fragment");
        }
        match version_base(url, "v2") {
            Some(_) => Ok(()),
            None => refuse(
                "the URL",
                "it must end with /v2, e.g. https://host/api/car/v2",
            ),
        }
    }

    /// The `Authorization` header.
    pub(super) fn authorization(&self) -> Result<HeaderValue, CarError> {
        let text = match &self.access {
            CarAccess::Key { key, password } => {
                let (key, password) = (key.expose_secret(), password.expose_secret());
                let pair = format!("{key}:{password}");
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
            CarAccess::Token(token) => format!("car-token {}", token.expose_secret()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| CarError::Setting {
            setting: "the token",
            problem: "it holds characters that no HTTP header can carry",
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The text without the secret, should the service have repeated it.
    pub(super) fn without_secret(&self, text: &str) -> String {
        let secret = match &self.access {
            CarAccess::Key { password, .. } => password.expose_secret(),
            CarAccess::Token(token) => token.expose_secret(),
        };
        let mut text = text.to_owned();
        if let Ok(header) = self.authorization()
            && let Some((_, sent)) = header.to_str().ok().and_then(|sent| sent.split_once(' '))
            && !sent.is_empty()
        {
            text = text.replace(sent, "***");
        }
        if secret.is_empty() {
            return text;
        }
        text.replace(secret, "***")
    }
}

/// The base of another version of the API: `version` in place of the last segment, which must be `v2`.
pub(super) fn version_base(url: &Url, version: &str) -> Option<Url> {
    let mut url = url.clone();
    let path = url.path().trim_end_matches('/').to_owned();
    let above = path.strip_suffix("/v2")?;
    url.set_path(&format!("{above}/{version}"));
    Some(url)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, access: CarAccess) -> CarSettings {
        CarSettings::new(url.parse().unwrap(), access)
    }

    fn key() -> CarAccess {
        CarAccess::Key {
            key: "k".into(),
            password: "hunter2".into(),
        }
    }

    #[test]
    fn a_url_that_cannot_work_is_refused() {
        let cases = [
            ("https://car.example/api/car/v2", true),
            ("https://car.example/v2.example/api/car/v2/", true),
            ("http://127.0.0.1:8080/api/car/v2", true),
            ("http://[::1]/api/car/v2", true),
            ("http://car.example/api/car/v2", false),
            ("https://car.example/api/car/v3", false),
            ("https://car.example/", false),
            ("https://k:hunter2@car.example/api/car/v2", false),
            ("https://car.example/api/car/v2?a=b", false),
            ("ftp://car.example/api/car/v2", false),
        ];
        for (url, is_accepted) in cases {
            let checked = settings(url, key()).check();
            assert_eq!(checked.is_ok(), is_accepted, "{url}: {checked:?}");
            let shown = format!("{checked:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
        let mut no_page = settings("https://car.example/api/car/v2", key());
        no_page.page_objects = 0;
        assert!(no_page.check().is_err());
    }

    #[test]
    fn only_the_version_changes_from_one_base_to_the_other() {
        let url: Url = "https://v2.example/v2/car/v2/".parse().unwrap();
        let other = version_base(&url, "v3").unwrap();
        assert_eq!(other.as_str(), "https://v2.example/v2/car/v3");
    }

    #[test]
    fn secrets_are_sent_and_not_shown() {
        let url = "https://car.example/api/car/v2";
        let cases = [
            (key(), "Basic azpodW50ZXIy"),
            (CarAccess::Token("hunter2".into()), "car-token hunter2"),
        ];
        for (access, expected) in cases {
            let settings = settings(url, access);
            let header = settings.authorization().unwrap();
            assert_eq!(header, expected);
            let shown = format!("{settings:?} {header:?}");
            assert!(
                !shown.contains("hunter2") && !shown.contains("azpodW50"),
                "{shown}"
            );
            let echoed = settings.without_secret(&format!("bad header {expected}, hunter2"));
            assert!(
                !echoed.contains("hunter2") && !echoed.contains("azpodW50"),
                "{echoed}"
            );
        }
        let unfit = settings(url, CarAccess::Token("a\nhunter2".into()));
        let error = unfit.authorization().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
