//! `tesem indicators plan`: what would be done.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use futures::future::join_all;
use tesem_indicators::PlanFile;
use tesem_state::{Clock as _, SystemClock};

use super::planning::{Planned, Planning, PlanningArgs};
use super::wanted::{Unattended, WantedArgs};
use crate::cli::{Format, TenantOption};
use crate::exit::Exit;
use crate::failure::{UsageError, render_of};
use crate::kept::{file_name, write_whole};
use crate::settings::{IndicatorSettings, Settings};
use crate::tenants;
use crate::terminal::Terminal;
use crate::view;
use crate::view::table::{counted, printable};

/// Compare what feeds and files want with what tenants have, and write down what would be done
///
/// Nothing is written to a tenant. What is to be created, changed, renewed before it ends, withdrawn and left alone is shown with
/// its reason, and kept in a plan file for `tesem indicators apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem indicators plan block.txt --action block --severity high --tenant contoso\n  \
    tesem indicators plan --feed c2 --feed partners --all-tenants --format csv > drift.csv\n  \
    tesem indicators plan block.txt --detailed-exitcode      # in CI: 4 where there is something to do\n  \
    tesem indicators apply plan.json\n\n\
    What does not fit into the tenant goes to plan.overflow.txt, to be hunted for: tesem hunt plan.overflow.txt --new-only\n\n\
    Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 a feed or a tenant failed; 4 changes, with --detailed-exitcode.")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    tenant: TenantOption,
    /// Plan for every tenant of the configuration
    #[arg(long, conflicts_with = "tenant")]
    all_tenants: bool,
    /// Where the plan is written: a file, or a folder, which several tenants need [default: plan.json, plan-TENANT.json]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Exit with 4 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Show every line of the table, however many
    #[arg(long)]
    all: bool,
    /// Folder of runs, where what is remembered of tenants lies
    #[arg(
        long,
        value_name = "DIR",
        default_value = "results",
        env = "TESEM_OUT",
        hide_short_help = true
    )]
    runs: PathBuf,
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    planning: PlanningArgs,
}

/// A tenant's plan, or why there is none.
struct Outcome {
    tenant: String,
    planned: anyhow::Result<Planned>,
}

pub(super) async fn run(
    args: &PlanArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let names = tenants::all_or(args.all_tenants, &args.tenant.tenant, settings)?;
    let places = places(args.out.as_deref(), &names)?;
    let indicators = args.planning.over(IndicatorSettings::new(settings)?);
    let now = SystemClock.now();
    let wanted = args
        .wanted
        .gather(settings, &indicators, terminal, Unattended::No, now)
        .await?;
    let planning = Planning {
        settings,
        indicators: &indicators,
        terminal,
        wanted: &wanted,
        runs: args.runs.clone(),
    };
    let planned = join_all(names.iter().map(|name| planning.plan(name))).await;
    let outcomes: Vec<Outcome> = names
        .into_iter()
        .zip(planned)
        .map(|(tenant, planned)| Outcome { tenant, planned })
        .collect();
    let [
        Outcome {
            planned: Err(_), ..
        },
    ] = outcomes.as_slice()
    else {
        return finish(args, outcomes, &places, wanted.failed > 0, terminal);
    };
    outcomes
        .into_iter()
        .map(|outcome| outcome.planned.map(|_| Exit::Done))
        .collect::<anyhow::Result<Vec<Exit>>>()
        .map(|_| Exit::Failed)
}

