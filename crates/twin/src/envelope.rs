//! The error envelopes of the emulated services.
//!
//! The Defender APIs answer `{"error": {code, message, target}}`, `target` being an opaque activity id; Graph answers
//! `{"error": {code, message, innerError}}`. Source: learn.microsoft.com/defender-endpoint/api/common-errors,
//! learn.microsoft.com/graph/errors.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::ids::IdSequence;
use crate::quota::Exceeded;
use crate::refusal::Refusal;
use crate::reply::{JSON, Reply};
use crate::signin::{Audience, TokenFault};
use crate::tenant::Tenant;

/// The code of answers that say what the twin, not the service, cannot do.
pub(crate) const TWIN_NOT_SUPPORTED: &str = "TwinNotSupported";

/// A part of the service with its own address and its own way to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Face {
    /// Entra's token endpoints.
    SignIn,
    /// Microsoft Defender for Endpoint.
    Endpoint,
    /// Microsoft Defender XDR.
    Xdr,
    /// Microsoft Graph.
    Graph,
    /// Blob storage, behind signed addresses.
    Storage,
    /// The twin itself: `/_twin/`.
    Twin,
}

impl Face {
    /// All faces.
    pub(crate) const ALL: [Self; 6] = [
        Self::SignIn,
        Self::Endpoint,
        Self::Xdr,
        Self::Graph,
        Self::Storage,
        Self::Twin,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Endpoint => "Defender for Endpoint",
            Self::Xdr => "Defender XDR",
            Self::Graph => "Graph",
            Self::Storage => "storage",
            Self::Twin => "twin",
        }
    }

    /// The service that a token must be for; `None` where no token is needed.
    pub(crate) fn audience(self) -> Option<Audience> {
        match self {
            Self::SignIn | Self::Storage | Self::Twin => None,
            Self::Endpoint => Some(Audience::Endpoint),
            Self::Xdr => Some(Audience::Xdr),
            Self::Graph => Some(Audience::Graph),
        }
    }
}

/// What every error answer is made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) face: Face,
    pub(crate) ids: &'a IdSequence,
    pub(crate) now: Timestamp,
    /// The id of the request, which Graph repeats in the body.
    pub(crate) request_id: &'a str,
    /// The client's own id of the request, if it sent one.
    pub(crate) client_request_id: Option<&'a str>,
}

