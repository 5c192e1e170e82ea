//! Sign-in: the v1 and v2 token endpoints, for apps with a secret, a certificate or a workload's token, and for people with a code.
//!
//! Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.

mod assertion;
mod audience;
mod device_code;
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

pub(crate) use assertion::flaw_of_keys;
pub(crate) use audience::{Audience, every_role};
pub(crate) use device_code::{DeviceCodes, device_code, enter_code, list_codes, page};
pub(crate) use directory::directory;
pub(crate) use token::{Claims, TokenFault, TokenSigner};

use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::tenant::TenantApp;
use form::{BasicCredential, Form};
use refusal::SignInRefusal;
use token::{Bearer, Wanted};

/// Scopes that are about the sign-in itself.
const ABOUT_SIGN_IN: [&str; 4] = ["offline_access", "openid", "profile", "email"];

/// Which token endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// How a client proves what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    ClientCredentials,
    DeviceCode,
    RefreshToken,
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
    let form = Form::read(&call.body);
    let basic = form::basic_credential(&call.headers);
    let app = client_id(&form, basic.as_ref());
    let reply = match sign_in(twin, call, &form, version) {
        Ok(wanted) => issue(twin, &wanted, version, now),
        Err(refusal) => refusal.reply(&twin.ids, now),
    };
    reply
        .by_app(app)
        .header(header::CACHE_CONTROL, "no-store, no-cache")
        .header(header::PRAGMA, "no-cache")
}

fn sign_in<'a>(
    twin: &'a Twin,
    call: &Call,
    form: &Form,
    version: Version,
) -> Result<Wanted<'a>, SignInRefusal> {
    check_tenant(twin, &call.parameter("tenant").unwrap_or_default())?;
    let mut scope = form.get("scope").map(str::to_owned);
    let (app, bearer) = match grant(form)? {
        Grant::ClientCredentials => check_app(twin, call, form)?,
        Grant::RefreshToken => (device_code::renew(twin, form)?, Bearer::Person),
        Grant::DeviceCode => {
            let (app, asked) = device_code::redeem(twin, form, twin.time.now())?;
            scope = Some(asked);
            (app, Bearer::Person)
        }
    };
    let resource = match version {
        Version::V1 => form
            .get("resource")
            .ok_or(SignInRefusal::MissingParameter { name: "resource" })?
            .to_owned(),
        Version::V2 => resource_of_scope(scope.as_deref(), form)?,
    };
    let may_renew =
        bearer == Bearer::Person && scope.is_some_and(|scope| has_word(&scope, "offline_access"));
    let audience = Audience::named(&resource).ok_or_else(|| SignInRefusal::UnknownResource {
        resource: resource.clone(),
        directory: twin.tenant.name.clone(),
    })?;
    Ok(Wanted {
        app,
        bearer,
        resource,
        audience,
        may_renew,
    })
}

fn has_word(scope: &str, word: &str) -> bool {
    scope.split_ascii_whitespace().any(|part| part == word)
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

fn grant(form: &Form) -> Result<Grant, SignInRefusal> {
    match form.get("grant_type") {
        None => Err(SignInRefusal::MissingParameter { name: "grant_type" }),
        Some("client_credentials") => Ok(Grant::ClientCredentials),
        Some("urn:ietf:params:oauth:grant-type:device_code" | "device_code") => {
            Ok(Grant::DeviceCode)
        }
        Some("refresh_token") => Ok(Grant::RefreshToken),
        Some("password" | "authorization_code") => Err(SignInRefusal::NotEmulated {
            what: "signing in a person with a password or a redirect",
        }),
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

fn registered_app<'a>(
    twin: &'a Twin,
    client_id: Option<&str>,
) -> Result<&'a TenantApp, SignInRefusal> {
    let client_id = client_id.ok_or(SignInRefusal::MissingParameter { name: "client_id" })?;
    twin.tenant
        .app(client_id)
        .ok_or_else(|| SignInRefusal::UnknownApp {
            client_id: client_id.to_owned(),
            directory: twin.tenant.name.clone(),
        })
}

/// The app that proved itself, and how.
fn check_app<'a>(
    twin: &'a Twin,
    call: &Call,
    form: &Form,
) -> Result<(&'a TenantApp, Bearer), SignInRefusal> {
    let basic = form::basic_credential(&call.headers);
    let app = registered_app(twin, client_id(form, basic.as_ref()).as_deref())?;
    if form.get("client_assertion").is_some() {
        assertion::check(form, app, &token_endpoints(twin, call), twin.time.now())?;
        return Ok((app, Bearer::AppWithAssertion));
    }
    let secret = form.get("client_secret").map(SecretString::from);
    let secret = secret.or(basic.map(|basic| basic.client_secret));
    let secret = secret.ok_or(SignInRefusal::NoCredential)?;
    if app.has_secret(secret.expose_secret()) {
        return Ok((app, Bearer::AppWithSecret));
    }
    Err(SignInRefusal::WrongSecret {
        client_id: app.client_id.clone(),
    })
}

/// The addresses that an assertion may be meant for: the one that was called, and the real one of the tenant.
fn token_endpoints(twin: &Twin, call: &Call) -> Vec<String> {
    let tenant = &twin.tenant.tenant_id;
    let host = call.host.as_deref().unwrap_or_default();
    vec![
        format!("http://{host}{}", call.path),
        format!("https://login.microsoftonline.com{}", call.path),
        format!("https://login.microsoftonline.com/{tenant}/v2.0"),
    ]
}

/// The resource of the one scope that is no word about the sign-in itself.
fn resource_of_scope(scope: Option<&str>, form: &Form) -> Result<String, SignInRefusal> {
    let Some(scope) = scope else {
        let has_resource = form.get("resource").is_some();
        let missing = SignInRefusal::MissingParameter { name: "scope" };
        return Err(if has_resource {
            SignInRefusal::ResourceParameter
        } else {
            missing
        });
    };
    let is_own = |part: &&str| !ABOUT_SIGN_IN.contains(part);
    let mut parts = scope.split_ascii_whitespace().filter(is_own);
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

fn issue(twin: &Twin, wanted: &Wanted<'_>, version: Version, now: Timestamp) -> Reply {
    let claims = token::claims(&twin.tenant, wanted, &twin.ids, now);
    let Ok(token) = twin.signer.sign(&claims) else {
        return Reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut body = match version {
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
            "resource": wanted.resource,
            "access_token": token,
        }),
    };
    if wanted.may_renew {
        body["refresh_token"] = json!(device_code::refresh_token(twin, wanted.app));
    }
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
