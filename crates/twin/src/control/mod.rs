//! `/_twin/`: the twin's own face, for tests and for the person in front of it.

mod capabilities;
mod clock;

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use capabilities::capabilities;
pub(crate) use clock::{move_clock, read_clock};

use crate::fault::FaultRule;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;
use crate::tenant::TenantView;

/// `GET /_twin/tenant`: the tenant and the credentials of its apps.
pub(crate) fn tenant<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { Reply::json(StatusCode::OK, &TenantView::new(&twin.tenant)) })
}

/// `GET /_twin/planted`: the intrusions that a generated tenant holds.
pub(crate) fn planted<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { Reply::json(StatusCode::OK, &twin.prepared.planted) })
}

/// `GET /_twin/calls`: every call of an emulated service, oldest first.
pub(crate) fn calls<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { Reply::json(StatusCode::OK, &twin.calls.all()) })
}

/// `GET /_twin/faults`: the rules that still hit.
pub(crate) fn list_faults<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { fault_list(twin) })
}

/// `POST /_twin/faults`: one rule, or an array of rules.
pub(crate) fn add_faults<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async {
        let added = read_rules(&call.body).and_then(|rules| twin.faults.add(rules));
        added.map_or_else(|message| refused(&message), |()| fault_list(twin))
    })
}

/// `DELETE /_twin/faults`: no more faults.
pub(crate) fn clear_faults<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async {
        twin.faults.clear();
        fault_list(twin)
    })
}

/// `POST /_twin/reset`: the twin as it was started.
pub(crate) fn reset<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async {
        twin.reset();
        Reply::json(StatusCode::OK, &json!({"now": twin.time.now()}))
    })
}

fn fault_list(twin: &Twin) -> Reply {
    Reply::json(StatusCode::OK, &twin.faults.list())
}

fn read_rules(body: &[u8]) -> Result<Vec<FaultRule>, String> {
    let is_list = body.trim_ascii_start().starts_with(b"[");
    if is_list {
        read(body)
    } else {
        read(body).map(|rule| vec![rule])
    }
}

/// The body as JSON of the expected shape.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body)
        .map_err(|error| format!("the body is not what it should be: {error}"))
}

/// 400 with a sentence.
pub(crate) fn refused(message: &str) -> Reply {
    let body: Value = json!({"error": {"code": "BadRequest", "message": message}});
    Reply::json(StatusCode::BAD_REQUEST, &body)
}
