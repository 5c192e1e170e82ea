//! The tenant and its apps: `tenant.json`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::derived_uuid;
use crate::signin;

/// The domain that a tenant has when nobody named one.
const DOMAIN: &str = "tesem.example";

/// A Defender tenant: its id, the domains that name it, and the apps that may sign in.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// GUID, lower case.
    pub tenant_id: String,
    /// What the directory calls itself in sign-in errors.
    pub name: String,
    /// Verified domains, lower case; each can stand for the id in a sign-in URL.
    pub domains: Vec<String>,
    /// At least one.
    pub apps: Vec<TenantApp>,
}

/// An app registration.
#[derive(Clone)]
pub struct TenantApp {
    /// GUID, lower case.
    pub client_id: String,
    /// The secret to sign in with.
    pub client_secret: SecretString,
    /// Application permissions that an administrator granted, such as `ThreatHunting.Read.All`.
    pub roles: Vec<String>,
    /// Certificates whose private keys may sign in for it, each as a PEM text.
    pub certificates: Vec<String>,
    /// Workloads elsewhere whose tokens may sign in for it.
    pub federated_credentials: Vec<FederatedCredential>,
    /// Whether people may sign in to it with a device code.
    pub public_client: bool,
}

/// A trust in tokens of another issuer.
///
/// Source: learn.microsoft.com/graph/api/resources/federatedidentitycredential; the real service finds the key by itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// The token's `iss`.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
    /// The token's `aud`.
    #[serde(default = "token_exchange")]
    pub audience: String,
    /// The issuer's public RSA key, or a certificate with it, as a PEM text.
    pub key: String,
}

fn token_exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

impl fmt::Debug for TenantApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantApp")
            .field("client_id", &self.client_id)
            .field("client_secret", &"****")
            .field("roles", &self.roles)
            .finish()
    }
}

impl Tenant {
    /// A tenant with one app that has every role; its ids and secret depend on `seed` alone.
    #[must_use]
    pub fn derived(seed: &str) -> Self {
        let tenant_id = derived(seed, "tenant");
        Self {
            name: "Tesem Twin".to_owned(),
            domains: vec![DOMAIN.to_owned()],
            apps: vec![derived_app(seed)],
            tenant_id,
        }
    }

    /// Whether a sign-in URL means this tenant.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.tenant_id)
            || self
                .domains
                .iter()
                .any(|domain| name.eq_ignore_ascii_case(domain))
    }

    /// The app of a client id, in any letter case.
    pub(crate) fn app(&self, client_id: &str) -> Option<&TenantApp> {
        self.apps
            .iter()
            .find(|app| app.client_id.eq_ignore_ascii_case(client_id))
    }
}

impl TenantApp {
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        self.client_secret.expose_secret() == secret
    }
}

fn derived(seed: &str, what: &str) -> String {
    derived_uuid(&[b"tesem twin", seed.as_bytes(), what.as_bytes()]).to_string()
}

fn derived_app(seed: &str) -> TenantApp {
    TenantApp {
        client_id: derived(seed, "app"),
        client_secret: SecretString::from(format!("twin~{}", derived(seed, "secret"))),
        roles: signin::every_role(),
        certificates: Vec::new(),
        federated_credentials: Vec::new(),
        public_client: true,
    }
}

/// `tenant.json` as its author writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantFile {
    tenant_id: Option<Uuid>,
    name: Option<String>,
    domains: Option<Vec<String>>,
    apps: Option<Vec<AppFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppFile {
    client_id: Uuid,
    client_secret: SecretText,
    roles: Option<Vec<String>>,
    #[serde(default)]
    certificates: Vec<String>,
    #[serde(default)]
    federated_credentials: Vec<FederatedCredential>,
    #[serde(default)]
    public_client: bool,
}

impl fmt::Debug for AppFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppFile")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A secret on its way from the file into [`SecretString`].
struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

impl TenantFile {
    /// The tenant, with what the file leaves out taken from [`Tenant::derived`].
    ///
    /// # Errors
    /// A sentence that says what is wrong: no apps, an empty secret, the same client id twice.
    pub(crate) fn into_tenant(self, seed: &str) -> Result<Tenant, String> {
        let default = Tenant::derived(seed);
        let domains = self.domains.unwrap_or(default.domains);
        let apps = self
            .apps
            .map(|apps| apps.into_iter().map(AppFile::into_app).collect());
        let tenant = Tenant {
            tenant_id: self
                .tenant_id
                .map_or(default.tenant_id, |id| id.to_string()),
            name: self.name.unwrap_or(default.name),
            domains: domains
                .iter()
                .map(|domain| domain.to_ascii_lowercase())
                .collect(),
            apps: apps.unwrap_or(default.apps),
        };
        check(&tenant).map(|()| tenant)
    }
}

