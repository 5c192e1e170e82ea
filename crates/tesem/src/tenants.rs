//! Opening tenants: the configured ones, and the demo tenant, which is a twin in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use tesem_defender::{
    ClientOptions, Cloud, Credential, DefenderClient, Endpoints, HuntingApi, TenantSettings,
};
use tesem_state::store::StateStore;
use tesem_state::{Clock, MemoryLedger, QuotaLedger};
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{KeptIndicators, RunningTwin, TwinOptions, TwinSource};

use crate::demo::DemoState;
use crate::failure::{UsageError, advise};
use crate::settings::{HuntingName, Settings, state_url, tenant_settings};

/// The built-in tenant.
pub(crate) const DEMO: &str = "demo";

/// A tenant that can be worked on.
#[derive(Debug)]
pub(crate) struct OpenTenant {
    /// Its client.
    pub(crate) client: DefenderClient,
    /// The demo tenant's twin.
    demo: Option<Demo>,
}

/// The demo tenant.
#[derive(Debug)]
struct Demo {
    twin: RunningTwin,
    /// Where its indicators are kept.
    state: Option<DemoState>,
    /// What was kept there when it began.
    kept: Option<KeptIndicators>,
}

impl OpenTenant {
    /// The twin behind it, where it is the demo tenant.
    pub(crate) fn twin(&self) -> Option<&RunningTwin> {
        self.demo.as_ref().map(|demo| &demo.twin)
    }

    /// Stops what was started for it, and keeps what the demo tenant is to keep.
    pub(crate) async fn close(self) {
        let Some(Demo { twin, state, kept }) = self.demo else {
            return;
        };
        if let Some(state) = state {
            state.save(kept.as_ref(), &twin.indicators());
        }
        twin.shutdown().await;
    }
}

/// What opening a tenant needs besides its name.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    /// The configuration.
    pub(crate) settings: &'a Settings,
    /// Over the tenant's own choice.
    pub(crate) hunting: Option<HuntingName>,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// How the client behaves, and whom it tells.
    pub(crate) options: ClientOptions,
    /// Where the demo tenant's custom indicators are kept; without it they are those that it begins with, and what becomes of them is forgotten.
    pub(crate) demo_state: Option<DemoState>,
}

/// The tenants a command works on: the named ones, or the only one there is.
pub(crate) fn choose(named: &[String], settings: &Settings) -> anyhow::Result<Vec<String>> {
    if !named.is_empty() {
        let mut names: Vec<String> = Vec::new();
        named
            .iter()
            .filter(|name| !name.is_empty())
            .for_each(|name| {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            });
        return Ok(names);
    }
    match settings.tenant_names().as_slice() {
        [only] => Ok(vec![(*only).to_owned()]),
        [] => Err(UsageError::new("no tenant is named and none is configured")
            .with_hint("try `--tenant demo`, or describe yours in tesem.toml")
            .into()),
        several => Err(
            UsageError::new("several tenants are configured and none is named")
                .with_hint(format!("choose with --tenant: {}", several.join(", ")))
                .into(),
        ),
    }
}

/// Whether `name` is the tenant that every configuration has, unless it describes one of that name.
pub(crate) fn is_built_in(name: &str, settings: &Settings) -> bool {
    name == DEMO && !settings.file.tenants.contains_key(DEMO)
}

/// All tenants of the configuration, or those that [`choose`] gives.
pub(crate) fn all_or(
    all_tenants: bool,
    named: &[String],
    settings: &Settings,
) -> anyhow::Result<Vec<String>> {
    match all_tenants {
        true => all(settings),
        false => choose(named, settings),
    }
}

/// All tenants of the configuration.
fn all(settings: &Settings) -> anyhow::Result<Vec<String>> {
    match settings.tenant_names().as_slice() {
        [] => Err(UsageError::new("no tenant is configured")
            .with_hint("describe yours in tesem.toml, or try `--tenant demo`")
            .into()),
        names => Ok(names.iter().map(|name| (*name).to_owned()).collect()),
    }
}

