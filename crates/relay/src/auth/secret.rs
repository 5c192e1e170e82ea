//! Tokens that are signed with a shared secret.

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};

use super::token::{Algorithm, Token};
use super::{AuthError, Caller, times};

/// The caller of `token`, if it is signed with `secret` by an algorithm of the HMAC family. An empty secret signs nothing.
pub(super) fn caller(
    token: &Token<'_>,
    secret: &SecretString,
    now: Timestamp,
) -> Result<Caller, AuthError> {
    let Algorithm::Hmac(algorithm) = token.algorithm()? else {
        return Err(AuthError::WrongSignature);
    };
    let secret = secret.expose_secret().as_bytes();
    let key = DecodingKey::from_secret(secret);
    if secret.is_empty() || !token.is_signed_by(&key, algorithm) {
        return Err(AuthError::WrongSignature);
    }
    times::check(token.claims(), now)?;
    Caller::claimed(token.claims())
}
