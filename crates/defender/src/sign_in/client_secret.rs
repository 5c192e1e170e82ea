//! Sign-in with a client secret: OAuth 2.0 client credentials at the v2 token endpoint.
//!
//! Source: "Microsoft identity platform and the OAuth 2.0 client credentials flow",
//! learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{AccessToken, Audience, SignInError, TokenProvider};
use crate::endpoints::join;
use crate::requests::{Requests, Tries};
use crate::retry::Repeat;
use crate::transport::{Answer, ApiRequest, origin_of};
use crate::{AnswerProblem, ClientEvent};

const OPERATION: &str = "sign in";

/// Longest life that is believed; Entra's tokens live for 60 to 90 minutes, at most 28 hours.
const LIFE_MAX: Duration = Duration::from_secs(28 * 3_600);

/// An app that proves itself with a client secret.
#[derive(Debug)]
pub(crate) struct ClientSecret {
    pub(crate) requests: Arc<Requests>,
    pub(crate) login: Url,
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) secret: SecretString,
}

/// A token endpoint's success. The v1 endpoint writes numbers as strings.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: Value,
    token_type: Option<String>,
}

#[async_trait]
impl TokenProvider for ClientSecret {
    async fn token(&self, audience: &Audience) -> Result<AccessToken, SignInError> {
        let request = self.request(audience);
        let mut tries = Tries::new(&self.requests, OPERATION, Repeat::Safe);
        loop {
            let sent_at = self.requests.clock.now();
            let outcome = self.requests.send(&mut tries, &request, None).await;
            let failed = match outcome {
                Ok(answer) if answer.is_success() => return self.read(&answer, audience, sent_at),
                failed => failed,
            };
            let Some(pause) = tries.pause_after(&failed) else {
                return Err(self.refuse(failed));
            };
            self.requests.pause(OPERATION, pause.length).await;
        }
    }
}

impl ClientSecret {
    fn request(&self, audience: &Audience) -> ApiRequest {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.secret.expose_secret())
            .append_pair("scope", &audience.scope())
            .finish();
        ApiRequest {
            method: Method::POST,
            url: join(
                &self.login,
                &format!("/{}/oauth2/v2.0/token", self.tenant_id),
            ),
            content_type: "application/x-www-form-urlencoded",
            body: body.into(),
        }
    }

    fn read(
        &self,
        answer: &Answer,
        audience: &Audience,
        sent_at: Timestamp,
    ) -> Result<AccessToken, SignInError> {
        let parsed = serde_json::from_slice(&answer.body);
        let parsed: TokenAnswer = parsed.map_err(|error| not_a_token(answer, &place(&error)))?;
        let token = check(parsed, sent_at).map_err(|what| not_a_token(answer, what))?;
        self.requests.tell(&ClientEvent::SignedIn {
            audience: audience.resource,
            expires_at: token.expires_at,
        });
        Ok(token)
    }

    fn refuse(&self, outcome: Result<Answer, crate::TransportFailure>) -> SignInError {
        match outcome {
            Ok(answer) => {
                let secret = self.secret.expose_secret();
                let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
                SignInError::refused(answer.status, &answer.body, &[secret, &encoded])
            }
            Err(source) => SignInError::Transport {
                origin: origin_of(&self.login),
                source,
            },
        }
    }
}

fn check(answer: TokenAnswer, sent_at: Timestamp) -> Result<AccessToken, &'static str> {
    let is_bearer = answer
        .token_type
        .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !is_bearer {
        return Err("the token is not a bearer token");
    }
    let is_sendable = !answer.access_token.is_empty()
        && answer
            .access_token
            .bytes()
            .all(|byte| byte.is_ascii_graphic());
    if !is_sendable {
        return Err("the token is empty or holds characters that no header can carry");
    }
    let life = seconds(&answer.expires_in).ok_or("`expires_in` is not a number of seconds")?;
    let expires_at = sent_at
        .checked_add(life.min(LIFE_MAX))
        .unwrap_or(Timestamp::MAX);
    Ok(AccessToken {
        secret: answer.access_token.into(),
        expires_at,
    })
}

fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.map(Duration::from_secs)
}

/// Where the parser stopped and why, but not at what: that could be the token.
fn place(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}

fn not_a_token(answer: &Answer, message: &str) -> SignInError {
    SignInError::Unreadable(AnswerProblem::Json {
        content_type: answer.content_type.clone(),
        bytes: answer.body.len(),
        message: message.to_owned(),
    })
}
