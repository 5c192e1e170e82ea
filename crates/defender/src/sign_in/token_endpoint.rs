//! The v2 token endpoint, whatever a caller proves itself with.
//!
//! Source: "Microsoft identity platform and the OAuth 2.0 client credentials flow",
//! learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::token_answer::{TokenAnswer, place, unreadable};
use super::{AccessToken, Audience, SignInError};
use crate::endpoints::join;
use crate::requests::{Outcome, Requests, Tries};
use crate::retry::Repeat;
use crate::transport::{Answer, ApiRequest, origin_of};
use crate::{ClientEvent, TransportFailure};

const OPERATION: &str = "sign in";

/// Where one app of one tenant gets its tokens.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    pub(crate) requests: Arc<Requests>,
    pub(crate) login: Url,
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
}

/// A token, and what renews it where the flow gives that.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) token: AccessToken,
    pub(super) refresh: Option<SecretString>,
}

/// The part of a token answer that only flows with a user have.
#[derive(Deserialize)]
struct Refresh {
    refresh_token: Option<String>,
}

impl TokenEndpoint {
    /// The endpoint's address, which is also the audience of assertions.
    pub(super) fn url(&self) -> Url {
        self.address("token")
    }

    /// The address of another endpoint of the flow.
    pub(super) fn address(&self, name: &str) -> Url {
        join(
            &self.login,
            &format!("/{}/oauth2/v2.0/{name}", self.tenant_id),
        )
    }

    /// Exchanges `fields`, in their order, for a token. Echoes of `secrets` are kept out of errors.
    pub(super) async fn grant(
        &self,
        audience: &Audience,
        fields: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<Granted, SignInError> {
        let sent_at = self.requests.clock.now();
        let answer = self.post(self.url(), fields, secrets).await?;
        self.read(&answer, audience, sent_at)
    }

    /// Posts a form to `url` and returns the successful answer.
    pub(super) async fn post(
        &self,
        url: Url,
        fields: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<Answer, SignInError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = ApiRequest {
            method: Method::POST,
            url,
            content_type: "application/x-www-form-urlencoded",
            body: body.into(),
        };
        fetch(&self.requests, &request, secrets).await
    }

    fn read(
        &self,
        answer: &Answer,
        audience: &Audience,
        sent_at: Timestamp,
    ) -> Result<Granted, SignInError> {
        let parsed: Result<TokenAnswer, _> = serde_json::from_slice(&answer.body);
        let parsed = parsed.map_err(|error| unreadable(answer, &place(&error)))?;
        let refresh: Option<Refresh> = serde_json::from_slice(&answer.body).ok();
        let token = parsed
            .check(sent_at)
            .map_err(|what| unreadable(answer, what))?;
        self.requests.tell(&ClientEvent::SignedIn {
            audience: audience.resource,
            expires_at: token.expires_at,
        });
        Ok(Granted {
            token,
            refresh: refresh
                .and_then(|answer| answer.refresh_token)
                .map(SecretString::from),
        })
    }
}

/// Sends `request` until it is answered with success, as often as that makes sense.
pub(crate) async fn fetch(
    requests: &Requests,
    request: &ApiRequest,
    secrets: &[&str],
) -> Result<Answer, SignInError> {
    let mut tries = Tries::new(requests, OPERATION, Repeat::Safe);
    loop {
        let outcome = requests.send(&mut tries, request, None).await;
        let failed: Outcome = match outcome {
            Ok(answer) if answer.is_success() => return Ok(answer),
            failed => failed,
        };
        let Some(pause) = tries.pause_after(&failed) else {
            return Err(refuse(&request.url, failed, secrets));
        };
        requests.pause(OPERATION, pause.length).await;
    }
}

fn refuse(url: &Url, outcome: Result<Answer, TransportFailure>, secrets: &[&str]) -> SignInError {
    match outcome {
        Ok(answer) => {
            let encode =
                |secret: &&str| form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let encoded: Vec<String> = secrets.iter().map(encode).collect();
            let all: Vec<&str> = secrets
                .iter()
                .copied()
                .chain(encoded.iter().map(String::as_str))
                .collect();
            SignInError::refused(answer.status, &answer.body, &all)
        }
        Err(source) => SignInError::Transport {
            origin: origin_of(url),
            source,
        },
    }
}

/// A number of seconds, as a number or, as the v1 endpoint and managed identities write it, as a text.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
