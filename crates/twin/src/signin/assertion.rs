//! Client assertions: an app proves itself with a certificate, or with the token of a workload that it trusts.
//!
//! Source: learn.microsoft.com/entra/identity-platform/certificate-credentials and
//! learn.microsoft.com/entra/workload-id/workload-identity-federation.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::form::Form;
use super::refusal::SignInRefusal;
use crate::tenant::{FederatedCredential, TenantApp};

/// The only type of assertion that Entra takes.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far the clocks of an issuer and of the twin may differ, in seconds.
const TOLERANCE_SECONDS: i64 = 300;

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    nbf: Option<i64>,
}

/// Checks the assertion that came for `app` at `now` to one of `endpoints`, the addresses of the token endpoint.
pub(super) fn check(
    form: &Form,
    app: &TenantApp,
    endpoints: &[String],
    now: Timestamp,
) -> Result<(), SignInRefusal> {
    let assertion = form.get("client_assertion").unwrap_or_default();
    match form.get("client_assertion_type") {
        Some(ASSERTION_TYPE) => {}
        Some(_) => return Err(SignInRefusal::AssertionType),
        None => {
            return Err(SignInRefusal::MissingParameter {
                name: "client_assertion_type",
            });
        }
    }
    let header =
        jsonwebtoken::decode_header(assertion).map_err(|_| SignInRefusal::MalformedAssertion)?;
    // Whose key signed it is only known from what it says; the signature is checked right after.
    let claims = payload(assertion)?;
    let is_own = claims.iss.eq_ignore_ascii_case(&app.client_id);
    let (key, audiences) = if is_own {
        (certificate(app, &header)?, endpoints.to_vec())
    } else {
        let credential = federated(app, &claims)?;
        (credential.key.as_str(), vec![credential.audience.clone()])
    };
    check_signature(assertion, key)?;
    if is_own && !claims.sub.eq_ignore_ascii_case(&app.client_id) {
        return Err(SignInRefusal::AssertionSubject);
    }
    if !names_one_of(&claims.aud, &audiences) {
        return Err(SignInRefusal::AssertionAudience { is_own });
    }
    check_times(&claims, now)
}

fn payload(assertion: &str) -> Result<Claims, SignInRefusal> {
    let payload = assertion.split('.').nth(1).unwrap_or_default();
    let json = URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| SignInRefusal::MalformedAssertion)?;
    serde_json::from_slice(&json).map_err(|_| SignInRefusal::MalformedAssertion)
}

/// The certificate that the assertion's header names by its thumbprint.
fn certificate<'a>(app: &'a TenantApp, header: &Header) -> Result<&'a str, SignInRefusal> {
    let named = header.x5t_s256.as_deref().unwrap_or_default();
    let mut all = app.certificates.iter().map(String::as_str);
    all.find(|certificate| thumbprint(certificate).as_deref() == Some(named))
        .ok_or(SignInRefusal::UnknownCertificate)
}

/// SHA-256 of the certificate's DER form, in base64 for URLs.
fn thumbprint(certificate: &str) -> Option<String> {
    let der = pem::parse(certificate).ok()?.into_contents();
    Some(URL_SAFE_NO_PAD.encode(Sha256::digest(der)))
}

fn federated<'a>(
    app: &'a TenantApp,
    claims: &Claims,
) -> Result<&'a FederatedCredential, SignInRefusal> {
    let of_issuer: Vec<&FederatedCredential> = app
        .federated_credentials
        .iter()
        .filter(|credential| credential.issuer == claims.iss)
        .collect();
    if of_issuer.is_empty() {
        let issuer = claims.iss.clone();
        return Err(SignInRefusal::UnknownIssuer { issuer });
    }
    let mut all = of_issuer.into_iter();
    all.find(|credential| credential.subject == claims.sub)
        .ok_or_else(|| SignInRefusal::UnknownSubject {
            subject: claims.sub.clone(),
        })
}

fn check_signature(assertion: &str, key: &str) -> Result<(), SignInRefusal> {
    let key = public_key(key).map_err(|_| SignInRefusal::AssertionSignature)?;
    let mut validation = Validation::new(Algorithm::PS256);
    validation.algorithms = vec![Algorithm::PS256, Algorithm::RS256];
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(assertion, &key, &validation)
        .map(drop)
        .map_err(|_| SignInRefusal::AssertionSignature)
}

fn public_key(pem: &str) -> Result<DecodingKey, jsonwebtoken::errors::Error> {
    DecodingKey::from_rsa_pem(pem.as_bytes())
}

fn names_one_of(audience: &Value, expected: &[String]) -> bool {
    let is_expected = |audience: &Value| {
        let audience = audience.as_str().unwrap_or_default().trim_end_matches('/');
        expected.iter().any(|expected| expected == audience)
    };
    match audience {
        Value::Array(all) => all.iter().any(is_expected),
        one => is_expected(one),
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), SignInRefusal> {
    let now = now.as_second();
    let is_early = claims
        .nbf
        .is_some_and(|nbf| nbf > now.saturating_add(TOLERANCE_SECONDS));
    if is_early || claims.exp <= now.saturating_sub(TOLERANCE_SECONDS) {
        return Err(SignInRefusal::AssertionTime);
    }
    Ok(())
}

/// What is wrong with an app's keys, as a clause.
pub(crate) fn flaw_of_keys(app: &TenantApp) -> Option<String> {
    let certificates = app.certificates.iter().map(|pem| ("certificates", pem));
    let federated = app
        .federated_credentials
        .iter()
        .map(|credential| ("federated_credentials", &credential.key));
    let mut all = certificates.chain(federated);
    let (list, _) = all.find(|(_, pem)| public_key(pem).is_err())?;
    Some(format!(
        "`{list}` holds a text that is no PEM text with an RSA certificate or public key"
    ))
}
