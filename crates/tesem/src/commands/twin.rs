//! `tesem twin`: a Defender tenant on this machine.

use std::io::Write;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use tesem_state::{Clock, SystemClock};
use tesem_twin::generate::GenerateOptions;
use tesem_twin::{
    QuotaSetting, RunningTwin, TwinError, TwinOptions, TwinSource, UnverifiedBehaviour,
    WrittenTenant,
};

use crate::exit::Exit;
use crate::failure::UsageError;
use crate::terminal::Terminal;

/// Serve a Defender tenant on your own machine
#[derive(Debug, Subcommand)]
pub(crate) enum TwinCommand {
    Serve(Box<ServeArgs>),
    Generate(GenerateArgs),
}

/// Write a generated tenant as a data directory
///
/// The same options give the same bytes. The files lie in `.unfinished` until all are complete, and are removed on Ctrl-C. `tesem twin serve --data DIR` then answers as `tesem twin serve` does with these options,
/// and the files can be changed before that.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem twin generate --out my-tenant\n  \
    tesem twin generate --out big --devices 10000 --days 30 --seed 42 --until 2026-10-15T00:00:00Z\n  \
    tesem twin generate --out busy --devices 50 --days 3 --activity 1000")]
pub(crate) struct GenerateArgs {
    /// Directory to write; it must be empty or not be there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Which of the possible tenants
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Devices of the tenant
    #[arg(long, value_name = "COUNT", default_value_t = 300)]
    devices: u32,
    /// Days of telemetry
    #[arg(long, value_name = "COUNT", default_value_t = 30)]
    days: u32,
    /// End of the telemetry; without it now
    #[arg(long, value_name = "TIME")]
    until: Option<jiff::Timestamp>,
    /// Routine events of a workstation on a day of work, beside about 70; 1000 resembles endpoints in use
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    activity: u32,
}

/// Serve sign-in, Graph, Defender and hunting on one address
///
/// All four endpoints of a client (login, graph, defender, portal) point to that address. `GET /_twin/tenant` gives the
/// credentials, `GET /_twin/calls` every call, `GET /_twin/capabilities` what is emulated.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem twin serve\n  \
    tesem twin serve --data my-tenant --listen 127.0.0.1:9000 --quota off\n  \
    tesem twin serve --devices 50 --days 7 --seed 42 --quota 10/60s,100/1h")]
pub(crate) struct ServeArgs {
    /// Directory with tenant.json, tables/<Table>.jsonl or .parquet, …; without it a tenant is generated
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "devices", "days"])]
    data: Option<PathBuf>,
    /// Address and port; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:9300",
        env = "TESEM_TWIN_LISTEN"
    )]
    listen: SocketAddr,
    /// Call quotas: `documented`, `off`, or windows such as `45/60s,1500/1h`
    #[arg(long, value_name = "QUOTA", default_value = "documented", value_parser = quota)]
    quota: QuotaSetting,
    /// Behaviour that no public page settles, otherwise than the twin assumes, such as `indicator-deletion=ok`; may be repeated, and
    /// a wrong one lists all
    #[arg(long, value_name = "KEY=VALUE")]
    assume: Vec<String>,
    /// Which of the possible generated tenants
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Devices of the generated tenant
    #[arg(long, value_name = "COUNT", default_value_t = 300)]
    devices: u32,
    /// Days of the generated telemetry, ending now
    #[arg(long, value_name = "COUNT", default_value_t = 30)]
    days: u32,
}

fn quota(text: &str) -> Result<QuotaSetting, String> {
    QuotaSetting::parse(text).map_err(|error| error.to_string())
}

/// Runs the command.
pub(crate) async fn run(command: &TwinCommand, terminal: &Terminal) -> anyhow::Result<Exit> {
    match command {
        TwinCommand::Serve(args) => serve(args, terminal).await,
        TwinCommand::Generate(args) => generate(args, terminal).await,
    }
}

async fn generate(args: &GenerateArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let options = GenerateOptions {
        seed: args.seed,
        devices: args.devices,
        days: args.days,
        until: args.until.unwrap_or_else(|| SystemClock.now()),
        activity: args.activity,
    };
    let out = args.out.clone();
    let is_stopped = Arc::new(AtomicBool::new(false));
    let bar = terminal.bar("[{bar:30}] {pos}/{len} device days, {msg}, {elapsed}, {eta} left");
    let writing = tokio::task::spawn_blocking({
        let (is_stopped, bar) = (Arc::clone(&is_stopped), bar.clone());
        move || write(&options, &out, &is_stopped, &bar)
    });
    let listening = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            is_stopped.store(true, Ordering::Relaxed);
        }
    });
    let written = writing.await.context("writing the tenant was interrupted");
    listening.abort();
    bar.finish_and_clear();
    let written = written?.context("the tenant cannot be written")?;
    let rows: usize = written.rows.values().sum();
    let machines = written.entities.get("machines").copied().unwrap_or(0);
    terminal.say(&format!(
        "tenant {} with {machines} devices and {rows} rows in {} tables\n  serve it with  tesem twin serve --data {}",
        written.tenant_id,
        written.rows.len(),
        args.out.display(),
    ));
    Ok(Exit::Done)
}

/// Writes the tenant until somebody stops it; the files that are there by then are removed.
fn write(
    options: &GenerateOptions,
    out: &Path,
    is_stopped: &AtomicBool,
    bar: &ProgressBar,
) -> Result<WrittenTenant, TwinError> {
    tesem_twin::write_generated_observed(options, out, &mut |progress| {
        bar.set_length(progress.device_days_all);
        bar.set_position(progress.device_days);
        bar.set_message(format!("{} rows", progress.rows));
        match is_stopped.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })
}

async fn serve(args: &ServeArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    let options = TwinOptions {
        quota: args.quota.clone(),
        unverified: assumed(&args.assume)?,
        ..TwinOptions::new(source(args))
    };
    let twin = tesem_twin::start(options, args.listen)
        .await
        .context("the twin cannot start")?;
    for warning in twin.warnings() {
        terminal.warn(&warning.to_string());
    }
    announce(&twin, terminal)?;
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    terminal.say("stopping");
    twin.shutdown().await;
    Ok(Exit::Done)
}

fn assumed(assumptions: &[String]) -> Result<UnverifiedBehaviour, UsageError> {
    assumptions
        .iter()
        .try_fold(UnverifiedBehaviour::default(), |behaviour, text| {
            behaviour.assuming(text)
        })
        .map_err(|error| UsageError::new(error.to_string()))
}

fn source(args: &ServeArgs) -> TwinSource {
    match &args.data {
        Some(directory) => TwinSource::Directory(directory.clone()),
        None => TwinSource::Generated(GenerateOptions {
            seed: args.seed,
            devices: args.devices,
            days: args.days,
            until: SystemClock.now(),
            activity: 0,
        }),
    }
}

/// The address goes to standard output, so that a script can read it.
fn announce(twin: &RunningTwin, terminal: &Terminal) -> anyhow::Result<()> {
    let base = twin.base_url();
    let mut out = terminal.stdout();
    writeln!(out, "{base}")?;
    out.flush()?;
    terminal.say(&format!(
        "serving tenant {} until Ctrl-C\n  credentials   {base}/_twin/tenant\n  calls         {base}/_twin/calls\n  capabilities  {base}/_twin/capabilities\n  OpenAPI       {base}/_twin/openapi.json",
        twin.tenant().tenant_id,
    ));
    Ok(())
}
