//! One invocation of `tesem hunt`: its runs, one per tenant, and how it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tesem_console::hunt_report::{self, Searched};
use tesem_defender::ClientOptions;
use tesem_hunt::output::{OutputOptions, append_hits, write_all, write_whole};
use tesem_hunt::{
    BackendLimits, Budget, CancelSource, Ending, Hunt, HuntReport, HuntingBackend, Intake, Plan,
    RunFolder,
};
use tesem_state::Clock;
use tesem_state::journal::RunId;

use super::HuntArgs;
use super::backend::{NothingToAsk, TenantBackend};
use super::invocation::Invocation;
use super::memory::TenantMemory;
use super::observer::HuntProgress;
use crate::exit::Exit;
use crate::failure::{UsageError, advise};
use crate::settings::{self, Settings};
use crate::tenants::{self, Opening};
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
}

/// A run that is ready to go.
struct Run {
    folder: RunFolder,
    plan: Plan,
    invocation: Invocation,
}

impl Session<'_> {
    /// Hunts in each tenant, one after the other.
    pub(super) async fn hunt(&self, names: &[String], intake: Intake) -> anyhow::Result<Exit> {
        self.stop_on_ctrl_c();
        let mut exits = Vec::new();
        for name in names {
            let run = self.begin(name, intake.clone())?;
            exits.push(self.go(run).await?);
            if self.cancel.token().is_cancelled() {
                break;
            }
        }
        Ok(worst(&exits))
    }

    /// Shows what hunting in each tenant will take, and does nothing.
    pub(super) fn explain(&self, names: &[String], intake: &Intake) -> anyhow::Result<Exit> {
        let mut out = self.terminal.stdout();
        for name in names {
            let now = self.clock.now();
            let plan = self.plan(name, intake.clone(), now)?;
            let explanation = plan.explain(&BackendLimits::service(plan.options.tables));
            view::explain::write(&mut out, name, &explanation, self.args.format)?;
        }
        Ok(Exit::Done)
    }

    /// Goes on with the run that `named` names or whose folder it is.
    pub(super) async fn resume(&self, named: &Path) -> anyhow::Result<Exit> {
        self.stop_on_ctrl_c();
        let path = self.folder_of(named)?;
        let mut invocation = Invocation::load(&path)?;
        match self.args.tenant.tenant.as_slice() {
            [] => {}
            [name] if *name == invocation.tenant => {}
            _ => bail!(
                UsageError::new(format!("the run searched tenant `{}`", invocation.tenant))
                    .with_hint("leave --tenant away, or begin a new run")
            ),
        }
        invocation.hunting = self.args.hunting.or(invocation.hunting);
        let (folder, plan) = RunFolder::open(&path, &holder())
            .with_context(|| format!("the run {} cannot be resumed", path.display()))?;
        self.go(Run {
            folder,
            plan,
            invocation,
        })
        .await
    }

    fn folder_of(&self, named: &Path) -> anyhow::Result<PathBuf> {
        let candidates = [self.args.out.join(named), named.to_owned()];
        candidates
            .into_iter()
            .find(|path| path.is_dir())
            .ok_or_else(|| {
                UsageError::new(format!("there is no run {}", named.display()))
                    .with_hint(format!(
                        "runs are the folders in {}; --out names another place",
                        self.args.out.display()
                    ))
                    .into()
            })
    }

    fn begin(&self, name: &str, intake: Intake) -> anyhow::Result<Run> {
        let now = self.clock.now();
        let plan = self.plan(name, intake, now)?;
        let run = RunId::new(now, distinction());
        let folder = RunFolder::create(&self.args.out, run, &plan, now, &holder())
            .context("the folder of the run cannot be made")?;
        let invocation = self.args.invocation(name);
        invocation.save(folder.path())?;
        Ok(Run {
            folder,
            plan,
            invocation,
        })
    }

    fn plan(&self, name: &str, intake: Intake, now: Timestamp) -> anyhow::Result<Plan> {
        let memory = self.memory(name, now);
        super::plan(self.args, self.settings, name, memory, intake, now)
    }

    /// What is known about the tenant `name`. The built-in one is a new one each time.
    fn memory(&self, name: &str, now: Timestamp) -> TenantMemory {
        if tenants::is_built_in(name, self.settings) {
            return TenantMemory::default();
        }
        TenantMemory::load(&self.args.out, name, now, self.terminal)
    }

    fn remember(&self, name: &str, report: &HuntReport) -> anyhow::Result<()> {
        if report.asked == 0 || tenants::is_built_in(name, self.settings) {
            return Ok(());
        }
        let memory = self.memory(name, report.finished).after(report);
        memory.save(&self.args.out, name)
    }

    async fn go(&self, mut run: Run) -> anyhow::Result<Exit> {
        let clock = Arc::clone(&self.clock);
        let tenant = run.invocation.tenant.clone();
        let progress = Arc::new(HuntProgress::new(self.terminal, &tenant, clock));
        let report = if run.plan.batches.is_empty() {
            self.hunt_with(&mut run, &NothingToAsk, &progress).await?
        } else {
            self.ask(&mut run, &progress).await?
        };
        progress.finish();
        self.publish(&run, &report)?;
        self.remember(&tenant, &report)?;
        self.ending(&run, &report)
    }

    /// Opens the tenant and asks it.
    async fn ask(&self, run: &mut Run, progress: &Arc<HuntProgress>) -> anyhow::Result<HuntReport> {
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
        let report = self
            .hunt_with(
                run,
                &TenantBackend::new(&tenant.client, progress.stopwatch()),
                progress,
            )
            .await;
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

    /// Writes the run's files and prints what was found.
    fn publish(&self, run: &Run, report: &HuntReport) -> anyhow::Result<()> {
        let options = OutputOptions {
            time_zone: TimeZone::get(&run.invocation.time_zone)
                .with_context(|| format!("`{}` is no time zone", run.invocation.time_zone))?,
            tenant: run.invocation.tenant.clone(),
        };
        let files = write_all(&run.folder, &run.plan, report, &options)?;
        self.write_report(run, report, &options)?;
        // A run that goes on later appends then, so that nothing is appended twice.
        if let (Some(path), Ending::Complete) = (&run.invocation.append, &report.ending) {
            append_hits(path, &run.folder, &run.plan, report, &options)?;
        }
        let shown = view::hunt::Shown {
            plan: &run.plan,
            report,
            files: &files,
            folder: run.folder.path(),
            options: &options,
        };
        view::hunt::write(&shown, self.args.format, self.terminal)
    }

    fn write_report(
        &self,
        run: &Run,
        report: &HuntReport,
        options: &OutputOptions,
    ) -> anyhow::Result<()> {
        let portal = settings::portal(self.settings, &options.tenant);
        let searched = Searched {
            tenant: &options.tenant,
            folder: &run.folder,
            plan: &run.plan,
            report,
            portal: portal.as_ref().map(url::Url::as_str),
        };
        let path = run.folder.path().join(view::hunt::REPORT_FILE);
        write_whole(&path, |file| {
            hunt_report::write(file, &[searched], &options.time_zone).map_err(std::io::Error::other)
        })?;
        Ok(())
    }

    fn ending(&self, run: &Run, report: &HuntReport) -> anyhow::Result<Exit> {
        let go_on = || format!("go on with: {}", self.resume_command(run));
        match &report.ending {
            Ending::Cancelled => {
                self.terminal.say(&format!("interrupted; {}", go_on()));
                Ok(Exit::Interrupted)
            }
            Ending::Budget { spent } => {
                let message = format!("stopped: {spent} used up; {}", go_on());
                self.terminal.say(&message);
                Ok(Exit::Partial)
            }
            Ending::Stopped { reason } => {
                let (reason, hint) = reason.split_once("\nhint: ").unwrap_or((reason, ""));
                let hint = if hint.is_empty() {
                    go_on()
                } else {
                    format!("{hint}; then {}", go_on())
                };
                Err(advise(anyhow::anyhow!("the hunt stopped: {reason}"), hint))
            }
            Ending::Complete => Ok(self.complete(run, report)),
        }
    }

    fn complete(&self, run: &Run, report: &HuntReport) -> Exit {
        if self.args.fail_on_hit && report.hits().next().is_some() {
            return Exit::Hits;
        }
        let nothing_searched = run.plan.batches.is_empty();
        if report.is_incomplete() || nothing_searched {
            Exit::Partial
        } else {
            Exit::Done
        }
    }

    fn resume_command(&self, run: &Run) -> String {
        let folder = run.folder.path();
        let config = self.settings.path.as_ref();
        let config = config
            .map(|path| format!(" --config {}", path.display()))
            .unwrap_or_default();
        format!("tesem hunt --resume {}{config}", folder.display())
    }

    /// The first Ctrl-C ends the hunt in good order, the second at once.
    fn stop_on_ctrl_c(&self) {
        let (cancel, terminal) = (Arc::clone(&self.cancel), self.terminal.clone());
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
}

/// Of several runs' endings the one that matters most.
fn worst(exits: &[Exit]) -> Exit {
    let order = [Exit::Interrupted, Exit::Hits, Exit::Partial];
    order
        .into_iter()
        .find(|exit| exits.contains(exit))
        .unwrap_or(Exit::Done)
}

/// Who holds the lock of a run, for the message that another process gets.
fn holder() -> String {
    format!("process {}", std::process::id())
}

/// Tells runs of the same second apart: the process and its hash keys, which the system makes anew for each process.
fn distinction() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_endings_the_gravest_counts() {
        assert_eq!(worst(&[Exit::Done, Exit::Partial]), Exit::Partial);
        assert_eq!(worst(&[Exit::Hits, Exit::Partial]), Exit::Hits);
        assert_eq!(worst(&[]), Exit::Done);
    }
}
