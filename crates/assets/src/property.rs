//! What nodes and edges say: properties, each with a name and one type.

use std::marker::PhantomData;

use crate::millis::Millis;
use crate::text::Text;

pub use crate::properties::{Draft, Patch, Properties};
pub(crate) use crate::value::texts;
pub use crate::value::{Real, Texts, Typed, Value, ValueType};

/// A property and the type of its values.
#[derive(Debug)]
pub struct Key<T> {
    property: Property,
    values: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// The property.
    #[must_use]
    pub const fn property(self) -> Property {
        self.property
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

/// Declares the properties: constant, variant, type and name.
macro_rules! properties {
    ($( $(#[$meta:meta])* $constant:ident / $variant:ident: $type:ty = $name:literal, )*) => {
        /// What a property is about. The same word means the same thing wherever it stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $( $(#[$meta])* $variant, )*
        }

        impl Property {
            /// All, in order.
            pub const ALL: &[Self] = &[$( Self::$variant, )*];

            /// The name: lower case with underscores, as in the import schema of Connected Assets and Risk where that has it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )*
                }
            }

            /// The type of its values.
            #[must_use]
            pub fn value_type(self) -> ValueType {
                match self {
                    $( Self::$variant => <$type as Typed>::TYPE, )*
                }
            }

            /// The property of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $( $name => Some(Self::$variant), )*
                    _ => None,
                }
            }
        }

        $(
            $(#[$meta])*
            pub const $constant: Key<$type> = Key { property: Property::$variant, values: PhantomData };
        )*
    };
}

