//! The way of a call: fault, route, body, token, permission, quota, handler, log.

use std::sync::Arc;

use super::Twin;
use super::connection::ConnectionHandle;
use super::deliver::deliver;
use super::read_body::{BodyFault as RequestFault, read_body};
use crate::call_log::CallRecord;
use crate::envelope::{Envelope, Face};
use crate::fault::{BodyFault, Effect, Fault, FaultAnswer, FaultBody, When, WorkFault};
use crate::hunting;
use crate::options::WrongAudience;
use crate::reply::{ODATA_JSON, Reply};
use crate::route::{self, Call, Handler, Lookup, Route};
use crate::signin::{self, Audience, Claims};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, DATE, HOST};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const CORRELATION_ID: HeaderName = HeaderName::from_static("mise-correlation-id");
const CLIENT_REQUEST_ID_MAX: usize = 128;

/// How much of a method or path the log keeps: it holds many calls, and a path can have 64 KiB.
const LOGGED_TEXT_MAX: usize = 1_024;

/// Answers one request.
pub(super) async fn dispatch(
    State(twin): State<Arc<Twin>>,
    ConnectInfo(connection): ConnectInfo<ConnectionHandle>,
    request: Request<Body>,
) -> Response<Body> {
    let _busy = connection.busy();
    let arrival = Arrival::new(&twin, &request);
    if arrival.is_own() {
        let answer = arrival.answer(&twin, request, WorkFault::default()).await;
        return answer.reply.into_response();
    }
    let fault = twin.faults.hit(&arrival.method, &arrival.path);
    let body_fault = fault.as_ref().map_or(BodyFault::None, |fault| fault.body);
    let mut entry = LogEntry::new(&twin, &arrival, fault.is_some());
    let outcome = arrival.answer_with_fault(&twin, request, fault).await;
    entry.ended(&outcome);
    match outcome {
        Outcome::Answered(answer) => {
            let reply = dated(arrival.with_ids(answer.reply), twin.time.now());
            deliver(reply, body_fault)
        }
        Outcome::Dropped(_) => {
            connection.cut();
            Response::new(Body::empty())
        }
    }
}

/// A request's head, and what the twin adds to it.
struct Arrival {
    time: Timestamp,
    method: String,
    path: String,
    request_id: String,
    client_request_id: Option<String>,
    lookup: Lookup,
}

/// An answer, and what the log says about it.
struct Answer {
    reply: Reply,
    app: Option<String>,
    request_bytes: usize,
}

/// How a call ends.
enum Outcome {
    /// The client gets the answer.
    Answered(Answer),
    /// The client gets nothing; the answer if the work was done.
    Dropped(Option<Answer>),
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            app: reply.app.clone(),
            reply,
            request_bytes: 0,
        }
    }
}

impl Arrival {
    fn new(twin: &Twin, request: &Request<Body>) -> Self {
        let (method, path) = (request.method().as_str(), request.uri().path());
        Self {
            time: twin.time.now(),
            lookup: route::find(method, path),
            method: method.to_owned(),
            path: path.to_owned(),
            request_id: twin.ids.guid(),
            client_request_id: client_request_id(request.headers()),
        }
    }

    fn is_own(&self) -> bool {
        self.path.starts_with("/_twin/") || self.path == "/_twin"
    }

