//! The services a token can be for, and the permissions each knows.
//!
//! Source: learn.microsoft.com/defender-endpoint/api/exposed-apis-create-app-webapp (audience and token of Defender for Endpoint),
//! learn.microsoft.com/defender-xdr/api-create-app-web, learn.microsoft.com/graph/permissions-reference.

/// A service that takes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    /// Microsoft Defender for Endpoint. Its tokens are for `api.securitycenter.microsoft.com`, whatever host is called.
    Endpoint,
    /// Microsoft Defender XDR.
    Xdr,
    /// Microsoft Graph.
    Graph,
    /// A service that the twin does not emulate, but that Entra gives tokens for in every tenant.
    Other,
}

/// Names of the services: application id URIs and ids of the first-party apps.
const NAMES: &[(&str, Audience)] = &[
    (
        "https://api.securitycenter.microsoft.com",
        Audience::Endpoint,
    ),
    ("https://api.securitycenter.windows.com", Audience::Endpoint),
    (
        "https://securitycenter.onmicrosoft.com/windowsatpservice",
        Audience::Endpoint,
    ),
    ("fc780465-2017-40d4-a0c5-307022471b92", Audience::Endpoint),
    ("https://api.security.microsoft.com", Audience::Xdr),
    ("8ee8fdad-f234-4243-8f3b-15c294843740", Audience::Xdr),
    ("https://graph.microsoft.com", Audience::Graph),
    ("00000003-0000-0000-c000-000000000000", Audience::Graph),
    // A wrong scope that copied samples carry: Entra gives a token, Defender refuses it.
    (
        "https://userrequestsgraphapi-prd.trafficmanager.net",
        Audience::Other,
    ),
    ("https://management.azure.com", Audience::Other),
    ("https://management.core.windows.net", Audience::Other),
    ("https://vault.azure.net", Audience::Other),
];

const ENDPOINT_ROLES: &[&str] = &[
    "AdvancedQuery.Read.All",
    "Alert.Read.All",
    "Alert.ReadWrite.All",
    "File.Read.All",
    "Ip.Read.All",
    "Library.Manage",
    "Machine.CollectForensics",
    "Machine.Isolate",
    "Machine.LiveResponse",
    "Machine.Offboard",
    "Machine.Read.All",
    "Machine.ReadWrite.All",
    "Machine.RestrictExecution",
    "Machine.Scan",
    "Machine.StopAndQuarantine",
    "RemediationTasks.Read.All",
    "Score.Read.All",
    "SecurityRecommendation.Read.All",
    "Software.Read.All",
    "Ti.ReadWrite",
    "Ti.ReadWrite.All",
    "URL.Read.All",
    "User.Read.All",
    "Vulnerability.Read.All",
];

const XDR_ROLES: &[&str] = &[
    "AdvancedHunting.Read.All",
    "Incident.Read.All",
    "Incident.ReadWrite.All",
];

const GRAPH_ROLES: &[&str] = &[
    "SecurityAlert.Read.All",
    "SecurityAlert.ReadWrite.All",
    "SecurityIncident.Read.All",
    "SecurityIncident.ReadWrite.All",
    "ThreatHunting.Read.All",
    "User.Read.All",
];

impl Audience {
    /// The service that `resource` names, with or without a slash at the end.
    pub(crate) fn named(resource: &str) -> Option<Self> {
        let name = resource.trim_end_matches('/');
        let found = NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, audience)| *audience)
    }

    /// The name that the documentation uses; empty for a service that is not emulated.
    pub(crate) fn uri(self) -> &'static str {
        let is_own = |(_, audience): &&(&str, Self)| *audience == self && self != Self::Other;
        NAMES.iter().find(is_own).map_or("", |(name, _)| name)
    }

    /// The permissions that the service defines.
    pub(crate) fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Endpoint => ENDPOINT_ROLES,
            Self::Xdr => XDR_ROLES,
            Self::Graph => GRAPH_ROLES,
            Self::Other => &[],
        }
    }

    /// The part of an app's `granted` permissions that a token for this service carries.
    ///
    /// A permission that none of the emulated services defines is carried in every token: its owner cannot be told.
    pub(crate) fn granted(self, granted: &[String]) -> Vec<String> {
        let belongs = |role: &&String| self.defines(role) || is_of_nobody(role);
        granted.iter().filter(belongs).cloned().collect()
    }

    /// What a person's permissions are called where an app's are `granted`: Defender's have no `.All`.
    ///
    /// Source: the permission tables of learn.microsoft.com/defender-endpoint/api/get-machines and its neighbours.
    pub(crate) fn delegated(self, granted: &[String]) -> Vec<String> {
        let name = |role: &String| match self {
            Self::Endpoint | Self::Xdr => role.strip_suffix(".All").unwrap_or(role).to_owned(),
            Self::Graph | Self::Other => role.clone(),
        };
        let mut names: Vec<String> = granted.iter().map(name).collect();
        names.dedup();
        names
    }

    fn defines(self, role: &str) -> bool {
        self.roles().contains(&role)
    }
}

/// Every permission of every emulated service, sorted.
pub(crate) fn every_role() -> Vec<String> {
    let all = [ENDPOINT_ROLES, XDR_ROLES, GRAPH_ROLES].concat();
    let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    all.sort();
    all.dedup();
    all
}

fn is_of_nobody(role: &str) -> bool {
    ![Audience::Endpoint, Audience::Xdr, Audience::Graph]
        .iter()
        .any(|owner| owner.defines(role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_several_names() {
        let cases = [
            (
                "https://api.securitycenter.microsoft.com",
                Some(Audience::Endpoint),
            ),
            (
                "https://api.securitycenter.microsoft.com/",
                Some(Audience::Endpoint),
            ),
            (
                "https://securitycenter.onmicrosoft.com/windowsatpservice",
                Some(Audience::Endpoint),
            ),
            ("https://API.security.microsoft.com", Some(Audience::Xdr)),
            (
                "00000003-0000-0000-c000-000000000000",
                Some(Audience::Graph),
            ),
            ("https://vault.azure.net", Some(Audience::Other)),
            ("https://contoso.example", None),
            ("", None),
        ];
        for (resource, expected) in cases {
            assert_eq!(Audience::named(resource), expected, "{resource}");
        }
    }

    #[test]
    fn a_token_carries_only_what_its_service_defines() {
        let granted = [
            "AdvancedQuery.Read.All",
            "ThreatHunting.Read.All",
            "Contoso.Special",
        ];
        let granted = granted.map(str::to_owned);
        assert_eq!(
            Audience::Graph.granted(&granted),
            ["ThreatHunting.Read.All", "Contoso.Special"]
        );
        assert_eq!(Audience::Other.granted(&granted), ["Contoso.Special"]);
    }
}
