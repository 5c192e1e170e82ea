//! Why a caller is turned away.

use crate::reply::{Code, Failure};

/// Why a caller is turned away. The texts are those that clients know, where they know one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// No header.
    #[error("Authorization header is missing")]
    NoHeader,
    /// Another scheme, or not a scheme and a token.
    #[error("Wrong authorization type")]
    WrongType,
    /// The relay has no secret.
    #[error("<SECRET_KEY> is missing")]
    NoSecret,
    /// Not a JWT that is taken here.
    #[error("Wrong JWT structure")]
    WrongStructure,
    /// The signature is not by the shared secret.
    #[error("Failed to decode JWT with provided key")]
    WrongSignature,
    /// What must be claimed is not.
    #[error("Wrong JWT payload structure")]
    WrongPayload,
    /// Its time is over.
    #[error("JWT has expired")]
    Expired,
    /// Its time has not come.
    #[error("JWT is not valid yet")]
    NotYetValid,
    /// It does not say who publishes its key.
    #[error(
        "jwks_host is missing in JWT payload. Make sure custom_jwks_host field is present in module_type"
    )]
    NoKeysHost,
    /// Who publishes its key is not trusted, or does not answer with keys.
    #[error(
        "Wrong jwks_host in JWT payload. Make sure domain follows the visibility.<region>.cisco.com structure"
    )]
    WrongKeysHost,
    /// It does not say which key, or the host's answer has no list of keys.
    #[error("kid is missing in response headers from jwks_host")]
    NoKeyId,
    /// The host does not publish its key.
    #[error("kid from JWT header not found in API response")]
    UnknownKeyId,
    /// The signature is not by the published key.
    #[error(
        "Failed to decode JWT with provided key. Make sure domain in custom_jwks_host corresponds to your SecureX instance region."
    )]
    WrongPublishedKey,
    /// It was made for another relay.
    #[error("Wrong configuration-token-audience")]
    WrongAudience,
}

impl AuthError {
    /// The failure to answer with.
    #[must_use]
    pub fn failure(self) -> Failure {
        Failure::new(Code::Authorization, format!("Authorization failed: {self}"))
    }
}
