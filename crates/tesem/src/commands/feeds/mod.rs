//! `tesem feeds`: indicators from outside.

mod extract;
mod list;
mod pull;
mod view;

use clap::Subcommand;

use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Indicators from outside: out of any text, from feeds of threat intelligence
#[derive(Debug, Subcommand)]
pub(crate) enum FeedsCommand {
    Extract(extract::ExtractArgs),
    List(list::ListArgs),
    Pull(pull::PullArgs),
}

/// Runs the command.
pub(crate) fn run(
    command: &FeedsCommand,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match command {
        FeedsCommand::Extract(args) => extract::run(args, terminal),
        FeedsCommand::List(args) => list::run(args, &settings()?, terminal),
        FeedsCommand::Pull(args) => {
            crate::async_runtime()?.block_on(pull::run(args, &settings()?, terminal))
        }
    }
}
