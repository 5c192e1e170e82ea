//! `tesem indicators sync`: plan and apply, once or again and again.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tesem_indicators::{Limit, PlanFile, Step};
use tesem_state::{Clock, SystemClock};

use super::applying::{Applying, ApplyingArgs, is_stale};
use super::plan::{keep_overflow, tell};
use super::planning::{Planning, PlanningArgs};
use super::wanted::{Unattended, Wanted, WantedArgs};
use crate::cli::TenantOption;
use crate::commands::hunt::publishing::worst;
use crate::exit::Exit;
use crate::failure::{UsageError, render, render_of};
use crate::kept::file_name;
use crate::settings::{IndicatorSettings, Settings, span};
use crate::tenants;
use crate::terminal::Terminal;
use crate::view;
use crate::view::table::thousands;

/// Keep tenants as feeds and files want them: plan and apply without asking, once or at intervals
///
/// Only differences are sent. A source that fails, gives nothing or far less than before withdraws nothing; one that disappears keeps
/// its indicators until its grace ends; more withdrawals than are allowed are held back and told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem indicators sync --feed c2 --action block --tenant contoso\n  \
    tesem indicators sync --all-tenants --every 15m\n\n\
    Exit codes, without --every: 0 done; 1 failed; 2 wrong usage or configuration; 3 something failed or was held back.")]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    tenant: TenantOption,
    /// Every tenant of the configuration
    #[arg(long, conflicts_with = "tenant")]
    all_tenants: bool,
    /// Do it again at this interval, such as 15m, until Ctrl-C
    #[arg(long, value_name = "SPAN", value_parser = interval)]
    every: Option<SignedDuration>,
    /// Hold back withdrawals of more of ours than this share or count [default: `allow_deletes` of [indicators], 20%]
    #[arg(long, value_name = "LIMIT")]
    allow_deletes: Option<Limit>,
    #[command(flatten)]
    applying: ApplyingArgs,
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    planning: PlanningArgs,
}

fn interval(text: &str) -> Result<SignedDuration, String> {
    let least = SignedDuration::from_secs(1);
    span(text).and_then(|span| match span < least {
        true => Err(format!(
            "`{text}` is no interval; write it as `15m` or `1h`"
        )),
        false => Ok(span),
    })
}

pub(super) async fn run(
    args: &SyncArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    if args.every.is_some() && args.wanted.reads_standard_input() {
        return Err(
            UsageError::new("standard input can be read once only, not at intervals")
                .with_hint("name a file, or leave --every out")
                .into(),
        );
    }
    let names = tenants::all_or(args.all_tenants, &args.tenant.tenant, settings)?;
    let applying = Applying::unattended(&args.applying, settings, terminal)?;
    let syncing = Syncing {
        args,
        settings,
        terminal,
        names,
        indicators: args.planning.over(IndicatorSettings::new(settings)?),
        applying,
    };
    match args.every {
        None => syncing.round().await,
        Some(span) => syncing.for_ever(span).await,
    }
}

/// How often a tenant is planned anew in one round.
const TRIES_MAX: u32 = 3;

struct Syncing<'a> {
    args: &'a SyncArgs,
    settings: &'a Settings,
    terminal: &'a Terminal,
    names: Vec<String>,
    indicators: IndicatorSettings,
    applying: Applying<'a>,
}

impl Syncing<'_> {
    async fn for_ever(&self, span: SignedDuration) -> anyhow::Result<Exit> {
        self.applying.listen();
        let token = self.applying.cancel.token();
        loop {
            let begun = SystemClock.now();
            match self.round().await {
                Ok(Exit::Interrupted) => return Ok(Exit::Interrupted),
                Ok(_) => {}
                Err(error) => self.terminal.error(&render(&error)),
            }
            let next = begun.checked_add(span).unwrap_or(Timestamp::MAX);
            self.terminal.say(&format!("next round at {next:.0}"));
            tokio::select! {
                () = SystemClock.sleep_until(next) => {}
                () = token.cancelled() => return Ok(Exit::Interrupted),
            }
        }
    }

    /// Reads the sources once, and brings every tenant to what they want.
    async fn round(&self) -> anyhow::Result<Exit> {
        let now = SystemClock.now();
        let wanted = self.args.wanted.gather(
            self.settings,
            &self.indicators,
            self.terminal,
            Unattended::Yes,
            now,
        );
        let wanted = wanted.await?;
        let mut exits = Vec::new();
        if wanted.failed > 0 {
            exits.push(Exit::Partial);
        }
        for name in &self.names {
            match self.sync(name, &wanted).await {
                Ok(exit) => exits.push(exit),
                Err(error) if self.names.len() > 1 => {
                    self.terminal.error(&render_of(name, &error));
                    exits.push(Exit::Failed);
                }
                Err(error) => return Err(error),
            }
            if exits.last() == Some(&Exit::Interrupted) {
                break;
            }
        }
        Ok(worst(&exits))
    }

    /// Plans and applies; again where somebody changed the tenant in between.
    async fn sync(&self, name: &str, wanted: &Wanted) -> anyhow::Result<Exit> {
        let mut tries = 1;
        loop {
            match self.sync_once(name, wanted).await {
                Err(error) if is_stale(&error) && tries < TRIES_MAX => tries += 1,
                end => return end,
            }
        }
    }

    async fn sync_once(&self, name: &str, wanted: &Wanted) -> anyhow::Result<Exit> {
        let planning = Planning {
            settings: self.settings,
            indicators: &self.indicators,
            terminal: self.terminal,
            wanted,
            runs: self.args.applying.out.clone(),
        };
        let mut planned = planning.plan(name).await?;
        tell(&planned, self.terminal);
        let overflow = format!("{}.txt", file_name("overflow", name));
        keep_overflow(&planned.file, &planning.runs.join(overflow), self.terminal)?;
        if planned.file.plan.steps.is_empty() {
            self.terminal.say(&view::plan::sum(&planned.file));
            return Ok(Exit::Done);
        }
        let is_held_back = self.hold_back(&mut planned.file);
        let exit = self
            .applying
            .apply(planned.file, Limit::Count(usize::MAX))
            .await?;
        Ok(match exit {
            Exit::Done if is_held_back => Exit::Partial,
            exit => exit,
        })
    }

    /// Takes out of a plan what takes protection away, where that is more than is allowed.
    fn hold_back(&self, plan: &mut PlanFile) -> bool {
        let limit = self
            .args
            .allow_deletes
            .unwrap_or(self.indicators.allow_deletes);
        let Some(losses) = plan.losses_beyond(limit) else {
            return false;
        };
        plan.plan.steps.retain(|step| !Step::is_loss(step));
        self.terminal.warn(&format!(
            "{}: {} of our {} indicators would be withdrawn or weakened, and {limit} are allowed; they stay. Look at them with \
             `tesem indicators plan`, or allow it with --allow-deletes {losses}",
            plan.tenant,
            thousands(losses as u64),
            thousands(plan.ours() as u64)
        ));
        true
    }
}
