//! The collections of the graph: which nodes and edges there are, and what each may say.
//!
//! Names are those of Connected Assets and Risk, whose schema is public:
//! <https://github.com/IBM/cp4s-car-schema/blob/master/doc/generated/importSchema.md>.

use std::fmt;

use crate::property::Property;

/// A collection of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A machine, by its id in the service.
    Asset,
    /// A machine's name, by itself in lower case.
    Hostname,
    /// An IP address, by its canonical text.
    IpAddress,
    /// A hardware address, by itself in upper case with colons.
    MacAddress,
    /// A person, by the name of the account.
    User,
    /// An account, by its name.
    Account,
    /// A version of a product, by `vendor:name:version`, or an operating system, by its platform.
    Application,
    /// A vulnerability, by its CVE, or an alert, by its id.
    Vulnerability,
}

/// A collection of edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// A machine has a name.
    AssetHostname,
    /// A machine runs an operating system or has software.
    AssetApplication,
    /// An adapter has an address.
    IpAddressMacAddress,
    /// A machine has an address.
    AssetIpAddress,
    /// A machine has an adapter.
    AssetMacAddress,
    /// An account signed in on a machine.
    AssetAccount,
    /// An account signed in under a machine's name.
    AccountHostname,
    /// A person has an account.
    UserAccount,
    /// A machine has a vulnerability or an alert.
    AssetVulnerability,
    /// A version of a product has a vulnerability.
    ApplicationVulnerability,
    /// An alert names an address.
    IpAddressVulnerability,
    /// An alert names an account. Connected Assets and Risk has no such collection.
    AccountVulnerability,
}

impl NodeKind {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Asset,
        Self::Hostname,
        Self::IpAddress,
        Self::MacAddress,
        Self::User,
        Self::Account,
        Self::Application,
        Self::Vulnerability,
    ];

    /// The collection's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Hostname => "hostname",
            Self::IpAddress => "ipaddress",
            Self::MacAddress => "macaddress",
            Self::User => "user",
            Self::Account => "account",
            Self::Application => "application",
            Self::Vulnerability => "vulnerability",
        }
    }

    /// The collection of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What a node may say, in order.
    #[must_use]
    pub fn properties(self) -> &'static [Property] {
        match self {
            Self::Asset => ASSET,
            Self::Hostname | Self::MacAddress => &[],
            Self::IpAddress => &[Property::IpVersion, Property::AddressScope],
            Self::User | Self::Account => &[Property::Name, Property::Domain],
            Self::Application => APPLICATION,
            Self::Vulnerability => VULNERABILITY,
        }
    }
}

const ASSET: &[Property] = &[
    Property::Name,
    Property::FirstSeen,
    Property::LastSeen,
    Property::OsPlatform,
    Property::OsVersion,
    Property::OsBuild,
    Property::Processor,
    Property::HealthStatus,
    Property::OnboardingStatus,
    Property::AgentVersion,
    Property::RiskScore,
    Property::ExposureLevel,
    Property::DeviceValue,
    Property::DeviceGroup,
    Property::Tags,
    Property::EntraDeviceId,
    Property::IsEntraJoined,
    Property::ManagedBy,
    Property::MergedInto,
    Property::IsExcluded,
    Property::CloudProvider,
    Property::CloudResource,
];

const APPLICATION: &[Property] = &[
    Property::Name,
    Property::Vendor,
    Property::Product,
    Property::Version,
    Property::IsOs,
    Property::EndOfSupport,
    Property::EndOfSupportDate,
];

const VULNERABILITY: &[Property] = &[
    Property::Name,
    Property::Description,
    Property::Category,
    Property::Severity,
    Property::BaseScore,
    Property::CvssScore,
    Property::CvssVector,
    Property::Epss,
    Property::Exploitability,
    Property::PublicExploit,
    Property::ExploitVerified,
    Property::ExploitInKit,
    Property::PublishedOn,
    Property::DisclosedOn,
    Property::UpdatedOn,
    Property::Status,
    Property::DetectionSource,
    Property::AlertCategory,
    Property::ThreatName,
    Property::Incident,
    Property::Techniques,
    Property::AssignedTo,
    Property::Classification,
    Property::Determination,
];

