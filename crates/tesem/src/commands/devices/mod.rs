//! `tesem devices`: software and logons of devices, and where e-mail addresses were used.

mod account;
mod input;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use tesem_hunt::output::{OutputFiles, OutputOptions, write_all};
use tesem_hunt::pack::{Pack, prepare};
use tesem_hunt::{
    BackendLimits, Budget, CancelSource, Ending, HuntReport, Intake, Plan, PlanOptions,
    QUERY_BYTES_DEFAULT, RunFolder,
};
use tesem_state::journal::RunId;
use tesem_state::{Clock, SystemClock};

use super::hunt::asking::Asking;
use super::hunt::backend::reach;
use super::hunt::observer::HuntProgress;
use super::hunt::session::{distinction, holder, run_folder, stop_on_ctrl_c};
use crate::cli::{Format, TenantOption};
use crate::exit::Exit;
use crate::failure::{UsageError, advise};
use crate::settings::Settings;
use crate::tenants;
use crate::terminal::Terminal;

/// The built-in pack whose queries are asked.
const PACK: &str = "devices";

/// Software and logons of a list of devices, and where e-mail addresses were used
///
/// A name without domain stands for every device of that name, one with domain for that device. Many names go into one query; every
/// line of input is found, unknown or refused.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem devices names.txt --tenant contoso\n  \
    printf 'ws-0042\\n' | tesem devices - --tenant demo --format json\n  \
    tesem devices names.txt --emails people.txt --explain\n  \
    tesem devices --resume 20261121T035147Z-0f3a9c\n\n\
    Files of a run: devices.csv (every line of input), software.csv, logons.csv, emails.csv, run.json in DIR/RUN/.")]
