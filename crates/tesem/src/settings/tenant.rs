//! From a tenant's section of the file to what the client needs.

use secrecy::SecretString;
use tesem_defender::{Cloud, Credential, EndpointOverrides, Endpoints, HuntingApi, TenantSettings};

use super::Settings;
use super::file::{CloudName, CredentialKind, EndpointsFile, HuntingName, TenantFile};
use super::secret::SecretReference;
use crate::failure::UsageError;

impl From<CloudName> for Cloud {
    fn from(name: CloudName) -> Self {
        match name {
            CloudName::Public => Self::Public,
            CloudName::Gcc => Self::Gcc,
            CloudName::GccHigh => Self::GccHigh,
            CloudName::Dod => Self::DoD,
        }
    }
}

impl From<HuntingName> for HuntingApi {
    fn from(name: HuntingName) -> Self {
        match name {
            HuntingName::Graph => Self::Graph,
            HuntingName::Defender => Self::Defender,
            HuntingName::Xdr => Self::Xdr,
        }
    }
}

/// The settings of the configured tenant `name`, its secret fetched.
///
/// `hunting` overrides the tenant's own choice of hunting API.
pub(crate) fn tenant_settings(
    settings: &Settings,
    name: &str,
    hunting: Option<HuntingName>,
) -> anyhow::Result<TenantSettings> {
    let tenant = settings
        .file
        .tenants
        .get(name)
        .ok_or_else(|| unknown(settings, name))?;
    let cloud = tenant.cloud.into();
    Ok(TenantSettings {
        name: name.to_owned(),
        tenant_id: tenant.tenant_id.clone(),
        client_id: tenant.client_id.clone().unwrap_or_default(),
        credential: credential(name, tenant)?,
        endpoints: Endpoints::new(
            cloud,
            &overrides(&settings.file.endpoints, &tenant.endpoints),
        ),
        hunting: hunting.unwrap_or(tenant.hunting).into(),
        cloud,
    })
}

fn unknown(settings: &Settings, name: &str) -> UsageError {
    let known = settings.tenant_names().join(", ");
    let hint = match (&settings.path, known.is_empty()) {
        (None, _) => "no configuration file was found; `--tenant demo` needs none".to_owned(),
        (Some(path), true) => format!(
            "{} names no tenant; `--tenant demo` is built in",
            path.display()
        ),
        (Some(path), false) => format!("{} names {known}; `demo` is built in", path.display()),
    };
    UsageError::new(format!("there is no tenant `{name}`")).with_hint(hint)
}

/// The tenant's endpoints over the global ones.
fn overrides(global: &EndpointsFile, tenant: &EndpointsFile) -> EndpointOverrides {
    let pick =
        |own: &Option<url::Url>, common: &Option<url::Url>| own.clone().or_else(|| common.clone());
    EndpointOverrides {
        login: pick(&tenant.login, &global.login),
        graph: pick(&tenant.graph, &global.graph),
        defender: pick(&tenant.defender, &global.defender),
        portal: pick(&tenant.portal, &global.portal),
    }
}

fn credential(name: &str, tenant: &TenantFile) -> anyhow::Result<Credential> {
    match tenant.credential.unwrap_or(CredentialKind::ClientSecret) {
        CredentialKind::ClientSecret => {
            if tenant.client_id.is_none() {
                return Err(missing(name, "client_id").into());
            }
            Ok(Credential::ClientSecret(secret(
                name,
                "client_secret",
                tenant.client_secret.as_ref(),
            )?))
        }
        CredentialKind::Token => Ok(Credential::Token(secret(
            name,
            "token",
            tenant.token.as_ref(),
        )?)),
        other => Err(UsageError::new(format!(
            "[tenants.{name}] asks for the credential `{}`, which is not in this version",
            other.name()
        ))
        .with_hint("use `client_secret = { … }`, or `credential = \"token\"` with `token = { … }`")
        .into()),
    }
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

fn missing(tenant: &str, key: &str) -> UsageError {
    UsageError::new(format!("[tenants.{tenant}] has no `{key}`"))
        .with_hint(format!("add it, for example {key} = {}", example(key)))
}

fn example(key: &str) -> &'static str {
    if key == "client_id" {
        r#""00000000-0000-0000-0000-000000000000""#
    } else {
        r#"{ env = "NAME" }"#
    }
}

#[cfg(test)]
mod tests {
    use super::super::SettingsFile;
    use super::*;

    fn settings(text: &str) -> Settings {
        Settings {
            file: SettingsFile::parse(text).unwrap(),
            path: Some("tesem.toml".into()),
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_tenant() {
        let cases = [
            (
                "[tenants.a]\ntenant_id = \"t\"",
                "a",
                "[tenants.a] has no `client_id`",
            ),
            (
                "[tenants.a]\ntenant_id = \"t\"\nclient_id = \"c\"",
                "a",
                "[tenants.a] has no `client_secret`",
            ),
            (
                "[tenants.a]\ntenant_id = \"t\"\ncredential = \"token\"",
                "a",
                "[tenants.a] has no `token`",
            ),
            (
                "[tenants.a]\ntenant_id = \"t\"\ncredential = \"azure-cli\"",
                "a",
                "`azure-cli`, which is not",
            ),
            (
                "[tenants.a]\ntenant_id = \"t\"",
                "b",
                "there is no tenant `b`",
            ),
        ];
        for (text, name, expected) in cases {
            let error = tenant_settings(&settings(text), name, None)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_tenants_own_endpoint_wins_over_the_global_one() {
        let settings = settings(
            "[endpoints]\ngraph = \"http://127.0.0.1:1\"\nlogin = \"http://127.0.0.1:2\"\n\
             [tenants.demo]\ntenant_id = \"t\"\nclient_id = \"c\"\nclient_secret = \"s\"\n\
             endpoints = { graph = \"http://127.0.0.1:3\" }",
        );
        let tenant = tenant_settings(&settings, "demo", Some(HuntingName::Xdr)).unwrap();
        assert_eq!(tenant.endpoints.graph.port(), Some(3));
        assert_eq!(tenant.endpoints.login.port(), Some(2));
        assert_eq!(tenant.hunting, HuntingApi::Xdr);
    }
}