impl EdgeKind {
    /// All, in order.
    pub const ALL: [Self; 12] = [
        Self::AssetHostname,
        Self::AssetApplication,
        Self::IpAddressMacAddress,
        Self::AssetIpAddress,
        Self::AssetMacAddress,
        Self::AssetAccount,
        Self::AccountHostname,
        Self::UserAccount,
        Self::AssetVulnerability,
        Self::ApplicationVulnerability,
        Self::IpAddressVulnerability,
        Self::AccountVulnerability,
    ];

    /// The collection's name: those of its two ends.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AssetHostname => "asset_hostname",
            Self::AssetApplication => "asset_application",
            Self::IpAddressMacAddress => "ipaddress_macaddress",
            Self::AssetIpAddress => "asset_ipaddress",
            Self::AssetMacAddress => "asset_macaddress",
            Self::AssetAccount => "asset_account",
            Self::AccountHostname => "account_hostname",
            Self::UserAccount => "user_account",
            Self::AssetVulnerability => "asset_vulnerability",
            Self::ApplicationVulnerability => "application_vulnerability",
            Self::IpAddressVulnerability => "ipaddress_vulnerability",
            Self::AccountVulnerability => "account_vulnerability",
        }
    }

    /// The collection of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where its edges begin and end.
    #[must_use]
    pub fn ends(self) -> (NodeKind, NodeKind) {
        use NodeKind::{
            Account, Application, Asset, Hostname, IpAddress, MacAddress, User, Vulnerability,
        };
        match self {
            Self::AssetHostname => (Asset, Hostname),
            Self::AssetApplication => (Asset, Application),
            Self::IpAddressMacAddress => (IpAddress, MacAddress),
            Self::AssetIpAddress => (Asset, IpAddress),
            Self::AssetMacAddress => (Asset, MacAddress),
            Self::AssetAccount => (Asset, Account),
            Self::AccountHostname => (Account, Hostname),
            Self::UserAccount => (User, Account),
            Self::AssetVulnerability => (Asset, Vulnerability),
            Self::ApplicationVulnerability => (Application, Vulnerability),
            Self::IpAddressVulnerability => (IpAddress, Vulnerability),
            Self::AccountVulnerability => (Account, Vulnerability),
        }
    }

    /// What an edge may say, in order.
    #[must_use]
    pub fn properties(self) -> &'static [Property] {
        match self {
            Self::AssetApplication | Self::IpAddressVulnerability | Self::AccountVulnerability => {
                &[Property::FirstSeen]
            }
            Self::AssetIpAddress => &[Property::Adapters, Property::IsExternal, Property::IsLast],
            Self::AssetMacAddress => &[Property::AdapterTypes, Property::IsUp],
            Self::AssetAccount => &[
                Property::FirstSeen,
                Property::LastSeen,
                Property::LogonTypes,
                Property::Domains,
                Property::Sids,
                Property::IsDomainAdmin,
                Property::IsNetworkOnly,
            ],
            Self::AssetVulnerability => &[
                Property::FirstSeen,
                Property::LastModified,
                Property::Applications,
            ],
            Self::AssetHostname
            | Self::IpAddressMacAddress
            | Self::AccountHostname
            | Self::UserAccount
            | Self::ApplicationVulnerability => &[],
        }
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_named_after_its_ends() {
        for kind in EdgeKind::ALL {
            let (from, to) = kind.ends();
            assert_eq!(kind.name(), format!("{from}_{to}"));
            assert_eq!(EdgeKind::named(kind.name()), Some(kind));
        }
        for kind in NodeKind::ALL {
            assert_eq!(NodeKind::named(kind.name()), Some(kind));
        }
    }

    #[test]
    fn each_property_stands_somewhere_and_in_order() {
        let nodes = NodeKind::ALL.map(NodeKind::properties);
        let edges = EdgeKind::ALL.map(EdgeKind::properties);
        let lists: Vec<&[Property]> = nodes.into_iter().chain(edges).collect();
        for list in &lists {
            assert!(list.is_sorted(), "{list:?}");
        }
        for property in Property::ALL {
            assert!(
                lists.iter().any(|list| list.contains(property)),
                "{property:?}"
            );
        }
    }
}
