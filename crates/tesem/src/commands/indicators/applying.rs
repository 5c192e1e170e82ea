//! Applying a plan to its tenant: show, ask, do, report.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use anyhow::Context;
use clap::Args;
use tesem_hunt::CancelSource;
use tesem_indicators::apply::{
    Applied, Apply, ApplyEnding, ApplyError, ApplyFolder, ApplyKind, Began, Calls, DefenderTenant,
    Progress, StepEnd, Withdrawal,
};
use tesem_indicators::{Limit, PlanFile};
use tesem_state::journal::RunId;
use tesem_state::{Clock, SystemClock};

use super::progress::TenantProgress;
use super::reading;
use super::store::{ApplyEntry, Store, TenantLock};
use crate::cli::Format;
use crate::commands::hunt::session::{distinction, holder, stop_on_ctrl_c};
use crate::demo::DemoState;
use crate::exit::Exit;
use crate::failure::{UsageError, advise};
use crate::kept::write_whole;
use crate::settings::{IndicatorSettings, Settings, Withdraw};
use crate::tenants::OpenTenant;
use crate::terminal::Terminal;
use crate::view;
use crate::view::table::{counted, printable, thousands};

/// How plans are applied.
#[derive(Debug, Args)]
pub(super) struct ApplyingArgs {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// How indicators go, over the configuration
    #[arg(long, value_enum, value_name = "HOW")]
    withdraw: Option<Withdraw>,
    /// Show every line of a table, however many
    #[arg(long)]
    all: bool,
    /// What is printed to standard output: what became of each step; as a table, of those that failed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Directory for the folders of runs
    #[arg(long, value_name = "DIR", default_value = "results", env = "TESEM_OUT")]
    pub(super) out: PathBuf,
}

/// Applies plans.
pub(super) struct Applying<'a> {
    args: &'a ApplyingArgs,
    asks: bool,
    settings: &'a Settings,
    pub(super) indicators: IndicatorSettings,
    terminal: &'a Terminal,
    pub(super) cancel: Arc<CancelSource>,
    listens: Once,
}

/// A run that can begin or go on.
struct Ready {
    folder: ApplyFolder,
    began: Began,
}

impl Ready {
    fn how_to_go_on(&self) -> String {
        let plan = &self.folder.plan;
        match self.began.kind {
            ApplyKind::Apply => format!(
                "go on with: tesem indicators apply {}",
                self.folder.path().join("plan.json").display()
            ),
            ApplyKind::Rollback { .. } => {
                format!(
                    "go on with: tesem indicators rollback --tenant {}",
                    plan.tenant
                )
            }
        }
    }
}

/// The error with what to do about it.
fn explained(error: anyhow::Error, ready: &Ready) -> anyhow::Error {
    let Some(ApplyError::Read(cause)) = error.downcast_ref::<ApplyError>() else {
        return error;
    };
    let hint = cause.hint().unwrap_or_else(|| ready.how_to_go_on());
    advise(error, hint)
}

