//! Looking whether a tenant can be worked with: places reached, tenant known, permissions granted, calls answered.
//!
//! Nothing here changes anything in the tenant. Each question stands alone, so that one that fails leaves the others.

mod capability;
mod directory;
mod reach;
mod token_claims;

pub use capability::{Capability, Job, Probe};
pub use directory::DirectoryInfo;
pub use reach::{Place, Reached};
pub use token_claims::TokenClaims;

use tesem_state::WindowUsage;

use crate::{AccessToken, DefenderClient, DefenderError, Service, SignInError};

/// Questions about one tenant, from [`DefenderClient::checkup`].
#[derive(Debug)]
pub struct Checkup<'a> {
    client: &'a DefenderClient,
}

impl<'a> Checkup<'a> {
    pub(crate) fn new(client: &'a DefenderClient) -> Self {
        Self { client }
    }

    /// The places that the tenant's calls go to, each host once.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        reach::places(&self.client.core.settings.endpoints)
    }

    /// Calls `place` without a token. Any answer means that name, network and TLS are fine.
    ///
    /// # Errors
    /// The failure of the only try; [`TransportFailure::stage`](crate::TransportFailure::stage) says how far it came.
    pub async fn reach(&self, place: &Place) -> Result<Reached, crate::TransportFailure> {
        reach::reach(&self.client.core.caller.requests, place).await
    }

    /// What the directory says about the tenant to everybody: its id, and which cloud it is in.
    ///
    /// # Errors
    /// [`SignInError`]; refused with AADSTS90002 where this cloud has no such tenant.
    pub async fn directory(&self) -> Result<DirectoryInfo, SignInError> {
        let core = &self.client.core;
        directory::read(&core.caller.requests, &core.settings).await
    }

    /// Signs in for `service`, and reads what the token says: the permissions above all. Nothing where the token is
    /// not one that can be read.
    ///
    /// # Errors
    /// [`DefenderError::SignIn`].
    pub async fn token_claims(
        &self,
        service: Service,
    ) -> Result<Option<TokenClaims>, DefenderError> {
        let caller = &self.client.core.caller;
        let token = caller.tokens.get(service).await;
        let token = token.map_err(|source| DefenderError::SignIn {
            tenant: caller.tenant.clone(),
            operation: "a check",
            source,
        })?;
        Ok(TokenClaims::of(&AccessToken::clone(&token)))
    }

    /// What can be done in the tenant, in the order of the jobs. Hunting through the API that the tenant is
    /// configured for.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        capability::all(self.client.core.settings.hunting)
    }

    /// Makes the one harmless call of `capability`.
    ///
    /// # Errors
    /// [`DefenderError`].
    pub async fn probe(&self, capability: &Capability) -> Result<Probe, DefenderError> {
        capability.probe(self.client).await
    }

    /// How full the windows of the quota of `capability` are now, as far as the ledger knows.
    ///
    /// # Errors
    /// [`DefenderError::Ledger`].
    pub async fn quota(&self, capability: &Capability) -> Result<Vec<WindowUsage>, DefenderError> {
        let kind = capability.kind(self.client);
        self.client.core.caller.usage(&kind).await
    }
}
