//! `/_twin/clock`.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::{read, refused};
use crate::iso;
use crate::reply::Reply;
use crate::route::{Call, HandlerFuture};
use crate::server::Twin;

/// `{"advance": "PT1H"}`, `{"advance": 3600}`, `{"seconds": 3600}` or `{"set": "2026-10-01T00:00:00Z"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    /// Seconds, or an ISO 8601 duration; negative moves back.
    advance: Option<serde_json::Value>,
    /// Seconds.
    seconds: Option<f64>,
    /// An instant.
    set: Option<String>,
}

/// `GET /_twin/clock`.
pub(crate) fn read_clock<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { view(twin) })
}

/// `POST /_twin/clock`.
pub(crate) fn move_clock<'a>(twin: &'a Twin, call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async {
        match apply(twin, &call.body) {
            Ok(_) => view(twin),
            Err(message) => refused(&message),
        }
    })
}

fn view(twin: &Twin) -> Reply {
    let offset = twin.time.offset().as_secs_f64();
    Reply::json(
        StatusCode::OK,
        &json!({"now": twin.time.now(), "offset_seconds": offset}),
    )
}

fn apply(twin: &Twin, body: &[u8]) -> Result<Timestamp, String> {
    let wanted: ClockMove = read(body)?;
    let moved = match (wanted.advance, wanted.seconds, wanted.set) {
        (Some(advance), None, None) => twin.time.advance(read_advance(&advance, twin.time.now())?),
        (None, Some(seconds), None) => twin.time.advance(read_seconds(seconds)?),
        (None, None, Some(set)) => twin.time.set(read_instant(&set)?),
        _ => return Err("exactly one of `advance`, `seconds` and `set` is needed".to_owned()),
    };
    moved.map_err(|error| error.to_string())
}

fn read_advance(advance: &serde_json::Value, now: Timestamp) -> Result<SignedDuration, String> {
    let wrong = || {
        format!("`advance` must be seconds or an ISO 8601 duration such as \"PT1H\", not {advance}")
    };
    match advance {
        serde_json::Value::Number(seconds) => read_seconds(seconds.as_f64().ok_or_else(wrong)?),
        serde_json::Value::String(text) => iso::duration(text, now).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn read_seconds(seconds: f64) -> Result<SignedDuration, String> {
    SignedDuration::try_from_secs_f64(seconds)
        .map_err(|_| format!("{seconds} seconds are out of range"))
}

fn read_instant(text: &str) -> Result<Timestamp, String> {
    iso::instant(text).ok_or_else(|| {
        format!("`set` must be an instant such as \"2026-10-01T00:00:00Z\", not \"{text}\"")
    })
}