properties! {
    /// What people call it.
    NAME / Name: Text = "name",
    /// What it is.
    DESCRIPTION / Description: Text = "description",
    /// When the service saw it first.
    FIRST_SEEN / FirstSeen: Millis = "first_seen",
    /// When the service saw it last.
    LAST_SEEN / LastSeen: Millis = "last_seen",
    /// When its last event was.
    LAST_MODIFIED / LastModified: Millis = "last_modified",
    /// The system, e.g. `Windows11`.
    OS_PLATFORM / OsPlatform: Text = "os_platform",
    /// The system's release, e.g. `23H2`.
    OS_VERSION / OsVersion: Text = "os_version",
    /// The system's build.
    OS_BUILD / OsBuild: i64 = "os_build",
    /// The processor's kind, e.g. `x64`.
    PROCESSOR / Processor: Text = "processor",
    /// How the sensor is, e.g. `Active`.
    HEALTH_STATUS / HealthStatus: Text = "health_status",
    /// Whether the machine has the sensor.
    ONBOARDING_STATUS / OnboardingStatus: Text = "onboarding_status",
    /// The sensor's version.
    AGENT_VERSION / AgentVersion: Text = "agent_version",
    /// How likely the machine is under attack.
    RISK_SCORE / RiskScore: Text = "risk_score",
    /// How open to attack the machine is.
    EXPOSURE_LEVEL / ExposureLevel: Text = "exposure_level",
    /// What the machine is worth to the organisation.
    DEVICE_VALUE / DeviceValue: Text = "device_value",
    /// The machine's device group.
    DEVICE_GROUP / DeviceGroup: Text = "device_group",
    /// Tags.
    TAGS / Tags: Texts = "tags",
    /// The machine's id in Entra.
    ENTRA_DEVICE_ID / EntraDeviceId: Text = "entra_device_id",
    /// Whether the machine is joined to Entra.
    IS_ENTRA_JOINED / IsEntraJoined: bool = "is_entra_joined",
    /// What manages the machine, e.g. `Intune`.
    MANAGED_BY / ManagedBy: Text = "managed_by",
    /// The machine that this one became.
    MERGED_INTO / MergedInto: Text = "merged_into",
    /// Whether the machine is left out of assessments.
    IS_EXCLUDED / IsExcluded: bool = "is_excluded",
    /// The cloud that the machine runs in.
    CLOUD_PROVIDER / CloudProvider: Text = "cloud_provider",
    /// The machine's resource there.
    CLOUD_RESOURCE / CloudResource: Text = "cloud_resource",
    /// 4 or 6.
    IP_VERSION / IpVersion: i64 = "ip_version",
    /// What an address is for, e.g. `private`.
    ADDRESS_SCOPE / AddressScope: Text = "address_scope",
    /// The domain of an account; on an edge see [`DOMAINS`].
    DOMAIN / Domain: Text = "domain",
    /// The vendor of a product.
    VENDOR / Vendor: Text = "vendor",
    /// The product.
    PRODUCT / Product: Text = "product",
    /// The product's version.
    VERSION / Version: Text = "version",
    /// Whether an application is an operating system.
    IS_OS / IsOs: bool = "is_os",
    /// Whether the vendor still supports the product.
    END_OF_SUPPORT / EndOfSupport: Text = "end_of_support",
    /// Until when.
    END_OF_SUPPORT_DATE / EndOfSupportDate: Millis = "end_of_support_date",
    /// What stands behind a vulnerability: [`CVE`] or [`ALERT`].
    CATEGORY / Category: Text = "category",
    /// How bad the service calls it.
    SEVERITY / Severity: Text = "severity",
    /// How bad it is, 0 to 10.
    BASE_SCORE / BaseScore: i64 = "base_score",
    /// The CVSS score.
    CVSS_SCORE / CvssScore: Real = "cvss_score",
    /// The CVSS vector.
    CVSS_VECTOR / CvssVector: Text = "cvss_vector",
    /// The probability of exploitation.
    EPSS / Epss: Real = "epss",
    /// Whether and how it is exploited.
    EXPLOITABILITY / Exploitability: Text = "exploitability",
    /// Whether there is a public exploit.
    PUBLIC_EXPLOIT / PublicExploit: bool = "public_exploit",
    /// Whether that works.
    EXPLOIT_VERIFIED / ExploitVerified: bool = "exploit_verified",
    /// Whether it is in a kit.
    EXPLOIT_IN_KIT / ExploitInKit: bool = "exploit_in_kit",
    /// When it was published, or an alert raised.
    PUBLISHED_ON / PublishedOn: Millis = "published_on",
    /// When it was disclosed; the first event of an alert.
    DISCLOSED_ON / DisclosedOn: Millis = "disclosed_on",
    /// When its description was changed.
    UPDATED_ON / UpdatedOn: Millis = "updated_on",
    /// Where an alert is in its life.
    STATUS / Status: Text = "status",
    /// What raised an alert.
    DETECTION_SOURCE / DetectionSource: Text = "detection_source",
    /// The category of an alert.
    ALERT_CATEGORY / AlertCategory: Text = "alert_category",
    /// What an alert found.
    THREAT_NAME / ThreatName: Text = "threat_name",
    /// The incident that an alert belongs to.
    INCIDENT / Incident: Text = "incident",
    /// Techniques of MITRE ATT&CK.
    TECHNIQUES / Techniques: Texts = "techniques",
    /// Who looks after an alert.
    ASSIGNED_TO / AssignedTo: Text = "assigned_to",
    /// What an alert turned out to be.
    CLASSIFICATION / Classification: Text = "classification",
    /// Why.
    DETERMINATION / Determination: Text = "determination",
    /// Hardware addresses of the adapters that carry an address.
    ADAPTERS / Adapters: Texts = "adapters",
    /// Whether the machine is seen under the address from outside.
    IS_EXTERNAL / IsExternal: bool = "is_external",
    /// Whether it is the address that the machine had last.
    IS_LAST / IsLast: bool = "is_last",
    /// Kinds of an adapter, e.g. `Ethernet`.
    ADAPTER_TYPES / AdapterTypes: Texts = "adapter_types",
    /// Whether an adapter is up.
    IS_UP / IsUp: bool = "is_up",
    /// How an account signs in.
    LOGON_TYPES / LogonTypes: Texts = "logon_types",
    /// Domains under which a machine saw an account.
    DOMAINS / Domains: Texts = "domains",
    /// Security ids under which a machine saw an account.
    SIDS / Sids: Texts = "sids",
    /// Whether an account administers the domain.
    IS_DOMAIN_ADMIN / IsDomainAdmin: bool = "is_domain_admin",
    /// Whether an account signs in over the network only.
    IS_NETWORK_ONLY / IsNetworkOnly: bool = "is_network_only",
    /// The applications through which a machine has a vulnerability.
    APPLICATIONS / Applications: Texts = "applications",
}

/// [`CATEGORY`] of a vulnerability of software.
pub const CVE: &str = "cve";

/// [`CATEGORY`] of an alert, which Connected Assets and Risk keeps among the vulnerabilities.
pub const ALERT: &str = "alert";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_found_again() {
        for property in Property::ALL {
            assert_eq!(Property::named(property.name()), Some(*property));
        }
    }
}
