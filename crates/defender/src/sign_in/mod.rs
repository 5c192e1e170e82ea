//! Tokens: where they come from, how long they are kept.

mod azure_cli;
mod cache;
mod certificate;
mod client_credentials;
mod device_code;
mod error;
mod managed_identity;
mod ready_token;
mod token_answer;
mod token_endpoint;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

pub use azure_cli::AzureCli;
pub(crate) use azure_cli::AzureCliProvider;
pub(crate) use cache::TokenCache;
pub use certificate::{ClientCertificate, InvalidCertificate};
pub(crate) use client_credentials::{ClientCredentials, Proof};
pub(crate) use device_code::DeviceCode;
pub use error::SignInError;
pub(crate) use managed_identity::ManagedIdentityProvider;
pub use managed_identity::{IdentitySource, ManagedIdentity};
pub(crate) use ready_token::ReadyToken;
pub(crate) use token_endpoint::{TokenEndpoint, fetch};

use crate::{Cloud, Service};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    /// The service.
    pub service: Service,
    /// Its resource, e.g. `https://graph.microsoft.com`.
    pub resource: &'static str,
}

/// A token that a service accepts for a while.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token itself.
    pub secret: SecretString,
    /// The first instant at which it is not valid any more; [`Timestamp::MAX`] where that is not known.
    pub expires_at: Timestamp,
}

/// A source of tokens. Asked only when there is no fresh one, and never by two callers at a time for one audience.
#[async_trait]
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// A new token for `audience`.
    ///
    /// # Errors
    /// Why there is none; shared by all calls that wait for it.
    async fn token(&self, audience: &Audience) -> Result<AccessToken, SignInError>;

    /// Whether asking again can give another token than the last one.
    fn can_renew(&self) -> bool {
        true
    }
}

impl Audience {
    /// The audience of `service` in `cloud`.
    #[must_use]
    pub fn new(cloud: Cloud, service: Service) -> Self {
        Self {
            service,
            resource: cloud.audience(service),
        }
    }

    /// The scope that asks for everything the app was granted, as the v2 token endpoint wants it.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{}/.default", self.resource)
    }
}
