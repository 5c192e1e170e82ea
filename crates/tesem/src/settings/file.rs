//! The shape of `tesem.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tesem_defender::Region;

use super::feeds::{FeedFile, FetchFile, ListsFile};
use super::indicators::IndicatorsFile;
use super::relay::RelayFile;
use super::secret::{SecretReference, literal_refused};
use super::sinks::SinkFile;
use crate::failure::UsageError;

/// The whole file. Unknown keys are errors that point at their line.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SettingsFile {
    /// Hosts for all tenants.
    pub(crate) endpoints: EndpointsFile,
    /// Tenants by the name `--tenant` takes.
    pub(crate) tenants: BTreeMap<String, TenantFile>,
    /// Read by `tesem feeds` and `tesem hunt --feed`.
    pub(crate) feeds: BTreeMap<String, FeedFile>,
    /// Limits for fetching feeds.
    pub(crate) fetch: FetchFile,
    /// What feeds must not give.
    pub(crate) lists: ListsFile,
    /// Files of packs by the name `--pack` takes; relative ones lie beside this file.
    pub(crate) packs: BTreeMap<String, PathBuf>,
    /// What is done with the tenant's custom indicators.
    pub(crate) indicators: IndicatorsFile,
    /// Read by `tesem relay`.
    pub(crate) relay: RelayFile,
    /// Read by `tesem assets`.
    pub(crate) sinks: BTreeMap<String, SinkFile>,
    /// Where budgets are kept that several processes share.
    pub(crate) state: Option<StateFile>,
}

impl SettingsFile {
    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, UsageError> {
        let file: Self = toml::from_str(text).map_err(|error| mistake(text, &error))?;
        file.refuse_literal_secrets()?;
        super::feeds::refuse_literal_secrets(&file.feeds)?;
        super::relay::refuse_literal_secrets(&file.relay)?;
        super::sinks::refuse_literal_secrets(&file.sinks)?;
        Ok(file)
    }

    fn refuse_literal_secrets(&self) -> Result<(), UsageError> {
        for (name, tenant) in &self.tenants {
            let secrets = [
                ("client_secret", &tenant.client_secret),
                ("certificate", &tenant.certificate),
                ("token", &tenant.token),
            ];
            for (key, secret) in secrets {
                let is_literal = SecretReference::is_literal(secret.as_ref());
                if is_literal && name != crate::tenants::DEMO {
                    return Err(literal_refused(&format!("tenants.{name}"), key));
                }
            }
        }
        Ok(())
    }
}

/// Line, column and reason; the line itself stays out of the message, because it may hold a secret.
fn mistake(text: &str, error: &toml::de::Error) -> UsageError {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    UsageError::new(format!(
        "line {line}, column {column}: {}",
        error.message().trim_end()
    ))
}

/// `[endpoints]`: each defaults to the cloud's own host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EndpointsFile {
    /// Sign-in.
    #[serde(deserialize_with = "address")]
    pub(crate) login: Option<url::Url>,
    /// Microsoft Graph.
    #[serde(deserialize_with = "address")]
    pub(crate) graph: Option<url::Url>,
    /// Defender for Endpoint and Defender XDR.
    #[serde(deserialize_with = "address")]
    pub(crate) defender: Option<url::Url>,
    /// For links in reports.
    #[serde(deserialize_with = "address")]
    pub(crate) portal: Option<url::Url>,
}

/// `[state]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateFile {
    /// `sqlite:FILE` or `postgres://…`; one with a password is a reference, as every secret.
    pub(crate) url: SecretReference,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<url::Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = url::Url::parse(&text);
    parsed
        .map(Some)
        .map_err(|error| D::Error::custom(format!("`{text}` is no address: {error}")))
}

