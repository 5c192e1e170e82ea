//! From a tenant's section of the file to what the client needs.

use tesem_defender::{Cloud, EndpointOverrides, Endpoints, HuntingApi, Region, TenantSettings};

use super::Settings;
use super::credential::{SignIn, sign_in};
use super::file::{CloudName, EndpointsFile, HuntingName, TenantFile};
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
    let overrides = overrides(&settings.file.endpoints, &tenant.endpoints);
    let endpoints = endpoints_of(name, tenant, &overrides)?;
    let SignIn {
        client_id,
        credential,
    } = sign_in(name, tenant)?;
    Ok(TenantSettings {
        name: name.to_owned(),
        tenant_id: tenant.tenant_id.clone(),
        client_id,
        credential,
        endpoints,
        hunting: hunting.unwrap_or(tenant.hunting).into(),
        cloud: tenant.cloud.into(),
    })
}

/// The base of the portal of the configured tenant `name`; nothing for one that is not configured, such as the demo tenant.
pub(crate) fn portal(settings: &Settings, name: &str) -> Option<url::Url> {
    let tenant = settings.file.tenants.get(name)?;
    let overrides = overrides(&settings.file.endpoints, &tenant.endpoints);
    endpoints_of(name, tenant, &overrides)
        .ok()
        .map(|endpoints| endpoints.portal)
}

/// A tenant that IBM's connector describes by its options.
pub(crate) fn connector_tenant(
    tenant_id: &str,
    client_id: &str,
    client_secret: SecretReference,
) -> TenantFile {
    TenantFile {
        tenant_id: tenant_id.to_owned(),
        client_id: Some(client_id.to_owned()),
        client_secret: Some(client_secret),
        certificate: None,
        token_file: None,
        token: None,
        credential: None,
        cloud: CloudName::default(),
        region: None,
        hunting: HuntingName::default(),
        endpoints: EndpointsFile::default(),
    }
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
pub(super) fn overrides(global: &EndpointsFile, tenant: &EndpointsFile) -> EndpointOverrides {
    let pick =
        |own: &Option<url::Url>, common: &Option<url::Url>| own.clone().or_else(|| common.clone());
    EndpointOverrides {
        login: pick(&tenant.login, &global.login),
        graph: pick(&tenant.graph, &global.graph),
        defender: pick(&tenant.defender, &global.defender),
        portal: pick(&tenant.portal, &global.portal),
    }
}

fn endpoints_of(
    name: &str,
    tenant: &TenantFile,
    overrides: &EndpointOverrides,
) -> Result<Endpoints, UsageError> {
    let table = format!("[tenants.{name}]");
    endpoints(&table, tenant.cloud, tenant.region, overrides)
}

/// The cloud's endpoints, or those of a region of the public cloud, which `table` of the file names.
pub(super) fn endpoints(
    table: &str,
    cloud: CloudName,
    region: Option<Region>,
    overrides: &EndpointOverrides,
) -> Result<Endpoints, UsageError> {
    match (cloud, region) {
        (cloud, None) => Ok(Endpoints::new(cloud.into(), overrides)),
        (CloudName::Public, Some(region)) => Ok(Endpoints::in_region(region, overrides)),
        (_, Some(region)) => Err(UsageError::new(format!(
            "{table} names the region `{region}`, but only the public cloud has regions"
        ))
        .with_hint("leave `region` out, or `cloud`")),
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
    fn an_unknown_tenant_and_a_region_of_another_cloud_are_refused() {
        let cases = [
            (
                "[tenants.a]\ntenant_id = \"t\"",
                "b",
                "there is no tenant `b`",
            ),
            (
                "[tenants.a]\ntenant_id = \"t\"\ncloud = \"gcc\"\nregion = \"eu\"",
                "a",
                "only the public cloud has regions",
            ),
        ];
        for (text, name, expected) in cases {
            let error = tenant_settings(&settings(text), name, None).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_region_moves_the_hosts_of_defender() {
        let settings = settings(
            "[tenants.demo]\ntenant_id = \"t\"\nclient_id = \"c\"\nclient_secret = \"s\"\nregion = \"eu\"",
        );
        let tenant = tenant_settings(&settings, "demo", None).unwrap();
        assert_eq!(
            tenant.endpoints.defender.host_str(),
            Some("eu.api.security.microsoft.com")
        );
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
