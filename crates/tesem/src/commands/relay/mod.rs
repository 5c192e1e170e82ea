//! `tesem relay`: answers Cisco Threat Response and Cisco XDR.

mod audit;
mod demo;
mod serve;
mod stop;
mod tenants;
mod time;
mod token;

use clap::{Args, Subcommand, ValueEnum};

use crate::exit::Exit;
use crate::settings::{HuntingName, Settings};
use crate::terminal::Terminal;

/// Answer Cisco Threat Response and Cisco XDR from Defender
///
/// Serves the routes of Cisco's relay module: health, version, deliberate, observe, refer and respond, with /watchdog and /metrics. The
/// [relay] table of the configuration says who may ask and how it answers; each caller's token names the tenant and the app to ask
/// with. Actions that callers take are recorded as JSON lines, on standard output or in the file that `audit` names.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem relay --tenant demo\n  \
    SECRET_KEY=… tesem relay\n  \
    tesem relay --config relay.toml --log-format json\n  \
    tesem relay token --tenant contoso")]
pub(crate) struct RelayArgs {
    #[command(subcommand)]
    command: Option<RelayCommand>,
    /// Address and port; port 0 takes a free one [default: [relay] listen, or 127.0.0.1:9301]
    #[arg(long, value_name = "ADDR", env = "TESEM_RELAY_LISTEN")]
    listen: Option<String>,
    /// Most sightings of one observable; anything but a whole number above zero means 100 [default: [relay] entities_limit]
    #[arg(long, value_name = "COUNT", env = "CTR_ENTITIES_LIMIT")]
    entities_limit: Option<String>,
    /// Hunting API to use, over the configuration's
    #[arg(long, value_enum, value_name = "API")]
    hunting: Option<HuntingName>,
    /// `demo` starts a tenant in this process and prints a token for it
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// How the log is written to standard error
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        env = "TESEM_LOG_FORMAT",
        default_value = "text"
    )]
    log_format: LogFormat,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people
    #[default]
    Text,
    /// One JSON object per line
    Json,
}

/// What there is besides answering.
#[derive(Debug, Subcommand)]
pub(crate) enum RelayCommand {
    Token(token::TokenArgs),
}

impl RelayArgs {
    /// How the log is written; nothing where nothing is served.
    pub(crate) fn log_format(&self) -> Option<LogFormat> {
        self.command.is_none().then_some(self.log_format)
    }
}

/// Runs the command.
pub(crate) async fn run(
    args: &RelayArgs,
    settings: Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match &args.command {
        Some(RelayCommand::Token(args)) => token::run(args, &settings, terminal),
        None => serve::run(args, settings, terminal).await,
    }
}
