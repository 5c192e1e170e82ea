//! What a client must know about its tenant.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::transport::is_loopback;
use crate::{
    AzureCli, ClientCertificate, Cloud, Endpoints, HuntingApi, ManagedIdentity, PlainHttp,
    TokenProvider,
};

/// One tenant, as configured.
#[derive(Debug, Clone)]
pub struct TenantSettings {
    /// The tenant's name in settings and messages.
    pub name: String,
    /// GUID or verified domain.
    pub tenant_id: String,
    /// Client id of the app registration.
    pub client_id: String,
    /// What proves to be that app.
    pub credential: Credential,
    /// Where the services are.
    pub endpoints: Endpoints,
    /// Which hunting API to use.
    pub hunting: HuntingApi,
    /// The cloud, which decides the audiences of tokens.
    pub cloud: Cloud,
}

/// How to get tokens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credential {
    /// The app's client secret, exchanged for tokens at the login endpoint.
    ClientSecret(SecretString),
    /// A certificate of the app, whose private key signs what is exchanged for tokens.
    Certificate(ClientCertificate),
    /// The identity that Azure gave the machine or app that this runs on. The tenant's `client_id` then only names the
    /// quota that calls are counted under.
    ManagedIdentity(ManagedIdentity),
    /// The token of a workload outside of Azure or on Kubernetes, which a federated credential of the app trusts.
    WorkloadIdentity {
        /// The file that its platform keeps the token in.
        token_file: PathBuf,
    },
    /// Whoever is signed in at the Azure CLI.
    AzureCli(AzureCli),
    /// A person, who enters a code that the client's observer is told
    /// ([`ClientEvent::CodeToEnter`](crate::ClientEvent::CodeToEnter)). The app must allow public client flows.
    DeviceCode,
    /// A ready access token, used as it is until the service refuses it. It fits one service only.
    Token(SecretString),
    /// Any other source of tokens.
    Provider(Arc<dyn TokenProvider>),
}

/// Settings that cannot work. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A tenant id that is neither a GUID nor a domain.
    #[error("the tenant id `{tenant_id}` of tenant `{name}` is neither a GUID nor a domain name")]
    TenantId {
        /// The tenant's name.
        name: String,
        /// Its id.
        tenant_id: String,
    },
    /// No client id, or one with characters that no id has.
    #[error("the client id `{client_id}` of tenant `{name}` is not the id of an app registration")]
    ClientId {
        /// The tenant's name.
        name: String,
        /// The client id.
        client_id: String,
    },
    /// An empty secret or token, or one that no HTTP header can carry.
    #[error(
        "the {what} of tenant `{name}` is empty or holds characters that none can hold; check its reference"
    )]
    Secret {
        /// The tenant's name.
        name: String,
        /// `client secret` or `token`.
        what: &'static str,
    },
    /// Not a base address of a web service.
    #[error(
        "the {endpoint} endpoint `{url}` of tenant `{name}` is not a base address; \
         give scheme, host, port and path only"
    )]
    Endpoint {
        /// The tenant's name.
        name: String,
        /// The endpoint's name in settings.
        endpoint: &'static str,
        /// Its address, without user name and password.
        url: String,
    },
    /// Plain `http` where it is not allowed.
    #[error(
        "the {endpoint} endpoint `{url}` of tenant `{name}` would send secrets unencrypted; \
         use https (plain http is for addresses of this computer)"
    )]
    Unencrypted {
        /// The tenant's name.
        name: String,
        /// The endpoint's name in settings.
        endpoint: &'static str,
        /// Its address.
        url: String,
    },
    /// A source of managed identities that cannot be asked.
    #[error(
        "the {what} of the managed identity's endpoint cannot be used; give it as the platform does"
    )]
    Identity {
        /// `address` or `header`.
        what: &'static str,
    },
    /// No HTTP client could be made, e.g. because the system has no root certificates.
    #[error("could not set up the HTTP client")]
    HttpClient(#[source] reqwest::Error),
}

impl TenantSettings {
    /// Checks everything that can be checked without sending anything.
    ///
    /// # Errors
    /// [`SettingsError`], the first one in the order of the fields.
    pub fn check(&self, plain_http: PlainHttp) -> Result<(), SettingsError> {
        let name = || self.name.clone();
        if !is_tenant_id(&self.tenant_id) {
            return Err(SettingsError::TenantId {
                name: name(),
                tenant_id: self.tenant_id.clone(),
            });
        }
        if !is_client_id(&self.client_id) {
            return Err(SettingsError::ClientId {
                name: name(),
                client_id: self.client_id.clone(),
            });
        }
        if let Some(what) = self.credential.flaw() {
            return Err(SettingsError::Secret { name: name(), what });
        }
        let endpoints = self.endpoints.called();
        endpoints
            .into_iter()
            .try_for_each(|(endpoint, url)| self.check_endpoint(endpoint, url, plain_http))
    }

    fn check_endpoint(
        &self,
        endpoint: &'static str,
        url: &Url,
        plain_http: PlainHttp,
    ) -> Result<(), SettingsError> {
        let name = self.name.clone();
        if !is_base_address(url) {
            return Err(SettingsError::Endpoint {
                name,
                endpoint,
                url: without_credentials(url),
            });
        }
        if url.scheme() == "https" || plain_http.allows(url) {
            return Ok(());
        }
        Err(SettingsError::Unencrypted {
            name,
            endpoint,
            url: url.to_string(),
        })
    }
}

impl Credential {
    /// The name of the secret that cannot be one, if so.
    fn flaw(&self) -> Option<&'static str> {
        match self {
            Self::ClientSecret(secret) if secret.expose_secret().trim().is_empty() => {
                Some("client secret")
            }
            Self::Token(token) if !is_token(token.expose_secret()) => Some("token"),
            _ => None,
        }
    }
}

impl PlainHttp {
    fn allows(self, url: &Url) -> bool {
        match self {
            Self::Refused => false,
            Self::Loopback => is_loopback(url),
            Self::Anywhere => true,
        }
    }
}

/// A path segment of the sign-in address: nothing that could leave it.
fn is_tenant_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !text.is_empty() && text.len() <= 255 && text.bytes().all(is_plain) && !text.starts_with('.')
}

fn is_client_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_base_address(url: &Url) -> bool {
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    is_web && !has_credentials && url.query().is_none() && url.fragment().is_none()
}

fn without_credentials(url: &Url) -> String {
    let mut url = url.clone();
    // Addresses that cannot carry credentials refuse to have them removed; then there are none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
