//! `tesem indicators apply`: do what a plan says.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use tesem_indicators::{Limit, PlanFile};

use super::applying::{Applying, ApplyingArgs};
use crate::cli::TenantOption;
use crate::commands::hunt::publishing::worst;
use crate::exit::Exit;
use crate::failure::{UsageError, render_of};
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Do what plans say
///
/// Shows each plan, asks, and makes the changes in batches of 500: changes and creations first, withdrawals last. A plan is refused when
/// the tenant has changed since it was made. Interrupted at any point, the same command goes on; nothing is done twice.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem indicators apply plan.json\n  \
    tesem indicators apply plan.json --yes --allow-deletes 500\n  \
    tesem indicators apply plan-contoso.json plan-fabrikam.json --yes\n\n\
    Files of a run, in DIR/RUN/: plan.json, journal.jsonl, changes.csv.\n\n\
    Exit codes: 0 done; 1 failed, nothing or not all was done; 2 wrong usage or configuration; 3 done, but some indicators failed.")]
pub(crate) struct ApplyArgs {
    /// Plan files of `tesem indicators plan`
    #[arg(value_name = "PLAN", required = true)]
    plans: Vec<PathBuf>,
    #[command(flatten)]
    tenant: TenantOption,
    #[command(flatten)]
    applying: ApplyingArgs,
    /// Show the calls and the quota that it takes, and do nothing
    #[arg(long)]
    explain: bool,
    /// Refuse a plan that withdraws more of ours than this share or count, such as 20% or 100 [default: `allow_deletes` of [indicators], 20%]
    #[arg(long, value_name = "LIMIT")]
    allow_deletes: Option<Limit>,
}

pub(super) async fn run(
    args: &ApplyArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let plans: Vec<PlanFile> = args
        .plans
        .iter()
        .map(|path| read(path))
        .collect::<anyhow::Result<_>>()?;
    for plan in &plans {
        check_tenant(plan, &args.tenant.tenant)?;
    }
    let applying = Applying::new(&args.applying, settings, terminal)?;
    let limit = args
        .allow_deletes
        .unwrap_or(applying.indicators.allow_deletes);
    if args.explain {
        plans.iter().for_each(|plan| applying.explain(plan));
        return Ok(Exit::Done);
    }
    let is_of_several = plans.len() > 1;
    let mut exits = Vec::new();
    for plan in plans {
        let tenant = plan.tenant.clone();
        match applying.apply(plan, limit).await {
            Ok(exit) => exits.push(exit),
            Err(error) if is_of_several => {
                terminal.error(&render_of(&tenant, &error));
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

fn read(path: &Path) -> anyhow::Result<PlanFile> {
    let file = std::fs::File::open(path).map_err(|error| {
        UsageError::new(format!("cannot read {}: {error}", path.display()))
            .with_hint("make one with `tesem indicators plan`")
    })?;
    PlanFile::read(file)
        .map_err(|error| UsageError::new(error.to_string()))
        .with_context(|| format!("{} cannot be applied", path.display()))
}

fn check_tenant(plan: &PlanFile, named: &[String]) -> Result<(), UsageError> {
    if named.is_empty() || named.contains(&plan.tenant) {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "the plan is for the tenant `{}`, not for {}",
        plan.tenant,
        named.join(", ")
    ))
    .with_hint("a plan names its tenant; leave --tenant out, or plan again for the other tenant"))
}
