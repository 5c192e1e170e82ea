//! Connections: plain or with TLS, until the relay is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};

use super::actions::Actions;
use super::tls::Tls;
use super::{Relay, routes};

/// How long a client may take for the headers of a request, where no setting says.
pub const HEADER_TIME_DEFAULT: Duration = Duration::from_secs(10);

/// Most bytes of a request's line and headers. A token with its claims takes one or two thousand.
pub const HEADER_BYTES_MAX: usize = 64 << 10;

/// How connections are taken.
#[derive(Debug, Clone)]
pub struct Connections {
    /// The certificate; without one, connections are plain.
    pub tls: Option<Tls>,
    /// How long a client may take for the headers of a request.
    pub header_time: Duration,
    /// How long requests that are under way may still take once the relay is told to stop.
    pub stop_time: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            tls: None,
            header_time: HEADER_TIME_DEFAULT,
            stop_time: super::REQUEST_TIME_DEFAULT,
        }
    }
}

/// Serves `relay` on `listener` until `stop`; requests that are under way by then are answered first.
///
/// # Errors
/// [`std::io::Error`] where the listener fails.
pub async fn serve(
    listener: TcpListener,
    relay: Relay,
    connections: Connections,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let handle = Handle::new();
    let stopping = tokio::spawn(stop_after(stop, handle.clone(), connections.stop_time));
    let time = Arc::clone(&relay.time);
    let actions = Actions::default();
    let routes = routes(relay, actions.clone()).into_make_service();
    let server = limited(axum_server::from_tcp(listener)?, &connections).handle(handle);
    let served = match &connections.tls {
        None => server.serve(routes).await,
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls.config());
            tokio::select! {
                served = server.acceptor(acceptor).serve(routes) => served,
                never = tls.keep_current(time.as_ref()) => match never {},
            }
        }
    };
    stopping.abort();
    tokio::select! {
        () = actions.done() => {}
        () = time.after(connections.stop_time) => tracing::error!("stopped before all actions were recorded"),
    }
    served
}

async fn stop_after(stop: impl Future<Output = ()>, handle: Handle<SocketAddr>, time: Duration) {
    stop.await;
    handle.graceful_shutdown(Some(time));
}

/// HTTP/1.1 alone: nothing ends a connection of HTTP/2 on which no more comes after its first request.
fn limited(server: Server<SocketAddr>, connections: &Connections) -> Server<SocketAddr> {
    let mut server = server.http1_only();
    server
        .http_builder()
        .http1()
        .header_read_timeout(connections.header_time)
        .max_buf_size(HEADER_BYTES_MAX);
    server
        .first_request_timeout(connections.header_time)
        .accept_error_handler(|_, error| {
            tracing::debug!(
                error = error as &dyn std::error::Error,
                "a connection was not taken"
            );
        })
}
