//! A tenant's credential: what the file says, and what the platform's environment adds.

use secrecy::SecretString;
use tesem_defender::{AzureCli, ClientCertificate, Credential, IdentitySource, ManagedIdentity};
use url::Url;

use super::file::{CredentialKind, TenantFile};
use super::secret::{SecretReference, from_environment};
use crate::failure::UsageError;

/// The app that the Azure CLI signs in as, which is the one that calls are counted for.
///
/// Source: learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in, "Microsoft Azure
/// CLI".
const AZURE_CLI_APP: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// What calls of a machine's own identity, whose client id nobody needs to know, are counted under.
const SYSTEM_ASSIGNED: &str = "system-assigned-identity";

/// Who calls, and how that is proved.
#[derive(Debug)]
pub(super) struct SignIn {
    /// The app's client id.
    pub(super) client_id: String,
    /// What proves it.
    pub(super) credential: Credential,
}

/// One of the keys that hold a secret or the place of one.
type Key<'a> = (&'static str, CredentialKind, bool);

/// How the tenant `name` signs in. Fetches its secret.
pub(super) fn sign_in(name: &str, tenant: &TenantFile) -> anyhow::Result<SignIn> {
    let kind = kind(name, tenant)?;
    let credential = credential(name, tenant, kind)?;
    let own = tenant.client_id.clone();
    let client_id = match kind {
        CredentialKind::ClientSecret | CredentialKind::Certificate | CredentialKind::DeviceCode => {
            own.ok_or_else(|| missing(name, "client_id"))?
        }
        CredentialKind::WorkloadIdentity => own
            .or_else(|| variable("AZURE_CLIENT_ID"))
            .ok_or_else(|| missing(name, "client_id"))?,
        CredentialKind::ManagedIdentity => own.unwrap_or_else(|| SYSTEM_ASSIGNED.to_owned()),
        CredentialKind::AzureCli => own.unwrap_or_else(|| AZURE_CLI_APP.to_owned()),
        CredentialKind::Token => own.unwrap_or_else(|| "token".to_owned()),
    };
    Ok(SignIn {
        client_id,
        credential,
    })
}

/// The kind that is named, or else the one whose secret is given. A secret that would not be used is a mistake.
fn kind(name: &str, tenant: &TenantFile) -> Result<CredentialKind, UsageError> {
    let keys: [Key<'_>; 4] = [
        (
            "client_secret",
            CredentialKind::ClientSecret,
            tenant.client_secret.is_some(),
        ),
        (
            "certificate",
            CredentialKind::Certificate,
            tenant.certificate.is_some(),
        ),
        (
            "token_file",
            CredentialKind::WorkloadIdentity,
            tenant.token_file.is_some(),
        ),
        ("token", CredentialKind::Token, tenant.token.is_some()),
    ];
    let given: Vec<Key<'_>> = keys
        .into_iter()
        .filter(|(_, _, is_given)| *is_given)
        .collect();
    let inferred = given.first().map(|(_, kind, _)| *kind);
    let kind = tenant
        .credential
        .or(inferred)
        .unwrap_or(CredentialKind::ClientSecret);
    match given.iter().find(|(_, other, _)| *other != kind) {
        None => Ok(kind),
        Some((key, ..)) => Err(UsageError::new(format!(
            "[tenants.{name}] holds `{key}`, which the credential `{}` does not use",
            kind.name()
        ))
        .with_hint(format!(
            "leave `{key}` out, or choose with `credential = …`"
        ))),
    }
}

fn credential(name: &str, tenant: &TenantFile, kind: CredentialKind) -> anyhow::Result<Credential> {
    Ok(match kind {
        CredentialKind::ClientSecret => Credential::ClientSecret(secret(
            name,
            "client_secret",
            tenant.client_secret.as_ref(),
        )?),
        CredentialKind::Certificate => {
            let pem = secret(name, "certificate", tenant.certificate.as_ref())?;
            let certificate = ClientCertificate::from_pem(&pem).map_err(|error| {
                UsageError::new(format!(
                    "the `certificate` of tenant `{name}` cannot be used: {error}"
                ))
            })?;
            Credential::Certificate(certificate)
        }
        CredentialKind::ManagedIdentity => Credential::ManagedIdentity(ManagedIdentity {
            source: identity_source(name)?,
            client_id: tenant.client_id.clone(),
        }),
        CredentialKind::WorkloadIdentity => Credential::WorkloadIdentity {
            token_file: match &tenant.token_file {
                Some(path) => path.clone(),
                None => variable("AZURE_FEDERATED_TOKEN_FILE")
                    .ok_or_else(|| no_token_file(name))?
                    .into(),
            },
        },
        CredentialKind::AzureCli => Credential::AzureCli(AzureCli::default()),
        CredentialKind::DeviceCode => Credential::DeviceCode,
        CredentialKind::Token => Credential::Token(secret(name, "token", tenant.token.as_ref())?),
    })
}

