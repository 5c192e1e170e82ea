//! `tesem hunt`: look for indicators in tenants.

pub(crate) mod asking;
pub(crate) mod backend;
mod deadline;
mod format;
mod input;
mod invocation;
mod memory;
pub(crate) mod observer;
mod packs;
mod party;
pub(crate) mod publishing;
mod schedule;
pub(crate) mod session;

use std::io::IsTerminal;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tesem_hunt::{
    Budget, CancelSource, InputForm, PlanOptions, QUERY_BYTES_DEFAULT, ROWS_PER_INDICATOR_DEFAULT,
};
use tesem_state::{Clock, SystemClock};

use crate::cli::TenantOption;
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::{HuntingName, Settings};
use crate::tenants;
use crate::terminal::Terminal;
pub(crate) use format::HuntFormat;
use invocation::Invocation;
use memory::TenantMemory;
use session::Session;

/// Look for indicators in tenants
///
/// Reads indicators from lists or from any text (reports, mails, CSV, JSON, HTML), also defanged ones. Packs them into few
/// advanced hunting queries, and says of every line whether it was found, searched and not found, or not searchable.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem hunt indicators.txt --tenant demo\n  \
    tesem hunt report.txt --explain\n  \
    tesem hunt --feed c2 --new-only --fail-on-hit       # from cron: only what is new\n  \
    tesem hunt --feed c2 --feed partners --tenant contoso --max-calls 200\n  \
    curl -s https://example.org/iocs.csv | tesem hunt - --tenant contoso --format csv > hits.csv\n  \
    tesem hunt indicators.txt --tz Africa/Cairo --append all-hits.csv --fail-on-hit\n  \
    tesem hunt --feed c2 --pack c2                      # and one query per Shodan search\n  \
    tesem hunt iocs.txt --pack hunting.yaml --kql mine.kql --set limit=50\n  \
    tesem hunt --resume 20261121T035147Z-0f3a9c\n\n\
    Files of a run, in DIR/RUN/: hits.csv, hits.jsonl, hits.parquet, sightings.csv, sightings.parquet,\n\
    sightings.stix.json, timesketch.csv, coverage.csv, report.html, run.json, queries/.")]
pub(crate) struct HuntArgs {
    /// Files with indicators; `-` is standard input
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    #[command(flatten)]
    tenant: TenantOption,
    /// Hunt in every tenant of the configuration
    #[arg(long, conflicts_with = "tenant")]
    all_tenants: bool,
    /// How inputs are read: as a list with one item a line, as running text, or by their looks
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    form: Form,
    /// Also hunt for what a configured feed gives; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    feed: Vec<String>,
    /// Also ask the queries of a pack: a file (.toml, .yaml, .md), a name from [packs], or a built-in one; may be repeated
    #[arg(long, value_name = "FILE|NAME", long_help = pack_help())]
    pack: Vec<String>,
    /// Also ask the query in a file, named as the file is; may be repeated
    #[arg(long, value_name = "FILE")]
    kql: Vec<String>,
    /// Give a parameter of a pack another value; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Also search for inputs that a list of [lists] would stop
    #[arg(long)]
    no_lists: bool,
    /// Where copies of feeds are kept [default: the user's cache directory]
    #[arg(long, value_name = "DIR", env = "TESEM_CACHE", hide_short_help = true)]
    cache: Option<PathBuf>,
    /// Hunting API, over the tenant's own setting
    #[arg(long, value_enum, value_name = "API")]
    hunting: Option<HuntingName>,
    /// How many days back to search; the service keeps 30
    #[arg(long, value_name = "COUNT", default_value_t = NonZeroU32::new(30).unwrap_or(NonZeroU32::MIN), value_parser = days)]
    days: NonZeroU32,
    /// Search every address on both sides of a connection, not public ones remotely and private ones locally
    #[arg(long)]
    any_side: bool,
    /// Most bytes of a query's text
    #[arg(long, value_name = "BYTES", default_value_t = QUERY_BYTES_DEFAULT)]
    query_bytes: usize,
    /// Most events fetched per indicator, the newest; sightings are always counted in full
    #[arg(long, value_name = "COUNT", default_value_t = ROWS_PER_INDICATOR_DEFAULT)]
    rows: u32,
    /// Report only what the runs before have not, for a scheduled hunt; NAME keeps several schedules apart
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "prevalence")]
    new_only: Option<String>,
    /// How late an event may reach the service and still be reported by --new-only, e.g. 24h
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = lateness, hide_short_help = true)]
    lateness: SignedDuration,
    /// Count the devices and users that a block of each indicator would have touched; fetch no events
    #[arg(long)]
    prevalence: bool,
    /// Stop after so many calls of hunting quota; `--resume` goes on
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    max_calls: Option<u32>,
    /// Stop at a time: 06:00 (the next, in --tz), 2026-11-29T06:00:00Z, or a span from now such as 2h; `--resume` goes on
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Go on with an interrupted run: its name, or its folder
    #[arg(long, value_name = "RUN", conflicts_with_all = ["inputs", "feed", "pack", "kql", "set", "all_tenants", "explain", "form", "any_side", "prevalence", "new_only"])]
    resume: Option<PathBuf>,
    /// Show calls, quota and time the hunt will take, and do nothing
    #[arg(long)]
    explain: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: HuntFormat,
    /// Directory for the folders of runs
    #[arg(long, value_name = "DIR", default_value = "results", env = "TESEM_OUT")]
    out: PathBuf,
    /// Also append the hits to this CSV file, whose header is written once
    #[arg(long, value_name = "FILE")]
    append: Option<PathBuf>,
    /// Time zone of local times, an IANA name such as Africa/Cairo
    #[arg(long, value_name = "ZONE", default_value = "UTC", env = "TESEM_TZ", value_parser = time_zone)]
    tz: TimeZone,
    /// Exit with 5 when something was found
    #[arg(long)]
    fail_on_hit: bool,
}

