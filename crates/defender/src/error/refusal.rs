//! A refusal in the words of the service.

use std::fmt;

use serde::Deserialize;

use crate::text::clean;

/// How much of a body that is no envelope is looked at, in bytes; less of it is kept.
const BODY_HEAD: usize = 16 << 10;

/// An answer with another status than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The service's error code, e.g. `BadRequest`; the string `429` for its call quota.
    pub code: Option<String>,
    /// The service's message on one line, at most 2,000 characters; empty when it gave none.
    pub message: String,
    /// The service's request id: from a header, the body's `innerError`, or the opaque activity id in `target`.
    pub request_id: Option<String>,
    /// The `client-request-id` that we sent.
    pub client_request_id: String,
    /// App permissions of which one would have sufficed, where the call knows them.
    pub permissions: &'static [&'static str],
    /// Whether the body was empty, as it is for unknown routes and wrong verbs.
    pub is_empty: bool,
}

/// The error envelope of Graph, Defender for Endpoint and Defender XDR, as far as it is used.
#[derive(Debug, Default, Deserialize)]
struct Envelope {
    error: Option<Inner>,
}

#[derive(Debug, Default, Deserialize)]
struct Inner {
    code: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
    target: Option<serde_json::Value>,
    #[serde(rename = "innerError", alias = "innererror")]
    inner_error: Option<InnerError>,
}

#[derive(Debug, Default, Deserialize)]
struct InnerError {
    #[serde(rename = "request-id")]
    request_id: Option<serde_json::Value>,
}

impl Refusal {
    /// Reads what can be read of an error body. Never fails: whatever is not an envelope becomes the message.
    pub(crate) fn parse(status: u16, header_request_id: Option<String>, body: &[u8]) -> Self {
        let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
        let parsed = envelope.and_then(|envelope| envelope.error);
        let message = match &parsed {
            Some(inner) => inner.message.as_ref().map(word).unwrap_or_default(),
            None => clean(&String::from_utf8_lossy(
                body.get(..BODY_HEAD).unwrap_or(body),
            )),
        };
        let inner = parsed.unwrap_or_default();
        let in_body = inner.inner_error.and_then(|inner| inner.request_id);
        let activity = inner.target.filter(|target| {
            target
                .as_str()
                .is_some_and(|target| is_activity_id(status, target))
        });
        let request_id = header_request_id
            .or_else(|| in_body.as_ref().map(word))
            .or_else(|| activity.as_ref().map(word));
        Self {
            status,
            code: inner
                .code
                .as_ref()
                .map(word)
                .filter(|code| !code.is_empty()),
            message,
            request_id,
            client_request_id: String::new(),
            permissions: &[],
            is_empty: body.is_empty(),
        }
    }

    /// The service's request id, or else ours.
    #[must_use]
    pub fn any_request_id(&self) -> Option<&str> {
        let ours = Some(self.client_request_id.as_str()).filter(|id| !id.is_empty());
        self.request_id.as_deref().or(ours)
    }
}

/// Activity ids begin with a bar, or are GUIDs, as on the page of the common error codes. On 429 a GUID is the tenant's
/// id instead.
///
/// Source: learn.microsoft.com/defender-endpoint/api/common-errors.
fn is_activity_id(status: u16, target: &str) -> bool {
    target.starts_with('|') || (status != 429 && uuid::Uuid::try_parse(target).is_ok())
}

fn word(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => clean(text),
        serde_json::Value::Null => String::new(),
        other => clean(&other.to_string()),
    }
}

/// `BadRequest (HTTP 400, request |1f6e.): Missing query.`
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.as_deref().unwrap_or_else(|| name_of(self.status));
        write!(f, "{code} (HTTP {}", self.status)?;
        if let Some(id) = self.any_request_id() {
            write!(f, ", request {id}")?;
        }
        f.write_str(")")?;
        if self.message.is_empty() {
            return f.write_str(", without a message");
        }
        write!(f, ": {}", self.message)
    }
}

fn name_of(status: u16) -> &'static str {
    let status = reqwest::StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("an unknown status")
}
