//! Making tokens, for those who register the relay.

use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::Caller;

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

/// The token of `caller` with HS256 by `secret`, refused from `expires` on. It holds the app's secret for everybody to read.
///
/// # Errors
/// [`SignError`] where the secret cannot sign.
pub fn sign(
    caller: &Caller,
    expires: Option<Timestamp>,
    secret: &SecretString,
) -> Result<SecretString, SignError> {
    let mut claims = Map::from_iter([
        ("tenant_id".to_owned(), json!(caller.tenant_id)),
        ("client_id".to_owned(), json!(caller.client_id)),
        (
            "client_secret".to_owned(),
            json!(caller.client_secret.expose_secret()),
        ),
    ]);
    let limit = caller.entities_limit.map(|limit| json!(limit.get()));
    let more: [(&str, Option<Value>); 3] = [
        ("sub", caller.subject.as_ref().map(|subject| json!(subject))),
        ("exp", expires.map(|expires| json!(expires.as_second()))),
        ("CTR_ENTITIES_LIMIT", limit),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    }
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    Ok(encode(&Header::default(), &claims, &key)?.into())
}
