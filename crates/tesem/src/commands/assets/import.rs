//! `tesem assets import`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use futures::TryStreamExt;
use jiff::Timestamp;
use tesem_assets::collect::{AlertRoute, CollectError, CollectOptions, InventoryRoute, LogonRoute};
use tesem_assets::sink::car::Failure;
use tesem_assets::sink::{JsonSink, Sink, SinkError};
use tesem_assets::{
    AccountIds, Aspect, ImportError, ImportReport, Importer, MappingOptions, Mode, Source,
};
use tesem_defender::{ClientOptions, DefenderError, ListQuery};
use tesem_hunt::CancelSource;
use tesem_state::{Clock, SystemClock};

use super::connector::ConnectorArgs;
use super::lock::{ImportLock, StillWorks};
use super::progress::ImportProgress;
use super::record::ImportRecord;
use super::scopes::Scopes;
use crate::cli::{Format, TenantOption};
use crate::commands::hunt::session::stop_on_ctrl_c;
use crate::exit::Exit;
use crate::failure::{UsageError, advise, exit, render};
use crate::settings::{Settings, SinkFile, SinkKind, sink_file};
use crate::tenants::{self, OpenTenant, Opening};
use crate::terminal::Terminal;
use crate::view;

/// Copy a tenant's machines, users, addresses, software, vulnerabilities and alerts into a sink
///
/// The first import is full; later ones read what changed, and can run every few minutes: a second one beside the first says so and ends. A
/// crash repeats what was not written yet. Each run adds a line with its calls, times and counts to DIR/assets.jsonl.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tesem assets import --tenant demo --to sqlite:assets.db\n  \
    tesem assets import --tenant contoso --to car --mode auto --without alerts\n  \
    tesem assets import -tenantID T -clientID C -clientSecret S -car-service-url U -car-service-key K -car-service-password P -source conn-1\n\n\
    Exit codes: 0 done; 2 wrong usage or configuration; 10 the sink failed or is in use, the next run may be incremental; 20 the sink failed,\n\
    the next run is full; 50 the tenant could not be read, 51 not reached, 52 not signed in, 53 not allowed, 54 not understood,\n\
    55 its answer not understood; 130 interrupted.")]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    tenant: TenantOption,
    /// Sink of the configuration, or sqlite:FILE, parquet:FOLDER, json:FOLDER [default: the only one configured]
    #[arg(long, value_name = "SINK")]
    to: Option<String>,
    /// How much is read
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    mode: ModeName,
    /// Leave a part out; may be repeated
    #[arg(long, value_enum, value_name = "PART")]
    without: Vec<PartName>,
    /// Where logons come from
    #[arg(long, value_enum, default_value_t, value_name = "ROUTE")]
    logons: LogonsName,
    /// Where software and vulnerabilities come from
    #[arg(long, value_enum, default_value_t, value_name = "ROUTE")]
    inventory: InventoryName,
    /// Where alerts come from
    #[arg(long, value_enum, default_value_t, value_name = "ROUTE")]
    alerts: AlertsName,
    /// What makes an account one account
    #[arg(long, value_enum, default_value_t, value_name = "KIND")]
    accounts: AccountsName,
    /// Under which name the graph is kept in the sink [default: `source` of the sink, else the tenant's name]
    #[arg(long, value_name = "KEY", env = "CONNECTION_NAME")]
    source: Option<String>,
    /// Show what will be read, and the calls that it takes, and do nothing
    #[arg(long)]
    explain: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Directory for the file of metrics and for locks
    #[arg(long, value_name = "DIR", default_value = "results", env = "TESEM_OUT")]
    out: PathBuf,
    #[command(flatten)]
    connector: ConnectorArgs,
}

/// `--mode`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ModeName {
    /// What changed, where that can be told; else everything
    #[default]
    Auto,
    /// Everything
    Full,
    /// What changed; an error where that cannot be told
    Incremental,
}

/// `--without`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PartName {
    Alerts,
    Vulnerabilities,
    #[value(alias = "users")]
    Logons,
}

/// `--logons`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LogonsName {
    /// Hunting: a few calls; the other way where that is barred
    #[default]
    Hunting,
    /// One call for each machine
    Machines,
}

/// `--inventory`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum InventoryName {
    /// Export files, and hunting for few machines; hunting alone where exports are barred
    #[default]
    Files,
    /// Hunting
    Tables,
}

