//! Advanced hunting: three endpoints over the same tables.
//!
//! | | Defender for Endpoint | Defender XDR | Graph |
//! | --- | --- | --- | --- |
//! | tables | `Device*` | all | all |
//! | answer | `Stats`, `Schema`, `Results` | the same | `schema`, `results` |
//! | `Timespan` in the body | no | no | yes |
//!
//! Source: learn.microsoft.com/defender-endpoint/api/run-advanced-query-api, learn.microsoft.com/defender-xdr/api-advanced-hunting,
//! learn.microsoft.com/graph/api/security-security-runhuntingquery.

mod defender_wire;
mod graph_wire;
mod message;
mod request;
mod runtime;
mod timespan;
mod wire_type;

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use tesem_engine::{EngineError, QueryResult, RunOptions};

pub(crate) use graph_wire::CONTENT_TYPE as GRAPH_JSON;
pub(crate) use runtime::HuntingRuntime;

use crate::envelope::{Envelope, Face};
use crate::quota::QuotaKey;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use request::{HuntingRequest, RequestFault};

/// `POST /api/advancedqueries/run`.
pub(crate) fn run_endpoint<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(Hunt::new(twin, call).answer())
}

/// `POST /api/advancedhunting/run`.
pub(crate) fn run_xdr<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(Hunt::new(twin, call).answer())
}

/// `POST /v1.0/security/runHuntingQuery`.
pub(crate) fn run_graph<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(Hunt::new(twin, call).answer())
}

/// One hunting call.
struct Hunt<'a> {
    twin: &'a Twin,
    call: &'a Call,
    face: Face,
    /// When it began: what `now()` is in the query, and where the visible rows end.
    now: Timestamp,
}

impl<'a> Hunt<'a> {
    fn new(twin: &'a Twin, call: &'a Call) -> Self {
        Self {
            twin,
            call,
            face: call.route.face,
            now: twin.time.now(),
        }
    }

    async fn answer(self) -> Reply {
        let request = request::read(&self.call.body, self.face, self.now, self.twin);
        match request {
            Ok(request) => self.run(request).await,
            Err(fault) => self.refuse_request(&fault),
        }
    }

    async fn run(&self, request: HuntingRequest) -> Reply {
        if let Some(wait) = self.run_time_wait() {
            return self.envelope().too_much_run_time(wait, &self.twin.tenant);
        }
        let Ok(_slot) = self.twin.query_slots.acquire().await else {
            return self.envelope().stock(StatusCode::SERVICE_UNAVAILABLE);
        };
        let started = self.twin.time.now();
        let engine = self.twin.hunting.engine(self.face);
        let result = engine.run(&request.query, &self.options(&request)).await;
        let run_time =
            Duration::try_from(self.twin.time.now().duration_since(started)).unwrap_or_default();
        self.charge(run_time);
        match result {
            Ok(result) => self.write(result, run_time).await,
            Err(error) => self.refuse_query(&request.query, &error),
        }
    }

    fn options(&self, request: &HuntingRequest) -> RunOptions {
        let limits = &self.twin.limits;
        RunOptions {
            window: Some(request.window),
            rows_max: Some(limits.rows_max),
            bytes_max: Some(limits.result_bytes_max),
            time_max: Some(match self.face {
                Face::Endpoint => limits.endpoint_query_time_max,
                _ => limits.tenant_query_time_max,
            }),
            ..RunOptions::at(self.now)
        }
    }

    /// Writes the answer on a thread that may be busy for a while.
    async fn write(&self, result: QueryResult, run_time: Duration) -> Reply {
        let rows = result.row_count();
        let (face, unverified) = (self.face, self.twin.unverified);
        let written = tokio::task::spawn_blocking(move || match face {
            Face::Graph => Reply::bytes(
                StatusCode::OK,
                graph_wire::CONTENT_TYPE,
                graph_wire::write(&result),
            ),
            _ => {
                let body = defender_wire::write(&result, run_time, unverified);
                Reply::bytes(StatusCode::OK, crate::reply::JSON, body)
            }
        });
        match written.await {
            Ok(reply) => reply.with_rows(rows),
            Err(_) => self.envelope().stock(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    fn refuse_request(&self, fault: &RequestFault) -> Reply {
        let (code, message) = fault.wording(self.face);
        self.envelope()
            .error(StatusCode::BAD_REQUEST, code, &message)
    }

    fn refuse_query(&self, query: &str, error: &EngineError) -> Reply {
        tracing::debug!(error = error as &dyn std::error::Error, "query refused");
        let envelope = self.envelope();
        let refusal = message::refusal(error, query);
        match (refusal.status, self.face) {
            (StatusCode::GATEWAY_TIMEOUT | StatusCode::INTERNAL_SERVER_ERROR, Face::Graph) => {
                envelope.stock(refusal.status)
            }
            (status, _) => envelope.error(status, refusal.code, &refusal.message),
        }
    }

    fn envelope(&self) -> Envelope<'_> {
        self.call.envelope(self.twin)
    }

    fn run_time_wait(&self) -> Option<Duration> {
        let budgets = self.twin.run_time_budgets(self.face);
        self.twin
            .run_time_ledger()
            .wait(&self.run_time_key(), budgets, self.now)
    }

    fn charge(&self, run_time: Duration) {
        let budgets = self.twin.run_time_budgets(self.face);
        let key = self.run_time_key();
        self.twin
            .run_time_ledger()
            .charge(&key, budgets, self.twin.time.now(), run_time);
    }

    fn run_time_key(&self) -> QuotaKey {
        QuotaKey {
            endpoint: self.call.route.path,
            app: self.call.app.clone(),
        }
    }
}