    fn route(&self) -> Option<&'static Route> {
        match &self.lookup {
            Lookup::Found(route, _) => Some(route),
            _ => None,
        }
    }

    fn face(&self) -> Face {
        let guess = if self.path.starts_with("/api/") {
            Face::Endpoint
        } else {
            Face::Graph
        };
        self.route().map_or(guess, |route| route.face)
    }

    fn envelope<'a>(&'a self, twin: &'a Twin) -> Envelope<'a> {
        Envelope {
            face: self.face(),
            ids: &twin.ids,
            now: twin.time.now(),
            request_id: &self.request_id,
            client_request_id: self.client_request_id.as_deref(),
        }
    }

    /// The answer under a fault.
    async fn answer_with_fault(
        &self,
        twin: &Twin,
        request: Request<Body>,
        fault: Option<Fault>,
    ) -> Outcome {
        let Some(fault) = fault else {
            return Outcome::Answered(self.answer(twin, request, WorkFault::default()).await);
        };
        if !fault.delay.is_zero() {
            tokio::time::sleep(fault.delay).await;
        }
        if twin.time.advance(fault.clock).is_err() {
            tracing::warn!("a fault cannot move the clock that far");
        }
        match fault.effect {
            Effect::None => Outcome::Answered(self.answer(twin, request, fault.work).await),
            Effect::Drop(When::Before) => Outcome::Dropped(None),
            Effect::Drop(When::After) => {
                Outcome::Dropped(Some(self.answer(twin, request, fault.work).await))
            }
            Effect::Answer(When::Before, answer) => {
                Outcome::Answered(self.faulty(twin, answer).into())
            }
            Effect::Answer(When::After, answer) => {
                let done = self.answer(twin, request, fault.work).await;
                Outcome::Answered(Answer {
                    reply: self.faulty(twin, answer),
                    ..done
                })
            }
        }
    }

    fn faulty(&self, twin: &Twin, answer: FaultAnswer) -> Reply {
        let mut reply = match answer.body {
            None => self.envelope(twin).stock(answer.status),
            Some(FaultBody::Json(json)) => Reply::json(answer.status, &json),
            Some(FaultBody::Text(text)) => Reply {
                body: text.into(),
                ..Reply::empty(answer.status)
            },
        };
        reply.headers.extend(answer.headers);
        reply
    }

    /// The answer without a fault.
    async fn answer(&self, twin: &Twin, request: Request<Body>, fault: WorkFault) -> Answer {
        let (head, body) = request.into_parts();
        let body = read_body(body, twin.limits.body_bytes_max, twin.limits.patience).await;
        let (route, parameters) = match &self.lookup {
            Lookup::Found(route, parameters) => (*route, parameters.clone()),
            Lookup::WrongVerb(allowed) => return Reply::wrong_verb(allowed).into(),
            Lookup::Unknown => return Reply::unknown_route().into(),
        };
        let body = match body {
            Ok(body) => body,
            Err(fault) => return self.body_refusal(twin, fault).into(),
        };
        let mut call = Call {
            route,
            parameters,
            path: self.path.clone(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            host: host(&head),
            headers: head.headers,
            body,
            request_id: self.request_id.clone(),
            client_request_id: self.client_request_id.clone(),
            app: String::new(),
            app_name: String::new(),
            roles: Vec::new(),
            page_fault: fault.page,
        };
        let reply = self.handle(twin, &mut call, fault.revokes).await;
        let app = reply
            .app
            .clone()
            .or(Some(call.app).filter(|app| !app.is_empty()));
        Answer {
            reply,
            app,
            request_bytes: call.body.len(),
        }
    }

    async fn handle(&self, twin: &Twin, call: &mut Call, revokes: bool) -> Reply {
        let envelope = self.envelope(twin);
        let Some(handler) = call.route.handler else {
            let name = format!("{} {}", call.route.method, call.route.path);
            return envelope.not_supported(&name);
        };
        if revokes {
            signin::revoke(twin, &call.headers);
        }
        if let Some(audience) = call.route.face.audience() {
            match authorize(twin, call, audience, &envelope) {
                Ok(claims) => call.identify(claims),
                Err(refusal) => return *refusal,
            }
        }
        if let Err(exceeded) = twin.admit(call.route, &call.app) {
            return envelope.too_many_calls(exceeded, &twin.tenant);
        }
        match handler {
            Handler::Waiting(handler) => handler(twin, call).await,
            Handler::Direct(handler) => {
                handler(twin, call).unwrap_or_else(|refusal| call.envelope(twin).refusal(&refusal))
            }
        }
    }

    fn body_refusal(&self, twin: &Twin, fault: RequestFault) -> Reply {
        let envelope = self.envelope(twin);
        match fault {
            RequestFault::TooLarge => envelope.error(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                &format!(
                    "The request body is larger than {} bytes.",
                    twin.limits.body_bytes_max
                ),
            ),
            RequestFault::TooSlow => envelope.error(
                StatusCode::REQUEST_TIMEOUT,
                "RequestTimeout",
                "The request body did not arrive in time.",
            ),
            RequestFault::Broken => envelope.error(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "The request body is incomplete.",
            ),
        }
    }

    fn with_ids(&self, reply: Reply) -> Reply {
        match self.face() {
            Face::Graph => {
                let client = self
                    .client_request_id
                    .as_deref()
                    .unwrap_or(&self.request_id);
                in_graph_type(reply)
                    .header(REQUEST_ID, &self.request_id)
                    .header(CLIENT_REQUEST_ID, client)
            }
            _ => reply.header(CORRELATION_ID, &self.request_id),
        }
    }
}

