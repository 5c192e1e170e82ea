//! `tesem doctor`: what works in a tenant, what is missing, what to do.

mod advice;
mod capabilities;
mod examination;
mod finding;
mod network;
mod sign_in;

use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tesem_defender::ClientOptions;
use tesem_defender::checkup::Job;
use tesem_defender::retry::RetryPolicy;
use tesem_state::SystemClock;

use crate::cli::Format;
use crate::exit::Exit;
use crate::settings::{HuntingName, Settings};
use crate::tenants::{self, Opening};
use crate::terminal::Terminal;
use crate::view;
use crate::waits::Waits;

pub(crate) use finding::{CapabilityFinding, Finding, Left, Status, TenantFindings};

/// Check sign-in, permissions and quotas: what works, what is missing, what to do
///
/// Reaches the tenant's hosts, compares clocks and clouds, signs in, reads the permissions in the token, and makes one harmless call
/// for each thing that Tesem can do. Changes nothing: what would change something is judged by its permission alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem doctor --tenant demo\n  \
    tesem doctor                                  # every configured tenant\n  \
    tesem doctor --tenant contoso --for hunt      # only what hunting needs\n  \
    tesem doctor --format json\n\n\
    Exit codes: 0 everything that was asked for works; 3 something failed or is missing.")]
pub(crate) struct DoctorArgs {
    /// Tenant from the configuration, or `demo`; may be repeated [default: every one that is configured]
    #[arg(long, value_name = "NAME", env = "TESEM_TENANT", value_delimiter = ',')]
    tenant: Vec<String>,
    /// Look only at what these jobs need; may be repeated [default: all jobs]
    #[arg(long = "for", value_enum, value_name = "JOB", value_delimiter = ',')]
    jobs: Vec<JobName>,
    /// Hunting API, over the tenant's own setting
    #[arg(long, value_enum, value_name = "API")]
    hunting: Option<HuntingName>,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// A job as `--for` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JobName {
    /// Looking for indicators in telemetry
    Hunt,
    /// Keeping the tenant's list of indicators
    Indicators,
    /// Copying machines, users, software, vulnerabilities and alerts
    Assets,
    /// Answering questions about observables, and acting on machines
    Relay,
}

impl From<JobName> for Job {
    fn from(name: JobName) -> Self {
        match name {
            JobName::Hunt => Self::Hunt,
            JobName::Indicators => Self::Indicators,
            JobName::Assets => Self::Assets,
            JobName::Relay => Self::Relay,
        }
    }
}

/// Runs the command.
pub(crate) async fn run(
    args: &DoctorArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let jobs: Vec<Job> = args.jobs.iter().copied().map(Job::from).collect();
    let opening = Opening {
        settings,
        hunting: args.hunting,
        clock: Arc::new(SystemClock),
        options: impatient(terminal),
        demo_state: None,
    };
    let mut examined = Vec::new();
    for name in names(args, settings)? {
        terminal.say(&format!("examining tenant {name}"));
        examined.push(examine(&name, &opening, &jobs).await);
    }
    view::doctor::write(&examined, args.format, terminal)?;
    let is_fine = examined.iter().all(TenantFindings::is_fine);
    Ok(if is_fine { Exit::Done } else { Exit::Partial })
}

/// The named tenants, or all that are configured.
fn names(args: &DoctorArgs, settings: &Settings) -> anyhow::Result<Vec<String>> {
    let named = &args.tenant;
    let all = settings.tenant_names();
    if named.is_empty() && !all.is_empty() {
        return Ok(all.into_iter().map(str::to_owned).collect());
    }
    tenants::choose(named, settings)
}

async fn examine(name: &str, opening: &Opening<'_>, jobs: &[Job]) -> TenantFindings {
    match tenants::open(name, opening).await {
        Ok(tenant) => {
            let findings = examination::examine(&tenant.client, jobs).await;
            tenant.close().await;
            findings
        }
        Err(error) => TenantFindings::unusable(name, &error),
    }
}

/// A client that gives up soon: a doctor's patient wants an answer now, and a failure is one.
fn impatient(terminal: &Terminal) -> ClientOptions {
    ClientOptions {
        request_timeout: Duration::from_secs(30),
        retry: RetryPolicy {
            attempts_max: 2,
            timeouts_max: 1,
            throttles_max: 0,
            call_time_max: Duration::from_secs(60),
            ..RetryPolicy::default()
        },
        ..Waits::options(terminal)
    }
}
