//! Sign-in of a machine or an app in Azure, whose platform vouches for it.
//!
//! Sources, learn.microsoft.com: `entra/identity/managed-identities-azure-resources/how-to-use-vm-token` (virtual
//! machines) and `azure/app-service/overview-managed-identity` (App Service, Functions, Container Apps).

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::token_answer::{TokenAnswer, place, unreadable};
use super::token_endpoint::fetch;
use super::{AccessToken, Audience, SignInError, TokenProvider};
use crate::requests::Requests;
use crate::transport::ApiRequest;
use crate::{ClientEvent, SettingsError};

/// Where every virtual machine in Azure asks.
const INSTANCE_METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// A managed identity.
#[derive(Debug, Clone)]
pub struct ManagedIdentity {
    /// Who vouches for it.
    pub source: IdentitySource,
    /// The client id of a user-assigned identity; the machine's own identity where there is none.
    pub client_id: Option<String>,
}

/// Who vouches for a managed identity.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IdentitySource {
    /// The metadata service of a virtual machine.
    VirtualMachine {
        /// Its address, where other than `http://169.254.169.254/metadata/identity/oauth2/token`.
        endpoint: Option<Url>,
    },
    /// App Service and its relatives.
    AppService {
        /// The environment's `IDENTITY_ENDPOINT`.
        endpoint: Url,
        /// The environment's `IDENTITY_HEADER`.
        header: SecretString,
    },
}

/// Asks the platform for tokens.
#[derive(Debug)]
pub(crate) struct ManagedIdentityProvider {
    pub(crate) requests: Requests,
    pub(crate) identity: ManagedIdentity,
}

impl IdentitySource {
    /// The address that is asked.
    pub(crate) fn endpoint(&self) -> Result<Url, SettingsError> {
        match self {
            Self::VirtualMachine {
                endpoint: Some(endpoint),
            }
            | Self::AppService { endpoint, .. } => Ok(endpoint.clone()),
            Self::VirtualMachine { endpoint: None } => INSTANCE_METADATA
                .parse()
                .map_err(|_| SettingsError::Identity { what: "address" }),
        }
    }

    /// What each request must carry to show that it was not tricked out of a browser or a server.
    pub(crate) fn headers(&self) -> Result<HeaderMap, SettingsError> {
        let (name, value) = match self {
            Self::VirtualMachine { .. } => ("metadata", "true"),
            Self::AppService { header, .. } => ("x-identity-header", header.expose_secret()),
        };
        let value =
            HeaderValue::from_str(value).map_err(|_| SettingsError::Identity { what: "header" })?;
        let mut headers = HeaderMap::new();
        let is_secret = matches!(self, Self::AppService { .. });
        let value = headers
            .entry(HeaderName::from_static(name))
            .or_insert(value);
        value.set_sensitive(is_secret);
        Ok(headers)
    }

    fn api_version(&self) -> &'static str {
        match self {
            Self::VirtualMachine { .. } => "2018-02-01",
            Self::AppService { .. } => "2019-08-01",
        }
    }
}

#[async_trait]
impl TokenProvider for ManagedIdentityProvider {
    async fn token(&self, audience: &Audience) -> Result<AccessToken, SignInError> {
        let request = self.request(audience)?;
        let secret = match &self.identity.source {
            IdentitySource::AppService { header, .. } => header.expose_secret(),
            IdentitySource::VirtualMachine { .. } => "",
        };
        let sent_at = self.requests.clock.now();
        let answer = fetch(&self.requests, &request, &[secret]).await?;
        let parsed: Result<TokenAnswer, _> = serde_json::from_slice(&answer.body);
        let parsed = parsed.map_err(|error| unreadable(&answer, &place(&error)))?;
        let token = parsed
            .check(sent_at)
            .map_err(|what| unreadable(&answer, what))?;
        let event = ClientEvent::SignedIn {
            audience: audience.resource,
            expires_at: token.expires_at,
        };
        self.requests.tell(&event);
        Ok(token)
    }
}

impl ManagedIdentityProvider {
    fn request(&self, audience: &Audience) -> Result<ApiRequest, SignInError> {
        let source = &self.identity.source;
        let mut url = source
            .endpoint()
            .map_err(|error| SignInError::Provider(Box::new(error)))?;
        url.query_pairs_mut()
            .append_pair("api-version", source.api_version())
            .append_pair("resource", audience.resource);
        if let Some(client_id) = &self.identity.client_id {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        Ok(ApiRequest {
            method: Method::GET,
            url,
            content_type: "",
            body: Default::default(),
        })
    }
}
