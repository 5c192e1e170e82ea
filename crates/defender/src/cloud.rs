//! Microsoft's clouds and the services a token can be for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of Microsoft's clouds. It decides hosts, token audiences, sign-in and portal together.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cloud {
    /// The commercial cloud.
    #[default]
    Public,
    /// US government community cloud; signs in at the commercial cloud.
    Gcc,
    /// US government community cloud, high.
    GccHigh,
    /// US Department of Defense.
    #[serde(rename = "dod")]
    DoD,
}

/// Where the commercial cloud keeps a tenant's data. Calls to the region's own host are answered from nearer by.
///
/// Source: learn.microsoft.com/defender-endpoint/api/exposed-apis-list, "Endpoint URI and performance tips".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Region {
    /// United States.
    Us,
    /// European Union.
    Eu,
    /// United Kingdom.
    Uk,
    /// Australia.
    Au,
    /// Switzerland.
    Swa,
    /// India.
    Ina,
    /// United Arab Emirates.
    Aea,
}

/// A service with an audience of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Microsoft Graph.
    Graph,
    /// Defender for Endpoint.
    Defender,
    /// Defender XDR.
    Xdr,
}

/// Hosts and audiences of one cloud.
pub(crate) struct CloudFacts {
    pub(crate) login: &'static str,
    pub(crate) graph: &'static str,
    pub(crate) defender: &'static str,
    pub(crate) xdr: &'static str,
    pub(crate) portal: &'static str,
    pub(crate) defender_audience: &'static str,
}

/// Sources, learn.microsoft.com: `defender-endpoint/api/exposed-apis-list`, `defender-endpoint/gov` and
/// `defender-xdr/usgov` (hosts by cloud), `graph/deployments` (Graph roots and sign-in by national cloud).
/// The audience of Defender for Endpoint is the older host name in the commercial cloud, also for requests
/// to the newer host; the government clouds use their own host names.
const PUBLIC: CloudFacts = CloudFacts {
    login: "https://login.microsoftonline.com",
    graph: "https://graph.microsoft.com",
    defender: "https://api.security.microsoft.com",
    xdr: "https://api.security.microsoft.com",
    portal: "https://security.microsoft.com",
    defender_audience: "https://api.securitycenter.microsoft.com",
};
const GCC: CloudFacts = CloudFacts {
    login: "https://login.microsoftonline.com",
    graph: "https://graph.microsoft.com",
    defender: "https://api-gcc.securitycenter.microsoft.us",
    xdr: "https://api-gcc.security.microsoft.us",
    portal: "https://security.microsoft.com",
    defender_audience: "https://api-gcc.securitycenter.microsoft.us",
};
const GCC_HIGH: CloudFacts = CloudFacts {
    login: "https://login.microsoftonline.us",
    graph: "https://graph.microsoft.us",
    defender: "https://api-gov.securitycenter.microsoft.us",
    xdr: "https://api-gov.security.microsoft.us",
    portal: "https://security.microsoft.us",
    defender_audience: "https://api-gov.securitycenter.microsoft.us",
};
const DOD: CloudFacts = CloudFacts {
    login: "https://login.microsoftonline.us",
    graph: "https://dod-graph.microsoft.us",
    defender: "https://api-gov.securitycenter.microsoft.us",
    xdr: "https://api-gov.security.microsoft.us",
    portal: "https://security.apps.mil",
    defender_audience: "https://api-gov.securitycenter.microsoft.us",
};

impl Cloud {
    /// All clouds, in the order of their names in settings.
    pub const ALL: [Self; 4] = [Self::Public, Self::Gcc, Self::GccHigh, Self::DoD];

    /// The cloud's name in settings: `public`, `gcc`, `gcc-high`, `dod`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Gcc => "gcc",
            Self::GccHigh => "gcc-high",
            Self::DoD => "dod",
        }
    }

    /// The resource that a token for `service` must be issued for, without a trailing slash. It is not
    /// always the host that is called, and an endpoint override does not change it.
    #[must_use]
    pub fn audience(self, service: Service) -> &'static str {
        let facts = self.facts();
        match service {
            Service::Graph => facts.graph,
            Service::Defender => facts.defender_audience,
            Service::Xdr => facts.xdr,
        }
    }

    pub(crate) fn facts(self) -> &'static CloudFacts {
        match self {
            Self::Public => &PUBLIC,
            Self::Gcc => &GCC,
            Self::GccHigh => &GCC_HIGH,
            Self::DoD => &DOD,
        }
    }
}

impl Region {
    /// All regions, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Us,
        Self::Eu,
        Self::Uk,
        Self::Au,
        Self::Swa,
        Self::Ina,
        Self::Aea,
    ];

    /// The region's name in settings and hosts: `us`, `eu`, `uk`, `au`, `swa`, `ina`, `aea`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::Uk => "uk",
            Self::Au => "au",
            Self::Swa => "swa",
            Self::Ina => "ina",
            Self::Aea => "aea",
        }
    }

    /// The host of Defender for Endpoint.
    pub(crate) fn defender(self) -> String {
        format!("https://{self}.api.security.microsoft.com")
    }

    /// The host of Defender XDR, which has fewer of its own.
    pub(crate) fn xdr(self) -> String {
        match self {
            Self::Us | Self::Eu | Self::Uk => format!("https://api-{self}.security.microsoft.com"),
            Self::Au | Self::Swa | Self::Ina | Self::Aea => PUBLIC.xdr.to_owned(),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cloud name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a cloud; use public, gcc, gcc-high or dod")]
pub struct UnknownCloud {
    /// The name.
    pub name: String,
}

impl FromStr for Cloud {
    type Err = UnknownCloud;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|cloud| cloud.as_str() == name);
        known.ok_or_else(|| UnknownCloud {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Graph => "Microsoft Graph",
            Self::Defender => "Defender for Endpoint",
            Self::Xdr => "Defender XDR",
        })
    }
}
