//! Access tokens: JSON web tokens with the claims of an Entra app token.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::audience::Audience;
use crate::ids::{IdSequence, derived_uuid};
use crate::tenant::{Tenant, TenantApp};

/// How long before its sign-in a token starts to be valid, in seconds: room for a client's slow clock.
const BACKDATED_SECONDS: i64 = 300;

/// Where the tenant's data is said to be.
pub(super) const REGION: &str = "EU";

/// From `iat` to `exp`, in seconds, as seen in tokens of the service.
const LIFE_SECONDS: i64 = 3_900;

/// What the sign-in answer calls `expires_in`, in seconds.
pub(super) const EXPIRES_IN_SECONDS: i64 = 3_599;

/// The claims of an app token, in the order of a real one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    iss: String,
    iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    aio: String,
    pub(crate) app_displayname: String,
    /// The client id.
    pub(crate) appid: String,
    appidacr: String,
    idp: String,
    oid: String,
    rh: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    /// Permissions of a person, with spaces between them, where one signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scp: Option<String>,
    sub: String,
    tenant_region_scope: String,
    pub(crate) tid: String,
    /// The token's own id.
    pub(crate) uti: String,
    ver: String,
}

impl Claims {
    /// The application permissions that the token stands for. A person's `Machine.Read` does what an app's
    /// `Machine.Read.All` does.
    pub(crate) fn permissions(&self) -> Vec<String> {
        let scopes = self.scp.iter().flat_map(|scp| scp.split(' '));
        let of_person = scopes.flat_map(|scope| [scope.to_owned(), format!("{scope}.All")]);
        self.roles.iter().cloned().chain(of_person).collect()
    }
}

/// Who a token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearer {
    /// The app itself, proved with a secret.
    AppWithSecret,
    /// The app itself, proved with a signed assertion.
    AppWithAssertion,
    /// A person, through the app.
    Person,
}

impl Bearer {
    /// The `appidacr` claim: how the app proved itself.
    fn proof(self) -> &'static str {
        match self {
            Self::Person => "0",
            Self::AppWithSecret => "1",
            Self::AppWithAssertion => "2",
        }
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// No token at all.
    Missing,
    /// Not a JSON web token.
    Malformed,
    /// Signed by somebody else, or changed.
    BadSignature,
    /// Too late.
    Expired,
    /// Too early.
    NotYetValid,
    /// Of another tenant.
    OtherTenant,
    /// Taken back by a fault.
    Revoked,
}

/// Signs tokens and checks them.
///
/// The key depends on the tenant and its secrets alone, so that a token survives a restart of the same twin.
pub(crate) struct TokenSigner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    key_id: String,
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl TokenSigner {
    pub(crate) fn new(tenant: &Tenant) -> Self {
        let key = key(tenant);
        Self {
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            key_id: derived_uuid(&[b"key id", tenant.tenant_id.as_bytes()])
                .simple()
                .to_string(),
        }
    }

    /// A token for `app`, or the reason why it cannot be signed.
    pub(super) fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header {
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(&header, claims, &self.encoding)
    }

    /// The claims of a token that is good at `now`.
    pub(crate) fn verify(
        &self,
        token: &str,
        tenant: &Tenant,
        now: Timestamp,
    ) -> Result<Claims, TokenFault> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &signature_only())
            .map_err(|error| fault(&error))?
            .claims;
        if claims.exp <= now.as_second() {
            return Err(TokenFault::Expired);
        }
        if claims.nbf > now.as_second() {
            return Err(TokenFault::NotYetValid);
        }
        if claims.tid != tenant.tenant_id {
            return Err(TokenFault::OtherTenant);
        }
        Ok(claims)
    }
}

/// Everything but the signature is checked here, on the twin's own clock.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn fault(error: &jsonwebtoken::errors::Error) -> TokenFault {
    match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenFault::BadSignature,
        _ => TokenFault::Malformed,
    }
}