/// `[tenants.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantFile {
    /// GUID or verified domain.
    pub(crate) tenant_id: String,
    /// The app registration.
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub(crate) client_secret: Option<SecretReference>,
    /// A certificate and its private key, as one PEM text.
    #[serde(default)]
    pub(crate) certificate: Option<SecretReference>,
    /// Where the platform keeps a workload's token, with `credential = "workload-identity"`.
    #[serde(default)]
    pub(crate) token_file: Option<PathBuf>,
    /// A ready access token, with `credential = "token"`.
    #[serde(default)]
    pub(crate) token: Option<SecretReference>,
    /// How to sign in.
    #[serde(default)]
    pub(crate) credential: Option<CredentialKind>,
    /// Which cloud sets the hosts.
    #[serde(default)]
    pub(crate) cloud: CloudName,
    /// Which region of the public cloud is called.
    #[serde(default)]
    pub(crate) region: Option<Region>,
    /// Which hunting API is used.
    #[serde(default)]
    pub(crate) hunting: HuntingName,
    /// Over the global table.
    #[serde(default)]
    pub(crate) endpoints: EndpointsFile,
}

/// `credential = …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CredentialKind {
    ClientSecret,
    Certificate,
    ManagedIdentity,
    WorkloadIdentity,
    AzureCli,
    DeviceCode,
    Token,
}

impl CredentialKind {
    /// As the file spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client-secret",
            Self::Certificate => "certificate",
            Self::ManagedIdentity => "managed-identity",
            Self::WorkloadIdentity => "workload-identity",
            Self::AzureCli => "azure-cli",
            Self::DeviceCode => "device-code",
            Self::Token => "token",
        }
    }
}

/// `cloud = …`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CloudName {
    #[default]
    Public,
    Gcc,
    GccHigh,
    Dod,
}

/// `hunting = …`, also `--hunting`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HuntingName {
    /// Microsoft Graph, `security/runHuntingQuery`
    #[default]
    Graph,
    /// Defender for Endpoint, `advancedqueries/run`; ends on 2027-02-01
    Defender,
    /// Defender XDR, `advancedhunting/run`; ends on 2027-02-01
    Xdr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_is_read() {
        let file = SettingsFile::parse(
            r#"
            [endpoints]
            login = "http://127.0.0.1:9000"
            [tenants.contoso]
            tenant_id = "contoso.com"
            client_id = "app"
            client_secret = { env = "CONTOSO_SECRET" }
            cloud = "gcc-high"
            hunting = "xdr"
            endpoints = { graph = "http://127.0.0.1:9001" }
            [feeds.c2]
            kind = "shodan"
            [fetch]
            bytes_max = 1000000
            answer_time = "5m"
            [packs]
            ours = "packs/ours.toml"
            [relay]
            listen = "127.0.0.1:9301"
            [sinks.car]
            kind = "car"
            [state]
            url = "sqlite:tesem.db"
            "#,
        )
        .unwrap();
        let tenant = &file.tenants["contoso"];
        assert_eq!(tenant.cloud, CloudName::GccHigh);
        assert_eq!(tenant.hunting, HuntingName::Xdr);
        assert_eq!(
            tenant.endpoints.graph.as_ref().map(url::Url::port),
            Some(Some(9001))
        );
    }

    #[test]
    fn mistakes_point_at_their_line() {
        let wrong = [
            (
                "[tenants.a]\ntenant_id = \"x\"\nclient_secrt = { env = \"A\" }",
                "line 3",
            ),
            ("[tenants.a]\ntenant_id = \"x\"\ncloud = \"mars\"", "line 3"),
            (
                "[endpoints]\nlogin = \"nowhere\"",
                "`nowhere` is no address",
            ),
            ("[tenats.a]", "unknown field `tenats`"),
            ("[tenants.a]\n", "missing field `tenant_id`"),
            ("[tenants.a]\nclient_secret = \"hunter2\" x", "line 2"),
            ("[tenants.a]\nclient_secret = 2222", "line 2"),
        ];
        for (text, expected) in wrong {
            let error = SettingsFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(
                !error.contains("hunter2") && !error.contains("2222"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_literal_secret_is_refused_except_for_the_demo_tenant() {
        let text = |name: &str| {
            format!("[tenants.{name}]\ntenant_id = \"x\"\nclient_secret = \"hunter2\"")
        };
        let error = SettingsFile::parse(&text("contoso"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("[tenants.contoso]") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(SettingsFile::parse(&text("demo")).is_ok());
    }
}
