//! Sign-in of a person, who types a code into a browser anywhere.
//!
//! Source: "Microsoft identity platform and the OAuth 2.0 device authorization grant flow",
//! learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::token_answer::{place, unreadable};
use super::token_endpoint::{Granted, TokenEndpoint, number};
use super::{AccessToken, Audience, SignInError, TokenProvider};
use crate::ClientEvent;
use crate::text::clean;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long to wait between questions where the service does not say (RFC 8628, section 3.2).
const INTERVAL_DEFAULT: u64 = 5;

/// How much longer to wait when the service says that we ask too often (RFC 8628, section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// A person signs in once; what comes of it renews tokens for all services.
#[derive(Debug)]
pub(crate) struct DeviceCode {
    pub(crate) endpoint: TokenEndpoint,
    /// Also keeps two callers from asking the person twice.
    pub(crate) refresh: Mutex<Option<SecretString>>,
}

/// What the person is to do.
#[derive(Deserialize)]
struct Invitation {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    expires_in: Value,
    #[serde(default)]
    interval: Value,
}

#[async_trait]
impl TokenProvider for DeviceCode {
    async fn token(&self, audience: &Audience) -> Result<AccessToken, SignInError> {
        let mut refresh = self.refresh.lock().await;
        let scope = format!("{} offline_access", audience.scope());
        if let Some(token) = refresh.clone() {
            match self.renew(audience, &scope, token.expose_secret()).await {
                Ok(granted) => return Ok(keep(&mut refresh, granted)),
                Err(error) if !error.is_over() => return Err(error),
                // The person has to sign in again.
                Err(_) => *refresh = None,
            }
        }
        let granted = self.invite(audience, &scope).await?;
        Ok(keep(&mut refresh, granted))
    }
}

/// A refresh token stays until there is a newer one.
fn keep(refresh: &mut Option<SecretString>, granted: Granted) -> AccessToken {
    if granted.refresh.is_some() {
        *refresh = granted.refresh;
    }
    granted.token
}

impl DeviceCode {
    async fn renew(
        &self,
        audience: &Audience,
        scope: &str,
        token: &str,
    ) -> Result<Granted, SignInError> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", self.endpoint.client_id.as_str()),
            ("refresh_token", token),
            ("scope", scope),
        ];
        self.endpoint.grant(audience, &fields, &[token]).await
    }

    /// Asks the person, and the service again and again until the person is done.
    async fn invite(&self, audience: &Audience, scope: &str) -> Result<Granted, SignInError> {
        let requests = &self.endpoint.requests;
        let fields = [
            ("client_id", self.endpoint.client_id.as_str()),
            ("scope", scope),
        ];
        let answer = self
            .endpoint
            .post(self.endpoint.address("devicecode"), &fields, &[])
            .await?;
        let parsed: Result<Invitation, _> = serde_json::from_slice(&answer.body);
        let invitation = parsed.map_err(|error| unreadable(&answer, &place(&error)))?;
        let life = number(&invitation.expires_in);
        let life =
            life.ok_or_else(|| unreadable(&answer, "`expires_in` is not a number of seconds"))?;
        let until = requests
            .clock
            .now()
            .checked_add(Duration::from_secs(life))
            .unwrap_or(Timestamp::MAX);
        requests.tell(&ClientEvent::CodeToEnter {
            address: clean(&invitation.verification_uri),
            code: clean(&invitation.user_code),
            until,
        });
        self.wait(audience, &invitation, until).await
    }

    async fn wait(
        &self,
        audience: &Audience,
        invitation: &Invitation,
        until: Timestamp,
    ) -> Result<Granted, SignInError> {
        let clock = &self.endpoint.requests.clock;
        let mut interval = Duration::from_secs(
            number(&invitation.interval)
                .unwrap_or(INTERVAL_DEFAULT)
                .clamp(1, 60),
        );
        let fields = [
            ("grant_type", GRANT),
            ("client_id", self.endpoint.client_id.as_str()),
            ("device_code", invitation.device_code.as_str()),
        ];
        loop {
            let next = clock.now().checked_add(interval).unwrap_or(Timestamp::MAX);
            if next > until {
                return Err(SignInError::CodeNotEntered);
            }
            clock.sleep_until(next).await;
            match self
                .endpoint
                .grant(audience, &fields, &[&invitation.device_code])
                .await
            {
                Err(SignInError::Refused { error, .. }) if error == "authorization_pending" => {}
                Err(SignInError::Refused { error, .. }) if error == "slow_down" => {
                    interval += SLOW_DOWN;
                }
                Err(SignInError::Refused { error, .. }) if error == "expired_token" => {
                    return Err(SignInError::CodeNotEntered);
                }
                settled => return settled,
            }
        }
    }
}
