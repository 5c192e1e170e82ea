//! `tesem kql`: the query language on its own, without a tenant.

mod check;
mod compare;
mod data;
mod fmt;
mod json;
mod run;
mod schema;
mod source;
mod test;

use clap::Subcommand;

use crate::exit::Exit;
use crate::terminal::Terminal;

/// Check, format, run and test hunting queries offline
#[derive(Debug, Subcommand)]
pub(crate) enum KqlCommand {
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    Run(run::RunArgs),
    Test(test::TestArgs),
    Schema(schema::SchemaArgs),
}

/// Runs the command.
pub(crate) fn run(command: &KqlCommand, terminal: &Terminal) -> anyhow::Result<Exit> {
    match command {
        KqlCommand::Check(args) => check::run(args, terminal),
        KqlCommand::Fmt(args) => fmt::run(args, terminal),
        KqlCommand::Run(args) => run::run(args, terminal),
        KqlCommand::Test(args) => test::run(args, terminal),
        KqlCommand::Schema(args) => schema::run(args, terminal),
    }
}
