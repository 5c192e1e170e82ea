//! Asking the tenants of a hunt, side by side.

use std::sync::Arc;

use futures::future::join_all;
use tesem_defender::ClientOptions;
use tesem_hunt::{Hunt, HuntReport, HuntingBackend};

use super::backend::{NothingToAsk, TenantBackend};
use super::observer::HuntProgress;
use super::party::Run;
use super::session::Session;
use crate::tenants::{self, Opening};

/// What became of a run.
pub(super) struct Outcome {
    pub(super) run: Run,
    pub(super) report: anyhow::Result<HuntReport>,
}

impl Session<'_> {
    /// Runs all, each under its tenant's own quota. One that cannot be asked does not stop the others.
    pub(super) async fn ask_all(&self, runs: Vec<Run>) -> Vec<Outcome> {
        join_all(runs.into_iter().map(|run| self.ask(run))).await
    }

    async fn ask(&self, mut run: Run) -> Outcome {
        let clock = Arc::clone(&self.clock);
        let tenant = &run.invocation.tenant;
        let progress = Arc::new(HuntProgress::new(self.terminal, tenant, clock));
        let report = if !run.plan.asks_something() {
            self.hunt_with(&mut run, &NothingToAsk, &progress).await
        } else {
            self.ask_tenant(&mut run, &progress).await
        };
        progress.finish();
        Outcome { run, report }
    }

    /// Opens the tenant and asks it.
    async fn ask_tenant(
        &self,
        run: &mut Run,
        progress: &Arc<HuntProgress>,
    ) -> anyhow::Result<HuntReport> {
        let opening = Opening {
            settings: self.settings,
            hunting: run.invocation.hunting,
            clock: Arc::clone(&self.clock),
            options: ClientOptions {
                observer: progress.clone(),
                ..ClientOptions::default()
            },
        };
        let tenant = tenants::open(&run.invocation.tenant, &opening).await?;
        for warning in tenant.client.warnings() {
            self.terminal.warn(&warning.to_string());
        }
        let backend = TenantBackend::new(&tenant.client, progress.stopwatch());
        let report = self.hunt_with(run, &backend, progress).await;
        tenant.close().await;
        report
    }

    async fn hunt_with(
        &self,
        run: &mut Run,
        backend: &dyn HuntingBackend,
        progress: &HuntProgress,
    ) -> anyhow::Result<HuntReport> {
        let hunt = Hunt {
            plan: &run.plan,
            backend,
            clock: self.clock.as_ref(),
            observer: progress,
            cancel: self.cancel.token(),
            budget: self.budget,
        };
        Ok(hunt.run(&mut run.folder).await?)
    }
}