impl Envelope<'_> {
    /// An error in the face's own shape.
    pub(crate) fn error(&self, status: StatusCode, code: &str, message: &str) -> Reply {
        if self.face == Face::Storage {
            return Reply::bytes(status, "application/xml", storage_error(code, message));
        }
        Reply::json(status, &self.body(code, message, None))
    }

    /// What a handler refuses with.
    pub(crate) fn refusal(&self, refusal: &Refusal) -> Reply {
        let code = match (self.face, refusal.code) {
            (Face::Graph, "ResourceNotFound") => "NotFound",
            (Face::Graph, _) if refusal.status == StatusCode::BAD_REQUEST => "BadRequest",
            (_, code) => code,
        };
        self.error(refusal.status, code, &refusal.message)
    }

    fn body(&self, code: &str, message: &str, target: Option<&str>) -> Value {
        match self.face {
            Face::Graph => {
                json!({"error": {"code": code, "message": message, "innerError": self.inner()}})
            }
            Face::SignIn => json!({"error": code, "error_description": message}),
            Face::Endpoint | Face::Xdr | Face::Storage | Face::Twin => {
                let target = target.map_or_else(|| self.ids.activity(), str::to_owned);
                json!({"error": {"code": code, "message": message, "target": target}})
            }
        }
    }

    fn inner(&self) -> Value {
        json!({
            "date": self.now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": self.request_id,
            "client-request-id": self.client_request_id.unwrap_or(self.request_id),
        })
    }

    /// 501: the service has it, the twin does not.
    pub(crate) fn not_supported(&self, what: &str) -> Reply {
        let message = format!("{what}: the service does this, the twin does not.");
        self.error(StatusCode::NOT_IMPLEMENTED, TWIN_NOT_SUPPORTED, &message)
    }

    /// 401 for a token that is not accepted.
    pub(crate) fn unauthorized(&self, fault: TokenFault) -> Reply {
        let (code, message) = match self.face {
            Face::Graph => ("InvalidAuthenticationToken", graph_fault(fault)),
            _ => ("Unauthorized", defender_fault(fault)),
        };
        let reply = self.error(StatusCode::UNAUTHORIZED, code, message);
        reply.header(WWW_AUTHENTICATE, "Bearer")
    }

    /// 401 for a token for another service, where Graph is set to answer so.
    pub(crate) fn invalid_audience(&self) -> Reply {
        let message = "Access token validation failure. Invalid audience.";
        let reply = self.error(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            message,
        );
        reply.header(WWW_AUTHENTICATE, "Bearer")
    }

    /// 403 for a token without any of the permissions that the route asks for.
    pub(crate) fn forbidden(&self, any_of: &[&str], granted: &[String]) -> Reply {
        let message = match self.face {
            Face::Graph => format!(
                "Missing application roles. API required roles: {}, application roles: {}.",
                any_of.join(","),
                granted.join(",")
            ),
            _ => format!(
                "The application does not have any of the required application permissions ({}) to access the resource.",
                any_of.join(", ")
            ),
        };
        self.error(StatusCode::FORBIDDEN, "Forbidden", &message)
    }

    /// 429 for a call over its quota.
    pub(crate) fn too_many_calls(&self, exceeded: Exceeded, tenant: &Tenant) -> Reply {
        let seconds = whole_seconds(exceeded.wait);
        let message = format!(
            "API calls quota exceeded! Maximum allowed {} per {} for the key Destination+TenantID+AppID. You can send requests again in {seconds} seconds.",
            exceeded.window.limit,
            clock_text(exceeded.window.length),
        );
        self.throttled(&message, seconds, tenant)
    }

    /// 429 for a query whose run time is used up. The service's own sentence is not published for the API; this is the portal's.
    pub(crate) fn too_much_run_time(&self, wait: Duration, tenant: &Tenant) -> Reply {
        let message = format!(
            "You have exceeded processing resources allocated to this tenant. You can run queries again in {}.",
            clock_text(wait)
        );
        self.throttled(&message, whole_seconds(wait), tenant)
    }

    fn throttled(&self, message: &str, seconds: u64, tenant: &Tenant) -> Reply {
        let code = match self.face {
            Face::Graph => "TooManyRequests",
            _ => "429",
        };
        let body = self.body(code, message, Some(&tenant.tenant_id));
        let reply = Reply::json(StatusCode::TOO_MANY_REQUESTS, &body);
        reply.header(RETRY_AFTER, &seconds.to_string())
    }

    /// The usual body for a status that a fault asks for without a body.
    pub(crate) fn stock(&self, status: StatusCode) -> Reply {
        let (code, message) = match (self.face, status.as_u16()) {
            (Face::SignIn, 429 | 500..) => (
                "temporarily_unavailable",
                "The server is temporarily too busy to handle the request.",
            ),
            (Face::Storage, 403) => (
                "AuthenticationFailed",
                "Server failed to authenticate the request.",
            ),
            (Face::Storage, 429 | 503) => ("ServerBusy", "The server is busy."),
            (Face::Graph, 429) => ("TooManyRequests", "Too many requests."),
            (Face::Graph, 500..) => ("UnknownError", ""),
            (_, 429) => ("429", "API calls quota exceeded!"),
            (_, 500) => ("InternalServerError", "An internal server error occurred."),
            (_, 401) => ("Unauthorized", "The token is not accepted."),
            (_, 403) => (
                "Forbidden",
                "The application does not have any of the required application permissions.",
            ),
            (_, 404) => ("NotFound", "Not found."),
            (_, 400) => ("BadRequest", "The request is not valid."),
            _ => ("Error", status.canonical_reason().unwrap_or_default()),
        };
        if status.is_success() {
            return Reply::bytes(status, JSON, "{}");
        }
        self.error(status, code, message)
    }
}

/// The error document of blob storage.
fn storage_error(code: &str, message: &str) -> String {
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
}

fn graph_fault(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Missing => "Access token is empty.",
        TokenFault::Malformed => "IDX14100: JWT is not well formed, there are no dots (.).",
        TokenFault::BadSignature => "Access token validation failure. Invalid signature.",
        TokenFault::Expired => "Lifetime validation failed, the token is expired.",
        TokenFault::NotYetValid => "Lifetime validation failed, the token is not yet valid.",
        TokenFault::OtherTenant => "Access token validation failure. Invalid issuer.",
        TokenFault::Revoked => {
            "Continuous access evaluation resulted in challenge: the token is revoked."
        }
    }
}

fn defender_fault(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Missing => "Authorization has been denied for this request: no token.",
        TokenFault::Malformed => {
            "Authorization has been denied for this request: the token is not a JSON web token."
        }
        TokenFault::BadSignature => {
            "Authorization has been denied for this request: the token's signature is not valid."
        }
        TokenFault::Expired => {
            "Authorization has been denied for this request: the token is expired."
        }
        TokenFault::NotYetValid => {
            "Authorization has been denied for this request: the token is not yet valid."
        }
        TokenFault::OtherTenant => {
            "Authorization has been denied for this request: the token is of another tenant."
        }
        TokenFault::Revoked => {
            "Authorization has been denied for this request: the token is revoked."
        }
    }
}

/// Rounded up: a client that waits as long finds room.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// `hh:mm:ss` as .NET prints a time span, with `d.` in front of it from a day on.
fn clock_text(length: Duration) -> String {
    let seconds = whole_seconds(length);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!(
        "{:02}:{:02}:{:02}",
        rest / 3_600,
        rest % 3_600 / 60,
        rest % 60
    );
    if days == 0 {
        clock
    } else {
        format!("{days}.{clock}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_dotnet_prints_them() {
        let text = |milliseconds| clock_text(Duration::from_millis(milliseconds));
        assert_eq!(text(60_000), "00:01:00");
        assert_eq!(text(3_600_000), "01:00:00");
        assert_eq!(text(86_400_000), "1.00:00:00");
        assert_eq!(text(7_001), "00:00:08");
    }
}
