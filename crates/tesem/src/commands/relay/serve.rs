//! Serving, from the settings to the last answer.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use tesem_defender::retry::RetryPolicy;
use tesem_defender::{ClientOptions, Endpoints};
use tesem_relay::auth::{Authenticator, HttpKeys, JwksMode, KeyCache, Mode};
use tesem_relay::server::{Connections, Relay, Tls, TlsError, serve};
use tesem_relay::sighting::Style;
use tesem_state::{Clock, SystemClock};

use super::audit::AuditLines;
use super::demo::Demo;
use super::tenants::{OpenTenants, Opening};
use super::time::ClockTime;
use super::{LogFormat, RelayArgs, stop};
use crate::exit::Exit;
use crate::failure::UsageError;
use crate::settings::{CountName, LISTEN_DEFAULT, QuotaName, RelayFile, Settings, relay_endpoints};
use crate::tenants;
use crate::terminal::Terminal;

/// Serves until somebody stops it.
pub(super) async fn run(
    args: &RelayArgs,
    settings: Settings,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let demo = Demo::start(args.tenant.as_deref(), &settings, terminal).await?;
    let file = &settings.file.relay;
    let connections = connections(file).await?;
    let relay = relay(args, &settings, demo.as_ref()).await?;
    let (listener, address) = listen(args, file)?;
    let scheme = connections.tls.as_ref().map_or("http", |_| "https");
    let origin = format!("{scheme}://{address}");
    announce(args, &origin, terminal);
    if let Some(demo) = &demo {
        demo.announce(&origin, terminal)?;
    }
    let serving = serve(listener, relay, connections, stop::asked());
    let exit = tokio::select! {
        served = serving => served.map(|()| Exit::Done).context("the relay cannot go on"),
        () = asked_twice(terminal) => Ok(Exit::Interrupted),
    };
    if let Some(demo) = demo {
        demo.close().await;
    }
    exit
}

async fn asked_twice(terminal: &Terminal) {
    stop::asked().await;
    terminal.say("stopping when all requests are answered; press Ctrl-C again to quit at once");
    stop::asked().await;
}

fn listen(args: &RelayArgs, file: &RelayFile) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let wanted = args.listen.as_deref().or(file.listen.as_deref());
    let wanted = wanted.unwrap_or(LISTEN_DEFAULT);
    let listener = TcpListener::bind(wanted).map_err(|error| {
        UsageError::new(format!("the relay cannot listen on `{wanted}`: {error}"))
            .with_hint("name a free address and port with --listen or `listen` in [relay]")
    })?;
    let address = listener
        .local_addr()
        .context("the address that the relay listens on is not known")?;
    Ok((listener, address))
}

fn announce(args: &RelayArgs, origin: &str, terminal: &Terminal) {
    match args.log_format {
        LogFormat::Json => tracing::info!(origin, "listening"),
        LogFormat::Text => terminal.say(&format!(
            "relay on {origin} until Ctrl-C; what it does is counted on /metrics"
        )),
    }
}

async fn connections(file: &RelayFile) -> anyhow::Result<Connections> {
    let tls = match &file.tls {
        None => None,
        Some(files) => {
            let loaded = Tls::load(&files.certificate, &files.key).await;
            Some(loaded.map_err(|error| {
                let TlsError { source, .. } = &error;
                UsageError::new(format!(
                    "`tls` of [relay] cannot be used: {error}: {source}"
                ))
            })?)
        }
    };
    Ok(Connections {
        tls,
        header_time: file.header_time()?,
        stop_time: file.request_time()?,
    })
}

async fn relay(
    args: &RelayArgs,
    settings: &Settings,
    demo: Option<&Demo>,
) -> anyhow::Result<Relay> {
    let file = &settings.file.relay;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let time = Arc::new(ClockTime(Arc::clone(&clock)));
    let endpoints = match demo {
        Some(demo) => demo.endpoints()?,
        None => relay_endpoints(settings)?,
    };
    let request_time = file.request_time()?;
    let opening = Opening {
        endpoints: endpoints.clone(),
        cloud: file.cloud.into(),
        hunting: args.hunting.unwrap_or(file.hunting).into(),
        options: options(file.quota, request_time),
        paces: file.quota.into(),
        clock,
        time: time.clone(),
        ledger: tenants::ledger(settings, demo.is_some()).await?,
    };
    Ok(Relay {
        settings: tesem_relay::server::Settings {
            limit: file.limit(args.entities_limit.as_deref()),
            style: style(file, &endpoints),
            window: file.window()?,
            texts: file.texts(),
            request_time,
            body_bytes_max: file.body_bytes_max(),
        },
        authenticator: authenticator(file, demo)?,
        tenants: Arc::new(OpenTenants::new(opening)),
        time,
        audit: Arc::new(AuditLines::open(file.audit.as_deref())?),
    })
}

fn style(file: &RelayFile, endpoints: &Endpoints) -> Style {
    Style {
        vocabulary: file.vocabulary.into(),
        portal: endpoints.portal.clone(),
        count_each: file.count == CountName::Each,
    }
}

fn authenticator(file: &RelayFile, demo: Option<&Demo>) -> anyhow::Result<Authenticator> {
    if let Some(demo) = demo {
        return by(Mode::Secret, Some(demo.secret()), file);
    }
    let (mode, secret) = (file.mode(), file.secret()?);
    if mode != Mode::Jwks {
        let length = secret.as_ref().map(|secret| secret.expose_secret().len());
        let state = match length {
            None => Some("not set"),
            Some(0) => Some("empty"),
            Some(_) => None,
        };
        if let Some(state) = state {
            tracing::warn!("the secret key is {state}: tokens signed with one are refused");
        }
    }
    by(mode, secret, file)
}

fn by(mode: Mode, secret: Option<SecretString>, file: &RelayFile) -> anyhow::Result<Authenticator> {
    let fetcher = HttpKeys::new().context("published keys cannot be fetched")?;
    let hosts = file.keys_hosts()?;
    let keys = KeyCache::new(hosts.iter().map(String::as_str), Arc::new(fetcher));
    let jwks = JwksMode::new(file.audience()?, keys);
    let authenticator = Authenticator::new(mode, secret, jwks);
    Ok(match file.compat {
        Some(compat) => authenticator.speaking(compat.into()),
        None => authenticator,
    })
}

/// Somebody waits for the answer: short pauses, and no wait that is longer than the request may take.
fn options(quota: QuotaName, request_time: Duration) -> ClientOptions {
    ClientOptions {
        connect_timeout: Duration::from_secs(5),
        request_timeout: request_time,
        retry: RetryPolicy {
            attempts_max: 4,
            timeouts_max: 3,
            throttles_max: 3,
            backoff_first: Duration::from_millis(250),
            throttle_pause_first: Duration::from_secs(1),
            call_time_max: request_time,
            ..RetryPolicy::default()
        },
        keeps_quota: quota == QuotaName::Documented,
        ..ClientOptions::default()
    }
}
