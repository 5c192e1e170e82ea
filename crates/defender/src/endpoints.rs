//! Where the services of a tenant are.

use url::Url;

use crate::{Cloud, Region, Service};

/// The places a client talks to. Bearer tokens go to `graph`, `defender` and `xdr` only, the credential
/// goes to `login` only; `portal` is for links that a person follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Microsoft Entra sign-in.
    pub login: Url,
    /// Microsoft Graph.
    pub graph: Url,
    /// Defender for Endpoint.
    pub defender: Url,
    /// Defender XDR; the same host as `defender` in the commercial cloud.
    pub xdr: Url,
    /// The portal.
    pub portal: Url,
}

/// Places that replace a cloud's own, e.g. a twin or a proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointOverrides {
    /// Replaces the sign-in endpoint.
    pub login: Option<Url>,
    /// Replaces Microsoft Graph.
    pub graph: Option<Url>,
    /// Replaces Defender for Endpoint and Defender XDR.
    pub defender: Option<Url>,
    /// Replaces the portal.
    pub portal: Option<Url>,
}

impl Endpoints {
    /// The endpoints of `cloud`, with `overrides` on top.
    #[must_use]
    pub fn new(cloud: Cloud, overrides: &EndpointOverrides) -> Self {
        let facts = cloud.facts();
        let defender = overrides.defender.as_ref();
        Self {
            login: either(overrides.login.as_ref(), facts.login),
            graph: either(overrides.graph.as_ref(), facts.graph),
            defender: either(defender, facts.defender),
            xdr: either(defender, facts.xdr),
            portal: either(overrides.portal.as_ref(), facts.portal),
        }
    }

    /// The endpoints of the commercial cloud with the hosts of `region`, and `overrides` on top.
    #[must_use]
    pub fn in_region(region: Region, overrides: &EndpointOverrides) -> Self {
        let defender = overrides.defender.as_ref();
        Self {
            defender: either(defender, &region.defender()),
            xdr: either(defender, &region.xdr()),
            ..Self::new(Cloud::Public, overrides)
        }
    }

    /// All endpoints at one place, as with a twin.
    #[must_use]
    pub fn all_at(base: &Url) -> Self {
        let base = || base.clone();
        Self {
            login: base(),
            graph: base(),
            defender: base(),
            xdr: base(),
            portal: base(),
        }
    }

    /// The endpoint of `service`.
    #[must_use]
    pub fn of(&self, service: Service) -> &Url {
        match service {
            Service::Graph => &self.graph,
            Service::Defender => &self.defender,
            Service::Xdr => &self.xdr,
        }
    }

    /// The endpoints that are called, with the names they have in settings.
    pub(crate) fn called(&self) -> [(&'static str, &Url); 4] {
        [
            ("login", &self.login),
            ("graph", &self.graph),
            ("defender", &self.defender),
            ("defender", &self.xdr),
        ]
    }
}

#[expect(
    clippy::expect_used,
    reason = "the clouds' addresses are constants, tested to parse"
)]
fn either(replacement: Option<&Url>, own: &str) -> Url {
    let parse = || Url::parse(own).expect("a cloud's address is a URL");
    replacement.cloned().unwrap_or_else(parse)
}

