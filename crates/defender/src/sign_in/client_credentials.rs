//! Sign-in of an app by itself: with a secret, a certificate, or a token of somebody whom Entra trusts.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::token_endpoint::TokenEndpoint;
use super::{AccessToken, Audience, ClientCertificate, SignInError, TokenProvider};

/// The form's name for an assertion in the form of a JSON Web Token (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest file with a token, in bytes.
const TOKEN_FILE_BYTES_MAX: usize = 64 << 10;

/// An app that proves itself.
#[derive(Debug)]
pub(crate) struct ClientCredentials {
    pub(crate) endpoint: TokenEndpoint,
    pub(crate) proof: Proof,
}

/// What it proves itself with.
#[derive(Debug)]
pub(crate) enum Proof {
    Secret(SecretString),
    Certificate(ClientCertificate),
    /// The token of a workload, which its platform keeps fresh in a file.
    TokenFile(PathBuf),
}

#[async_trait]
impl TokenProvider for ClientCredentials {
    async fn token(&self, audience: &Audience) -> Result<AccessToken, SignInError> {
        let assertion = match &self.proof {
            Proof::Secret(secret) => {
                return self.with_secret(audience, secret.expose_secret()).await;
            }
            Proof::Certificate(certificate) => self.signed(certificate)?,
            Proof::TokenFile(path) => read_token(path).await?,
        };
        self.with_assertion(audience, assertion.expose_secret())
            .await
    }
}

impl ClientCredentials {
    async fn with_secret(
        &self,
        audience: &Audience,
        secret: &str,
    ) -> Result<AccessToken, SignInError> {
        let scope = audience.scope();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.endpoint.client_id.as_str()),
            ("client_secret", secret),
            ("scope", scope.as_str()),
        ];
        self.endpoint
            .grant(audience, &fields, &[secret])
            .await
            .map(|granted| granted.token)
    }

    async fn with_assertion(
        &self,
        audience: &Audience,
        assertion: &str,
    ) -> Result<AccessToken, SignInError> {
        let scope = audience.scope();
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", self.endpoint.client_id.as_str()),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
            ("scope", scope.as_str()),
        ];
        self.endpoint
            .grant(audience, &fields, &[assertion])
            .await
            .map(|granted| granted.token)
    }

    fn signed(&self, certificate: &ClientCertificate) -> Result<SecretString, SignInError> {
        let requests = &self.endpoint.requests;
        let id = requests.options.randomness.request_id();
        certificate.assertion(
            &self.endpoint.client_id,
            &self.endpoint.url(),
            id,
            requests.clock.now(),
        )
    }
}

/// Reads the token anew each time: its platform replaces it.
async fn read_token(path: &Path) -> Result<SecretString, SignInError> {
    let unusable = |reason: String| SignInError::TokenFile {
        path: path.to_owned(),
        reason,
    };
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| unusable(error.to_string()))?;
    let text = SecretString::from(text);
    let token = text.expose_secret().trim();
    let is_token =
        token.len() <= TOKEN_FILE_BYTES_MAX && token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.is_empty() || !is_token {
        return Err(unusable("it holds no token".to_owned()));
    }
    Ok(token.into())
}