/// Opens the tenant `name`.
pub(crate) async fn open(name: &str, opening: &Opening<'_>) -> anyhow::Result<OpenTenant> {
    let is_built_in = is_built_in(name, opening.settings);
    let (tenant, demo) = if is_built_in {
        let demo = start_demo(opening).await?;
        (demo_settings(&demo.twin, opening.hunting)?, Some(demo))
    } else {
        (
            tenant_settings(opening.settings, name, opening.hunting)?,
            None,
        )
    };
    let ledger = ledger(opening.settings, is_built_in).await?;
    let (clock, options) = (Arc::clone(&opening.clock), opening.options.clone());
    let client = DefenderClient::new(tenant, clock, ledger, options)
        .map_err(|error| match error.hint() {
            Some(hint) => advise(error, hint),
            None => error.into(),
        })
        .with_context(|| format!("tenant `{name}` cannot be used"))?;
    Ok(OpenTenant { client, demo })
}

/// The budgets: shared where the settings say so, but never those of the demo tenant, which is this process's own.
pub(crate) async fn ledger(
    settings: &Settings,
    is_built_in: bool,
) -> anyhow::Result<Arc<dyn QuotaLedger>> {
    match state_url(settings)? {
        Some(url) if !is_built_in => {
            let store = StateStore::open(&url).await;
            Ok(store.context("[state] cannot be used")?.ledger())
        }
        _ => Ok(Arc::new(MemoryLedger::new())),
    }
}

async fn start_demo(opening: &Opening<'_>) -> anyhow::Result<Demo> {
    let state = opening.demo_state.clone();
    let kept = state.as_ref().and_then(DemoState::load);
    let options = TwinOptions {
        indicators: kept.clone(),
        ..TwinOptions::new(TwinSource::Generated(GenerateOptions::demo(
            opening.clock.now(),
        )))
    };
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let twin = tesem_twin::start(options, loopback)
        .await
        .context("the demo tenant cannot start")?;
    Ok(Demo { twin, state, kept })
}

fn demo_settings(
    twin: &RunningTwin,
    hunting: Option<HuntingName>,
) -> anyhow::Result<TenantSettings> {
    let tenant = twin.tenant();
    let app = tenant.apps.first().context("the demo tenant has no app")?;
    let base = url::Url::parse(&twin.base_url()).context("the demo tenant has no address")?;
    Ok(TenantSettings {
        name: DEMO.to_owned(),
        tenant_id: tenant.tenant_id.clone(),
        client_id: app.client_id.clone(),
        credential: Credential::ClientSecret(app.client_secret.clone()),
        endpoints: Endpoints::all_at(&base),
        hunting: hunting.unwrap_or_default().into(),
        cloud: Cloud::Public,
    })
}

/// The hunting API that the tenant `name` will be asked through.
pub(crate) fn hunting_api(
    name: &str,
    settings: &Settings,
    wanted: Option<HuntingName>,
) -> HuntingApi {
    let configured = settings.file.tenants.get(name).map(|tenant| tenant.hunting);
    wanted.or(configured).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SettingsFile;

    fn settings(tenants: &[&str]) -> Settings {
        let text: String = tenants
            .iter()
            .map(|name| format!("[tenants.{name}]\ntenant_id = \"t\"\n"))
            .collect();
        Settings {
            file: SettingsFile::parse(&text).unwrap(),
            path: None,
        }
    }

    #[test]
    fn the_only_tenant_needs_no_name() {
        assert_eq!(choose(&[], &settings(&["a"])).unwrap(), ["a"]);
        assert!(
            choose(&[], &settings(&[]))
                .unwrap_err()
                .to_string()
                .contains("none is configured")
        );
        assert!(
            choose(&[], &settings(&["a", "b"]))
                .unwrap_err()
                .to_string()
                .contains("several")
        );
    }

    #[test]
    fn a_tenant_named_twice_is_asked_once() {
        let named = ["b", "a", "b"].map(str::to_owned);
        assert_eq!(choose(&named, &settings(&[])).unwrap(), ["b", "a"]);
    }
}
