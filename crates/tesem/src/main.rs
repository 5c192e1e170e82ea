//! `tesem`: the command line over the libraries.
//!
//! `cli` holds what can be typed, `settings` what is configured, `commands` one file per command, `view` what a person sees.
//! This crate is the only place that prints, reads the environment and decides the exit code.

mod cli;
mod commands;
mod demo;
mod exit;
mod failure;
mod input;
mod kept;
mod logging;
mod pulling;
mod settings;
mod tenants;
mod terminal;
mod view;
mod waits;
mod whole_file;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use cli::{Cli, Command};
use exit::Exit;
use failure::UsageError;
use settings::Settings;
use terminal::Terminal;

fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let terminal = Terminal::new(&cli.common);
    logging::start(&cli, &terminal);
    let exit = run(&cli, &terminal).unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return Exit::Done;
        }
        terminal.error(&failure::render(&error));
        failure::exit(&error)
    });
    exit.into()
}

fn parse() -> Result<Cli, clap::Error> {
    let matches = Cli::command()
        .color(terminal::color_choice())
        .try_get_matches_from(commands::assets::connector::with_two_dashes(
            std::env::args_os(),
        ))?;
    Cli::from_arg_matches(&matches)
}

/// Prints help and version to standard output, mistakes to standard error.
fn usage(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Done
    };
    // A closed pipe (`tesem --help | head -1`) is no failure.
    let _ = error.print();
    exit.into()
}

fn run(cli: &Cli, terminal: &Terminal) -> anyhow::Result<Exit> {
    let settings = || Settings::load(cli.common.config.as_deref());
    let mut out = terminal.stdout();
    match &cli.command {
        Command::Hunt(args) => {
            async_runtime()?.block_on(commands::hunt::run(args, settings()?, terminal))
        }
        Command::Devices(args) => {
            async_runtime()?.block_on(commands::devices::run(args, &settings()?, terminal))
        }
        Command::Doctor(args) => {
            async_runtime()?.block_on(commands::doctor::run(args, &settings()?, terminal))
        }
        Command::Kql(command) => commands::kql::run(command, settings, terminal),
        Command::Feeds(command) => commands::feeds::run(command, settings, terminal),
        Command::Indicators(command) => {
            async_runtime()?.block_on(commands::indicators::run(command, &settings()?, terminal))
        }
        Command::Assets(command) => {
            async_runtime()?.block_on(commands::assets::run(command, settings()?, terminal))
        }
        Command::Relay(args) => {
            async_runtime()?.block_on(commands::relay::run(args, settings()?, terminal))
        }
        Command::Twin(command) => async_runtime()?.block_on(commands::twin::run(command, terminal)),
        Command::Completions(args) => commands::completions::run(args, &mut out),
        Command::Man(args) => commands::manual::run(args, &mut out),
        Command::Lake(_) => not_in_this_version("lake"),
        Command::Serve(_) => not_in_this_version("serve"),
    }
}

fn not_in_this_version(command: &str) -> anyhow::Result<Exit> {
    Err(
        UsageError::new(format!("`tesem {command}` is not in this version"))
            .with_hint("`tesem --help` lists the commands that are")
            .into(),
    )
}

fn async_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    use anyhow::Context;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime cannot be started")
}

/// Whether the reader of our output went away, as `| head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
