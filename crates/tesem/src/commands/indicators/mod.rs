//! `tesem indicators`: the custom indicators of tenants.

mod export;
mod list;
pub(crate) mod reading;
mod selection;
mod several;

use clap::Subcommand;

use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// A tenant's custom indicators: what it has, who made it, when it ends, how full it is
#[derive(Debug, Subcommand)]
pub(crate) enum IndicatorsCommand {
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
        IndicatorsCommand::List(args) => list::run(args, settings, terminal).await,
        IndicatorsCommand::Export(args) => export::run(args, settings, terminal).await,
    }
}
