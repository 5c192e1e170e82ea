//! A token that was given ready.

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{AccessToken, Audience, SignInError, TokenProvider};

/// Gives the same token for every audience. Its end is not known here: the service says when it is over.
#[derive(Debug)]
pub(crate) struct ReadyToken {
    pub(crate) secret: SecretString,
}

#[async_trait]
impl TokenProvider for ReadyToken {
    async fn token(&self, _audience: &Audience) -> Result<AccessToken, SignInError> {
        Ok(AccessToken {
            secret: self.secret.clone(),
            expires_at: Timestamp::MAX,
        })
    }

    fn can_renew(&self) -> bool {
        false
    }
}
