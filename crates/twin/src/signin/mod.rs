//! Sign-in: the v1 and v2 token endpoints for apps with a client secret.
//!
//! Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.

mod audience;
mod directory;
mod form;
mod refusal;
mod token;

use std::sync::PoisonError;

use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

pub(crate) use audience::{Audience, every_role};
pub(crate) use directory::directory;
pub(crate) use token::{Claims, TokenFault, TokenSigner};

use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::tenant::TenantApp;
use form::{BasicCredential, Form};
use refusal::SignInRefusal;

/// Which token endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// What a client asks for, after its credential was checked.
struct Granted<'a> {
    app: &'a TenantApp,
    resource: String,
    audience: Audience,
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn v2_token<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { answer(twin, call, Version::V2) })
}

/// `POST /{tenant}/oauth2/token`.
pub(crate) fn v1_token<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async move { answer(twin, call, Version::V1) })
}

fn answer(twin: &Twin, call: &Call, version: Version) -> Reply {
    let now = twin.time.now();
    let tenant = call.parameter("tenant").unwrap_or_default();
    let form = Form::read(&call.body);
    let basic = form::basic_credential(&call.headers);
    let app = client_id(&form, basic.as_ref());
    let reply = match sign_in(twin, &tenant, &form, basic, version) {
        Ok(granted) => issue(twin, &granted, version, now),
        Err(refusal) => refusal.reply(&twin.ids, now),
    };
    reply
        .by_app(app)
        .header(header::CACHE_CONTROL, "no-store, no-cache")
        .header(header::PRAGMA, "no-cache")
}

fn sign_in<'a>(
    twin: &'a Twin,
    tenant: &str,
    form: &Form,
    basic: Option<BasicCredential>,
    version: Version,
) -> Result<Granted<'a>, SignInRefusal> {
    check_tenant(twin, tenant)?;
    check_grant(form)?;
    let app = check_app(twin, form, basic)?;
    let resource = match version {
        Version::V1 => form
            .get("resource")
            .ok_or(SignInRefusal::MissingParameter { name: "resource" })?
            .to_owned(),
        Version::V2 => resource_of_scope(form)?,
    };
    let audience = Audience::named(&resource).ok_or_else(|| SignInRefusal::UnknownResource {
        resource: resource.clone(),
        directory: twin.tenant.name.clone(),
    })?;
    Ok(Granted {
        app,
        resource,
        audience,
    })
}

fn check_tenant(twin: &Twin, tenant: &str) -> Result<(), SignInRefusal> {
    if twin.tenant.is_named(tenant) {
        return Ok(());
    }
    let tenant = tenant.to_owned();
    match tenant.as_str() {
        "common" | "organizations" | "consumers" => Err(SignInRefusal::NoTenant),
        _ if is_tenant_name(&tenant) => Err(SignInRefusal::UnknownTenant { tenant }),
        _ => Err(SignInRefusal::MalformedTenant { tenant }),
    }
}

/// Whether a text could name some tenant: a GUID or a domain with a dot.
fn is_tenant_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    Uuid::try_parse(text).is_ok() || (text.contains('.') && text.split('.').all(is_label))
}

fn check_grant(form: &Form) -> Result<(), SignInRefusal> {
    match form.get("grant_type") {
        None => Err(SignInRefusal::MissingParameter { name: "grant_type" }),
        Some("client_credentials") => Ok(()),
        Some("password" | "refresh_token" | "authorization_code") => {
            Err(SignInRefusal::NotEmulated {
                what: "signing in a user",
            })
        }
        Some("urn:ietf:params:oauth:grant-type:device_code" | "device_code") => {
            Err(SignInRefusal::NotEmulated {
                what: "the device code flow",
            })
        }
        Some(other) => Err(SignInRefusal::UnsupportedGrant {
            grant: other.to_owned(),
        }),
    }
}

fn client_id(form: &Form, basic: Option<&BasicCredential>) -> Option<String> {
    form.get("client_id")
        .map(str::to_owned)
        .or_else(|| basic.map(|basic| basic.client_id.clone()))
}

