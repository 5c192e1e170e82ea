//! The OpenAPI document, and what the twin really answers.

mod conformance;
mod document;
mod generator;
mod property;

use tesem_twin::generate::GenerateOptions;
use tesem_twin::{QuotaSetting, TwinOptions, TwinSource};

use crate::harness::{NOW, TestTwin};

/// A generated tenant without quotas.
fn generated(options: &mut TwinOptions) {
    options.source = TwinSource::Generated(GenerateOptions {
        seed: 7,
        devices: 12,
        days: 30,
        activity: 0,
        until: NOW.parse().unwrap(),
    });
    options.quota = QuotaSetting::Off;
}

impl TestTwin {
    /// A token of the twin's first app for an audience.
    async fn own_token(&self, audience: &str) -> String {
        let tenant = self.twin.tenant().clone();
        let app = &tenant.apps[0];
        let secret = secrecy::ExposeSecret::expose_secret(&app.client_secret);
        self.token_in(&tenant.tenant_id, &app.client_id, secret, audience)
            .await
    }
}
