//! Logs, to standard error. Values of indicators and secrets are never logged.

use tracing_subscriber::EnvFilter;

use crate::cli::CommonOptions;
use crate::terminal::Terminal;

/// Starts the log at the level that `-v` asks for; `TESEM_LOG` takes a filter such as `tesem_defender=trace`.
pub(crate) fn start(options: &CommonOptions, terminal: &Terminal) {
    let level = match (options.quiet, options.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let ours = [
        "tesem",
        "tesem_defender",
        "tesem_hunt",
        "tesem_intel",
        "tesem_twin",
        "tesem_engine",
        "tesem_state",
    ];
    let directives: Vec<String> = ours
        .iter()
        .map(|target| format!("{target}={level}"))
        .collect();
    let filter = EnvFilter::builder()
        .with_env_var("TESEM_LOG")
        .try_from_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("error,{}", directives.join(","))));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal.color_err())
        .init();
}
