//! One invocation of `tesem hunt`: its runs, one per tenant.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use tesem_hunt::pack::PreparedQuery;
use tesem_hunt::{BackendLimits, Budget, CancelSource, HuntReport, Intake, Plan, RunFolder};
use tesem_state::Clock;
use tesem_state::journal::RunId;

use super::HuntArgs;
use super::memory::TenantMemory;
use super::party::{Party, Run};
use super::publishing::worst;
use super::schedule::Schedule;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::Settings;
use crate::tenants;
use crate::terminal::Terminal;
use crate::view;

/// What every run of the invocation shares.
pub(super) struct Session<'a> {
    pub(super) args: &'a HuntArgs,
    pub(super) settings: &'a Settings,
    pub(super) terminal: &'a Terminal,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cancel: Arc<CancelSource>,
    pub(super) budget: Budget,
    /// Queries of packs.
    pub(super) packs: Vec<PreparedQuery>,
}

impl Session<'_> {
    /// Hunts in all tenants at once.
    pub(super) async fn hunt(&self, names: &[String], intake: Intake) -> anyhow::Result<Exit> {
        stop_on_ctrl_c(&self.cancel, self.terminal);
        if let Some(exit) = self.finish_open_runs(names).await? {
            return Ok(exit);
        }
        let party = self.begin(names, &intake)?;
        self.go(party).await
    }

    /// Shows what hunting in each tenant will take, and does nothing.
    pub(super) fn explain(&self, names: &[String], intake: &Intake) -> anyhow::Result<Exit> {
        let format = self.args.format.of_explanation()?;
        let mut out = self.terminal.stdout();
        for name in names {
            let plan = self.plan(name, intake.clone(), self.clock.now())?;
            let explanation = plan.explain(&BackendLimits::service(plan.options.tables));
            view::explain::write(&mut out, name, &explanation, format)?;
        }
        Ok(Exit::Done)
    }

    /// Goes on with the run that `named` names or whose folder it is.
    pub(super) async fn resume(&self, named: &Path) -> anyhow::Result<Exit> {
        stop_on_ctrl_c(&self.cancel, self.terminal);
        let path = run_folder(&self.args.out, named)?;
        self.go_on(&path).await
    }

    async fn go_on(&self, path: &Path) -> anyhow::Result<Exit> {
        let mut party = Party::open(path, &holder())?;
        party.check_tenants(&self.args.tenant.tenant)?;
        for run in &mut party.runs {
            run.invocation.hunting = self.args.hunting.or(run.invocation.hunting);
        }
        self.go(party).await
    }

    async fn go(&self, party: Party) -> anyhow::Result<Exit> {
        let outcomes = self.ask_all(party.runs).await;
        self.publish(&party.path, outcomes)
    }

    fn begin(&self, names: &[String], intake: &Intake) -> anyhow::Result<Party> {
        let now = self.clock.now();
        let run = RunId::new(now, distinction());
        let path = self.args.out.join(run.as_str());
        let mut party = Party {
            path: path.clone(),
            runs: Vec::new(),
        };
        for name in names {
            let folder = match names {
                [_] => path.clone(),
                _ => Party::folder_of(&path, name),
            };
            let plan = self.plan(name, intake.clone(), now)?;
            let folder = RunFolder::create_at(folder, run.clone(), &plan, now, &holder())
                .context("the folder of the run cannot be made")?;
            let invocation = self.args.invocation(name);
            invocation.save(folder.path())?;
            party.runs.push(Run {
                folder,
                plan,
                invocation,
            });
        }
        party.save()?;
        for name in names {
            if let Some(mut schedule) = self.schedule(name)? {
                schedule.begin(run.as_str())?;
            }
        }
        Ok(party)
    }

    /// Scheduled runs that were killed are finished first, so that what they found is reported once. `Some` where that did not
    /// succeed.
    async fn finish_open_runs(&self, names: &[String]) -> anyhow::Result<Option<Exit>> {
        let mut exits = Vec::new();
        for run in self.open_runs(names)? {
            let path = self.args.out.join(&run);
            if path.is_dir() {
                let message = format!("the run before was not finished; going on with it: {run}");
                self.terminal.say(&message);
                exits.push(self.go_on(&path).await?);
            }
        }
        let is_open = |run: &String| self.args.out.join(run).is_dir();
        let is_left = self.open_runs(names)?.iter().any(is_open);
        Ok(is_left.then(|| worst(&exits)))
    }

    fn open_runs(&self, names: &[String]) -> anyhow::Result<BTreeSet<String>> {
        let mut runs = BTreeSet::new();
        for name in names {
            if let Some(schedule) = self.schedule(name)? {
                runs.extend(schedule.open_run().map(str::to_owned));
            }
        }
        Ok(runs)
    }

    fn schedule(&self, tenant: &str) -> anyhow::Result<Option<Schedule>> {
        let name = self.args.new_only.as_deref();
        name.map(|name| Schedule::load(&self.args.out, name, tenant))
            .transpose()
    }

    fn plan(&self, name: &str, intake: Intake, now: Timestamp) -> anyhow::Result<Plan> {
        let memory = self.memory(name, now);
        let options = super::plan_options(self.args, self.settings, name, memory, now);
        let planned = match self.schedule(name)? {
            Some(schedule) => {
                let earlier = schedule.cursor().next(&intake, self.args.lateness);
                tesem_hunt::plan_new(intake, options, earlier)
            }
            None => tesem_hunt::plan(intake, options),
        };
        planned
            .map(|plan| plan.with_packs(self.packs.clone()))
            .map_err(|error| UsageError::new(error.to_string()))
            .context("the hunt cannot be planned")
    }

    /// What is known about the tenant `name`. The built-in one is a new one each time.
    fn memory(&self, name: &str, now: Timestamp) -> TenantMemory {
        if tenants::is_built_in(name, self.settings) {
            return TenantMemory::default();
        }
        TenantMemory::load(&self.args.out, name, now, self.terminal)
    }

    /// Keeps what a run has learned about the tenant `name`.
    pub(super) fn remember(&self, name: &str, report: &HuntReport) -> anyhow::Result<()> {
        if report.asked == 0 || tenants::is_built_in(name, self.settings) {
            return Ok(());
        }
        let memory = self.memory(name, report.finished).after(report);
        memory.save(&self.args.out, name)
    }
}

/// The folder of the run that `named` names among those in `out`, or whose folder it is.
pub(crate) fn run_folder(out: &Path, named: &Path) -> Result<PathBuf, UsageError> {
    let candidates = [out.join(named), named.to_owned()];
    let folder = candidates.into_iter().find(|path| path.is_dir());
    folder.ok_or_else(|| {
        UsageError::new(format!("there is no run {}", named.display())).with_hint(format!(
            "runs are the folders in {}; --out names another place",
            out.display()
        ))
    })
}

/// The first Ctrl-C ends the work in good order, the second at once.
pub(crate) fn stop_on_ctrl_c(cancel: &Arc<CancelSource>, terminal: &Terminal) {
    let (cancel, terminal) = (Arc::clone(cancel), terminal.clone());
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            terminal.say("stopping; press Ctrl-C again to quit at once");
            cancel.cancel();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(Exit::Interrupted.code().into());
        }
    });
}

/// Who holds the lock of a run, for the message that another process gets.
pub(crate) fn holder() -> String {
    format!("process {}", std::process::id())
}

/// Tells runs of the same second apart: the process and its hash keys, which the system makes anew for each process.
pub(crate) fn distinction() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
