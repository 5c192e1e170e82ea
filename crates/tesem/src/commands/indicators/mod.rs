//! `tesem indicators`: the custom indicators of tenants.

mod apply;
mod applying;
mod export;
mod list;
mod plan;
mod planning;
mod prevalence;
mod progress;
pub(crate) mod reading;
mod rollback;
mod selection;
mod several;
mod store;
mod sync;
mod wanted;

use clap::Subcommand;

use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// A tenant's custom indicators, kept as feeds and files want them: plan, apply, rollback; list and export
#[derive(Debug, Subcommand)]
pub(crate) enum IndicatorsCommand {
    Plan(Box<plan::PlanArgs>),
    Apply(Box<apply::ApplyArgs>),
    Rollback(Box<rollback::RollbackArgs>),
    Sync(Box<sync::SyncArgs>),
    List(Box<list::ListArgs>),
    Export(Box<export::ExportArgs>),
}

/// Runs the command.
pub(crate) async fn run(
    command: &IndicatorsCommand,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match command {
        IndicatorsCommand::Plan(args) => plan::run(args, settings, terminal).await,
        IndicatorsCommand::Apply(args) => apply::run(args, settings, terminal).await,
        IndicatorsCommand::Rollback(args) => rollback::run(args, settings, terminal).await,
        IndicatorsCommand::Sync(args) => sync::run(args, settings, terminal).await,
        IndicatorsCommand::List(args) => list::run(args, settings, terminal).await,
        IndicatorsCommand::Export(args) => export::run(args, settings, terminal).await,
    }
}
