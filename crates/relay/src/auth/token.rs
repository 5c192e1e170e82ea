//! A token that nobody has verified yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use serde_json::{Map, Value};

use super::AuthError;

/// A JWT that is well formed. Nothing in it is to be believed before [`Token::is_signed_by`].
#[derive(Debug)]
pub(super) struct Token<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    message: &'a str,
    signature: &'a str,
}

/// What a token says that it is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// A shared secret.
    Hmac(jsonwebtoken::Algorithm),
    /// RSA with SHA-256.
    Rs256,
    /// `none`, or another one that exists but is not taken here.
    Other,
}

/// Algorithms of RFC 7518, section 3.1, and RFC 8037 that no mode takes, so that they are told from names that are none.
const OTHERS: [&str; 11] = [
    "none", "RS384", "RS512", "ES256", "ES384", "ES512", "ES256K", "PS256", "PS384", "PS512",
    "EdDSA",
];

impl<'a> Token<'a> {
    /// # Errors
    /// [`AuthError::WrongStructure`].
    pub(super) fn read(text: &'a str) -> Result<Self, AuthError> {
        let (message, signature) = text.rsplit_once('.').ok_or(AuthError::WrongStructure)?;
        let (header, claims) = message.split_once('.').ok_or(AuthError::WrongStructure)?;
        let header = object(header)?;
        // Extensions that must be understood; none is. Source: RFC 7515, section 4.1.11.
        if header.contains_key("crit") {
            return Err(AuthError::WrongStructure);
        }
        Ok(Self {
            header,
            claims: object(claims)?,
            message,
            signature,
        })
    }

    /// # Errors
    /// [`AuthError::WrongStructure`] where it names none that exists.
    pub(super) fn algorithm(&self) -> Result<Algorithm, AuthError> {
        use jsonwebtoken::Algorithm::{HS256, HS384, HS512};
        let name = self.header.get("alg").and_then(Value::as_str);
        match name.ok_or(AuthError::WrongStructure)? {
            "HS256" => Ok(Algorithm::Hmac(HS256)),
            "HS384" => Ok(Algorithm::Hmac(HS384)),
            "HS512" => Ok(Algorithm::Hmac(HS512)),
            "RS256" => Ok(Algorithm::Rs256),
            name if OTHERS.contains(&name) => Ok(Algorithm::Other),
            _ => Err(AuthError::WrongStructure),
        }
    }

    /// The key that it says it is signed with.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// What it claims.
    pub(super) fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Whether `key` made its signature with `algorithm`, which the caller chose.
    pub(super) fn is_signed_by(
        &self,
        key: &jsonwebtoken::DecodingKey,
        algorithm: jsonwebtoken::Algorithm,
    ) -> bool {
        crypto::verify(self.signature, self.message.as_bytes(), key, algorithm).unwrap_or(false)
    }
}

fn object(part: &str) -> Result<Map<String, Value>, AuthError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part.trim_end_matches('='))
        .map_err(|_| AuthError::WrongStructure)?;
    serde_json::from_slice(&bytes).map_err(|_| AuthError::WrongStructure)
}
