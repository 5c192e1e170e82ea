//! `tesem kql`: the query language on its own; only `run --tenant` asks a tenant.

mod answerer;
mod check;
mod compare;
mod data;
mod external;
mod fmt;
mod json;
mod limits;
mod printing;
mod run;
mod schema;
mod source;
mod test;

use clap::Subcommand;

use crate::exit::Exit;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Check, format, run and test hunting queries
#[derive(Debug, Subcommand)]
pub(crate) enum KqlCommand {
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    Run(run::RunArgs),
    Test(test::TestArgs),
    Schema(schema::SchemaArgs),
}

/// Runs the command.
pub(crate) fn run(
    command: &KqlCommand,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match command {
        KqlCommand::Check(args) => check::run(args, terminal),
        KqlCommand::Fmt(args) => fmt::run(args, terminal),
        KqlCommand::Run(args) => {
            crate::async_runtime()?.block_on(run::run(args, settings, terminal))
        }
        KqlCommand::Test(args) => crate::async_runtime()?.block_on(test::run(args, terminal)),
        KqlCommand::Schema(args) => schema::run(args, terminal),
    }
}