/// The same answer with the twin's time, which the server would take from the computer's clock.
fn dated(reply: Reply, now: Timestamp) -> Reply {
    match DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        Ok(date) => reply.header(DATE, &date),
        Err(_) => reply,
    }
}

/// The same entities under the content type that Graph writes.
fn in_graph_type(reply: Reply) -> Reply {
    let is_odata = reply
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|own| own == ODATA_JSON);
    if is_odata {
        reply.header(CONTENT_TYPE, hunting::GRAPH_JSON)
    } else {
        reply
    }
}

/// The claims of a token that may call the route; else the refusal.
fn authorize(
    twin: &Twin,
    call: &Call,
    audience: Audience,
    envelope: &Envelope<'_>,
) -> Result<Claims, Box<Reply>> {
    let claims = signin::verify(twin, &call.headers)
        .map_err(|fault| Box::new(envelope.unauthorized(fault)))?;
    let any_of = call.route.permissions;
    let is_for_us = Audience::named(&claims.aud) == Some(audience);
    let permissions = claims.permissions();
    let has_role = permissions
        .iter()
        .any(|role| any_of.contains(&role.as_str()));
    if is_for_us && has_role {
        return Ok(claims);
    }
    let is_graph = audience == Audience::Graph;
    let reply = match twin.unverified.graph_wrong_audience {
        WrongAudience::Unauthorized if is_graph && !is_for_us => envelope.invalid_audience(),
        _ => envelope.forbidden(any_of, &permissions),
    };
    Err(Box::new(reply.by_app(Some(claims.appid))))
}

/// The host and port that a request is for, if they look like such: they end up in links.
fn host(head: &Parts) -> Option<String> {
    let host = head.headers.get(HOST)?.to_str().ok()?;
    host.parse::<Authority>()
        .ok()
        .filter(|authority| !authority.as_str().contains('@'))
        .map(|authority| authority.to_string())
}

fn client_request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(CLIENT_REQUEST_ID)?.to_str().ok()?;
    Some(id.to_owned()).filter(|id| id.len() <= CLIENT_REQUEST_ID_MAX)
}

fn logged(text: &str) -> String {
    text.chars().take(LOGGED_TEXT_MAX).collect()
}

/// Writes the call into the log when it is over, also when its client is gone before the answer.
struct LogEntry<'a> {
    twin: &'a Twin,
    record: CallRecord,
}

impl<'a> LogEntry<'a> {
    fn new(twin: &'a Twin, arrival: &Arrival, faulted: bool) -> Self {
        let record = CallRecord {
            time: arrival.time,
            method: logged(&arrival.method),
            path: logged(&arrival.path),
            route: arrival.route().map(|route| route.path),
            app: None,
            status: None,
            rows: None,
            request_bytes: 0,
            duration_ms: 0,
            request_id: arrival.request_id.clone(),
            faulted,
        };
        Self { twin, record }
    }

    fn ended(&mut self, outcome: &Outcome) {
        let done = match outcome {
            Outcome::Answered(answer) => {
                self.record.status = Some(answer.reply.status.as_u16());
                Some(answer)
            }
            Outcome::Dropped(answer) => answer.as_ref(),
        };
        if let Some(answer) = done {
            self.record.rows = answer.reply.rows;
            self.record.app.clone_from(&answer.app);
            self.record.request_bytes = answer.request_bytes;
        }
    }
}

impl Drop for LogEntry<'_> {
    fn drop(&mut self) {
        let now = self.twin.time.now();
        let took = now.duration_since(self.record.time).as_millis();
        self.record.duration_ms = i64::try_from(took).unwrap_or(i64::MAX);
        let record = &self.record;
        tracing::debug!(
            method = record.method,
            path = record.path,
            status = record.status,
            rows = record.rows,
            duration_ms = record.duration_ms,
            request_id = record.request_id,
            faulted = record.faulted,
            "twin answered"
        );
        self.twin.calls.add(self.record.clone());
    }
}
