//! The command line: what can be typed, and its help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{
    assets, completions, devices, doctor, feeds, hunt, indicators, kql, manual, relay, twin,
};

/// Hunts indicators in Microsoft Defender, as fast as the tenant's quota allows
#[derive(Debug, Parser)]
#[command(
    name = "tesem",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Try it without a tenant:\n  tesem hunt examples/indicators.txt --tenant demo\n\n\
                  Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 done, but some items failed;\n\
                  5 hits with --fail-on-hit; 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct CommonOptions {
    /// Configuration file [default: ./tesem.toml, then the user's configuration directory]
    #[arg(long, global = true, env = "TESEM_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log more: -v each request, -vv details; never values of indicators or secrets
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print without colours; NO_COLOR does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Show no progress bar, even on a terminal
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Hunt(Box<hunt::HuntArgs>),
    Devices(devices::DevicesArgs),
    #[command(subcommand)]
    Kql(kql::KqlCommand),
    #[command(subcommand)]
    Feeds(feeds::FeedsCommand),
    #[command(subcommand)]
    Indicators(indicators::IndicatorsCommand),
    #[command(subcommand)]
    Assets(assets::AssetsCommand),
    #[command(subcommand)]
    Twin(twin::TwinCommand),
    Relay(Box<relay::RelayArgs>),
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(manual::ManArgs),
    #[command(hide = true)]
    Lake(Later),
    #[command(hide = true)]
    Serve(Later),
}

/// The arguments of a command that this version does not have: taken, so that the answer names the command.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Later {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

/// Which tenant or tenants a command works on.
#[derive(Debug, Args)]
pub(crate) struct TenantOption {
    /// Tenant from the configuration, or `demo`; may be repeated [default: the only one configured]
    #[arg(long, value_name = "NAME", env = "TESEM_TENANT", value_delimiter = ',')]
    pub(crate) tenant: Vec<String>,
}

/// How data is written to standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people
    #[default]
    Table,
    /// Comma-separated values with a header; formula cells are guarded
    Csv,
    /// One JSON document
    Json,
    /// One JSON object per line
    Jsonl,
}
