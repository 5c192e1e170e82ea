//! From HTTP to answers and back.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, Either, Shared, select};
use futures::{FutureExt, StreamExt};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Relay;
use super::actions::Actions;
use super::answers::Ask;
use super::metrics::Metrics;
use super::request_id::{REQUEST_ID, request_id};
use super::route::{Route, Verb};
use crate::reply::Compat;

/// The relay, and what it has done.
pub(super) struct Server {
    pub(super) relay: Relay,
    pub(super) actions: Actions,
    pub(super) metrics: Metrics,
}

/// Answers any request.
pub(super) async fn serve(State(server): State<Arc<Server>>, request: Request) -> Response {
    let id = request_id(request.headers());
    let mut response = answer(&server, request, &id).await;
    if !response.status().is_success() {
        let status = response.status().as_u16();
        server.metrics.count_refused(status);
        tracing::info!(
            status,
            request_id = id.to_str().unwrap_or_default(),
            "refused"
        );
    }
    let name = HeaderName::from_static(REQUEST_ID);
    response.headers_mut().insert(name, id);
    response
}

/// What the relay has done, for whoever watches it.
pub(super) async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], server.metrics.text()).into_response()
}

async fn answer(server: &Server, request: Request, id: &HeaderValue) -> Response {
    let relay = &server.relay;
    let started = relay.time.now();
    let deadline = relay.time.after(relay.settings.request_time).shared();
    let (parts, body) = request.into_parts();
    let compat = relay.authenticator.compat(credentials(&parts.headers));
    let Some(route) = Route::of(parts.uri.path()) else {
        return problem(StatusCode::NOT_FOUND, compat);
    };
    match route.verb(&parts.method) {
        Verb::Options => return [(header::ALLOW, route.allow())].into_response(),
        Verb::Refuse => return problem(StatusCode::METHOD_NOT_ALLOWED, compat),
        Verb::Serve => {}
    }
    let body = match read(body, relay.settings.body_bytes_max, deadline.clone()).await {
        Ok(body) => body,
        Err(status) => return problem(status, compat),
    };
    let ask = Ask {
        relay,
        actions: &server.actions,
        compat,
        headers: &parts.headers,
        body: &body,
        request_id: id.to_str().unwrap_or_default(),
        deadline,
    };
    let envelope = ask.answer(route).await;
    let taken = relay.time.now().duration_since(started);
    server.metrics.count(route, &envelope, taken);
    log(route, &envelope, ask.request_id, taken);
    json_response(StatusCode::OK, &envelope)
}

/// Values and secrets stay out of logs: what was asked is told by its route, and failures by their codes.
fn log(route: Route, envelope: &Value, request_id: &str, taken: SignedDuration) {
    let errors = envelope.get("errors").and_then(Value::as_array);
    let codes: Vec<&str> = errors
        .into_iter()
        .flatten()
        .filter_map(|error| error.get("code")?.as_str())
        .collect();
    let route = route.as_str();
    let sightings = envelope
        .pointer("/data/sightings/count")
        .and_then(Value::as_u64);
    let milliseconds = u64::try_from(taken.as_millis()).unwrap_or_default();
    tracing::info!(
        route,
        request_id,
        milliseconds,
        sightings,
        ?codes,
        "answered"
    );
}

pub(super) fn credentials(headers: &HeaderMap) -> Option<&[u8]> {
    headers
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes)
}

/// The whole body, if it comes in time, does not break off, and is not too large.
async fn read(
    body: Body,
    bytes_max: usize,
    deadline: Shared<BoxFuture<'static, ()>>,
) -> Result<Vec<u8>, StatusCode> {
    match select(Box::pin(whole(body, bytes_max)), deadline).await {
        Either::Left((whole, _)) => whole,
        Either::Right(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// How much of a body that is too large is read all the same: many clients look for an answer only when they have sent everything.
const SKIPPED_BYTES_MAX: usize = 16 << 20;

async fn whole(body: Body, bytes_max: usize) -> Result<Vec<u8>, StatusCode> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    let mut read = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
        read += chunk.len();
        match read {
            _ if read <= bytes_max => whole.extend_from_slice(&chunk),
            _ if read <= bytes_max + SKIPPED_BYTES_MAX => whole.clear(),
            _ => break,
        }
    }
    if read > bytes_max {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Ok(whole)
}

/// What is no request of a route, in the words of the public relays' frameworks.
fn problem(status: StatusCode, compat: Compat) -> Response {
    let message = match (compat, status) {
        (Compat::V2, StatusCode::NOT_FOUND) => {
            "The requested URL was not found on the server. If you entered the URL manually please \
             check your spelling and try again."
        }
        (Compat::V2, StatusCode::METHOD_NOT_ALLOWED) => {
            "The method is not allowed for the requested URL."
        }
        _ => "Something went wrong.",
    };
    let body = json!({
        "code": status.as_u16(),
        "message": message,
        "reason": status.canonical_reason().unwrap_or_default(),
    });
    json_response(status, &body)
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], format!("{body}\n")).into_response()
}