/// What a token is for.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    pub(super) app: &'a TenantApp,
    pub(super) bearer: Bearer,
    /// The audience, as it was asked for.
    pub(super) resource: String,
    pub(super) audience: Audience,
    /// Whether a refresh token comes along.
    pub(super) may_renew: bool,
}

/// The claims of the token that is wanted at `now`.
pub(super) fn claims(
    tenant: &Tenant,
    wanted: &Wanted<'_>,
    ids: &IdSequence,
    now: Timestamp,
) -> Claims {
    let Wanted {
        app,
        bearer,
        resource,
        audience,
        ..
    } = wanted;
    let granted = audience.granted(&app.roles);
    let (roles, scp) = match bearer {
        Bearer::Person => (Vec::new(), Some(audience.delegated(&granted).join(" "))),
        _ => (granted, None),
    };
    let issuer = format!("https://sts.windows.net/{}/", tenant.tenant_id);
    let principal = derived_uuid(&[b"principal", app.client_id.as_bytes()]).to_string();
    let issued = now.as_second() - BACKDATED_SECONDS;
    Claims {
        aud: resource.clone(),
        iss: issuer.clone(),
        iat: issued,
        nbf: issued,
        exp: issued + LIFE_SECONDS,
        aio: format!("k2{}", ids.guid().replace('-', "")),
        app_displayname: format!(
            "app {}",
            app.client_id.split('-').next().unwrap_or_default()
        ),
        appid: app.client_id.clone(),
        appidacr: bearer.proof().to_owned(),
        idp: issuer,
        oid: principal.clone(),
        rh: format!("1.{}.", principal.replace('-', "")),
        roles,
        scp,
        sub: principal,
        tenant_region_scope: REGION.to_owned(),
        tid: tenant.tenant_id.clone(),
        uti: ids.guid().replace('-', ""),
        ver: "1.0".to_owned(),
    }
}

fn key(tenant: &Tenant) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"tesem twin token key");
    hasher.update(&tenant.tenant_id);
    for app in &tenant.apps {
        hasher.update(&app.client_id);
        hasher.update(app.client_secret.expose_secret());
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-10-01T00:00:00Z";

    fn token(tenant: &Tenant) -> (TokenSigner, String) {
        let now = NOW.parse().unwrap();
        let (ids, signer) = (IdSequence::new("t"), TokenSigner::new(tenant));
        let wanted = Wanted {
            app: &tenant.apps[0],
            bearer: Bearer::AppWithSecret,
            resource: "https://graph.microsoft.com".to_owned(),
            audience: Audience::Graph,
            may_renew: false,
        };
        let claims = claims(tenant, &wanted, &ids, now);
        let token = signer.sign(&claims).unwrap();
        (signer, token)
    }

    #[test]
    fn a_token_is_good_for_an_hour() {
        let tenant = Tenant::derived("t");
        let (signer, token) = token(&tenant);
        let cases = [
            ("2026-09-30T23:54:59Z", Err(TokenFault::NotYetValid)),
            (NOW, Ok(())),
            ("2026-10-01T00:59:59Z", Ok(())),
            ("2026-10-01T01:00:00Z", Err(TokenFault::Expired)),
        ];
        for (now, expected) in cases {
            let answer = signer.verify(&token, &tenant, now.parse().unwrap());
            assert_eq!(answer.map(drop), expected, "{now}");
        }
    }

    #[test]
    fn what_is_not_ours_is_told_apart() {
        let tenant = Tenant::derived("t");
        let (signer, good) = token(&tenant);
        let (_, foreign) = token(&Tenant::derived("other"));
        let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
        let cases = [
            ("", TokenFault::Malformed),
            ("garbage", TokenFault::Malformed),
            ("a.b.c", TokenFault::Malformed),
            (&unsigned, TokenFault::BadSignature),
            (&foreign, TokenFault::BadSignature),
        ];
        for (token, expected) in cases {
            let answer = signer.verify(token, &tenant, NOW.parse().unwrap());
            assert_eq!(answer.map(drop), Err(expected), "{token}");
        }
    }
}
