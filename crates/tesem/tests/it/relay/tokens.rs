//! Tokens, good and bad.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

use super::SECRET;

/// A token on its way.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) header: Header,
    pub(super) claims: Value,
    key: EncodingKey,
}

impl Token {
    /// Signed with the secret that the relay knows.
    pub(super) fn hs256(claims: Value) -> Self {
        Self {
            header: Header::default(),
            claims,
            key: EncodingKey::from_secret(SECRET.as_bytes()),
        }
    }

    /// With another algorithm of the same family.
    pub(super) fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.header.alg = algorithm;
        self
    }

    /// Signed with another secret.
    pub(super) fn secret(mut self, secret: &str) -> Self {
        self.key = EncodingKey::from_secret(secret.as_bytes());
        self
    }

    /// Signed with the private key that [`super::authentication`] publishes as `id`.
    pub(super) fn rs256(mut self, id: &str, pem: &[u8]) -> Self {
        self.header.alg = Algorithm::RS256;
        self.header.kid = Some(id.to_owned());
        self.key = EncodingKey::from_rsa_pem(pem).unwrap();
        self
    }

    /// With another value of a claim; null takes it away.
    pub(super) fn claim(mut self, name: &str, value: Value) -> Self {
        let claims = self.claims.as_object_mut().unwrap();
        match value {
            Value::Null => claims.shift_remove(name),
            value => claims.insert(name.to_owned(), value),
        };
        self
    }

    pub(super) fn signed(&self) -> String {
        encode(&self.header, &self.claims, &self.key).unwrap()
    }
}
