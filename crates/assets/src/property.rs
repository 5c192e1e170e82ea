//! What nodes and edges say: properties, each with a name and one type.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::millis::Millis;
use crate::text::Text;

/// A number with a fraction, in a total order.
#[derive(Debug, Clone, Copy)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Texts in order, each once.
pub type Texts = Arc<[Text]>;

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(Real),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Time(Millis),
    /// Texts in order, each once.
    Texts(Texts),
}

/// The type of a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// [`Value::Text`].
    Text,
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Real`].
    Real,
    /// [`Value::Flag`].
    Flag,
    /// [`Value::Time`].
    Time,
    /// [`Value::Texts`].
    Texts,
}

/// A Rust type that values are.
pub trait Typed: Sized {
    /// Which of them.
    const TYPE: ValueType;

    /// As a value.
    fn into_value(self) -> Value;

    /// From a value of that type.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! typed {
    ($( $type:ty => $variant:ident, )*) => { $(
        impl Typed for $type {
            const TYPE: ValueType = ValueType::$variant;

            fn into_value(self) -> Value {
                Value::$variant(self)
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    )* };
}

typed! {
    Text => Text,
    i64 => Integer,
    Real => Real,
    bool => Flag,
    Millis => Time,
    Texts => Texts,
}

impl Value {
    /// The type.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Integer(_) => ValueType::Integer,
            Self::Real(_) => ValueType::Real,
            Self::Flag(_) => ValueType::Flag,
            Self::Time(_) => ValueType::Time,
            Self::Texts(_) => ValueType::Texts,
        }
    }
}

/// Texts as a value: in order, each once, none empty.
pub(crate) fn texts(texts: impl IntoIterator<Item = Text>) -> Option<Texts> {
    let mut texts: Vec<Text> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    texts.sort();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.into())
}

/// A property and the type of its values.
#[derive(Debug)]
pub struct Key<T> {
    property: Property,
    values: PhantomData<fn() -> T>,
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

/// Properties of a node or an edge, by property. Copies share their storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Properties(Arc<[(Property, Value)]>);

/// Changes of properties: a new value, or none for one that is gone.
pub type Patch = Vec<(Property, Option<Value>)>;

impl Properties {
    /// The value of a property.
    #[must_use]
    pub fn get<T: Typed>(&self, key: Key<T>) -> Option<T> {
        T::from_value(self.value(key.property)?)
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn is(&self, key: Key<bool>) -> bool {
        self.get(key).unwrap_or_default()
    }

    /// The value of a property, whatever its type.
    #[must_use]
    pub fn value(&self, property: Property) -> Option<&Value> {
        let found = self.0.binary_search_by_key(&property, |(other, _)| *other);
        found
            .ok()
            .and_then(|index| self.0.get(index))
            .map(|(_, value)| value)
    }

    /// All that have a value, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Property, &Value)> {
        self.0.iter().map(|(property, value)| (*property, value))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both share their storage.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What two observations of one thing say together, whichever came first: the earlier beginning, the later end, lists united, and
    /// where they disagree the greater value.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        self.combined(other, join)
    }

    /// These with what `newer` says instead, as far as that says anything.
    #[must_use]
    pub fn overlaid(&self, newer: &Self) -> Self {
        self.combined(newer, |_, _, newer| newer.clone())
    }

    /// What makes `other` of these.
    #[must_use]
    pub fn patch_to(&self, other: &Self) -> Patch {
        if self.is_same(other) {
            return Patch::new();
        }
        let gone = |(property, _): (Property, &Value)| {
            other.value(property).is_none().then_some((property, None))
        };
        let new = |(property, value): (Property, &Value)| {
            (self.value(property) != Some(value)).then(|| (property, Some(value.clone())))
        };
        let mut patch: Patch = self.iter().filter_map(gone).collect();
        patch.extend(other.iter().filter_map(new));
        patch.sort_by_key(|(property, _)| *property);
        patch
    }

    /// These with the changes of `patch`.
    #[must_use]
    pub fn patched(&self, patch: &Patch) -> Self {
        let is_kept = |property: Property| !patch.iter().any(|(changed, _)| *changed == property);
        let kept = self.0.iter().filter(|(property, _)| is_kept(*property));
        let new = patch
            .iter()
            .filter_map(|(property, value)| Some((*property, value.clone()?)));
        kept.cloned().chain(new).collect()
    }

    fn combined(&self, other: &Self, rule: impl Fn(Property, &Value, &Value) -> Value) -> Self {
        if self.is_same(other) || other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let ours = self.iter().map(|(property, value)| {
            let value = match other.value(property) {
                Some(theirs) => rule(property, value, theirs),
                None => value.clone(),
            };
            (property, value)
        });
        let theirs = other
            .iter()
            .filter(|(property, _)| self.value(*property).is_none())
            .map(|(property, value)| (property, value.clone()));
        ours.chain(theirs).collect()
    }
}

fn join(property: Property, one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Texts(one), Value::Texts(other)) => {
            let both = one.iter().chain(other.iter()).cloned();
            Value::Texts(texts(both).unwrap_or_default())
        }
        _ if property == Property::FirstSeen => one.min(other).clone(),
        _ => one.max(other).clone(),
    }
}

/// Of several values of one property the last counts.
impl FromIterator<(Property, Value)> for Properties {
    fn from_iter<I: IntoIterator<Item = (Property, Value)>>(values: I) -> Self {
        let mut sorted: Vec<(Property, Value)> = values.into_iter().collect();
        sorted.sort_by_key(|(property, _)| *property);
        let mut unique: Vec<(Property, Value)> = Vec::with_capacity(sorted.len());
        for (property, value) in sorted {
            match unique.last_mut() {
                Some(last) if last.0 == property => last.1 = value,
                _ => unique.push((property, value)),
            }
        }
        Self(unique.into())
    }
}

/// Properties that are being written down.
#[derive(Debug, Default)]
pub struct Draft(Vec<(Property, Value)>);

impl Draft {
    /// Says that a property has a value; nothing where there is none.
    #[must_use]
    pub fn with<T: Typed>(mut self, key: Key<T>, value: Option<T>) -> Self {
        let value = value.map(|value| (key.property, value.into_value()));
        self.0.extend(value);
        self
    }

    /// [`Draft::with`] for a text: nothing where it is empty or blank.
    #[must_use]
    pub fn text(self, key: Key<Text>, value: Option<&str>) -> Self {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        self.with(key, value.map(Text::from))
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Properties {
        self.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(first: i64, name: &str, tags: &[&str]) -> Properties {
        Draft::default()
            .with(TAGS, texts(tags.iter().map(|tag| Text::from(*tag))))
            .with(FIRST_SEEN, Some(Millis::new(first)))
            .text(NAME, Some(name))
            .done()
    }

    #[test]
    fn names_are_told_apart_and_found_again() {
        for property in Property::ALL {
            assert_eq!(Property::named(property.name()), Some(*property));
        }
    }

    #[test]
    fn observations_join_alike_in_either_order() {
        let (one, other) = (properties(5, "a", &["x"]), properties(3, "b", &["y", "x"]));
        let joined = one.joined(&other);
        assert_eq!(joined, other.joined(&one));
        assert_eq!(joined, joined.joined(&one));
        assert_eq!(joined, properties(3, "b", &["x", "y"]));
        assert_eq!(Properties::default().joined(&one), one);
    }

    #[test]
    fn a_newer_observation_says_what_counts_and_leaves_the_rest() {
        let newer = Draft::default().text(NAME, Some("b")).done();
        assert_eq!(
            properties(5, "c", &["x"]).overlaid(&newer),
            properties(5, "b", &["x"])
        );
    }

    #[test]
    fn a_patch_leads_from_one_to_the_other() {
        let (one, other) = (properties(5, "a", &[]), properties(5, "b", &["x"]));
        let patch = one.patch_to(&other);
        assert_eq!(patch.len(), 2);
        assert_eq!(one.patched(&patch), other);
        let back = other.patch_to(&one);
        assert!(back.contains(&(Property::Tags, None)));
        assert_eq!(other.patched(&back), one);
        assert!(one.patch_to(&one.clone()).is_empty());
    }
}
