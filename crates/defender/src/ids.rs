//! Ids, each of its own kind, so that a machine's never stands for an alert's.

/// Declares ids.
macro_rules! ids {
    ($( $(#[$meta:meta])* $name:ident, )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// An id as the service writes it. Whatever it holds, it stays one segment of a path.
            #[must_use]
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $crate::wire::Wire for $name {
            fn read(value: Option<serde_json::Value>) -> Result<Self, $crate::wire::WireProblem> {
                <String as $crate::wire::Wire>::read(value).map(Self)
            }
        }

        impl $crate::wire::Wire for Option<$name> {
            fn read(value: Option<serde_json::Value>) -> Result<Self, $crate::wire::WireProblem> {
                let id = <Option<String> as $crate::wire::Wire>::read(value)?;
                Ok(id.filter(|id| !id.is_empty()).map($name))
            }
        }
    )* };
}

ids! {
    /// A machine: 40 hexadecimal digits.
    MachineId,
    /// An alert, e.g. `da637…_1`.
    AlertId,
    /// A custom indicator: a whole number as a text.
    IndicatorId,
    /// A machine action: a GUID.
    MachineActionId,
    /// An automated investigation.
    InvestigationId,
    /// An incident.
    IncidentId,
    /// A user: `domain\user`.
    UserId,
    /// A vulnerability, mostly a CVE's name.
    VulnerabilityId,
    /// A software product: `vendor-_-name`.
    SoftwareId,
    /// A security recommendation, e.g. `va-_-vendor-_-product`.
    RecommendationId,
    /// A remediation task: a GUID.
    RemediationTaskId,
}