/// `--alerts`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum AlertsName {
    /// Defender for Endpoint; Microsoft Graph where that is barred
    #[default]
    Defender,
    /// Microsoft Graph, those that Defender for Endpoint raised
    Graph,
}

/// `--accounts`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum AccountsName {
    /// The bare name, as in data of IBM's connector: accounts of one name are one
    #[default]
    Name,
    /// Domain and name
    DomainName,
}

pub(super) async fn run(
    args: &ImportArgs,
    mut settings: Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let of_connector = args.connector.add_tenant(&mut settings)?;
    let tenant = tenant(args, of_connector, &settings)?;
    if args.connector.is_connection_test() {
        return connection_test(args, &tenant, &settings, terminal).await;
    }
    let (name, sink) = sink(args, &settings)?;
    let source = source(args, &sink, &tenant)?;
    if args.explain {
        return explain(args, &settings, &tenant, (&name, &sink), source, terminal).await;
    }
    let mut record = ImportRecord::new(SystemClock.now(), &tenant, &name, source.key());
    let job = Job {
        args,
        settings: &settings,
        terminal,
        tenant,
        name,
        sink,
        source,
    };
    let (ended, exit) = job.run(&mut record).await;
    record.exit = exit.code();
    record.error = ended.as_ref().err().map(render);
    let kept = record.append(&args.out.join("assets.jsonl"));
    if let Err(error) = kept {
        terminal.warn(&format!("{error:#}"));
    }
    match ended {
        Ok(()) if exit == Exit::Done => {
            view::assets::write(&mut terminal.stdout(), &record, args.format)?;
        }
        Ok(()) => terminal.say("interrupted; the next run goes on from what is written"),
        Err(error) => terminal.error(&render(&error)),
    }
    Ok(exit)
}

/// How many machines a tenant is taken to have of which the sink knows nothing.
const MACHINES_TYPICAL: u64 = 10_000;

/// Tells what an import would take.
async fn explain(
    args: &ImportArgs,
    settings: &Settings,
    tenant: &str,
    (name, sink): (&str, &SinkFile),
    source: Source,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    if sink.kind == SinkKind::Car {
        let error = UsageError::new(
            "--explain does not look into Connected Assets and Risk, whose database a look can change",
        );
        return Err(error
            .with_hint("explain an import into another sink, such as `--to sqlite:assets.db`")
            .into());
    }
    let progress = ImportProgress::new(terminal, tenant);
    let opened = open(tenant, settings, &progress).await?;
    // A file that is not there yet is not made by looking.
    let sink = match sink.is_missing() {
        true => None,
        false => Some(sink.open(name, Arc::new(SystemClock)).await?),
    };
    let nothing = JsonSink::new(&args.out.join(".tesem/nowhere"));
    let importer = Importer {
        client: &opened.client,
        sink: sink.as_deref().unwrap_or(&nothing),
        source,
        mode: args.mode.into(),
        aspects: args.aspects(),
        collect: args.collect(),
        mapping: args.mapping(SystemClock.now()),
        watcher: progress.as_ref(),
        last_scope: None,
        is_stopped: &|| false,
    };
    let told = importer.forecast(MACHINES_TYPICAL).await;
    opened.close().await;
    progress.finish();
    view::assets::forecast(&mut terminal.stdout(), &told?, args.format)?;
    Ok(Exit::Done)
}

fn tenant(
    args: &ImportArgs,
    of_connector: Option<String>,
    settings: &Settings,
) -> anyhow::Result<String> {
    if let (true, Some(name)) = (args.tenant.tenant.is_empty(), of_connector) {
        return Ok(name);
    }
    match tenants::choose(&args.tenant.tenant, settings)?.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(UsageError::new("`tesem assets import` reads one tenant at a time").into()),
    }
}

/// The sink that is named, that the connector's options describe, or that is the only one.
fn sink(args: &ImportArgs, settings: &Settings) -> anyhow::Result<(String, SinkFile)> {
    if let Some(name) = &args.to {
        return Ok((name.clone(), sink_file(settings, name)?));
    }
    if let Some(sink) = args.connector.sink(args.source.as_deref())? {
        return Ok(("car".to_owned(), sink));
    }
    let names: Vec<&String> = settings.file.sinks.keys().collect();
    match names.as_slice() {
        [only] => Ok(((*only).clone(), sink_file(settings, only)?)),
        [] => Err(UsageError::new("no sink is named and none is configured")
            .with_hint(
                "try `--to sqlite:assets.db`, or describe yours as [sinks.NAME] in tesem.toml",
            )
            .into()),
        several => {
            let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            let hint = format!("choose with --to: {}", names.join(", "));
            Err(
                UsageError::new("several sinks are configured and none is named")
                    .with_hint(hint)
                    .into(),
            )
        }
    }
}