pub(crate) struct DevicesArgs {
    /// Files with a device name a line; `-` is standard input
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// Files with an e-mail address a line; may be repeated
    #[arg(long, value_name = "FILE")]
    emails: Vec<String>,
    #[command(flatten)]
    tenant: TenantOption,
    /// How many days back to look for logons and events; the service keeps 30
    #[arg(long, value_name = "COUNT", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// Most bytes of a query's text
    #[arg(long, value_name = "BYTES", default_value_t = QUERY_BYTES_DEFAULT)]
    query_bytes: usize,
    /// Go on with an interrupted run: its name, or its folder
    #[arg(long, value_name = "RUN", conflicts_with_all = ["inputs", "emails", "explain"])]
    resume: Option<PathBuf>,
    /// Show calls, quota and time it will take, and do nothing
    #[arg(long)]
    explain: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Directory for the folders of runs
    #[arg(long, value_name = "DIR", default_value = "results", env = "TESEM_OUT")]
    out: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(
    args: &DevicesArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let tenant = one_tenant(args, settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (mut folder, plan) = match &args.resume {
        Some(run) => open(args, run)?,
        None => {
            let plan = plan(args, settings, &tenant, clock.as_ref())?;
            if args.explain {
                let explanation = plan.explain(&BackendLimits::service(plan.options.tables));
                crate::view::explain::write(
                    &mut terminal.stdout(),
                    &tenant,
                    &explanation,
                    args.format,
                )?;
                return Ok(Exit::Done);
            }
            let now = clock.now();
            let run = RunId::new(now, distinction());
            let folder = RunFolder::create(&args.out, run, &plan, now, &holder())
                .context("the folder of the run cannot be made")?;
            (folder, plan)
        }
    };
    let report = ask(settings, &tenant, &plan, &mut folder, terminal, clock).await?;
    publish(args, &tenant, &plan, &folder, &report, terminal)
}

fn one_tenant(args: &DevicesArgs, settings: &Settings) -> anyhow::Result<String> {
    match tenants::choose(&args.tenant.tenant, settings)?.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(UsageError::new("`tesem devices` asks one tenant at a time").into()),
    }
}

fn plan(
    args: &DevicesArgs,
    settings: &Settings,
    tenant: &str,
    clock: &dyn Clock,
) -> anyhow::Result<Plan> {
    let intake = input::read(&args.inputs, &args.emails)?;
    if intake.indicators.is_empty() && intake.refused.is_empty() {
        return Err(UsageError::new("no device and no e-mail address is named")
            .with_hint("name a file with a device name a line, `-`, or --emails FILE")
            .into());
    }
    make_plan(args, settings, tenant, intake, clock)
}

fn make_plan(
    args: &DevicesArgs,
    settings: &Settings,
    tenant: &str,
    intake: Intake,
    clock: &dyn Clock,
) -> anyhow::Result<Plan> {
    let lookback = SignedDuration::from_hours(i64::from(args.days) * 24);
    let tables = reach(tenants::hunting_api(tenant, settings, None));
    let options = PlanOptions {
        query_bytes_max: args.query_bytes,
        ..PlanOptions::new(clock.now(), lookback, tables)
    };
    let queries = prepare(&[Pack::builtin(PACK)?], &[])?;
    let plan =
        tesem_hunt::plan(intake, options).map_err(|error| UsageError::new(error.to_string()))?;
    Ok(plan.with_packs(queries).without_search())
}

fn open(args: &DevicesArgs, named: &std::path::Path) -> anyhow::Result<(RunFolder, Plan)> {
    let path = &run_folder(&args.out, named)?;
    let (folder, plan) = RunFolder::open(path, &holder())
        .with_context(|| format!("the run {} cannot be resumed", path.display()))?;
    let is_ours = plan.packs.iter().all(|query| query.pack == PACK);
    if plan.packs.is_empty() || !is_ours {
        bail!(UsageError::new(format!(
            "{} is not a run of `tesem devices`",
            path.display()
        )));
    }
    Ok((folder, plan.without_search()))
}

async fn ask(
    settings: &Settings,
    name: &str,
    plan: &Plan,
    folder: &mut RunFolder,
    terminal: &Terminal,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<HuntReport> {
    let cancel = Arc::new(CancelSource::new());
    stop_on_ctrl_c(&cancel, terminal);
    let progress = Arc::new(HuntProgress::new(terminal, name, Arc::clone(&clock)));
    let asking = Asking {
        settings,
        terminal,
        clock: &clock,
        cancel: cancel.token(),
        budget: Budget::default(),
    };
    let report = asking.ask(name, None, plan, folder, &progress).await;
    progress.finish();
    report
}

fn publish(
    args: &DevicesArgs,
    tenant: &str,
    plan: &Plan,
    folder: &RunFolder,
    report: &HuntReport,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let options = OutputOptions {
        time_zone: TimeZone::UTC,
        tenant: tenant.to_owned(),
    };
    let files = write_all(folder, plan, report, &options)?;
    keep_names(folder, &files)?;
    let lines = account::lines(plan, report, &files)?;
    account::write(&folder.path().join("devices.csv"), &lines)?;
    view::write(&lines, report, &files, folder.path(), args.format, terminal)?;
    match &report.ending {
        Ending::Complete => {}
        Ending::Stopped { reason } => {
            let go_on = format!(
                "go on with: tesem devices --tenant {tenant} --resume {}",
                folder.path().display()
            );
            return Err(advise(anyhow::anyhow!("stopped: {reason}"), go_on));
        }
        _ => return Ok(Exit::Interrupted),
    }
    let is_partial =
        !plan.intake.refused.is_empty() || report.packs.iter().any(|pack| pack.failed.is_some());
    Ok(if is_partial {
        Exit::Partial
    } else {
        Exit::Done
    })
}

/// The three tables lie beside `devices.csv`, under the names that people look for.
fn keep_names(folder: &RunFolder, files: &OutputFiles) -> anyhow::Result<()> {
    for file in files.packs.iter().filter(|file| file.name != PACK) {
        if let Some(csv) = &file.csv {
            let target = folder.path().join(format!("{}.csv", file.name));
            std::fs::copy(csv, &target)
                .with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}
