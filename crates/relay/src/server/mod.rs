//! The routes, over HTTP.
//!
//! Every answer of a route has status 200, whatever went wrong: clients read `errors`. Other statuses are for what is no request
//! of a route: unknown paths, wrong methods, bodies that are too large or do not come.

mod actions;
mod answers;
mod connections;
mod http;
mod metrics;
mod openapi;
mod request_id;
mod route;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::routing::{MethodRouter, get};
use jiff::SignedDuration;
use tesem_defender::DefenderError;

pub use connections::{Connections, HEADER_BYTES_MAX, HEADER_TIME_DEFAULT, serve};
pub use tls::{TLS_FILES_PERIOD, Tls, TlsError};

use actions::Actions;

use crate::auth::{Authenticator, Caller};
use crate::request::EntitiesLimit;
use crate::respond::{Audit, Texts};
use crate::sighting::Style;
use crate::time::Time;
use crate::upstream::Upstream;

/// Largest body, where no setting says: 10,000 observables fit.
pub const BODY_BYTES_DEFAULT: usize = 2 << 20;

/// How long a request may take, where no setting says: clients wait for 60 s.
pub const REQUEST_TIME_DEFAULT: Duration = Duration::from_secs(45);

/// How the relay behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Most sightings of one observable, where the caller's token does not say.
    pub limit: EntitiesLimit,
    /// How sightings and links are written.
    pub style: Style,
    /// How far back events are hunted for.
    pub window: SignedDuration,
    /// What is written to the tenant beside actions.
    pub texts: Texts,
    /// How long a request may take, from its first byte.
    pub request_time: Duration,
    /// Largest body, in bytes.
    pub body_bytes_max: usize,
}

/// The tenants that callers speak for.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// The tenant of `caller`, whose token is verified. Callers of one tenant as one app with one secret should share
    /// connections, tokens and quota; others must not.
    ///
    /// # Errors
    /// [`DefenderError`] for settings that cannot work.
    async fn tenant(&self, caller: &Caller) -> Result<Arc<dyn Upstream>, DefenderError>;
}

/// All that the routes need.
pub struct Relay {
    /// How it behaves.
    pub settings: Settings,
    /// Who may ask.
    pub authenticator: Authenticator,
    /// Who is asked.
    pub tenants: Arc<dyn Tenants>,
    /// The time.
    pub time: Arc<dyn Time>,
    /// Keeps records of actions.
    pub audit: Arc<dyn Audit>,
}

/// The routes of `relay`, and the answers to everything else.
pub fn router(relay: Relay) -> Router {
    routes(relay, Actions::default())
}

fn routes(relay: Relay, actions: Actions) -> Router {
    let server = http::Server {
        relay,
        actions,
        metrics: metrics::Metrics::default(),
    };
    pages()
        .into_iter()
        .fold(Router::new(), |router, (path, page)| {
            router.route(path, page)
        })
        .fallback(http::serve)
        .with_state(Arc::new(server))
}

/// What is read with GET and has no envelope.
fn pages() -> [(&'static str, MethodRouter<Arc<http::Server>>); 2] {
    [
        ("/metrics", get(http::metrics)),
        ("/openapi.json", get(openapi::document)),
    ]
}
