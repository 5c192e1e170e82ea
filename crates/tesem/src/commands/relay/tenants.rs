//! The tenants that callers speak for, each opened once.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tesem_defender::{
    ClientOptions, Cloud, Credential, DefenderClient, DefenderError, Endpoints, HuntingApi,
    TenantSettings,
};
use tesem_relay::auth::Caller;
use tesem_relay::server::Tenants;
use tesem_relay::time::Time;
use tesem_relay::upstream::{Paces, Upstream, tenant};
use tesem_state::{Clock, QuotaLedger};

/// Most tenants that stay open: those that were asked longest ago are closed first.
const OPEN_MAX: usize = 1_000;

/// How tenants are opened.
pub(super) struct Opening {
    pub(super) endpoints: Endpoints,
    pub(super) cloud: Cloud,
    pub(super) hunting: HuntingApi,
    pub(super) options: ClientOptions,
    pub(super) paces: Paces,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) time: Arc<dyn Time>,
    pub(super) ledger: Arc<dyn QuotaLedger>,
}

/// Tenants that are opened when somebody first speaks for them.
pub(super) struct OpenTenants {
    opening: Opening,
    open: Mutex<Vec<Open>>,
}

/// A tenant, asked as one app with one secret: another secret proves nothing until the service takes it.
struct Open {
    tenant_id: String,
    client_id: String,
    client_secret: SecretString,
    upstream: Arc<dyn Upstream>,
    asked_at: Timestamp,
}

impl Open {
    fn is_of(&self, caller: &Caller) -> bool {
        self.tenant_id == caller.tenant_id
            && self.client_id == caller.client_id
            && self.client_secret.expose_secret() == caller.client_secret.expose_secret()
    }
}

impl OpenTenants {
    pub(super) fn new(opening: Opening) -> Self {
        Self {
            opening,
            open: Mutex::default(),
        }
    }

    fn upstream(&self, caller: &Caller) -> Result<Arc<dyn Upstream>, DefenderError> {
        let opening = &self.opening;
        let settings = TenantSettings {
            name: caller.tenant_id.clone(),
            tenant_id: caller.tenant_id.clone(),
            client_id: caller.client_id.clone(),
            credential: Credential::ClientSecret(caller.client_secret.clone()),
            endpoints: opening.endpoints.clone(),
            hunting: opening.hunting,
            cloud: opening.cloud,
        };
        let client = DefenderClient::new(
            settings,
            Arc::clone(&opening.clock),
            Arc::clone(&opening.ledger),
            opening.options.clone(),
        )?;
        for warning in client.warnings() {
            tracing::warn!(tenant = caller.tenant_id, "{warning}");
        }
        let time = Arc::clone(&opening.time);
        Ok(tenant(Arc::new(client), opening.paces, time))
    }
}

#[async_trait]
impl Tenants for OpenTenants {
    async fn tenant(&self, caller: &Caller) -> Result<Arc<dyn Upstream>, DefenderError> {
        let asked_at = self.opening.time.now();
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = all.iter_mut().find(|open| open.is_of(caller)) {
            open.asked_at = asked_at;
            return Ok(Arc::clone(&open.upstream));
        }
        let upstream = self.upstream(caller)?;
        if all.len() >= OPEN_MAX {
            all.sort_by_key(|open| open.asked_at);
            all.remove(0);
        }
        all.push(Open {
            tenant_id: caller.tenant_id.clone(),
            client_id: caller.client_id.clone(),
            client_secret: caller.client_secret.clone(),
            upstream: Arc::clone(&upstream),
            asked_at,
        });
        Ok(upstream)
    }
}
