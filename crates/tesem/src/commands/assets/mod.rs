//! `tesem assets`: a tenant's machines, users, software, vulnerabilities and alerts as a graph.

pub(crate) mod connector;
mod import;
mod lock;
mod progress;
mod record;
mod scopes;
mod show;

use clap::Subcommand;

pub(crate) use record::{ImportRecord, PartRecord};

use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// A tenant's machines, users, software, vulnerabilities and alerts as a graph: import it, look into it
#[derive(Debug, Subcommand)]
pub(crate) enum AssetsCommand {
    Import(Box<import::ImportArgs>),
    Show(show::ShowArgs),
}

/// Runs the command.
pub(crate) async fn run(
    command: &AssetsCommand,
    settings: Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match command {
        AssetsCommand::Import(args) => import::run(args, settings, terminal).await,
        AssetsCommand::Show(args) => show::run(args, &settings, terminal).await,
    }
}