impl AppFile {
    fn into_app(self) -> TenantApp {
        TenantApp {
            client_id: self.client_id.to_string(),
            client_secret: self.client_secret.0,
            roles: self.roles.unwrap_or_else(signin::every_role),
            certificates: self.certificates,
            federated_credentials: self.federated_credentials,
            public_client: self.public_client,
        }
    }
}

fn check(tenant: &Tenant) -> Result<(), String> {
    if tenant.apps.is_empty() {
        return Err("`apps` is empty: leave it out for one app with every role".to_owned());
    }
    for (index, app) in tenant.apps.iter().enumerate() {
        if app.client_secret.expose_secret().is_empty() {
            return Err(format!(
                "the `client_secret` of app `{}` is empty",
                app.client_id
            ));
        }
        if let Some(flaw) = signin::flaw_of_keys(app) {
            return Err(format!("app `{}`: {flaw}", app.client_id));
        }
        let earlier = tenant.apps.iter().take(index);
        if earlier
            .into_iter()
            .any(|other| other.client_id == app.client_id)
        {
            return Err(format!("the client id `{}` is there twice", app.client_id));
        }
    }
    Ok(())
}

/// The credentials as `GET /_twin/tenant` shows them. The secrets of a twin open nothing but the twin.
#[derive(Debug, Serialize)]
pub(crate) struct TenantView<'a> {
    tenant_id: &'a str,
    name: &'a str,
    domains: &'a [String],
    apps: Vec<AppView<'a>>,
}

#[derive(Serialize)]
struct AppView<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    roles: &'a [String],
}

impl fmt::Debug for AppView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppView")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl<'a> TenantView<'a> {
    pub(crate) fn new(tenant: &'a Tenant) -> Self {
        let view = |app: &'a TenantApp| AppView {
            client_id: &app.client_id,
            client_secret: app.client_secret.expose_secret(),
            roles: &app.roles,
        };
        Self {
            tenant_id: &tenant.tenant_id,
            name: &tenant.name,
            domains: &tenant.domains,
            apps: tenant.apps.iter().map(view).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Tenant, String> {
        serde_json::from_str::<TenantFile>(json)
            .map_err(|error| error.to_string())
            .and_then(|file| file.into_tenant("seed"))
    }

    #[test]
    fn what_the_file_leaves_out_is_derived() {
        let tenant = read("{}").unwrap();
        assert_eq!(tenant.tenant_id, Tenant::derived("seed").tenant_id);
        assert_eq!(tenant.apps.len(), 1);
        assert!(
            tenant.apps[0]
                .roles
                .contains(&"ThreatHunting.Read.All".to_owned())
        );
    }

    #[test]
    fn ids_are_kept_in_lower_case_and_roles_as_they_are() {
        let tenant = read(
            r#"{"tenant_id": "AAAAAAAA-0000-4000-8000-000000000001", "domains": ["Contoso.COM"],
                "apps": [{"client_id": "BBBBBBBB-0000-4000-8000-000000000002", "client_secret": "s", "roles": []}]}"#,
        )
        .unwrap();
        assert!(tenant.is_named("aaaaaaaa-0000-4000-8000-000000000001"));
        assert!(tenant.is_named("contoso.com"));
        assert!(!tenant.is_named("tesem.example"));
        assert!(tenant.apps[0].roles.is_empty());
        assert!(tenant.app("bbbbbbbb-0000-4000-8000-000000000002").is_some());
    }

    #[test]
    fn a_wrong_file_says_what_is_wrong() {
        let app = r#"{"client_id": "bbbbbbbb-0000-4000-8000-000000000002", "client_secret": "s"}"#;
        let cases = [
            ("{\"apps\": []}".to_owned(), "`apps` is empty"),
            (format!("{{\"apps\": [{app}, {app}]}}"), "is there twice"),
            (
                format!("{{\"apps\": [{}]}}", app.replace("\"s\"", "\"\"")),
                "is empty",
            ),
            ("{\"tenant_id\": \"contoso\"}".to_owned(), "line 1"),
            (
                "{\"tenant\": \"contoso\"}".to_owned(),
                "unknown field `tenant`",
            ),
        ];
        for (json, expected) in cases {
            let error = read(&json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let tenant = Tenant::derived("seed");
        let secret = tenant.apps[0].client_secret.expose_secret().to_owned();
        assert!(!format!("{tenant:?}").contains(&secret));
        assert!(!format!("{:?}", TenantView::new(&tenant)).contains(&secret));
    }
}