/// Where this computer's identity comes from, told by the variables that the platforms set.
///
/// Sources, learn.microsoft.com: `azure/app-service/overview-managed-identity` (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`),
/// `azure/azure-arc/servers/managed-identity-authentication` (`IMDS_ENDPOINT`). `AZURE_POD_IDENTITY_AUTHORITY_HOST` names
/// another metadata service than the virtual machine's own, as Microsoft's SDKs take it.
fn identity_source(name: &str) -> Result<IdentitySource, UsageError> {
    match (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
        (Some(endpoint), Some(header)) => Ok(IdentitySource::AppService {
            endpoint: address("IDENTITY_ENDPOINT", &endpoint)?,
            header: SecretString::from(header),
        }),
        (Some(_), None) if variable("IMDS_ENDPOINT").is_some() => {
            Err(UsageError::new(format!(
                "[tenants.{name}] asks for a managed identity, and this computer's is Azure Arc's, which is not in this version"
            ))
            .with_hint("use a certificate, or `credential = \"azure-cli\"` after `az login --identity`"))
        }
        _ => Ok(IdentitySource::VirtualMachine {
            endpoint: variable("AZURE_POD_IDENTITY_AUTHORITY_HOST")
                .map(|host| metadata_service(&host))
                .transpose()?,
        }),
    }
}

fn metadata_service(host: &str) -> Result<Url, UsageError> {
    let mut url = address("AZURE_POD_IDENTITY_AUTHORITY_HOST", host)?;
    url.set_path("/metadata/identity/oauth2/token");
    Ok(url)
}

fn address(variable: &str, text: &str) -> Result<Url, UsageError> {
    text.parse().map_err(|error| {
        UsageError::new(format!(
            "the environment variable {variable} holds no address: {error}"
        ))
    })
}

fn no_token_file(name: &str) -> UsageError {
    UsageError::new(format!(
        "[tenants.{name}] has no `token_file`, and AZURE_FEDERATED_TOKEN_FILE is not set"
    ))
    .with_hint("the platform sets it for a workload identity; elsewhere name the file: token_file = \"PATH\"")
}

fn secret(
    tenant: &str,
    key: &str,
    reference: Option<&SecretReference>,
) -> anyhow::Result<SecretString> {
    let reference = reference.ok_or_else(|| missing(tenant, key))?;
    reference.resolve().map_err(|error| {
        UsageError::new(format!(
            "the `{key}` of tenant `{tenant}` cannot be had: {error:#}"
        ))
        .into()
    })
}

/// What the platform says in its environment; an empty variable says nothing.
fn variable(name: &str) -> Option<String> {
    from_environment(name)
        .ok()
        .filter(|value| !value.is_empty())
}

fn missing(tenant: &str, key: &str) -> UsageError {
    UsageError::new(format!("[tenants.{tenant}] has no `{key}`"))
        .with_hint(format!("add it, for example {key} = {}", example(key)))
}

fn example(key: &str) -> &'static str {
    match key {
        "client_id" => r#""00000000-0000-0000-0000-000000000000""#,
        "certificate" => r#"{ file = "app.pem" }"#,
        _ => r#"{ env = "NAME" }"#,
    }
}

#[cfg(test)]
mod tests {
    use super::super::SettingsFile;
    use super::*;

    fn of(keys: &str) -> anyhow::Result<SignIn> {
        let text = format!("[tenants.demo]\ntenant_id = \"t\"\n{keys}");
        let file = SettingsFile::parse(&text)?;
        sign_in("demo", &file.tenants["demo"])
    }

    #[test]
    fn the_kind_is_named_or_follows_from_what_is_given() {
        let cases = [
            (
                "client_id = \"c\"\nclient_secret = \"s\"",
                "ClientSecret",
                "c",
            ),
            ("token = \"t\"", "Token", "token"),
            (
                "client_id = \"c\"\ntoken_file = \"f\"",
                "WorkloadIdentity",
                "c",
            ),
            ("credential = \"azure-cli\"", "AzureCli", AZURE_CLI_APP),
            (
                "credential = \"device-code\"\nclient_id = \"c\"",
                "DeviceCode",
                "c",
            ),
            (
                "credential = \"managed-identity\"",
                "ManagedIdentity",
                SYSTEM_ASSIGNED,
            ),
            (
                "credential = \"managed-identity\"\nclient_id = \"c\"",
                "ManagedIdentity",
                "c",
            ),
        ];
        for (keys, kind, client_id) in cases {
            let found = of(keys).unwrap();
            let shown = format!("{:?}", found.credential);
            assert!(shown.starts_with(kind), "{keys}: {shown}");
            assert_eq!(found.client_id, client_id, "{keys}");
        }
    }

    #[test]
    fn what_is_missing_or_contradicts_is_named() {
        let cases = [
            ("", "[tenants.demo] has no `client_secret`"),
            ("client_secret = \"s\"", "[tenants.demo] has no `client_id`"),
            ("credential = \"token\"", "has no `token`"),
            (
                "credential = \"certificate\"\nclient_id = \"c\"",
                "has no `certificate`",
            ),
            ("credential = \"device-code\"", "has no `client_id`"),
            (
                "certificate = \"hunter2\"\nclient_id = \"c\"",
                "there is no certificate",
            ),
            (
                "client_secret = \"hunter2\"\ntoken = \"hunter2\"",
                "holds `token`, which the credential `client-secret`",
            ),
            (
                "credential = \"azure-cli\"\nclient_secret = \"hunter2\"",
                "holds `client_secret`, which the credential `azure-cli`",
            ),
        ];
        for (keys, expected) in cases {
            let error = format!("{:#}", of(keys).unwrap_err());
            assert!(error.contains(expected), "{keys}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