fn pack_help() -> String {
    format!(
        "Also ask the queries of a pack; may be repeated.\n\nA pack is a file (.toml; .yaml and .md as public repositories have them), a \
         name from [packs] in the configuration, or a built-in one: {}. Its queries may hold {{{{indicators.ip}}}} and the like, \
         {{{{window.start}}}}, {{{{window.end}}}} and parameters; their rows are in queries/NAME.csv and queries/NAME.json of the run.",
        packs::built_in()
    )
}

/// How inputs are read.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Form {
    #[default]
    Auto,
    List,
    Text,
}

impl From<Form> for InputForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Auto => Self::Auto,
            Form::List => Self::List,
            Form::Text => Self::Text,
        }
    }
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("`{name}` is no IANA time zone, such as Africa/Cairo or UTC"))
}

/// As many days as a timestamp can go back.
const DAYS_MAX: u32 = 36_500;

fn days(text: &str) -> Result<NonZeroU32, String> {
    let days: Option<NonZeroU32> = text.parse().ok();
    days.filter(|days| days.get() <= DAYS_MAX)
        .ok_or_else(|| format!("`{text}` is no number of days from 1 to {DAYS_MAX}"))
}

/// Runs the command.
pub(crate) async fn run(
    args: &HuntArgs,
    settings: Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    args.format.check(std::io::stdout().is_terminal())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cancel = Arc::new(CancelSource::new());
    let session = Session {
        budget: budget(args, clock.now())?,
        packs: packs::read(args, &settings, terminal)?,
        args,
        settings: &settings,
        terminal,
        clock,
        cancel,
    };
    if let Some(run) = &args.resume {
        return session.resume(run).await;
    }
    if args.inputs.is_empty() && args.feed.is_empty() && !args.asks_packs() {
        return Err(UsageError::new("nothing to hunt for: no input is named")
            .with_hint("name a file, `-` for standard input, a feed with --feed, or a pack with --pack; `tesem hunt --help` has examples")
            .into());
    }
    let names = tenants::all_or(args.all_tenants, &args.tenant.tenant, &settings)?;
    let wanted = input::read(args, session.settings, terminal).await?;
    if args.explain {
        return session.explain(&names, &wanted.intake);
    }
    let exit = session.hunt(&names, wanted.intake).await?;
    Ok(match exit {
        Exit::Done if wanted.feeds.failed > 0 => Exit::Partial,
        exit => exit,
    })
}

fn lateness(text: &str) -> Result<SignedDuration, String> {
    let span: Option<SignedDuration> = text.parse().ok();
    let longest = SignedDuration::from_hours(30 * 24);
    span.filter(|span| (SignedDuration::ZERO..=longest).contains(span))
        .ok_or_else(|| format!("`{text}` is no span of up to 30 days, such as 24h"))
}

fn budget(args: &HuntArgs, now: Timestamp) -> Result<Budget, UsageError> {
    let until = args.until.as_deref();
    let until = until.map(|text| deadline::deadline(text, now, &args.tz));
    Ok(Budget {
        calls: args.max_calls,
        until: until
            .transpose()
            .map_err(|error| UsageError::new(format!("--until: {error}")))?,
    })
}

/// How the hunt in the tenant `name`, of which `memory` is known, is planned.
fn plan_options(
    args: &HuntArgs,
    settings: &Settings,
    name: &str,
    memory: TenantMemory,
    now: Timestamp,
) -> PlanOptions {
    let reach = backend::reach(tenants::hunting_api(name, settings, args.hunting));
    let lookback = SignedDuration::from_hours(i64::from(args.days.get()) * 24);
    PlanOptions {
        query_bytes_max: args.query_bytes,
        rows_per_indicator: args.rows,
        any_side: args.any_side,
        prevalence: args.prevalence,
        costs: memory.costs,
        missing: memory.missing,
        ..PlanOptions::new(now, lookback, reach)
    }
}

impl HuntArgs {
    /// Whether queries of packs are asked.
    fn asks_packs(&self) -> bool {
        !self.pack.is_empty() || !self.kql.is_empty()
    }

    /// What a resumed run must do like the first one.
    fn invocation(&self, tenant: &str) -> Invocation {
        Invocation {
            tenant: tenant.to_owned(),
            hunting: self.hunting,
            time_zone: self.tz.iana_name().unwrap_or("UTC").to_owned(),
            append: self.append.clone(),
            new_only: self.new_only.clone(),
        }
    }
}
