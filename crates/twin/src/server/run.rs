//! Starting and stopping.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Twin;
use super::connection::{ConnectionHandle, TwinListener};
use super::dispatch::dispatch;
use crate::call_log::CallRecord;
use crate::clock::ClockOutOfRange;
use crate::error::TwinError;
use crate::options::TwinOptions;
use crate::prepared::PreparedTenant;
use crate::state::KeptIndicators;
use crate::tenant::Tenant;

/// How long [`RunningTwin::shutdown`] waits for calls that are under way.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// Starts a twin that listens on `listen`; port 0 takes a free one.
///
/// It answers until it is shut down or dropped. Bound to an address that is not loopback it works, but says so in
/// [`RunningTwin::warnings`]: anyone who reaches it can read its credentials at `/_twin/tenant`.
///
/// # Errors
/// When the data directory is wrong, the tenant cannot be generated, or the address cannot be listened on.
pub async fn start(options: TwinOptions, listen: SocketAddr) -> Result<RunningTwin, TwinError> {
    let prepared = prepare(&options).await?;
    let limits = options.limits.clone();
    let listening = |source| TwinError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let twin = Arc::new(Twin::new(options, prepared)?);
    let listener = TwinListener::new(listener, limits.connections_max, limits.patience);
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(Arc::clone(&twin), listener, stopped));
    Ok(RunningTwin {
        twin,
        address,
        stop,
        server,
    })
}

async fn prepare(options: &TwinOptions) -> Result<Arc<PreparedTenant>, TwinError> {
    let source = options.source.clone();
    let loaded = tokio::task::spawn_blocking(move || PreparedTenant::load(&source)).await;
    loaded.map_err(|error| TwinError::Threads {
        source: std::io::Error::other(error),
    })?
}

async fn serve(twin: Arc<Twin>, listener: TwinListener, stopped: oneshot::Receiver<()>) {
    let app = Router::new().fallback(dispatch).with_state(twin);
    let service = app.into_make_service_with_connect_info::<ConnectionHandle>();
    let until = async {
        // Both a message and a dropped sender mean the end.
        let _ = stopped.await;
    };
    if let Err(error) = axum::serve(listener, service)
        .with_graceful_shutdown(until)
        .await
    {
        tracing::error!(error = &error as &dyn std::error::Error, "twin stopped");
    }
}

/// A twin that answers on a port. Dropping it stops it, too, but does not wait.
#[derive(Debug)]
pub struct RunningTwin {
    twin: Arc<Twin>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// What the person who starts a twin should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TwinWarning {
    /// Other machines can reach it.
    NotLoopback(SocketAddr),
}

impl fmt::Display for TwinWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => write!(
                f,
                "the twin listens on {address}, which is not loopback: whoever reaches it can read its credentials and change its state"
            ),
        }
    }
}

impl RunningTwin {
    /// The address of every face, such as `http://127.0.0.1:49152`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// The address it is bound to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The tenant and the credentials of its apps.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.twin.tenant
    }

    /// What it serves; can be given to another twin.
    #[must_use]
    pub fn prepared(&self) -> &Arc<PreparedTenant> {
        &self.twin.prepared
    }

    /// Every call of an emulated service so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.twin.calls.all()
    }

    /// The active custom indicators, for [`TwinOptions::indicators`] of a later twin.
    #[must_use]
    pub fn indicators(&self) -> KeptIndicators {
        self.twin.tenant_state().indicators.kept()
    }

    /// The twin's current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.twin.time.now()
    }

    /// Moves the twin's clock, as `POST /_twin/clock` does.
    ///
    /// # Errors
    /// When there is no such time.
    pub fn advance_clock(&self, by: SignedDuration) -> Result<Timestamp, ClockOutOfRange> {
        self.twin.time.advance(by)
    }

    /// What should be said about the way it runs.
    #[must_use]
    pub fn warnings(&self) -> Vec<TwinWarning> {
        let is_open = !self.address.ip().is_loopback();
        is_open
            .then_some(TwinWarning::NotLoopback(self.address))
            .into_iter()
            .collect()
    }

    /// Stops listening, lets calls under way end for up to five seconds, and stops.
    pub async fn shutdown(self) {
        let Self {
            stop, mut server, ..
        } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_PATIENCE, &mut server)
            .await
            .is_err()
        {
            server.abort();
        }
    }
}
