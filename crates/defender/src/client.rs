//! The client of one tenant.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tesem_state::{Clock, QuotaGate, QuotaLedger};
use tokio::sync::Mutex;

use crate::call::Caller;
use crate::checkup::Checkup;
use crate::core::Core;
use crate::requests::Requests;
use crate::sign_in::{
    AzureCliProvider, ClientCredentials, DeviceCode, ManagedIdentityProvider, Proof, ReadyToken,
    TokenCache, TokenEndpoint,
};
use crate::transport::Transport;
use crate::{
    ClientOptions, Credential, DefenderError, DefenderReader, DefenderWriter, Endpoints, Hunting,
    HuntingApi, ManagedIdentity, SettingsError, TenantSettings, TokenProvider, Warning,
};

/// The client of one tenant. Cheap to share by reference between tasks; makes connections when they are needed.
#[derive(Debug)]
pub struct DefenderClient {
    pub(crate) core: Arc<Core>,
}

impl DefenderClient {
    /// A client for the tenant of `settings`. Sends nothing.
    ///
    /// `clock` and `ledger` are shared with every other client of the process: the service counts calls by
    /// tenant and app, not by client. Installs a TLS provider, see
    /// [`install_tls_provider`](crate::install_tls_provider).
    ///
    /// # Errors
    /// [`DefenderError::Settings`] for settings that cannot work.
    pub fn new(
        settings: TenantSettings,
        clock: Arc<dyn Clock>,
        ledger: Arc<dyn QuotaLedger>,
        options: ClientOptions,
    ) -> Result<Self, DefenderError> {
        settings.check(options.plain_http)?;
        let transport = Transport::new(&settings.endpoints, &options)?;
        let requests = Arc::new(Requests {
            transport,
            clock: Arc::clone(&clock),
            options,
        });
        let provider = provider(&settings, &requests)?;
        let caller = Caller {
            requests,
            tokens: TokenCache::new(settings.cloud, provider, Arc::clone(&clock)),
            gate: QuotaGate::new(ledger, clock),
            tenant: settings.name.clone(),
            tenant_id: settings.tenant_id.clone(),
            client_id: settings.client_id.clone(),
        };
        let core = Arc::new(Core { settings, caller });
        Ok(Self { core })
    }

    /// Advanced hunting through the API that the tenant is configured for.
    #[must_use]
    pub fn hunting(&self) -> Hunting<'_> {
        Hunting::new(self, self.core.settings.hunting)
    }

    /// Advanced hunting through `api`, whatever the tenant is configured for.
    #[must_use]
    pub fn hunting_through(&self, api: HuntingApi) -> Hunting<'_> {
        Hunting::new(self, api)
    }

    /// Everything that can be read, for code that must not be able to change anything.
    #[must_use]
    pub fn reader(&self) -> DefenderReader {
        DefenderReader::new(Arc::clone(&self.core))
    }

    /// Everything that can be changed.
    #[must_use]
    pub fn writer(&self) -> DefenderWriter {
        DefenderWriter::new(Arc::clone(&self.core))
    }

    /// Looking whether the tenant can be worked with.
    #[must_use]
    pub fn checkup(&self) -> Checkup<'_> {
        Checkup::new(self)
    }

    /// The tenant's name in settings.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.core.settings.name
    }

    /// The tenant's settings.
    #[must_use]
    pub fn settings(&self) -> &TenantSettings {
        &self.core.settings
    }

    /// Where the tenant's services are.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.core.settings.endpoints
    }

    /// What the tenant's owner should know today although everything works.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let today = self
            .core
            .caller
            .requests
            .clock
            .now()
            .to_zoned(TimeZone::UTC)
            .date();
        let api = self.core.settings.hunting;
        api.retirement()
            .map(|retirement| Warning::HuntingApiEnds {
                tenant: self.core.settings.name.clone(),
                api,
                ends: retirement.ends,
                days_left: retirement.ends.duration_since(today).as_hours() / 24,
                notice: retirement.notice,
            })
            .into_iter()
            .collect()
    }
}

fn provider(
    settings: &TenantSettings,
    requests: &Arc<Requests>,
) -> Result<Arc<dyn TokenProvider>, SettingsError> {
    let endpoint = || TokenEndpoint {
        requests: Arc::clone(requests),
        login: settings.endpoints.login.clone(),
        tenant_id: settings.tenant_id.clone(),
        client_id: settings.client_id.clone(),
    };
    let proven = |proof| ClientCredentials {
        endpoint: endpoint(),
        proof,
    };
    Ok(match &settings.credential {
        Credential::ClientSecret(secret) => Arc::new(proven(Proof::Secret(secret.clone()))),
        Credential::Certificate(certificate) => {
            Arc::new(proven(Proof::Certificate(certificate.clone())))
        }
        Credential::WorkloadIdentity { token_file } => {
            Arc::new(proven(Proof::TokenFile(token_file.clone())))
        }
        Credential::ManagedIdentity(identity) => Arc::new(managed_identity(identity, requests)?),
        Credential::AzureCli(cli) => Arc::new(AzureCliProvider {
            cli: cli.clone(),
            tenant_id: settings.tenant_id.clone(),
        }),
        Credential::DeviceCode => Arc::new(DeviceCode {
            endpoint: endpoint(),
            refresh: Mutex::new(None),
        }),
        Credential::Token(secret) => Arc::new(ReadyToken {
            secret: secret.clone(),
        }),
        Credential::Provider(provider) => Arc::clone(provider),
    })
}

/// The platform's endpoint is none of the tenant's, is never behind a proxy, and gets headers of its own.
fn managed_identity(
    identity: &ManagedIdentity,
    requests: &Requests,
) -> Result<ManagedIdentityProvider, SettingsError> {
    let endpoint = identity.source.endpoint()?;
    let headers = identity.source.headers()?;
    let transport = Transport::direct(&endpoint, headers, &requests.options)?;
    Ok(ManagedIdentityProvider {
        requests: Requests {
            transport,
            clock: Arc::clone(&requests.clock),
            options: requests.options.clone(),
        },
        identity: identity.clone(),
    })
}
