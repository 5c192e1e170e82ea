//! A relay to try: over the demo tenant, with a token for it.

use std::sync::Arc;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use tesem_defender::{ClientOptions, Endpoints};
use tesem_relay::auth::{Caller, sign};
use tesem_state::SystemClock;
use uuid::Uuid;

use crate::failure::UsageError;
use crate::settings::Settings;
use crate::tenants::{self, DEMO, OpenTenant};
use crate::terminal::Terminal;

/// An address of the demo tenant's story.
const BEACON: &str = "203.0.113.7";

/// The demo tenant, and the secret of its relay.
pub(super) struct Demo {
    tenant: OpenTenant,
    secret: SecretString,
}

impl Demo {
    /// The demo tenant where `named` asks for it. Other tenants are for callers to name.
    pub(super) async fn start(
        named: Option<&str>,
        settings: &Settings,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<Self>> {
        let Some(name) = named else {
            return Ok(None);
        };
        if !tenants::is_built_in(name, settings) {
            return Err(
                UsageError::new(format!("the relay does not serve only the tenant `{name}`"))
                    .with_hint(format!(
                        "each caller's token names its tenant: `tesem relay token --tenant {name}` makes one; \
                         `--tenant {DEMO}` is for trying the relay"
                    ))
                    .into(),
            );
        }
        terminal.say("starting the demo tenant");
        let opening = tenants::Opening {
            settings,
            hunting: None,
            clock: Arc::new(SystemClock),
            options: ClientOptions::default(),
            demo_state: None,
        };
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Ok(Some(Self {
            tenant: tenants::open(DEMO, &opening).await?,
            secret: secret.into(),
        }))
    }

    pub(super) fn secret(&self) -> SecretString {
        self.secret.clone()
    }

    pub(super) fn endpoints(&self) -> anyhow::Result<Endpoints> {
        let twin = self.tenant.twin().context("the demo tenant has no twin")?;
        let base = twin.base_url().parse();
        Ok(Endpoints::all_at(
            &base.context("the demo tenant has no address")?,
        ))
    }

    /// Prints a question to ask, with a token that is good for as long as this runs.
    pub(super) fn announce(&self, origin: &str, terminal: &Terminal) -> anyhow::Result<()> {
        let twin = self.tenant.twin().context("the demo tenant has no twin")?;
        let tenant = twin.tenant();
        let app = tenant.apps.first().context("the demo tenant has no app")?;
        let caller = Caller {
            tenant_id: tenant.tenant_id.clone(),
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone(),
            subject: Some(DEMO.to_owned()),
            entities_limit: None,
        };
        let token = sign(&caller, None, &self.secret)?;
        terminal.say(&format!(
            "ask it:\n  curl {origin}/observe/observables -H 'Authorization: Bearer {}' \\\n    \
             -d '[{{\"type\": \"ip\", \"value\": \"{BEACON}\"}}]'",
            token.expose_secret(),
        ));
        Ok(())
    }

    pub(super) async fn close(self) {
        self.tenant.close().await;
    }
}
