//! Client for Microsoft Defender: sign-in, transport, quota, retries; one module per service.
//!
//! A [`DefenderClient`] belongs to one tenant. It signs in when it first has to, keeps the tokens, stays
//! within the service's quotas through a shared [`tesem_state::QuotaLedger`], and repeats what is safe to
//! repeat. All waits are on the injected [`tesem_state::Clock`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use tesem_defender::{
//!     ClientOptions, Cloud, Credential, DefenderClient, EndpointOverrides, Endpoints, HuntingApi,
//!     TenantSettings,
//! };
//! use tesem_state::{MemoryLedger, SystemClock};
//!
//! # async fn hunt(secret: secrecy::SecretString) -> Result<(), Box<dyn std::error::Error>> {
//! let settings = TenantSettings {
//!     name: "contoso".to_owned(),
//!     tenant_id: "contoso.onmicrosoft.com".to_owned(),
//!     client_id: "11111111-2222-3333-4444-555555555555".to_owned(),
//!     credential: Credential::ClientSecret(secret),
//!     endpoints: Endpoints::new(Cloud::Public, &EndpointOverrides::default()),
//!     hunting: HuntingApi::Graph,
//!     cloud: Cloud::Public,
//! };
//! let (clock, ledger) = (Arc::new(SystemClock), Arc::new(MemoryLedger::new()));
//! let client = DefenderClient::new(settings, clock, ledger, ClientOptions::default())?;
//! let result = client.hunting().run("DeviceInfo | take 5", None).await?;
//! assert!(result.rows.len() <= 5);
//! # Ok(())
//! # }
//! ```
//!
//! What is refused is refused by name: plain `http` outside of this computer ([`PlainHttp`]), redirects
//! (a token must not follow them), answers over [`ClientOptions::answer_bytes_max`].

mod access;
mod call;
pub mod checkup;
mod client;
mod cloud;
mod core;
mod download;
pub mod endpoint;
mod endpoints;
mod error;
pub mod graph;
pub mod hunting;
mod ids;
mod observer;
mod odata;
mod options;
mod randomness;
mod requests;
pub mod retry;
mod route;
mod settings;
mod sign_in;
mod text;
mod transport;
mod warning;
mod wire;

pub use access::{DefenderReader, DefenderWriter};
pub use client::DefenderClient;
pub use cloud::{Cloud, Region, Service, UnknownCloud};
pub use endpoints::{EndpointOverrides, Endpoints};
pub use error::{AnswerProblem, DefenderError, Delivery, Refusal};
pub use hunting::{
    Hunting, HuntingApi, HuntingColumn, HuntingProblem, HuntingResult, HuntingStats, HuntingType,
    Timespan,
};
pub use ids::{
    AlertId, IncidentId, IndicatorId, InvestigationId, MachineActionId, MachineId,
    RecommendationId, RemediationTaskId, SoftwareId, UserId, VulnerabilityId,
};
pub use observer::{ClientEvent, ClientObserver, Silent, WaitReason};
pub use odata::{Comparison, Filter, FilterValue, ListQuery};
pub use options::{ClientOptions, PlainHttp};
pub use randomness::{Randomness, SystemRandomness};
pub use settings::{Credential, SettingsError, TenantSettings};
pub use sign_in::{
    AccessToken, Audience, AzureCli, ClientCertificate, IdentitySource, InvalidCertificate,
    ManagedIdentity, SignInError, TokenProvider,
};
pub use transport::{ApiRequest, ConnectionStage, TransportFailure, install_tls_provider};
pub use warning::Warning;
pub use wire::{Entity, WireProblem};
