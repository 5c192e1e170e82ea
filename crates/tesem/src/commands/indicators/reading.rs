//! Reading the whole list of a tenant's indicators.

use std::path::Path;
use std::sync::Arc;

use futures::TryStreamExt;
use tesem_defender::checkup::TokenClaims;
use tesem_defender::endpoint::Indicator;
use tesem_defender::{
    ClientOptions, Credential, DefenderClient, DefenderReader, ListQuery, Service, TenantSettings,
};
use tesem_indicators::Owner;
use tesem_state::SystemClock;

use super::progress::TenantProgress;
use crate::demo::DemoState;
use crate::failure::advise;
use crate::settings::Settings;
use crate::tenants::{self, OpenTenant, Opening};
use crate::terminal::Terminal;

/// All indicators that a tenant shows.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The indicators, in the service's order.
    pub(crate) indicators: Vec<Indicator>,
    /// The tenant's id.
    pub(crate) tenant_id: String,
    /// By what ours are told from others'.
    pub(crate) owner: Owner,
    /// The app is shown its own indicators only.
    pub(crate) sees_only_own: bool,
}

/// Opens the tenant `name` and reads all that it has, where `application` is the label of our indicators, and the demo tenant keeps its
/// indicators beside `runs`.
///
/// A partial reading must never be used: what is missing would be taken for gone, and places for free. So there is none: a page that fails
/// is an error, with the client's advice.
pub(crate) async fn read_tenant(
    name: &str,
    application: &str,
    settings: &Settings,
    runs: &Path,
    terminal: &Terminal,
) -> anyhow::Result<Reading> {
    let progress = TenantProgress::new(terminal, name, "{human_pos} indicators");
    let demo_state = DemoState::beside(runs, terminal);
    let opened = open(name, settings, &progress, demo_state).await;
    let reading = match opened {
        Ok(tenant) => read_opened(tenant, application, &progress).await,
        Err(error) => Err(error),
    };
    progress.finish();
    reading
}

/// Opens the tenant `name`, and tells what is to be known about its client.
pub(super) async fn open(
    name: &str,
    settings: &Settings,
    progress: &Arc<TenantProgress>,
    demo_state: DemoState,
) -> anyhow::Result<OpenTenant> {
    let opening = Opening {
        settings,
        hunting: None,
        clock: Arc::new(SystemClock),
        options: ClientOptions {
            observer: progress.clone(),
            ..ClientOptions::default()
        },
        demo_state: Some(demo_state),
    };
    let tenant = tenants::open(name, &opening).await?;
    for warning in tenant.client.warnings() {
        progress.warn(&warning.to_string());
    }
    Ok(tenant)
}

async fn read_opened(
    tenant: OpenTenant,
    application: &str,
    progress: &TenantProgress,
) -> anyhow::Result<Reading> {
    let reading = read_client(&tenant.client, application, progress).await;
    tenant.close().await;
    reading
}

async fn read_client(
    client: &DefenderClient,
    application: &str,
    progress: &TenantProgress,
) -> anyhow::Result<Reading> {
    let settings = client.settings();
    Ok(Reading {
        indicators: whole_list(&client.reader(), || progress.bar().inc(1)).await?,
        tenant_id: settings.tenant_id.clone(),
        owner: owner(settings, application),
        sees_only_own: sees_only_own(client).await,
    })
}

/// Every indicator that the tenant shows, read to the end through a type that cannot write; `each` is told of each one.
///
/// A partial reading must never be used: what is missing would be taken for gone. The first page that fails is the error.
pub(crate) async fn whole_list(
    reader: &DefenderReader,
    each: impl Fn(),
) -> anyhow::Result<Vec<Indicator>> {
    let list = reader.indicators().list(&ListQuery::default());
    let read = list.inspect_ok(|_| each()).try_collect().await;
    read.map_err(|error| match error.hint() {
        Some(hint) => advise(error, hint),
        None => error.into(),
    })
}

/// By what our indicators are told from others'. Without an app of its own, as with the Azure CLI or a person, the label alone tells: the
/// service then writes somebody else's name.
pub(crate) fn owner(settings: &TenantSettings, application: &str) -> Owner {
    let client_id = match &settings.credential {
        Credential::ClientSecret(_)
        | Credential::Certificate(_)
        | Credential::WorkloadIdentity { .. } => Some(settings.client_id.clone()),
        Credential::ManagedIdentity(identity) => identity.client_id.clone(),
        _ => None,
    };
    Owner {
        application: application.to_owned(),
        client_id,
    }
}

/// Whether the app is shown its own indicators only, as far as its token tells.
async fn sees_only_own(client: &DefenderClient) -> bool {
    let claims = client.checkup().token_claims(Service::Defender).await;
    let claims = claims.ok().flatten();
    claims.is_some_and(|claims: TokenClaims| claims.sees_only_own_indicators())
}