fn finish(
    args: &PlanArgs,
    outcomes: Vec<Outcome>,
    places: &[PathBuf],
    has_failed_feeds: bool,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut plans = Vec::new();
    let mut failed = 0;
    for (outcome, place) in outcomes.into_iter().zip(places) {
        match outcome.planned {
            Ok(planned) => {
                tell(&planned, terminal);
                keep(&planned.file, place, terminal)?;
                plans.push((planned.file, place));
            }
            Err(error) => {
                failed += 1;
                terminal.error(&render_of(&outcome.tenant, &error));
            }
        }
    }
    let files: Vec<&PlanFile> = plans.iter().map(|(file, _)| file).collect();
    view::plan::write(&files, args.format, args.all, terminal)?;
    for (file, place) in &plans {
        next(file, place, terminal);
    }
    let has_changes = files.iter().any(|file| !file.plan.steps.is_empty());
    Ok(match () {
        () if files.is_empty() => Exit::Failed,
        () if failed > 0 || has_failed_feeds => Exit::Partial,
        () if has_changes && args.detailed_exitcode => Exit::Changes,
        () => Exit::Done,
    })
}

/// Says what a person must know to judge the plan.
pub(super) fn tell(planned: &Planned, terminal: &Terminal) {
    let tenant = &planned.file.tenant;
    for (source, reason) in &planned.incomplete {
        terminal.warn(&printable(&format!(
            "{tenant}: {source} is incomplete ({reason}); nothing that it may want is withdrawn"
        )));
    }
    if planned.sees_only_own {
        terminal.warn(&format!(
            "{tenant}: the app sees its own indicators only, so that others' may be overlooked and the room is not known; grant it Ti.ReadWrite.All"
        ));
    }
}

/// Writes the plan, and beside it what is to be hunted for because it has no place.
fn keep(file: &PlanFile, place: &Path, terminal: &Terminal) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    file.write(&mut bytes)
        .context("the plan cannot be written")?;
    write_whole(place, &bytes)?;
    keep_overflow(file, &place.with_extension("overflow.txt"), terminal)
}

/// Writes what is to be hunted for because it has no place; nothing where all has one.
pub(super) fn keep_overflow(
    file: &PlanFile,
    place: &Path,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let left = file.plan.left.iter();
    let overflow: String = left
        .filter(|left| left.because.is_overflow())
        .map(|left| format!("{}\n", left.key.value))
        .collect();
    if overflow.is_empty() {
        // One of an earlier plan would be taken for this one's.
        return match std::fs::remove_file(place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", place.display()))
            }
            _ => Ok(()),
        };
    }
    write_whole(place, overflow.as_bytes())?;
    terminal.say(&format!(
        "{tenant}: {} without a place; hunt for them: tesem hunt {} --new-only --tenant {tenant}",
        counted(overflow.lines().count() as u64, "indicator"),
        place.display(),
        tenant = printable(&file.tenant),
    ));
    Ok(())
}

/// Says how to go on.
fn next(file: &PlanFile, place: &Path, terminal: &Terminal) {
    let tenant = &file.tenant;
    match file.plan.steps.len() {
        0 => terminal.say(&format!("{tenant}: nothing to do")),
        _ => terminal.say(&format!(
            "{tenant}: do it with: tesem indicators apply {}",
            place.display()
        )),
    }
}

/// Where the plan of each tenant goes.
fn places(out: Option<&Path>, names: &[String]) -> Result<Vec<PathBuf>, UsageError> {
    let named = |name: &String| format!("{}.json", file_name("plan", name));
    let is_folder = |path: &Path| path.is_dir() || path.to_string_lossy().ends_with(['/', '\\']);
    match (out, names) {
        (None, [_]) => Ok(vec![PathBuf::from("plan.json")]),
        (None, several) => Ok(several.iter().map(|name| named(name).into()).collect()),
        (Some(path), [_]) if is_folder(path) => Ok(vec![path.join("plan.json")]),
        (Some(path), [_]) => Ok(vec![path.to_owned()]),
        (Some(path), several) if is_folder(path) || !path.exists() => {
            Ok(several.iter().map(|name| path.join(named(name))).collect())
        }
        (Some(path), _) => Err(UsageError::new(format!(
            "{} is a file; several tenants need a folder for their plans",
            path.display()
        ))),
    }
}
