//! Project tasks. `cargo xtask` lists them.

mod asset_tenant;
mod medallion;
mod tools;

use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};

/// Tasks of the project, each runnable on a fresh machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Tasks {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every test of every crate: unit, integration, property, end to end
    Test {
        /// Passed on to `cargo test`, for example a test's name
        #[arg(last = true)]
        rest: Vec<String>,
    },
    /// Install what some tests need beside the toolchain (PostgreSQL, Chromium), where it is missing
    Prepare,
    /// Check formatting and lints, warnings denied
    Lint,
    /// Run the benches, or those of one crate
    Bench {
        /// A crate's directory name, such as `kql`
        krate: Option<String>,
    },
    /// Write a tenant of many machines as a data directory of the twin, to measure imports of assets with
    AssetTenant(asset_tenant::AssetTenantArgs),
}

fn main() -> ExitCode {
    match run(Tasks::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a task talks to the person who started it"
)]
fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Test { rest } => test(&rest),
        Task::Prepare => prepare(),
        Task::Lint => lint(),
        Task::Bench { krate } => bench(krate.as_deref()),
        Task::AssetTenant(args) => asset_tenant(&args),
    }
}

fn test(rest: &[String]) -> anyhow::Result<()> {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--locked", "--"]);
    if let Some(program) = medallion::program() {
        command.env("TESEM_MEDALLION", program);
    }
    finish(command.args(rest))
}

/// What is in Debian must be there; medallion comes from PyPI, which not every machine reaches, and is left out without it.
#[expect(
    clippy::print_stderr,
    reason = "a task talks to the person who started it"
)]
fn prepare() -> anyhow::Result<()> {
    tools::install()?;
    if let Err(error) = medallion::install() {
        eprintln!("medallion is not installed, its test is left out: {error:#}");
    }
    Ok(())
}

fn lint() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ],
        &[],
    )
}

fn bench(krate: Option<&str>) -> anyhow::Result<()> {
    match krate {
        Some(name) => cargo(
            &["bench", "--benches", "--package", &format!("tesem-{name}")],
            &[],
        ),
        None => cargo(&["bench", "--benches", "--workspace"], &[]),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a task talks to the person who started it"
)]
fn asset_tenant(args: &asset_tenant::AssetTenantArgs) -> anyhow::Result<()> {
    let now = asset_tenant::run(args)?;
    println!(
        "it is {now} there: set the twin's clock with  {{\"set\": \"{now}\"}}  to /_twin/clock"
    );
    Ok(())
}

fn cargo(arguments: &[&str], rest: &[String]) -> anyhow::Result<()> {
    finish(Command::new("cargo").args(arguments).args(rest))
}

fn finish(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("could not start cargo")?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