/// `path`, which begins with a slash, below `endpoint`, which may have a path of its own.
pub(crate) fn join(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}{path}", endpoint.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_sets_all_places_together() {
        let none = EndpointOverrides::default();
        let expected = [
            (
                Cloud::Public,
                "login.microsoftonline.com",
                "graph.microsoft.com",
                "api.security.microsoft.com",
                "security.microsoft.com",
            ),
            (
                Cloud::Gcc,
                "login.microsoftonline.com",
                "graph.microsoft.com",
                "api-gcc.securitycenter.microsoft.us",
                "security.microsoft.com",
            ),
            (
                Cloud::GccHigh,
                "login.microsoftonline.us",
                "graph.microsoft.us",
                "api-gov.securitycenter.microsoft.us",
                "security.microsoft.us",
            ),
            (
                Cloud::DoD,
                "login.microsoftonline.us",
                "dod-graph.microsoft.us",
                "api-gov.securitycenter.microsoft.us",
                "security.apps.mil",
            ),
        ];
        for (cloud, login, graph, defender, portal) in expected {
            let endpoints = Endpoints::new(cloud, &none);
            let hosts = [
                &endpoints.login,
                &endpoints.graph,
                &endpoints.defender,
                &endpoints.portal,
            ];
            assert_eq!(
                hosts.map(|url| url.host_str().unwrap()),
                [login, graph, defender, portal],
                "{cloud}"
            );
            assert_eq!(cloud.as_str().parse(), Ok(cloud));
        }
    }

    #[test]
    fn a_region_moves_defender_only() {
        let none = EndpointOverrides::default();
        let expected = [
            (
                Region::Us,
                "us.api.security.microsoft.com",
                "api-us.security.microsoft.com",
            ),
            (
                Region::Eu,
                "eu.api.security.microsoft.com",
                "api-eu.security.microsoft.com",
            ),
            (
                Region::Uk,
                "uk.api.security.microsoft.com",
                "api-uk.security.microsoft.com",
            ),
            (
                Region::Au,
                "au.api.security.microsoft.com",
                "api.security.microsoft.com",
            ),
            (
                Region::Swa,
                "swa.api.security.microsoft.com",
                "api.security.microsoft.com",
            ),
            (
                Region::Ina,
                "ina.api.security.microsoft.com",
                "api.security.microsoft.com",
            ),
            (
                Region::Aea,
                "aea.api.security.microsoft.com",
                "api.security.microsoft.com",
            ),
        ];
        assert_eq!(expected.map(|(region, ..)| region), Region::ALL);
        for (region, defender, xdr) in expected {
            let endpoints = Endpoints::in_region(region, &none);
            let hosts = [&endpoints.defender, &endpoints.xdr];
            assert_eq!(
                hosts.map(|url| url.host_str().unwrap()),
                [defender, xdr],
                "{region}"
            );
            let public = Endpoints::new(Cloud::Public, &none);
            let rest = |endpoints: &Endpoints| {
                [&endpoints.login, &endpoints.graph, &endpoints.portal].map(Url::to_string)
            };
            assert_eq!(rest(&endpoints), rest(&public));
        }
    }

    #[test]
    fn the_audience_is_not_the_host() {
        assert_eq!(
            Cloud::Public.audience(Service::Defender),
            "https://api.securitycenter.microsoft.com"
        );
        assert_eq!(
            Cloud::Public.audience(Service::Xdr),
            "https://api.security.microsoft.com"
        );
        assert_eq!(
            Cloud::DoD.audience(Service::Graph),
            "https://dod-graph.microsoft.us"
        );
    }

    #[test]
    fn an_override_replaces_both_defender_hosts() {
        let twin: Url = "http://127.0.0.1:9000/".parse().unwrap();
        let overrides = EndpointOverrides {
            defender: Some(twin.clone()),
            ..Default::default()
        };
        let endpoints = Endpoints::new(Cloud::GccHigh, &overrides);
        assert_eq!((&endpoints.defender, &endpoints.xdr), (&twin, &twin));
        assert_eq!(endpoints.graph.as_str(), "https://graph.microsoft.us/");
    }

    #[test]
    fn paths_go_below_an_endpoint_with_a_path() {
        let cases = [
            (
                "https://graph.microsoft.com",
                "https://graph.microsoft.com/v1.0/x",
            ),
            (
                "https://proxy.example/graph",
                "https://proxy.example/graph/v1.0/x",
            ),
            (
                "https://proxy.example/graph/",
                "https://proxy.example/graph/v1.0/x",
            ),
        ];
        for (endpoint, expected) in cases {
            assert_eq!(
                join(&endpoint.parse().unwrap(), "/v1.0/x").as_str(),
                expected
            );
        }
    }
}
