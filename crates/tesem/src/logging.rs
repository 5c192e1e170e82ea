//! Logs, to standard error. Values of indicators and secrets are never logged.

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::commands::relay::LogFormat;
use crate::terminal::Terminal;

/// The crates whose log is shown.
const OURS: [&str; 10] = [
    "tesem",
    "tesem_assets",
    "tesem_defender",
    "tesem_engine",
    "tesem_hunt",
    "tesem_indicators",
    "tesem_intel",
    "tesem_relay",
    "tesem_state",
    "tesem_twin",
];

/// Starts the log at the level that `-v` asks for; `TESEM_LOG` takes a filter such as `tesem_defender=trace`. A service also logs what it
/// answers.
pub(crate) fn start(cli: &Cli, terminal: &Terminal) {
    let service = match &cli.command {
        Command::Relay(args) => args.log_format(),
        _ => None,
    };
    let verbose = cli
        .common
        .verbose
        .saturating_add(u8::from(service.is_some()));
    let level = match (cli.common.quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let directives = OURS.map(|target| format!("{target}={level}"));
    let filter = EnvFilter::builder()
        .with_env_var("TESEM_LOG")
        .try_from_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("error,{}", directives.join(","))));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal.color_err());
    match service {
        Some(LogFormat::Json) => log.json().flatten_event(true).init(),
        Some(LogFormat::Text) | None => log.init(),
    }
}