fn check_app<'a>(
    twin: &'a Twin,
    form: &Form,
    basic: Option<BasicCredential>,
) -> Result<&'a TenantApp, SignInRefusal> {
    let client_id = client_id(form, basic.as_ref())
        .ok_or(SignInRefusal::MissingParameter { name: "client_id" })?;
    let app = twin
        .tenant
        .app(&client_id)
        .ok_or_else(|| SignInRefusal::UnknownApp {
            client_id: client_id.clone(),
            directory: twin.tenant.name.clone(),
        })?;
    if form.get("client_assertion").is_some() {
        return Err(SignInRefusal::NotEmulated {
            what: "client assertions (certificates and federated credentials)",
        });
    }
    let secret = form.get("client_secret").map(SecretString::from);
    let secret = secret.or(basic.map(|basic| basic.client_secret));
    let secret = secret.ok_or(SignInRefusal::NoCredential)?;
    if app.has_secret(secret.expose_secret()) {
        return Ok(app);
    }
    Err(SignInRefusal::WrongSecret {
        client_id: app.client_id.clone(),
    })
}

fn resource_of_scope(form: &Form) -> Result<String, SignInRefusal> {
    let Some(scope) = form.get("scope") else {
        let has_resource = form.get("resource").is_some();
        let missing = SignInRefusal::MissingParameter { name: "scope" };
        return Err(if has_resource {
            SignInRefusal::ResourceParameter
        } else {
            missing
        });
    };
    let mut parts = scope.split_ascii_whitespace();
    let (Some(only), None) = (parts.next(), parts.next()) else {
        return Err(SignInRefusal::InvalidScope {
            scope: scope.to_owned(),
        });
    };
    match only.strip_suffix("/.default") {
        Some(resource) if !resource.is_empty() => Ok(resource.to_owned()),
        _ => Err(SignInRefusal::ScopeWithoutDefault {
            scope: only.to_owned(),
        }),
    }
}

fn issue(twin: &Twin, granted: &Granted<'_>, version: Version, now: Timestamp) -> Reply {
    let Granted {
        app,
        resource,
        audience,
    } = granted;
    let claims = token::claims(&twin.tenant, app, resource, *audience, &twin.ids, now);
    let Ok(token) = twin.signer.sign(&claims) else {
        return Reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let body = match version {
        Version::V2 => json!({
            "token_type": "Bearer",
            "expires_in": token::EXPIRES_IN_SECONDS,
            "ext_expires_in": token::EXPIRES_IN_SECONDS,
            "access_token": token,
        }),
        Version::V1 => json!({
            "token_type": "Bearer",
            "expires_in": token::EXPIRES_IN_SECONDS.to_string(),
            "ext_expires_in": token::EXPIRES_IN_SECONDS.to_string(),
            "expires_on": claims.exp.to_string(),
            "not_before": claims.nbf.to_string(),
            "resource": resource,
            "access_token": token,
        }),
    };
    Reply::json(StatusCode::OK, &body)
}

/// The claims of a call's bearer token.
pub(crate) fn verify(twin: &Twin, headers: &HeaderMap) -> Result<Claims, TokenFault> {
    let token = bearer(headers)?;
    let claims = twin.signer.verify(token, &twin.tenant, twin.time.now())?;
    let revoked = twin.revoked.lock().unwrap_or_else(PoisonError::into_inner);
    if revoked.contains(&claims.uti) {
        return Err(TokenFault::Revoked);
    }
    Ok(claims)
}

/// Revokes the token of a call, if it has a good one.
pub(crate) fn revoke(twin: &Twin, headers: &HeaderMap) {
    if let Ok(claims) = verify(twin, headers) {
        let mut revoked = twin.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        revoked.insert(claims.uti);
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, TokenFault> {
    let value = headers
        .get(header::AUTHORIZATION)
        .ok_or(TokenFault::Missing)?;
    let text = value.to_str().map_err(|_| TokenFault::Malformed)?.trim();
    match text.split_once(' ') {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() =>
        {
            Ok(token.trim())
        }
        _ => Err(TokenFault::Missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_names_are_guids_or_domains() {
        let good = [
            "contoso.com",
            "72f988bf-86f1-41af-91ab-2d7cd011db47",
            "a-b.example.org",
        ];
        let bad = ["contoso", "", "a..b", "con toso.com", "../x.y", "72f988bf"];
        assert!(good.iter().all(|name| is_tenant_name(name)));
        assert!(bad.iter().all(|name| !is_tenant_name(name)));
    }
}
