//! Envelopes: what every answer looks like.

use serde_json::{Map, Value, json};

/// Whose codes and envelopes are spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compat {
    /// Those of the relay with a shared secret.
    #[default]
    V0,
    /// Those of the newer relays, whose tokens are signed with published keys.
    V2,
}

/// The code of a failure. The set is closed: clients show these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Nobody we answer, or the tenant refuses the app.
    Authorization,
    /// A body that is not what is expected, in [`Compat::V0`].
    InvalidPayload,
    /// The same in [`Compat::V2`].
    InvalidArgument,
    /// The service will not do what is asked.
    InvalidRequest,
    /// The service failed.
    Internal,
    /// The service's quota is used up.
    TooManyRequests,
    /// The tenant is not there, or, in [`Compat::V2`], the app may not do this.
    PermissionDenied,
    /// There is no such thing, in [`Compat::V2`].
    NotFound,
    /// The service is out of order for now, in [`Compat::V2`].
    Unavailable,
    /// Anything else.
    Unknown,
    /// Nothing can be done with this type of observable.
    UnsupportedType,
    /// The service cannot be reached.
    Connection,
    /// The watchdog was asked without its header.
    HealthCheck,
}

impl Code {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization error",
            Self::InvalidPayload => "invalid payload",
            Self::InvalidArgument => "invalid argument",
            Self::InvalidRequest => "invalid request",
            Self::Internal => "internal error",
            Self::TooManyRequests => "too many requests",
            Self::PermissionDenied => "permission denied",
            Self::NotFound => "not found",
            Self::Unavailable => "service unavailable",
            Self::Unknown => "unknown",
            Self::UnsupportedType => "unsupported type",
            Self::Connection => "connection error",
            Self::HealthCheck => "health check failed",
        }
    }
}

/// A failure as the client shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Its code.
    pub code: Code,
    /// Its text.
    pub message: String,
}

impl Failure {
    /// A failure with this code and text.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The object on the wire. All failures are `fatal`: that is all the client tells apart.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"code": self.code.as_str(), "message": self.message, "type": "fatal"})
    }
}

/// `{"data": …}`.
#[must_use]
pub fn data(data: impl Into<Value>) -> Value {
    both(Some(data.into()), &[])
}

/// `{"errors": […]}` with one failure.
#[must_use]
pub fn error(failure: &Failure) -> Value {
    both(None, std::slice::from_ref(failure))
}

/// What was found, and what went wrong, side by side. A part that is empty is absent.
#[must_use]
pub fn both(data: Option<Value>, failures: &[Failure]) -> Value {
    let mut envelope = Map::new();
    if let Some(data) = data {
        envelope.insert("data".to_owned(), data);
    }
    if !failures.is_empty() {
        let errors = failures.iter().map(Failure::to_json).collect();
        envelope.insert("errors".to_owned(), Value::Array(errors));
    }
    Value::Object(envelope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_has_only_the_parts_that_are_there() {
        let failure = Failure::new(Code::UnsupportedType, "Unsupported observable type url");
        let wire = json!({
            "code": "unsupported type",
            "message": "Unsupported observable type url",
            "type": "fatal",
        });
        assert_eq!(
            data(json!({"status": "ok"})),
            json!({"data": {"status": "ok"}})
        );
        assert_eq!(error(&failure), json!({"errors": [wire]}));
        assert_eq!(
            both(Some(json!([])), &[failure.clone(), failure]),
            json!({"data": [], "errors": [wire, wire]})
        );
        assert_eq!(both(None, &[]), json!({}));
    }
}
