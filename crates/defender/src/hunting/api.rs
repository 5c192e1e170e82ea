//! The three hunting APIs.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::Service;

/// Which API runs hunting queries.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum HuntingApi {
    /// Microsoft Graph.
    #[default]
    Graph,
    /// Defender for Endpoint.
    Defender,
    /// Defender XDR.
    Xdr,
}

/// The end of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retirement {
    /// The first day without it.
    pub ends: Date,
    /// Microsoft's notice in the message center.
    pub notice: &'static str,
}

/// Source: Microsoft 365 message center, MC1220762 of 22 January 2026.
const OLD_APIS: Retirement = Retirement {
    ends: date(2027, 2, 1),
    notice: "MC1220762",
};

impl HuntingApi {
    /// All APIs, in the order of preference.
    pub const ALL: [Self; 3] = [Self::Graph, Self::Defender, Self::Xdr];

    /// The API's name in settings: `graph`, `defender`, `xdr`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Defender => "defender",
            Self::Xdr => "xdr",
        }
    }

    /// The service whose endpoint is called and whose tokens are needed.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::Graph => Service::Graph,
            Self::Defender => Service::Defender,
            Self::Xdr => Service::Xdr,
        }
    }

    /// The application permission that the app needs.
    #[must_use]
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Graph => &["ThreatHunting.Read.All"],
            Self::Defender => &["AdvancedQuery.Read.All"],
            Self::Xdr => &["AdvancedHunting.Read.All"],
        }
    }

    /// When Microsoft ends the API, if it does.
    #[must_use]
    pub fn retirement(self) -> Option<Retirement> {
        match self {
            Self::Graph => None,
            Self::Defender | Self::Xdr => Some(OLD_APIS),
        }
    }

    /// The path below the service's endpoint.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Graph => "/v1.0/security/runHuntingQuery",
            Self::Defender => "/api/advancedqueries/run",
            Self::Xdr => "/api/advancedhunting/run",
        }
    }

    /// The endpoint's name in the quota ledger.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::Graph => "POST /v1.0/security/runHuntingQuery",
            Self::Defender => "POST /api/advancedqueries/run",
            Self::Xdr => "POST /api/advancedhunting/run",
        }
    }
}

impl fmt::Display for HuntingApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A hunting API's name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a hunting API; use graph, defender or xdr")]
pub struct UnknownHuntingApi {
    /// The name.
    pub name: String,
}

impl FromStr for HuntingApi {
    type Err = UnknownHuntingApi;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|api| api.as_str() == name);
        known.ok_or_else(|| UnknownHuntingApi {
            name: name.to_owned(),
        })
    }
}
