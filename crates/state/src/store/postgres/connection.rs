//! One connection to the server, made again when it breaks.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::{PostgresAddress, StoreError};

/// Longest time to connect to one host.
const CONNECT_MAX: Duration = Duration::from_secs(15);

/// How soon a dead peer is noticed, and how soon the server notices a dead machine.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// What each session tells the server: how long it waits for another process's transaction, and how soon a
/// session is ended that stops in the middle of one, so that nobody waits for a machine that is gone.
const SESSION: &str = "SET lock_timeout = '30s'; SET statement_timeout = '60s'; \
    SET idle_in_transaction_session_timeout = '20s'; SET client_min_messages = 'warning'; \
    SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";

/// One connection that all callers of this process take turns on. Decisions take milliseconds and budgets allow
/// a hundred calls a minute, so that more would not help.
#[derive(Debug)]
pub(super) struct Connection {
    address: PostgresAddress,
    client: Mutex<Option<Client>>,
}

/// The connection, in the hands of one caller.
pub(super) type Session<'a> = MappedMutexGuard<'a, Client>;

impl Connection {
    pub(super) fn new(address: &PostgresAddress) -> Self {
        Self {
            address: address.clone(),
            client: Mutex::new(None),
        }
    }

    /// The connection, made again if it is broken.
    pub(super) async fn session(&self) -> Result<Session<'_>, StoreError> {
        let mut client = self.client.lock().await;
        if client.as_ref().is_none_or(Client::is_closed) {
            *client = Some(connect(&self.address).await?);
        }
        MutexGuard::try_map(client, Option::as_mut)
            .map_err(|_| StoreError::failed("connect to", &self.address, "there is no connection"))
    }

    /// Forgets the connection, which broke.
    pub(super) async fn discard(&self) {
        *self.client.lock().await = None;
    }

    pub(super) fn address(&self) -> &PostgresAddress {
        &self.address
    }
}

/// A new connection; tokio drives it until its client is dropped.
pub(super) async fn connect(address: &PostgresAddress) -> Result<Client, StoreError> {
    let mut config = address.config().clone();
    config
        .connect_timeout(CONNECT_MAX)
        .keepalives_idle(KEEPALIVE_IDLE)
        .tcp_user_timeout(KEEPALIVE_IDLE);
    if config.get_application_name().is_none() {
        config.application_name("tesem");
    }
    let failed = |error: tokio_postgres::Error| StoreError::failed("connect to", address, error);
    let client = if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        tokio::spawn(drive(connection));
        client
    } else {
        let tls = tls().map_err(|error| StoreError::failed("set up TLS for", address, error))?;
        let (client, connection) = config.connect(tls).await.map_err(failed)?;
        tokio::spawn(drive(connection));
        client
    };
    client.batch_execute(SESSION).await.map_err(failed)?;
    Ok(client)
}

impl PostgresAddress {
    /// A connection of its own, encrypted and with the limits that all of ours have, for what keeps tables beside the shared state.
    ///
    /// # Errors
    /// [`StoreError::Failed`]: not reachable, or not signed in.
    pub async fn connect(&self) -> Result<Client, StoreError> {
        connect(self).await
    }
}

/// Whoever waits for an answer learns why the connection ended; here nobody does.
async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    let _ = connection.await;
}

/// TLS that trusts what the system trusts (on Linux also `SSL_CERT_FILE`), and checks the server's name.
fn tls() -> Result<MakeRustlsConnect, rustls::Error> {
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Whether `error` says that the connection, or the server behind it, is gone: no word of the server at all, or
/// its word that it ends the session (SQLSTATE class 57P, "operator intervention", and 08, "connection exception").
pub(super) fn is_broken(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .is_none_or(|state| state.code().starts_with("57P") || state.code().starts_with("08"))
}
