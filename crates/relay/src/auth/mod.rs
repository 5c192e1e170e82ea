//! Who asks: bearer tokens, and the credentials that they carry.
//!
//! A token is a JWT (RFC 7519) in compact form. In the older mode it is signed with a secret that the relay shares with its client;
//! in the newer with an RSA key that a host of Cisco publishes (RFC 7517). Which algorithm is taken is settled here, never by the
//! token alone, and the host of keys must be on a list: a token that is not yet verified has no say in whom we trust.

mod bearer;
mod caller;
mod error;
mod http_keys;
mod jwks;
mod keys;
mod secret;
mod sign;
mod times;
mod token;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;

pub use caller::Caller;
pub use error::AuthError;
pub use http_keys::HttpKeys;
pub use jwks::JwksMode;
pub use keys::{
    KEYS_AGE_MAX, KEYS_BYTES_MAX, KEYS_HOSTS_DEFAULT, KEYS_REFETCH_MIN, KEYS_STALE_MAX, KeyCache,
    KeyFetchError, KeyFetcher,
};
pub use sign::{SignError, sign};

use crate::reply::{Compat, Failure};
use token::{Algorithm, Token};

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// By a shared secret.
    #[default]
    Secret,
    /// By a published key.
    Jwks,
    /// By either: the algorithm that the token names decides.
    Auto,
}

/// Checks tokens.
#[derive(Clone)]
pub struct Authenticator {
    mode: Mode,
    secret: Option<SecretString>,
    jwks: Arc<JwksMode>,
    compat: Option<Compat>,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Authenticator {
    /// With what it takes to check tokens of either kind. Without a secret, tokens of that kind are refused.
    #[must_use]
    pub fn new(mode: Mode, secret: Option<SecretString>, jwks: JwksMode) -> Self {
        Self {
            mode,
            secret,
            jwks: Arc::new(jwks),
            compat: None,
        }
    }

    /// Speaks to all callers in the codes and envelopes of `compat`, however they prove who they are.
    #[must_use]
    pub fn speaking(self, compat: Compat) -> Self {
        Self {
            compat: Some(compat),
            ..self
        }
    }

    /// The caller whose `Authorization` header this is, at `now`.
    ///
    /// # Errors
    /// [`AuthError`] says what is wrong with the token.
    pub async fn caller(&self, header: Option<&[u8]>, now: Timestamp) -> Result<Caller, AuthError> {
        let text = bearer::token(header)?;
        match self.mode {
            Mode::Secret => self.by_secret(text, now),
            Mode::Jwks => self.jwks.caller(&Token::read(text)?, now).await,
            Mode::Auto => {
                let token = Token::read(text)?;
                match token.algorithm()? {
                    Algorithm::Rs256 => self.jwks.caller(&token, now).await,
                    Algorithm::Hmac(_) | Algorithm::Other => self.by_secret(text, now),
                }
            }
        }
    }

    fn by_secret(&self, text: &str, now: Timestamp) -> Result<Caller, AuthError> {
        let secret = self.secret.as_ref().ok_or(AuthError::NoSecret)?;
        secret::caller(&Token::read(text)?, secret, now)
    }

    /// Whose codes and envelopes the bearer of `header` speaks, before anything of it is verified.
    #[must_use]
    pub fn compat(&self, header: Option<&[u8]>) -> Compat {
        match (self.compat, self.mode) {
            (Some(compat), _) => return compat,
            (None, Mode::Secret) => return Compat::V0,
            (None, Mode::Jwks) => return Compat::V2,
            (None, Mode::Auto) => {}
        }
        let token = bearer::token(header).and_then(Token::read);
        match token.and_then(|token| token.algorithm()) {
            Ok(Algorithm::Rs256) => Compat::V2,
            _ => Compat::V0,
        }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        error.failure()
    }
}
