//! `tesem indicators rollback`: undo an apply.

use clap::Args;
use tesem_indicators::apply::{ApplyKind, StepEnd, settled};
use tesem_indicators::{Actual, FORMAT_VERSION, Plan, PlanFile, lint_plan, rollback};
use tesem_state::{Clock as _, SystemClock};

use super::applying::{Applying, ApplyingArgs, open_folder};
use super::reading::read_tenant;
use super::store::{ApplyEntry, Store, TenantLock};
use crate::cli::TenantOption;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::Settings;
use crate::tenants;
use crate::terminal::Terminal;
use crate::view::table::printable;

/// Undo the last apply, or one that is named, as far as the service allows
///
/// What was made is withdrawn, what was changed gets its former content, what was withdrawn is made again, under a new id. What others
/// have changed since stays as it is. A second rollback undoes the apply before.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem indicators rollback --tenant contoso\n  \
    tesem indicators rollback 20261128T201500Z-0f3a9c --tenant contoso --yes\n\n\
    Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 done, but some steps could not be undone.")]
pub(crate) struct RollbackArgs {
    /// The run of the apply [default: the last one that is not undone]
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Label of the indicators that were applied [default: that of [indicators] in the configuration]
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    applying: ApplyingArgs,
}

pub(super) async fn run(
    args: &RollbackArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let names = tenants::choose(&args.tenant.tenant, settings)?;
    let [name] = names.as_slice() else {
        return Err(UsageError::new("one tenant is undone at a time")
            .with_hint("name one with --tenant")
            .into());
    };
    let applying = Applying::new(&args.applying, settings, terminal)?;
    let _lock = TenantLock::take(&args.applying.out, name, settings).await?;
    let application = applying.indicators.application.clone();
    let application = args.application.as_ref().unwrap_or(&application);
    let mut store = Store::load(&args.applying.out, name, application)?;
    if let Some(entry) = interrupted(&store) {
        let (folder, _) = open_folder(&entry)?;
        let plan = folder.plan.clone();
        drop(folder);
        let question = format!(
            "Go on with the rollback {} in the tenant {name}?",
            entry.run
        );
        return match applying.agreed(&plan, &question)? {
            true => applying.go_on(&entry, &mut store).await,
            false => Ok(Exit::Failed),
        };
    }
    loop {
        let entry = to_undo(args, &store, name)?;
        let undone = undo(&entry, &applying, &mut store, settings, terminal).await?;
        match undone {
            Undone::Nothing if args.run.is_none() => {}
            Undone::Nothing => return Ok(Exit::Done),
            Undone::Ended(exit) => return Ok(exit),
        }
    }
}

/// What came of undoing an apply.
enum Undone {
    /// It had done nothing.
    Nothing,
    /// That.
    Ended(Exit),
}

/// A rollback that did not come to its end.
fn interrupted(store: &Store) -> Option<ApplyEntry> {
    let is_rollback = |entry: &&ApplyEntry| matches!(entry.what, ApplyKind::Rollback { .. });
    store.open().filter(is_rollback).cloned()
}

fn to_undo(args: &RollbackArgs, store: &Store, name: &str) -> Result<ApplyEntry, UsageError> {
    let found = store.to_undo(args.run.as_deref()).cloned();
    found.ok_or_else(|| {
        let what = match &args.run {
            Some(run) => {
                format!("there is no apply {run} in the tenant `{name}` that could be undone")
            }
            None => format!("there is no apply in the tenant `{name}` that could be undone"),
        };
        UsageError::new(what).with_hint(format!(
            "applies are known by what lies in {}; --out names another place",
            args.applying.out.display()
        ))
    })
}

/// An apply, and what the tenant is now.
struct Undoing {
    plan: PlanFile,
    ends: Vec<StepEnd>,
    actual: Actual,
}

impl Undoing {
    async fn read(
        entry: &ApplyEntry,
        applying: &Applying<'_>,
        store: &Store,
        settings: &Settings,
        terminal: &Terminal,
    ) -> anyhow::Result<Self> {
        let (folder, began) = open_folder(entry)?;
        let plan = folder.plan.clone();
        drop(folder);
        let (name, owner, runs) = (&plan.tenant, &plan.owner, applying.runs());
        let reading = read_tenant(name, &owner.application, settings, runs, terminal).await?;
        if reading.tenant_id != plan.tenant_id {
            let run = &entry.run;
            let text = format!("{run} was applied to another tenant with the name `{name}`");
            return Err(UsageError::new(text).into());
        }
        let actual = Actual::new(reading.indicators, owner);
        let is_interrupted = store.open().is_some_and(|open| open.run == entry.run);
        let ends = match is_interrupted && began.is_checked {
            // What it had sent last may be done.
            true => settled(&plan.plan, &began.ends, &actual),
            false => began.ends,
        };
        Ok(Self { plan, ends, actual })
    }

    /// The plan file of what undoes it.
    fn plan_file(self, plan: Plan) -> PlanFile {
        PlanFile {
            format_version: FORMAT_VERSION,
            read: self.actual.items().len(),
            digest: self.actual.digest(),
            lints: lint_plan(&plan, &self.actual),
            plan,
            refused: Vec::new(),
            prevalence: Vec::new(),
            downgraded: Vec::new(),
            ..self.plan
        }
    }
}

async fn undo(
    entry: &ApplyEntry,
    applying: &Applying<'_>,
    store: &mut Store,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Undone> {
    let undoing = Undoing::read(entry, applying, store, settings, terminal).await?;
    let has_done_something = undoing.ends.iter().any(StepEnd::is_done);
    let now = SystemClock.now();
    let undone = rollback(&undoing.plan.plan, &undoing.ends, &undoing.actual, now);
    let has_skipped = !undone.skipped.is_empty();
    for left in undone.skipped {
        let text = format!(
            "{}: {} stays: {}",
            undoing.plan.tenant, left.key, left.reason
        );
        terminal.warn(&printable(&text));
    }
    let plan = undoing.plan_file(undone.plan);
    let done = |exit| match exit {
        Exit::Done if has_skipped => Undone::Ended(Exit::Partial),
        exit => Undone::Ended(exit),
    };
    if plan.plan.steps.is_empty() {
        let (tenant, run) = (&plan.tenant, &entry.run);
        terminal.say(&printable(&format!(
            "{tenant}: nothing of {run} is left to undo"
        )));
        store.undo(run);
        store.save()?;
        return Ok(match has_done_something {
            true => done(Exit::Done),
            false => Undone::Nothing,
        });
    }
    let question = format!("Undo {} in the tenant {}?", entry.run, plan.tenant);
    if !applying.agreed(&plan, &question)? {
        return Ok(Undone::Ended(Exit::Failed));
    }
    let what = ApplyKind::Rollback {
        of: entry.run.to_string(),
    };
    Ok(done(applying.begin(plan, what, store).await?))
}
