//! Tokens that are signed with a published key.

use jiff::Timestamp;
use serde_json::Value;

use super::token::{Algorithm, Token};
use super::{AuthError, Caller, KeyCache, times};

/// What it takes to check tokens that are signed with a published key.
#[derive(Debug)]
pub struct JwksMode {
    /// The relay's own address as clients know it, scheme and host without a path; tokens are made for it.
    audience: String,
    keys: KeyCache,
}

impl JwksMode {
    /// For tokens that are made for the relay at `audience`; a slash at its end does not count.
    #[must_use]
    pub fn new(audience: &str, keys: KeyCache) -> Self {
        Self {
            audience: audience.trim_end_matches('/').to_owned(),
            keys,
        }
    }

    /// The caller of `token`, if it is signed with RS256 by a key of a host that is trusted, and made for this relay.
    pub(super) async fn caller(
        &self,
        token: &Token<'_>,
        now: Timestamp,
    ) -> Result<Caller, AuthError> {
        if token.algorithm()? != Algorithm::Rs256 {
            return Err(AuthError::WrongStructure);
        }
        let host = token.claims().get("jwks_host").and_then(Value::as_str);
        let host = host
            .filter(|host| !host.is_empty())
            .ok_or(AuthError::NoKeysHost)?;
        let key_id = token.key_id().ok_or(AuthError::NoKeyId)?;
        let key = self.keys.key(host, key_id, now).await?;
        if !token.is_signed_by(&key, jsonwebtoken::Algorithm::RS256) {
            return Err(AuthError::WrongPublishedKey);
        }
        times::check(token.claims(), now)?;
        self.check_audience(token.claims().get("aud"))?;
        Caller::claimed(token.claims())
    }

    /// `aud` is a text, or a list of texts of which one must be ours. Source: RFC 7519, section 4.1.3.
    fn check_audience(&self, claim: Option<&Value>) -> Result<(), AuthError> {
        let is_ours = |audience: &Value| audience.as_str() == Some(&self.audience);
        let is_ours = match claim.ok_or(AuthError::WrongStructure)? {
            Value::Array(audiences) => audiences.iter().any(is_ours),
            audience => is_ours(audience),
        };
        if is_ours && !self.audience.is_empty() {
            return Ok(());
        }
        Err(AuthError::WrongAudience)
    }
}
