//! Asking the tenants of a hunt, side by side.

use std::sync::Arc;

use futures::future::join_all;
use tesem_defender::ClientOptions;
use tesem_hunt::{Budget, CancelToken, Hunt, HuntReport, HuntingBackend, Plan, RunFolder};
use tesem_state::Clock;

use super::backend::{NothingToAsk, TenantBackend};
use super::observer::HuntProgress;
use super::party::Run;
use super::session::Session;
use crate::settings::{HuntingName, Settings};
use crate::tenants::{self, Opening};
use crate::terminal::Terminal;

/// What became of a run.
pub(super) struct Outcome {
    pub(super) run: Run,
    pub(super) report: anyhow::Result<HuntReport>,
}

/// How a tenant is asked.
pub(crate) struct Asking<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) terminal: &'a Terminal,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) cancel: CancelToken,
    pub(crate) budget: Budget,
}

impl Asking<'_> {
    /// Opens the tenant `name` and runs `plan` in it.
    pub(crate) async fn ask(
        &self,
        name: &str,
        hunting: Option<HuntingName>,
        plan: &Plan,
        folder: &mut RunFolder,
        progress: &Arc<HuntProgress>,
    ) -> anyhow::Result<HuntReport> {
        let opening = Opening {
            settings: self.settings,
            hunting,
            clock: Arc::clone(self.clock),
            options: ClientOptions {
                observer: progress.clone(),
                ..ClientOptions::default()
            },
            demo_state: None,
        };
        let tenant = tenants::open(name, &opening).await?;
        for warning in tenant.client.warnings() {
            self.terminal.warn(&warning.to_string());
        }
        let backend = TenantBackend::new(&tenant.client, progress.stopwatch());
        let report = self.run(plan, folder, &backend, progress).await;
        tenant.close().await;
        report
    }

    async fn run(
        &self,
        plan: &Plan,
        folder: &mut RunFolder,
        backend: &dyn HuntingBackend,
        progress: &HuntProgress,
    ) -> anyhow::Result<HuntReport> {
        let hunt = Hunt {
            plan,
            backend,
            clock: self.clock.as_ref(),
            observer: progress,
            cancel: self.cancel.clone(),
            budget: self.budget,
        };
        Ok(hunt.run(folder).await?)
    }
}

impl Session<'_> {
    /// Runs all, each under its tenant's own quota. One that cannot be asked does not stop the others.
    pub(super) async fn ask_all(&self, runs: Vec<Run>) -> Vec<Outcome> {
        join_all(runs.into_iter().map(|run| self.ask(run))).await
    }

    async fn ask(&self, mut run: Run) -> Outcome {
        let asking = Asking {
            settings: self.settings,
            terminal: self.terminal,
            clock: &self.clock,
            cancel: self.cancel.token(),
            budget: self.budget,
        };
        let tenant = &run.invocation.tenant;
        let progress = HuntProgress::new(self.terminal, tenant, Arc::clone(&self.clock));
        let progress = Arc::new(progress);
        let (plan, folder) = (&run.plan, &mut run.folder);
        let report = if plan.asks_something() {
            let hunting = run.invocation.hunting;
            asking.ask(tenant, hunting, plan, folder, &progress).await
        } else {
            asking.run(plan, folder, &NothingToAsk, &progress).await
        };
        progress.finish();
        Outcome { run, report }
    }
}