impl<'a> Applying<'a> {
    pub(super) fn new(
        args: &'a ApplyingArgs,
        settings: &'a Settings,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            args,
            asks: !args.yes,
            settings,
            indicators: IndicatorSettings::new(settings)?,
            terminal,
            cancel: Arc::new(CancelSource::new()),
            listens: Once::new(),
        })
    }

    /// From now on, Ctrl-C ends the work in good order. A question that is asked before can be left at once.
    pub(super) fn listen(&self) {
        self.listens
            .call_once(|| stop_on_ctrl_c(&self.cancel, self.terminal));
    }

    /// Where the folders of runs lie, and beside them what is kept of tenants.
    pub(super) fn runs(&self) -> &Path {
        &self.args.out
    }

    /// The same, without asking.
    pub(super) fn unattended(
        args: &'a ApplyingArgs,
        settings: &'a Settings,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Self> {
        let asking = Self::new(args, settings, terminal)?;
        Ok(Self {
            asks: false,
            ..asking
        })
    }

    /// Applies a plan, or goes on with it where that was interrupted.
    pub(super) async fn apply(&self, plan: PlanFile, limit: Limit) -> anyhow::Result<Exit> {
        let name = plan.tenant.clone();
        let _lock = TenantLock::take(&self.args.out, &name, self.settings).await?;
        let mut store = Store::load(&self.args.out, &name, &plan.owner.application)?;
        store.is_of(&plan.tenant_id);
        let open = store
            .open()
            .filter(|entry| entry.plan == plan.id())
            .cloned();
        if plan.plan.steps.is_empty() {
            self.terminal.say(&format!("{name}: nothing to do"));
            return Ok(Exit::Done);
        }
        let question = match &open {
            Some(entry) => format!("Go on with {} in the tenant {name}?", entry.run),
            None => {
                check_deletes(&plan, limit)?;
                format!("Do this in the tenant {name}?")
            }
        };
        if !self.agreed(&plan, &question)? {
            return Ok(Exit::Failed);
        }
        match open {
            Some(entry) => self.go_on(&entry, &mut store).await,
            None => {
                self.tell_given_up(&store);
                self.begin(plan, ApplyKind::Apply, &mut store).await
            }
        }
    }

    /// Says what applying `plan` takes.
    pub(super) fn explain(&self, plan: &PlanFile) {
        self.terminal.say(&view::plan::sum(plan));
        self.tell_calls(plan);
    }

    fn tell_calls(&self, plan: &PlanFile) {
        let calls = Calls::of(&plan.plan, self.withdrawal());
        self.terminal.say(&format!(
            "  {} and {} of up to 500 indicators, and a reading of the list: {} of quota",
            counted(calls.imports as u64, "import"),
            counted(calls.deletions as u64, "deletion"),
            counted(calls.minutes() as u64, "minute"),
        ));
    }

    fn withdrawal(&self) -> Withdrawal {
        match self.args.withdraw.unwrap_or(self.indicators.withdraw) {
            Withdraw::Delete => Withdrawal::Delete,
            Withdraw::Expire => Withdrawal::Expire,
        }
    }

    /// A plan that was made later supersedes one that was interrupted.
    fn tell_given_up(&self, store: &Store) {
        if let Some(entry) = store.open() {
            self.terminal.warn(&format!(
                "{}, which was interrupted, does not go on: this plan was made of what it left",
                entry.run
            ));
        }
    }

    /// Shows the plan and asks.
    pub(super) fn agreed(&self, plan: &PlanFile, question: &str) -> anyhow::Result<bool> {
        if !self.asks {
            self.explain(plan);
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(UsageError::new("there is no terminal to ask at")
                .with_hint("--yes does it without asking")
                .into());
        }
        view::plan::write(&[plan], Format::Table, self.args.all, self.terminal)?;
        self.tell_calls(plan);
        let question = format!("{question} Only `yes` is taken for it:");
        self.terminal.request(&printable(&question));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        let is_agreed = answer.trim().eq_ignore_ascii_case("yes");
        if !is_agreed {
            self.terminal.say("nothing was done");
        }
        Ok(is_agreed)
    }

    /// Begins a run that applies `plan`.
    pub(super) async fn begin(
        &self,
        plan: PlanFile,
        what: ApplyKind,
        store: &mut Store,
    ) -> anyhow::Result<Exit> {
        let now = SystemClock.now();
        let run = RunId::new(now, distinction());
        let path = self.args.out.join(run.as_str());
        let entry = ApplyEntry {
            run: run.clone(),
            folder: std::path::absolute(&path)?,
            plan: plan.id(),
            what: what.clone(),
            is_ended: false,
            is_undone: false,
        };
        let began = Began::new(&plan, what.clone());
        let folder = ApplyFolder::create(&path, run, plan, &what, now, &holder())?;
        store.begin(entry);
        store.save()?;
        self.run(Ready { folder, began }, store).await
    }

    /// Goes on with a run that was interrupted.
    pub(super) async fn go_on(
        &self,
        entry: &ApplyEntry,
        store: &mut Store,
    ) -> anyhow::Result<Exit> {
        let (folder, began) = ApplyFolder::open(&entry.folder, &holder())?;
        let ended = began.ends.iter().filter(|end| !end.is_pending()).count();
        self.terminal.say(&format!(
            "going on with {}: {} of {} steps are done",
            entry.run,
            thousands(ended as u64),
            thousands(began.ends.len() as u64)
        ));
        self.run(Ready { folder, began }, store).await
    }

    async fn run(&self, mut ready: Ready, store: &mut Store) -> anyhow::Result<Exit> {
        self.listen();
        let name = ready.folder.plan.tenant.clone();
        let what = "[{bar:30}] {human_pos}/{human_len} indicators";
        let progress = TenantProgress::new(self.terminal, &name, what);
        let demo_state = DemoState::beside(self.runs(), self.terminal);
        let tenant = reading::open(&name, self.settings, &progress, demo_state).await?;
        let applied = self.run_in(&tenant, &mut ready, &progress).await;
        progress.finish();
        tenant.close().await;
        match applied {
            Ok(applied) => self.report(&ready, &applied, store),
            Err(error) if is_stale(&error) => self.forget(ready, store, error),
            Err(error) => Err(explained(error, &ready)),
        }
    }

    /// A run that found the tenant changed did nothing, and goes. Where its plan was applied by the run before, that is why the tenant
    /// changed: what became of it is told once more.
    fn forget(
        &self,
        ready: Ready,
        store: &mut Store,
        error: anyhow::Error,
    ) -> anyhow::Result<Exit> {
        let plan = ready.folder.plan.id();
        discard(ready.folder, store)?;
        let Some(entry) = store.applied(plan).cloned() else {
            let hint = "plan again, and look at what changed: somebody else works on the tenant";
            return Err(advise(error, hint));
        };
        let (folder, began) = open_folder(&entry)?;
        self.terminal
            .say(&format!("{} has applied this plan already", entry.run));
        let applied = Applied {
            ends: began.ends.clone(),
            ending: ApplyEnding::Complete,
            left_behind: Vec::new(),
        };
        self.report(&Ready { folder, began }, &applied, store)
    }

    async fn run_in(
        &self,
        tenant: &OpenTenant,
        ready: &mut Ready,
        progress: &TenantProgress,
    ) -> Result<Applied, anyhow::Error> {
        let plan = &ready.folder.plan;
        let is_other = tenant.client.settings().tenant_id != plan.tenant_id;
        if is_other {
            let text = format!(
                "the plan was made for another tenant with the name `{}`",
                plan.tenant
            );
            return Err(UsageError::new(text).with_hint("plan again").into());
        }
        let client = &tenant.client;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let indicators = DefenderTenant {
            reader: client.reader().indicators(),
            writer: client.writer().indicators(),
            owner: plan.owner.clone(),
            clock: Arc::clone(&clock),
        };
        let token = self.cancel.token();
        let apply = Apply {
            tenant: &indicators,
            clock: clock.as_ref(),
            withdrawal: self.withdrawal(),
            is_cancelled: &|| token.is_cancelled(),
            on_progress: &|at: Progress| {
                progress.bar().set_length(at.steps as u64);
                progress.bar().set_position(at.ended as u64);
            },
        };
        let began = ready.began.clone();
        Ok(apply.run(&mut ready.folder, began).await?)
    }

    fn report(&self, ready: &Ready, applied: &Applied, store: &mut Store) -> anyhow::Result<Exit> {
        let folder = &ready.folder;
        let plan = &folder.plan;
        // Before the run is noted as ended: one that is killed in between goes on, and writes it then.
        let changes = folder.path().join("changes.csv");
        write_whole(&changes, &view::apply::csv(plan, &applied.ends)?)?;
        for (step, end) in plan.plan.steps.iter().zip(&applied.ends) {
            if end.is_done() {
                store.memory.applied(step);
            }
        }
        if matches!(applied.ending, ApplyEnding::Complete) {
            store.end(folder.run());
        }
        store.save()?;
        view::apply::write(
            plan,
            &applied.ends,
            self.args.format,
            self.args.all,
            self.terminal,
        )?;
        self.ending(ready, applied, &changes)
    }

    fn ending(&self, ready: &Ready, applied: &Applied, changes: &Path) -> anyhow::Result<Exit> {
        let name = &ready.folder.plan.tenant;
        let count = |is: fn(&StepEnd) -> bool| applied.ends.iter().filter(|end| is(end)).count();
        let (done, pending) = (count(StepEnd::is_done), count(StepEnd::is_pending));
        let failed = applied.ends.len() - done - pending;
        let mut text = format!("{name}: {} done", thousands(done as u64));
        for (count, what) in [(failed, "failed"), (pending, "not done yet")] {
            if count > 0 {
                text.push_str(&format!(", {} {what}", thousands(count as u64)));
            }
        }
        self.terminal.say(&format!("{text}; {}", changes.display()));
        for key in &applied.left_behind {
            self.terminal.warn(&printable(&format!(
                "{name}: the former indicator for {key} is still there beside the new one; delete it in the portal"
            )));
        }
        match &applied.ending {
            ApplyEnding::Complete if failed > 0 || !applied.left_behind.is_empty() => {
                Ok(Exit::Partial)
            }
            ApplyEnding::Complete => Ok(Exit::Done),
            ApplyEnding::Cancelled => {
                let how = ready.how_to_go_on();
                self.terminal.say(&format!("interrupted; {how}"));
                Ok(Exit::Interrupted)
            }
            ApplyEnding::Stopped { reason, hint } => {
                let how = ready.how_to_go_on();
                let hint = hint
                    .as_ref()
                    .map_or(how.clone(), |hint| format!("{hint}; then {how}"));
                let told = format!("not all could be done: {reason}");
                Err(advise(anyhow::anyhow!(printable(&told).into_owned()), hint))
            }
        }
    }
}

