//! Who a verified token speaks for.

use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::AuthError;
use crate::request::EntitiesLimit;

/// Longest domain. Source: RFC 1035, section 2.3.4.
const DOMAIN_BYTES_MAX: usize = 253;

/// Whose tenant is to be asked, as which app.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The tenant: a GUID, or one of its domains.
    pub tenant_id: String,
    /// The app in that tenant.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: SecretString,
    /// Who the token is about, for the audit; nobody where it does not say.
    pub subject: Option<String>,
    /// How many sightings an observable may have, where the token says so.
    pub entities_limit: Option<EntitiesLimit>,
}

impl Caller {
    /// From the claims of a token that is verified.
    pub(super) fn claimed(claims: &Map<String, Value>) -> Result<Self, AuthError> {
        let text = |name| {
            let text = claims.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
                .ok_or(AuthError::WrongPayload)
        };
        let tenant = text("tenant_id")?;
        if !is_tenant(tenant) {
            return Err(AuthError::WrongPayload);
        }
        Ok(Self {
            tenant_id: tenant.to_owned(),
            client_id: text("client_id")?.to_owned(),
            client_secret: text("client_secret")?.into(),
            subject: text("sub").ok().map(str::to_owned),
            entities_limit: claims
                .get("CTR_ENTITIES_LIMIT")
                .map(EntitiesLimit::from_claim),
        })
    }
}

/// A tenant's name goes into the path of its sign-in, so nothing else may be in it.
fn is_tenant(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_letter);
    let is_domain =
        text.contains('.') && text.len() <= DOMAIN_BYTES_MAX && text.split('.').all(is_label);
    let is_guid = text.len() == uuid::fmt::Hyphenated::LENGTH && Uuid::try_parse(text).is_ok();
    is_guid || is_domain
}