fn source(args: &ImportArgs, sink: &SinkFile, tenant: &str) -> anyhow::Result<Source> {
    let key = args
        .source
        .as_deref()
        .or(sink.source.as_deref())
        .unwrap_or(tenant);
    let name = sink.source_name.as_deref().unwrap_or(key);
    let made = Source::new(key, name).map_err(|error| UsageError::new(error.to_string()));
    Ok(made?)
}

/// One import.
struct Job<'a> {
    args: &'a ImportArgs,
    settings: &'a Settings,
    terminal: &'a Terminal,
    tenant: String,
    name: String,
    sink: SinkFile,
    source: Source,
}

impl Job<'_> {
    /// Imports, and says how that ended.
    async fn run(&self, record: &mut ImportRecord) -> (anyhow::Result<()>, Exit) {
        match self.import(record).await {
            Ok(exit) => (Ok(()), exit),
            Err(error) => {
                let exit = class(&error);
                (Err(error), exit)
            }
        }
    }

    async fn import(&self, record: &mut ImportRecord) -> anyhow::Result<Exit> {
        let (out, source) = (&self.args.out, self.source.key());
        let place = self.sink.path_on_disk();
        let sink = (&*self.name, place.as_deref());
        let _lock = ImportLock::take(out, sink, source, self.settings).await?;
        let scopes = Scopes::beside(out, &self.name, source);
        let sink = self.sink.open(&self.name, Arc::new(SystemClock)).await?;
        let progress = ImportProgress::new(self.terminal, &self.tenant);
        let tenant = open(&self.tenant, self.settings, &progress).await?;
        let began = SystemClock.now();
        let ended = self
            .read_and_write(&tenant, sink.as_ref(), &progress, &scopes)
            .await;
        tenant.close().await;
        progress.finish();
        if let Ok(Some(report)) = &ended {
            record.report(report);
        }
        record.tally(progress.tally(), SystemClock.now().duration_since(began));
        Ok(match ended.map_err(advised)? {
            Some(_) => Exit::Done,
            None => Exit::Interrupted,
        })
    }

    /// Nothing where the person stopped it.
    async fn read_and_write(
        &self,
        tenant: &OpenTenant,
        sink: &dyn Sink,
        progress: &Arc<ImportProgress>,
        scopes: &Scopes,
    ) -> Result<Option<ImportReport>, ImportError> {
        let cancel = Arc::new(CancelSource::new());
        stop_on_ctrl_c(&cancel, self.terminal);
        let token = cancel.token();
        let importer = Importer {
            client: &tenant.client,
            sink,
            source: self.source.clone(),
            mode: self.args.mode.into(),
            aspects: self.args.aspects(),
            collect: self.args.collect(),
            mapping: self.args.mapping(SystemClock.now()),
            watcher: progress.as_ref(),
            last_scope: scopes.last(),
            is_stopped: &|| token.is_cancelled(),
        };
        let mut import = std::pin::pin!(importer.run());
        let stopped = token.clone();
        let ended = tokio::select! {
            ended = &mut import => ended,
            () = stopped.cancelled() => {
                if !progress.is_writing() {
                    return Ok(None);
                }
                self.terminal.say("what was read is being written; that comes to its end first");
                import.await
            }
        };
        match ended {
            Err(ImportError::Stopped) => Ok(None),
            Ok(report) => {
                scopes.keep(report.at, &importer.scope(), self.terminal);
                Ok(Some(report))
            }
            Err(error) => Err(error),
        }
    }
}

impl ImportArgs {
    fn aspects(&self) -> BTreeSet<Aspect> {
        let without = |part: PartName| self.without.contains(&part);
        let connector = &self.connector;
        let mut aspects = BTreeSet::from(Aspect::ALL);
        let left_out = [
            (
                Aspect::Alerts,
                without(PartName::Alerts) || connector.has_no_alerts(),
            ),
            (
                Aspect::Vulnerabilities,
                without(PartName::Vulnerabilities) || connector.has_no_vulnerabilities(),
            ),
            (Aspect::Logons, without(PartName::Logons)),
        ];
        for (aspect, is_left_out) in left_out {
            if is_left_out {
                aspects.remove(&aspect);
            }
        }
        aspects
    }