/// Whether the tenant had changed since the plan was made.
pub(super) fn is_stale(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<ApplyError>(),
        Some(ApplyError::Stale { .. })
    )
}

/// Removes a run that did nothing.
fn discard(folder: ApplyFolder, store: &mut Store) -> anyhow::Result<()> {
    let path = folder.path().to_owned();
    store.forget(folder.run());
    store.save()?;
    // An open file cannot be removed everywhere.
    drop(folder);
    std::fs::remove_dir_all(&path).with_context(|| format!("{} cannot be removed", path.display()))
}

/// Refuses a plan that takes more protection away than is allowed.
fn check_deletes(plan: &PlanFile, limit: Limit) -> anyhow::Result<()> {
    let Some(losses) = plan.losses_beyond(limit) else {
        return Ok(());
    };
    Err(advise(
        anyhow::anyhow!(
            "the plan withdraws or weakens {} of our {} indicators in the tenant {}, and {limit} are allowed; nothing was done",
            thousands(losses as u64),
            thousands(plan.ours() as u64),
            printable(&plan.tenant)
        ),
        format!("where that is meant: --allow-deletes {losses}"),
    ))
}

/// Reads the journal of an apply.
pub(super) fn open_folder(entry: &ApplyEntry) -> anyhow::Result<(ApplyFolder, Began)> {
    ApplyFolder::open(&entry.folder, &holder())
        .with_context(|| format!("the run {} cannot be read", entry.run))
}
