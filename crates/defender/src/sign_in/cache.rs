//! Tokens, kept until shortly before they end; one sign-in for all who wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tesem_state::Clock;
use tokio::sync::Mutex as Turn;

use super::{AccessToken, Audience, SignInError, TokenProvider};
use crate::{Cloud, Service};

/// A token is replaced this long before it ends, so that no request arrives with one that has just ended.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The tokens of one tenant, one per service.
#[derive(Debug)]
pub(crate) struct TokenCache {
    provider: Arc<dyn TokenProvider>,
    clock: Arc<dyn Clock>,
    graph: Slot,
    defender: Slot,
    xdr: Slot,
}

#[derive(Debug)]
struct Slot {
    audience: Audience,
    current: Mutex<Option<Kept>>,
    /// How many sign-ins have ended, well or badly.
    rounds: AtomicU64,
    /// Held by the one who signs in; keeps why the last sign-in failed.
    turn: Turn<Option<Arc<SignInError>>>,
}

#[derive(Debug, Clone)]
struct Kept {
    token: Arc<AccessToken>,
    /// From this instant on a new token is fetched.
    renew_at: Timestamp,
}

impl TokenCache {
    pub(crate) fn new(
        cloud: Cloud,
        provider: Arc<dyn TokenProvider>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let slot = |service| Slot::new(Audience::new(cloud, service));
        let (graph, defender) = (slot(Service::Graph), slot(Service::Defender));
        Self {
            provider,
            clock,
            graph,
            defender,
            xdr: slot(Service::Xdr),
        }
    }

    /// A fresh token for `service`.
    ///
    /// Callers that find none wait for the one who signs in and share its token or its error.
    /// Dropping the future lets the next waiting caller sign in.
    pub(crate) async fn get(&self, service: Service) -> Result<Arc<AccessToken>, Arc<SignInError>> {
        let slot = self.slot(service);
        if let Some(token) = slot.fresh(self.clock.now()) {
            return Ok(token);
        }
        let rounds_seen = slot.rounds.load(Ordering::Acquire);
        let mut last_failure = slot.turn.lock().await;
        if let Some(token) = slot.fresh(self.clock.now()) {
            return Ok(token);
        }
        let somebody_tried = slot.rounds.load(Ordering::Acquire) != rounds_seen;
        if let Some(failure) = last_failure.as_ref().filter(|_| somebody_tried) {
            return Err(Arc::clone(failure));
        }
        let outcome = self.sign_in(slot).await.map_err(Arc::new);
        *last_failure = outcome.as_ref().err().cloned();
        slot.rounds.fetch_add(1, Ordering::Release);
        outcome
    }

    /// Forgets `token`, which the service refused, unless it was replaced already. Says whether another one
    /// can be had.
    pub(crate) fn refused(&self, service: Service, token: &Arc<AccessToken>) -> bool {
        self.slot(service).forget(token);
        self.provider.can_renew()
    }

    async fn sign_in(&self, slot: &Slot) -> Result<Arc<AccessToken>, SignInError> {
        let asked_at = self.clock.now();
        let token = Arc::new(self.provider.token(&slot.audience).await?);
        let renew_at = renew_at(asked_at, token.expires_at);
        slot.keep(Some(Kept {
            token: Arc::clone(&token),
            renew_at,
        }));
        Ok(token)
    }

    fn slot(&self, service: Service) -> &Slot {
        match service {
            Service::Graph => &self.graph,
            Service::Defender => &self.defender,
            Service::Xdr => &self.xdr,
        }
    }
}

impl Slot {
    fn new(audience: Audience) -> Self {
        Self {
            audience,
            current: Mutex::new(None),
            rounds: AtomicU64::new(0),
            turn: Turn::new(None),
        }
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<AccessToken>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|kept| kept.renew_at > now)
            .map(|kept| Arc::clone(&kept.token))
    }

    fn keep(&self, kept: Option<Kept>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    fn forget(&self, token: &Arc<AccessToken>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current
            .as_ref()
            .is_some_and(|kept| Arc::ptr_eq(&kept.token, token))
        {
            *current = None;
        }
    }
}

/// [`MARGIN`] before the end; half the token's life before it where that life is shorter than two margins.
fn renew_at(asked_at: Timestamp, expires_at: Timestamp) -> Timestamp {
    if expires_at == Timestamp::MAX {
        return expires_at;
    }
    let life = Duration::try_from(expires_at.duration_since(asked_at)).unwrap_or_default();
    expires_at
        .checked_sub(MARGIN.min(life / 2))
        .unwrap_or(asked_at)
}