    fn collect(&self) -> CollectOptions {
        CollectOptions {
            logons: match self.logons {
                LogonsName::Hunting => LogonRoute::Hunting,
                LogonsName::Machines => LogonRoute::Machines,
            },
            inventory: match self.inventory {
                InventoryName::Files => InventoryRoute::Files,
                InventoryName::Tables => InventoryRoute::Tables,
            },
            alerts: match self.alerts {
                AlertsName::Defender => AlertRoute::Defender,
                AlertsName::Graph => AlertRoute::Graph,
            },
        }
    }

    fn mapping(&self, now: Timestamp) -> MappingOptions {
        MappingOptions {
            accounts: match self.accounts {
                AccountsName::Name => AccountIds::Name,
                AccountsName::DomainName => AccountIds::DomainName,
            },
            ..MappingOptions::new(now)
        }
    }
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Auto => Self::Auto,
            ModeName::Full => Self::Full,
            ModeName::Incremental => Self::Incremental,
        }
    }
}

async fn open(
    name: &str,
    settings: &Settings,
    progress: &Arc<ImportProgress>,
) -> anyhow::Result<OpenTenant> {
    let opening = Opening {
        settings,
        hunting: None,
        clock: Arc::new(SystemClock),
        options: ClientOptions {
            observer: progress.clone(),
            ..ClientOptions::default()
        },
        demo_state: None,
    };
    let tenant = tenants::open(name, &opening).await?;
    for warning in tenant.client.warnings() {
        progress.warn(&warning.to_string());
    }
    Ok(tenant)
}

/// The error with what a person can do about it.
fn advised(error: ImportError) -> anyhow::Error {
    let ImportError::Collect(CollectError { aspect, source }) = &error else {
        return error.into();
    };
    let can_be_left_out = !matches!(aspect, Aspect::Machines | Aspect::Software);
    let is_refused = source
        .refusal()
        .is_some_and(|refusal| refusal.status == 403);
    let hint = match (source.hint(), is_refused && can_be_left_out) {
        (Some(hint), true) => format!("{hint}; or leave the part out: --without {}", aspect.name()),
        (Some(hint), false) => hint,
        (None, _) => return error.into(),
    };
    advise(error, hint)
}

/// The class of an error, as IBM's platform has them.
fn class(error: &anyhow::Error) -> Exit {
    if error.is::<StillWorks>() {
        return Exit::Import(Failure::Recoverable.code());
    }
    for cause in error.chain() {
        if let Some(import) = cause.downcast_ref::<ImportError>() {
            return match (import.failure(), import) {
                (Some(failure), _) => Exit::Import(failure.code()),
                (None, ImportError::Sink(sink)) => of_sink(sink),
                (None, _) => Exit::Usage,
            };
        }
        if let Some(sink) = cause.downcast_ref::<SinkError>() {
            return of_sink(sink);
        }
    }
    exit(error)
}

fn of_sink(error: &SinkError) -> Exit {
    match error {
        SinkError::Foreign { .. } | SinkError::Newer { .. } | SinkError::OtherSource { .. } => {
            Exit::Usage
        }
        SinkError::Damaged { .. } => Exit::Import(Failure::Unrecoverable.code()),
        _ => Exit::Import(Failure::Recoverable.code()),
    }
}

/// Reads one machine.
async fn connection_test(
    args: &ImportArgs,
    tenant: &str,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    // The connector asks for all of its options, although it tries the tenant alone.
    sink(args, settings)?;
    let progress = ImportProgress::new(terminal, tenant);
    let opened = open(tenant, settings, &progress).await?;
    let query = ListQuery {
        limit: Some(1),
        ..ListQuery::default()
    };
    let list = opened.client.reader().machines().list(&query);
    let read: Result<Vec<_>, DefenderError> = list.try_collect().await;
    opened.close().await;
    progress.finish();
    match read {
        Ok(_) => {
            terminal.say(&format!("the machines of `{tenant}` can be read"));
            Ok(Exit::Done)
        }
        Err(error) => {
            let exit = Exit::Import(Failure::from(&error).code());
            let error = match error.hint() {
                Some(hint) => advise(error, hint),
                None => error.into(),
            };
            let error = Err::<(), _>(error).context("the machines cannot be read");
            if let Err(error) = error {
                terminal.error(&render(&error));
            }
            Ok(exit)
        }
    }
}
