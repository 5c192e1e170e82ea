//! A token endpoint's success.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::token_endpoint::number;
use super::{AccessToken, SignInError};
use crate::AnswerProblem;
use crate::transport::Answer;

/// Longest life that is believed; Entra's tokens live for 60 to 90 minutes, at most 28 hours.
const LIFE_MAX: Duration = Duration::from_secs(28 * 3_600);

/// What every source of tokens answers.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    access_token: String,
    expires_in: Value,
    token_type: Option<String>,
}

impl TokenAnswer {
    pub(super) fn check(self, sent_at: Timestamp) -> Result<AccessToken, &'static str> {
        let is_bearer = self
            .token_type
            .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !is_bearer {
            return Err("the token is not a bearer token");
        }
        let life = number(&self.expires_in).ok_or("`expires_in` is not a number of seconds")?;
        let life = Duration::from_secs(life).min(LIFE_MAX);
        sendable(
            self.access_token,
            sent_at.checked_add(life).unwrap_or(Timestamp::MAX),
        )
    }
}

/// A token that a header can carry.
pub(super) fn sendable(token: String, expires_at: Timestamp) -> Result<AccessToken, &'static str> {
    let is_sendable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_sendable {
        return Err("the token is empty or holds characters that no header can carry");
    }
    Ok(AccessToken {
        secret: token.into(),
        expires_at,
    })
}

/// Where the parser stopped and why, but not at what: that could be the token.
pub(super) fn place(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}

pub(super) fn unreadable(answer: &Answer, message: &str) -> SignInError {
    SignInError::Unreadable(AnswerProblem::Json {
        content_type: answer.content_type.clone(),
        bytes: answer.body.len(),
        message: message.to_owned(),
    })
}
